"""Cells on which two sources disagree."""

from __future__ import annotations

import polars as pl

from joulewise.catalog.catalog import Catalog
from joulewise.catalog.loading import load

TOLERANCE = 0.02
"""Figures that differ by a smaller share are treated as rounding."""


def disagreements(collection: str, catalog: Catalog | None = None, tolerance: float = TOLERANCE) -> pl.DataFrame:
    """Return the cells of a collection on which facts differ, under the same conditions.

    Parameters
    ----------
    collection : str
        E.g. ``accelerators``.
    catalog : Catalog, optional
        By default the shipped one.
    tolerance : float
        Numbers differ where they are further apart than this share of the one in use.

    Returns
    -------
    polars.DataFrame
        ``entity, attribute, conditions, value, unit, source`` of the fact in use, ``other, other_unit,
        other_source`` of one that differs from it, ``ratio`` (other over the one in use; null for text and dates),
        ``corrected`` (whether a fact says why the other one is wrong), ``reason`` (its note), and ``file, row`` of
        the fact in use.
    """
    catalog = catalog or load()
    cell = ["entity", "attribute", "conditions"]
    facts = catalog.facts.filter(collection=collection).with_row_index("order")
    standing = facts.sort("superseded", "order").unique(cell, keep="first", maintain_order=True)
    pairs = standing.join(facts, on=cell, suffix="_other").filter(pl.col("order") != pl.col("order_other"))
    ratio = pl.col("number_other") / pl.col("number")
    as_text = pl.col("value").str.to_lowercase() != pl.col("value_other").str.to_lowercase()
    differs = pl.when(pl.col("number").is_not_null()).then((ratio - 1).abs() > tolerance).otherwise(as_text)
    reasons = facts.filter(pl.col("supersedes") != "").select(
        *cell, pl.col("supersedes").alias("source_other"), pl.col("note").alias("reason")
    )
    key = [*cell, "source_other"]
    return (
        pairs.filter(differs)
        .join(reasons.unique(key, keep="first"), on=key, how="left", maintain_order="left")
        .sort("order", "order_other")
        .select(
            *cell,
            "value",
            "unit",
            "source",
            pl.col("value_other").alias("other"),
            pl.col("unit_other").alias("other_unit"),
            pl.col("source_other").alias("other_source"),
            ratio.alias("ratio"),
            pl.col("superseded_other").alias("corrected"),
            pl.when("superseded_other").then("reason").alias("reason"),
            "file",
            "row",
        )
    )
