"""One fact, and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

PAPER = "desislavov2021"
"""Source id of the paper; `Catalog.edition` with it leaves only what the paper's tables hold."""


@dataclass(frozen=True)
class Source:
    """Where a fact comes from."""

    id: str
    citation: str
    url: str
    date: str
    licence: str
    note: str


@dataclass(frozen=True)
class Fact:
    """One value of one attribute of one entity, and where it comes from.

    Parameters
    ----------
    value : str
        As published, in `unit`.
    number, low, high : float or None
        In the base unit of the attribute; None for text and dates, or where no bound is known.
    conditions : mapping of str to str
        What the value holds under, e.g. ``{"precision": "fp32"}``.
    kind : str
        ``reported``, ``measured``, ``derived`` or ``assumed``.
    sources : tuple of Source
        The publication or publications that the figure is from.
    via : Source or None
        Where the figure was read, if that is not the source itself.
    superseded : bool
        Whether another fact corrects this one.
    """

    entity: str
    attribute: str
    value: str
    unit: str
    number: float | None
    low: float | None
    high: float | None
    conditions: Mapping[str, str]
    kind: str
    sources: tuple[Source, ...]
    via: Source | None
    locator: str
    note: str
    superseded: bool

    @property
    def cited(self) -> str:
        """Return a short citation: sources, the work it was read in, and the place there."""
        names = "; ".join(source.id for source in self.sources)
        place = f"{self.via.id}, {self.locator}" if self.via else self.locator
        return f"{names}, via {place}" if self.via else f"{names}, {place}"


def condition(name: str) -> pl.Expr:
    """Return the value of one condition of each fact, from the column ``conditions``; null where it is not stated."""
    return pl.col("conditions").str.extract(f"(?:^|; ){name}=([^;]+)")


<<<<<<< HEAD
def conditions_of(text: str) -> dict[str, str]:
    """Return the conditions written as ``key=value; key=value``."""
    pairs = (part.partition("=") for part in text.split("; ") if part)
    return {key: value for key, _, value in pairs}
=======
def load(data: str | Path | None = None) -> Catalog:
    """Load the shipped facts, with those of a user's folder added.

    Parameters
    ----------
    data : path, optional
        A folder of the same form as the shipped one: ``models/facts.csv``, ``models/entities.csv``,
        ``sources.csv`` and so on, each optional.

    Raises
    ------
    InputError
        If the folder is not there.
    DataError
        If its rows break a rule; `DataError.problems` has one line each.
    """
    return _load(None if data is None else Path(data).resolve())


def check(data: str | Path | None = None) -> list[Problem]:
    """Return what is wrong in the shipped data, or in a user's folder together with it."""
    tables = _tables(None if data is None else Path(data))
    return find_problems(tables["entities"], tables["facts"], tables["sources"], tables["attributes"])


def source_of(entity: str, attribute: str, catalog: Catalog | None = None, **conditions: str) -> Fact:
    """Return the fact behind a cell of a wide table; see `Catalog.source_of`."""
    return (catalog or load()).source_of(entity, attribute, **conditions)


@lru_cache(maxsize=8)
def _load(data: Path | None) -> Catalog:
    tables = _tables(data)
    if data is not None:
        problems = find_problems(tables["entities"], tables["facts"], tables["sources"], tables["attributes"])
        if problems:
            more = f" (and {len(problems) - 1} more; see joulewise check)" if len(problems) > 1 else ""
            raise DataError(f"{problems[0]}{more}", problems=map(str, problems))
    facts = _mark_superseded(with_numbers(tables["facts"]))
    return Catalog(tables["entities"], facts, tables["sources"], tables["attributes"])


def _mark_superseded(facts: pl.DataFrame) -> pl.DataFrame:
    """Add `superseded`: whether another of the facts corrects this one, at the same precision where one is given."""
    precision = pl.col("conditions").str.extract(PRECISION)
    corrected = (
        facts.filter(pl.col("supersedes") != "")
        .select(
            "collection",
            "entity",
            "attribute",
            pl.col("supersedes").alias("source"),
            precision.alias("precision"),
            superseded=pl.lit(True),
        )
        .unique()
    )
    return (
        facts.with_columns(precision.alias("precision"))
        .join(
            corrected,
            on=["collection", "entity", "attribute", "source", "precision"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .with_columns(pl.col("superseded").fill_null(False))
        .drop("precision")
    )


def _tables(data: Path | None) -> dict[str, pl.DataFrame]:
    shipped = read_folder(shipped_folder())
    if data is None:
        return shipped
    added = read_folder(data)
    if added["attributes"].height:
        raise InputError(
            f"{data / 'attributes.csv'}: attributes cannot be added by a data folder", "use the shipped ones"
        )
    return {name: pl.concat([frame, added[name]]) for name, frame in shipped.items()}


def _conditions(text: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in text.split("; ") if part)
    return {key: value for key, value in pairs}  # noqa: C416


def _maybe(number: object) -> float | None:
    return None if number is None else float(str(number))
>>>>>>> hands
