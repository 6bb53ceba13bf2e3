"""Trends of joules per inference that can be extrapolated, and how far earlier fits of them were off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from joulewise.errors import InputError
from joulewise.fits import LogLinearFit, fit_log_linear
from joulewise.impact.people import LAST_YEAR
from joulewise.studies.inputs import PER_TOKENS, ScoredModels
from joulewise.studies.points import VISION
from joulewise.studies.quality.data import CONTEMPORARY, longest, staircases
from joulewise.trends import select_subset
from joulewise.trends.backtest import rolling_backtest
from joulewise.units import decimal_year_of

SPANS = 3
"""A trend is extrapolated, and tested, for at most this many times the years it covers."""

BACKTEST_SHARE = 0.9
BANDS = ("trend", "single", "tested")
_LEAST_KNOWN = 5
_LEAST_TESTED = 5
_NAMES = {
    "best": "the best model of each year",
    "most": "the most demanding model of each year",
    "all": "every model",
}


@dataclass(frozen=True)
class EnergyTrend:
    """Joules per token or image over the years.

    Parameters
    ----------
    id, task, name : str
        ``language-best`` and so on; the name says which models it goes through.
    points : polars.DataFrame
        ``name, year`` (decimal), ``value`` [J per token or image], by date.
    fit : LogLinearFit
    error_per_year : float or None
        By how much the median outcome of a year differed from earlier fits of the same series, per year ahead, in nine
        of ten tests. [log10 per year] None where too few could be tested.
    tested : int
        Number of outcomes that the error rests on, each counted for every date it was forecast from.
    """

    id: str
    task: str
    name: str
    points: pl.DataFrame
    fit: LogLinearFit
    error_per_year: float | None
    tested: int

    def energy_j(self, years: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the energy per token or image by year, with three bands. [J]

        Parameters
        ----------
        years : array, shape (n,)
            Decimal years.

        Returns
        -------
        dict of str to array, shape (n,)
            ``central``, and ``low`` and ``high`` of the bands ``trend`` (where the line may run), ``single`` (where
            one more model may fall) and ``tested`` (the latter and the error of earlier fits, in quadrature).
        """
        trend, single = self.fit.predict_many(years, "trend"), self.fit.predict_many(years, "single")
        ahead = np.maximum(years - self.fit.last_year, 0.0)
        half = np.log10(single[:, 2] / single[:, 1])
        wide = 10 ** np.hypot(half, ahead * (self.error_per_year or 0.0))
        return {
            "central": trend[:, 1],
            "trend_low": trend[:, 0],
            "trend_high": trend[:, 2],
            "single_low": single[:, 0],
            "single_high": single[:, 2],
            "tested_low": trend[:, 1] / wide,
            "tested_high": trend[:, 1] * wide,
        }

    def reaches(self, until: int) -> bool:
        """Return whether the trend covers enough years to be extrapolated to a year; see `SPANS`.

        Raises
        ------
        InputError
            If the year lies within the data or after 2100.
        """
        first, last = self.fit.first_year, self.fit.last_year
        if not last < until <= LAST_YEAR:
            raise InputError(f"cannot forecast until {until}", f"give a year from {int(last) + 1} to {LAST_YEAR}")
        return (last - first) * SPANS >= until - last


def energy_trends(scored: ScoredModels) -> list[EnergyTrend]:
    """Return the trends of a task that can be fitted, the one that represents it first."""
    if scored.dated.is_empty():
        return []
    unit = 1 if scored.task == VISION else PER_TOKENS
    own = at_release(scored, unit)
    widest = pl.struct("benchmark", "harness") == _widest(scored.dated)
    with_score = own.join(scored.dated.filter(widest).select("id", "score"), on="id", how="left", maintain_order="left")
    best = select_subset(with_score, "best-per-year")
    if scored.task == VISION:
        series = {"best": best, "all": own}
    else:
        # Comparable scores reach back too few years for a line; the most demanding model of a year takes their place.
        most = select_subset(own.with_columns(score=pl.col("value")), "best-per-year")
        series = {"most": most, "all": own, "best": best}
    names = dict(_NAMES)
    chosen = longest(list(staircases(scored, methods=(CONTEMPORARY,))))
    if chosen is not None:
        series["constant"] = _values(chosen.steps, unit)
        names["constant"] = f"the minimum energy at {chosen.benchmark} ≥ {chosen.level:g}"
    found = [_trend(f"{scored.task}-{key}", scored.task, names[key], points) for key, points in series.items()]
    return [one for one in found if one is not None]


