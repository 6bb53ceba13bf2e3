"""Models that no other beats on both cost and score."""

from __future__ import annotations

from datetime import date

import polars as pl


def pareto_front(frame: pl.DataFrame, cost: str, score: str = "score", as_of: date | None = None) -> pl.DataFrame:
    """Return the rows for which no other costs no more and scores higher, or costs less and scores as high.

    Parameters
    ----------
    frame : polars.DataFrame
        With the columns `cost` and `score`, and ``release_date`` where `as_of` is given. Rows in which
        either is null are left out.
    cost, score : str
        The column to keep low, and the one to keep high.
    as_of : datetime.date, optional
        Only what was released by then.

    Returns
    -------
    polars.DataFrame
        By rising cost and score. Rows equal in both are all kept.
    """
    known = frame.filter(pl.col(cost).is_not_null() & pl.col(score).is_not_null())
    if as_of is not None:
        known = known.filter(pl.col("release_date") <= as_of)
    ranked = known.sort(cost, score, descending=[False, True], maintain_order=True)
    best_of_cheaper = pl.col(score).cum_max().shift(1)
    first = ranked.filter(best_of_cheaper.is_null() | (pl.col(score) > best_of_cheaper))
    return ranked.join(first.select(cost, score), on=[cost, score], how="semi", maintain_order="left")
