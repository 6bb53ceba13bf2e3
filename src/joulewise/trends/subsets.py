"""Subsets of the points that a trend is fitted to."""

from __future__ import annotations

import polars as pl

from joulewise.errors import UnknownNameError

SUBSETS = {
    "all": "every one",
    "best-per-year": "the model with the best score of each calendar year",
    "record": "models whose value exceeded all earlier ones at their release",
    "yearly-mean": "the arithmetic mean of each calendar year, at the mean of its dates",
}


def select_subset(frame: pl.DataFrame, subset: str) -> pl.DataFrame:
    """Return the rows of a subset, in the order of their dates.

    Parameters
    ----------
    frame : polars.DataFrame
        With ``name``, ``year`` (decimal), ``value`` and ``score`` (null where there is none).
    subset : str
        One of `SUBSETS`. In ``best-per-year`` rows without a score cannot win; of equal scores the
        earliest wins. In ``record`` only the highest of a day can be a record.

    Raises
    ------
    UnknownNameError
        If the subset is not known.
    """
    if subset not in SUBSETS:
        raise UnknownNameError("subset", subset, SUBSETS)
    calendar_year = pl.col("year").floor().cast(pl.Int64)
    dated = frame.sort("year", maintain_order=True)
    if subset == "best-per-year":
        return (
            dated.filter(pl.col("score").is_not_null())
            .with_columns(calendar_year.alias("_year"))
            .sort("_year", "score", descending=[False, True], maintain_order=True)
            .unique("_year", keep="first", maintain_order=True)
            .drop("_year")
        )
    if subset == "record":
        before = pl.col("value").cum_max().shift(1)
        ranked = dated.sort("year", "value", descending=[False, True], maintain_order=True)
        return ranked.filter(before.is_null() | (pl.col("value") > before))
    if subset == "yearly-mean":
        return (
            dated.group_by(calendar_year.alias("_year"), maintain_order=True)
            .agg(
                pl.len().alias("_n"),
                pl.col("year", "value", "score").mean(),
            )
            .with_columns(pl.format("mean of {} in {}", "_n", "_year").alias("name"))
            .select("name", "year", "value", "score")
        )
    return dated
