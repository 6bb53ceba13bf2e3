"""Backtests: a trend fitted to the data known at a date, compared with later data.

A fit has two bands. That of the trend is where the line itself lies; that of a single point is where one more
observation would fall, and is what a new value should be compared with. Both assume that the growth continues.

References
----------
.. [1] R. J. Hyndman and G. Athanasopoulos, Forecasting: principles and practice, 3rd ed., OTexts, 2021, section 5.10
   (evaluation on a rolling forecasting origin).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from joulewise.errors import InputError
from joulewise.fits import MIN_POINTS, LogLinearFit, fit_log_linear
from joulewise.quantiles import binomial_interval

_SCHEMA = {
    "cutoff": pl.Float64,
    "year": pl.Float64,
    "horizon_years": pl.Float64,
    "actual": pl.Float64,
    "predicted": pl.Float64,
    "trend_low": pl.Float64,
    "trend_high": pl.Float64,
    "single_low": pl.Float64,
    "single_high": pl.Float64,
    "ratio": pl.Float64,
    "error_log10": pl.Float64,
    "error_doublings": pl.Float64,
    "in_trend_band": pl.Boolean,
    "in_single_band": pl.Boolean,
}


@dataclass(frozen=True)
class Backtest:
    """A fit to known values, and its predictions of later ones.

    Parameters
    ----------
    cutoff : float
        Decimal year: values before it are known, later ones are compared with the fit.
    fit : LogLinearFit
        Through the known values.
    points : polars.DataFrame
        One row per later value, by year: ``cutoff, year, horizon_years`` (from the cutoff), ``actual, predicted``,
        the bands ``trend_low, trend_high, single_low, single_high``, ``ratio`` (actual over predicted), its
        logarithms ``error_log10`` and ``error_doublings``, and ``in_trend_band, in_single_band``.
    """

    cutoff: float
    fit: LogLinearFit
    points: pl.DataFrame


def backtest(years: ArrayLike, values: ArrayLike, cutoff: float, confidence: float = 0.95) -> Backtest:
    """Fit the values before a cutoff and compare the fit with later ones.

    Parameters
    ----------
    years : array_like
        Decimal years.
    values : array_like
        Positive values, one per year.
    cutoff : float
        Decimal year.
    confidence : float
        Of both bands.

    Raises
    ------
    InputError
        If fewer than 3 values are known at the cutoff, they share one date, or a value is not positive.
    """
    x, y = np.asarray(years, dtype=float), np.asarray(values, dtype=float)
    known = x < cutoff
    fit = fit_log_linear(x[known], y[known], confidence)
    return Backtest(cutoff, fit, hold_against(fit, x[~known], y[~known], cutoff))


def hold_against(fit: LogLinearFit, years: ArrayLike, values: ArrayLike, cutoff: float) -> pl.DataFrame:
    """Return later values with the predictions of a fit: the rows of `Backtest.points`.

    Raises
    ------
    InputError
        If a value is not positive.
    """
    x, actual = np.asarray(years, dtype=float), np.asarray(values, dtype=float)
    if not np.all(actual > 0):
        raise InputError("a backtest on a logarithmic scale needs values above zero")
    order = np.argsort(x, kind="stable")
    x, actual = x[order], actual[order]
    trend, single = fit.predict_many(x, "trend"), fit.predict_many(x, "single")
    predicted = trend[:, 1]
    columns = {
        "cutoff": np.full(len(x), float(cutoff)),
        "year": x,
        "horizon_years": x - cutoff,
        "actual": actual,
        "predicted": predicted,
        "trend_low": trend[:, 0],
        "trend_high": trend[:, 2],
        "single_low": single[:, 0],
        "single_high": single[:, 2],
        "ratio": actual / predicted,
        "error_log10": np.log10(actual) - np.log10(predicted),
        "error_doublings": np.log2(actual) - np.log2(predicted),
        "in_trend_band": (trend[:, 0] <= actual) & (actual <= trend[:, 2]),
        "in_single_band": (single[:, 0] <= actual) & (actual <= single[:, 2]),
    }
    return pl.DataFrame(columns, schema=_SCHEMA)


def rolling_backtest(
    years: ArrayLike, values: ArrayLike, cutoffs: Iterable[float], confidence: float = 0.95
) -> pl.DataFrame:
    """Repeat a backtest from many dates; dates at which too little was known are left out.

    Returns
    -------
    polars.DataFrame
        The rows of `Backtest.points` of every cutoff.
    """
    x, y = np.asarray(years, dtype=float), np.asarray(values, dtype=float)
    tested = [
        backtest(x, y, cutoff, confidence).points
        for cutoff in cutoffs
        if (x < cutoff).sum() >= MIN_POINTS and np.ptp(x[x < cutoff]) > 0
    ]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *tested])


def by_horizon(points: pl.DataFrame) -> pl.DataFrame:
    """Summarise the rows of backtests by how far ahead they look.

    Parameters
    ----------
    points : polars.DataFrame
        Of `rolling_backtest`, or several of them together.

    Returns
    -------
    polars.DataFrame
        One row per started year ahead: ``horizon_years`` (1: up to a year after the cutoff), ``n`` predictions from
        ``n_cutoffs`` dates, ``median_abs_error_log10``, ``median_abs_factor`` (10 to the power of it: the factor by
        which a typical prediction is off), ``median_error_log10`` (above zero: the truth was higher),
        ``median_abs_centre_factor`` (the same for the median outcome: the median error of each cutoff, then the median
        of their absolute values; unlike the former it does not penalise scatter about a right trend),
        ``share_within_2x``, and of each band the share of truths inside it, ``single_coverage`` and ``trend_coverage``,
        the first with its 95% interval ``single_coverage_low, single_coverage_high`` (Clopper and Pearson's, as if
        predictions were independent; those of one value from several dates are not).
    """
    ahead = points.with_columns(ahead=pl.max_horizontal(pl.col("horizon_years").floor() + 1, 1).cast(pl.Int64))
    centres = ahead.group_by("ahead", "cutoff").agg(pl.col("error_log10").median())
    grouped = (
        ahead.group_by("ahead")
        .agg(
            n=pl.len(),
            n_cutoffs=pl.col("cutoff").n_unique(),
            median_abs_error_log10=pl.col("error_log10").abs().median(),
            median_error_log10=pl.col("error_log10").median(),
            share_within_2x=(pl.col("error_doublings").abs() <= 1).mean(),
            inside=pl.col("in_single_band").sum(),
            single_coverage=pl.col("in_single_band").mean(),
            trend_coverage=pl.col("in_trend_band").mean(),
        )
        .join(
            centres.group_by("ahead").agg(median_abs_centre_factor=10.0 ** pl.col("error_log10").abs().median()),
            on="ahead",
        )
        .sort("ahead")
        .rename({"ahead": "horizon_years"})
    )
    coverage = [binomial_interval(*row) for row in grouped.select("inside", "n").iter_rows()]
    return grouped.with_columns(
        median_abs_factor=10.0 ** pl.col("median_abs_error_log10"),
        single_coverage_low=pl.Series([low for low, _ in coverage], dtype=pl.Float64),
        single_coverage_high=pl.Series([high for _, high in coverage], dtype=pl.Float64),
    ).drop("inside")
