"""Vectorised pre-filter of the facts that certainly keep the rules.

Borderline cases (a value on a bound, an unusual date format) fall through to the row-by-row check, which decides and
writes the messages.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from joulewise.units import UNITS

KINDS = ("reported", "measured", "derived", "assumed")


def definitely_valid(
    entities: pl.DataFrame, facts: pl.DataFrame, sources: set[str], attributes: pl.DataFrame
) -> pl.Series:
    """Return for each fact whether it certainly keeps every rule that concerns it alone.

    Parameters
    ----------
    entities, facts, attributes : polars.DataFrame
        As read by `read_folder`.
    sources : set of str
        The ids of the sources that are listed.
    """
    known = entities.select("collection", pl.col("id").alias("entity")).unique().with_columns(known=pl.lit(True))
    rules = attributes.unique("attribute", keep="last")
    frame = facts.join(known, on=["collection", "entity"], how="left", maintain_order="left").join(
        rules.select("attribute", "type", "dimension", "min", "max", pl.col("collection").alias("collections")),
        on="attribute",
        how="left",
        maintain_order="left",
    )
    cited = _all_in(sources)
    sound = (
        pl.col("known").is_not_null()
        & pl.col("source").is_in(_texts(facts, "source", lambda text: text != "" and cited(text)))
        & pl.col("via").is_in(_texts(facts, "via", cited))
        & (pl.col("locator") != "")
        & pl.col("kind").is_in(KINDS)
        & pl.col("conditions").is_in(_texts(facts, "conditions", _well_formed))
        & (pl.col("supersedes") == "")
        & pl.concat_str("collection", pl.lit(" "), "collections").is_in(_allowed(attributes))
        & (pl.col("value") != "")
        & (_text() | _date() | _number())
    )
    return frame.select(sound.fill_null(False)).to_series()


def _texts(facts: pl.DataFrame, column: str, good: Callable[[str], bool]) -> list[str]:
    """Return the distinct valid texts of a column, which are far fewer than its rows."""
    return [text for text in facts[column].unique() if good(text)]


def _all_in(sources: set[str]) -> Callable[[str], bool]:
    return lambda text: all(part in sources for part in text.split("; ") if part)


def _well_formed(conditions: str) -> bool:
    return all("=" in part for part in conditions.split("; ")) if conditions else True


def _allowed(attributes: pl.DataFrame) -> list[str]:
    """Return ``collection collections`` for each collection that the attributes' own lists name."""
    lists = attributes["collection"].unique()
    return [f"{collection} {several}" for several in lists for collection in several.split("|")]


def _text() -> pl.Expr:
    return pl.col("type") == "text"


def _date() -> pl.Expr:
    form = pl.col("value").str.contains(r"^\d{4}-\d{2}-\d{2}$")
    real = pl.col("value").str.to_date("%Y-%m-%d", strict=False).is_not_null()
    within = (pl.col("min") <= pl.col("value")) & (pl.col("value") <= pl.col("max"))
    return (pl.col("type") == "date") & form & real & within


def _number() -> pl.Expr:
    dimension = {unit: dimension for unit, (dimension, _) in UNITS.items()}
    factors = {unit: factor for unit, (_, factor) in UNITS.items()}
    factor = pl.col("unit").replace_strict(factors, default=None, return_dtype=pl.Float64)
    least, most = (pl.col(c).cast(pl.Float64, strict=False) for c in ("min", "max"))
    value = pl.col("value").cast(pl.Float64, strict=False)
    sound = (pl.col("type") == "number") & (
        pl.col("unit").replace_strict(dimension, default=None, return_dtype=pl.String) == pl.col("dimension")
    )
    for column in ("value", "low", "high"):
        number = pl.col(column).cast(pl.Float64, strict=False)
        inside = (number * factor > least) & (number * factor < most)
        sound &= inside if column == "value" else inside | (pl.col(column) == "")
    low, high = (
        pl.when(pl.col(c) == "").then(value).otherwise(pl.col(c).cast(pl.Float64, strict=False))
        for c in ("low", "high")
    )
    return sound & (low <= value) & (value <= high)