def at_release(scored: ScoredModels, unit: int) -> pl.DataFrame:
    """Return each model on the accelerator with the lowest energy of those launched before its release.

    Parameters
    ----------
    scored : ScoredModels
    unit : int
        Divisor of the energy: tokens that it is given for, or 1.

    Returns
    -------
    polars.DataFrame
        ``id, name, year`` (decimal), ``value`` [J]; models older than every accelerator are left out.
    """
    released = scored.models.filter(pl.col("release_date").is_not_null())
    released = released.unique("id", keep="first", maintain_order=True).select("id", "name", "release_date")
    pairs = scored.energy.rename({"release_date": "_from"}).join(released, on="id", maintain_order="left")
    lowest = (
        pairs.filter(pl.col("_from") == pl.col("release_date"))
        .sort("energy_j", maintain_order=True)
        .unique("id", keep="first", maintain_order=True)
        .sort("release_date", "id")
    )
    return _values(lowest, unit)


def error_per_year(points: pl.DataFrame) -> tuple[float | None, int]:
    """Return how fast the errors of earlier fits of a series grew, and on how many tests that rests.

    Parameters
    ----------
    points : polars.DataFrame
        ``year, value``.

    Returns
    -------
    error : float or None
        The ninth decile of the absolute errors. [log10 per year] None with fewer than five tests.
    tests : int

    Notes
    -----
    Fits of what was known at the start of each year, at least five points, are compared with the outcomes a year or
    more after the last of them, up to `SPANS` times the years they cover. The error is that of the median outcome of a
    calendar year, so that the scatter of single models, which the band of a single point already covers, does not
    count; it is divided by the years ahead.
    """
    years, values = points["year"].to_numpy(), points["value"].to_numpy()
    starts = [
        float(t)
        for t in np.arange(np.ceil(years.min()), np.floor(years.max()) + 1)
        if (years < t).sum() >= _LEAST_KNOWN
    ]
    known_until = pl.Series([float(years[years < t].max()) for t in starts], dtype=pl.Float64)
    ends = pl.DataFrame({"cutoff": pl.Series(starts, dtype=pl.Float64), "known_until": known_until})
    ahead = pl.col("year") - pl.col("known_until")
    errors = (
        rolling_backtest(years, values, starts)
        .join(ends, on="cutoff", maintain_order="left")
        .filter((ahead >= 1) & (ahead <= SPANS * (pl.col("known_until") - float(years.min()))))
        .group_by("cutoff", pl.col("year").floor().alias("outcome_year"))
        .agg(rate=pl.col("error_log10").median().abs() / ahead.median())
    )
    if errors.height < _LEAST_TESTED:
        return None, errors.height
    return float(np.quantile(errors["rate"].to_numpy(), BACKTEST_SHARE)), errors.height


def _values(rows: pl.DataFrame, unit: int) -> pl.DataFrame:
    return rows.select("id", "name", year=decimal_year_of("release_date"), value=pl.col("energy_j") / unit)


def _widest(dated: pl.DataFrame) -> dict[str, str | None]:
    """Return the benchmark and harness whose scores cover the most years, then the most models."""
    counts = dated.group_by("benchmark", "harness").agg(
        pl.col("release_date").dt.year().n_unique().alias("years"), pl.len().alias("n")
    )
    row = counts.sort("years", "n", "benchmark", descending=[True, True, False]).row(0, named=True)
    return {"benchmark": row["benchmark"], "harness": row["harness"]}


def _trend(trend_id: str, task: str, name: str, points: pl.DataFrame) -> EnergyTrend | None:
    ordered = points.select("name", "year", "value").sort("year", maintain_order=True)
    try:
        fit = fit_log_linear(ordered["year"].to_numpy(), ordered["value"].to_numpy())
    except InputError:  # too few points, or all of one date
        return None
    error, tested = error_per_year(ordered)
    return EnergyTrend(trend_id, task, name, ordered, fit, error, tested)
