"""The minimum of a cost over time: a staircase of the models that lowered it, and how fast it falls.

References
----------
.. [1] B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall, 1993, chapter 13
   (percentile intervals).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from joulewise.errors import InputError
from joulewise.fits import MIN_POINTS, LogLinearFit, fit_log_linear
from joulewise.units import decimal_year

DRAWS = 400
_SEED = 20210911  # any fixed number: the same data give the same interval


@dataclass(frozen=True)
class Halving:
    """The rate at which a staircase falls.

    Parameters
    ----------
    n : int
        Number of steps, including the first level.
    first, last, until : datetime.date
        Dates of the first and last step, and the last day of the data.
    factor : float
        The first level over the last.
    overall_years : float or None
        Halving time from the first step to `until`, including years without progress at the end; None where nothing
        fell.
    fit : LogLinearFit or None
        Through the steps; None with fewer than three, or only one date.
    bootstrap_years : tuple of float or None
        95% of the fitted halving times when the candidates are resampled with replacement; an end is
        infinite where the drawn staircases do not fall; None where too few draws have three steps.
    draws : int
        Draws that had enough steps for a fit.
    """

    n: int
    first: date
    last: date
    until: date
    factor: float
    overall_years: float | None
    fit: LogLinearFit | None
    bootstrap_years: tuple[float, float] | None
    draws: int

    @property
    def fitted_years(self) -> float | None:
        """Halving time of the line through the steps; negative would mean doubling."""
        return -self.fit.doubling_time_years if self.fit else None

    @property
    def fitted_interval(self) -> tuple[float, float] | None:
        """Shortest and longest halving time by Student's t; None where the line may be flat."""
        found = self.fit.doubling_time_interval if self.fit else None
        return (-found[1], -found[0]) if found else None


def running_minimum(frame: pl.DataFrame, value: str, day: str = "release_date") -> pl.DataFrame:
    """Return the rows that lowered the minimum so far, in the order of their dates.

    Parameters
    ----------
    frame : polars.DataFrame
        Rows in which `value` or `day` is null are left out. Only the smallest value of a day can be a step.
    value, day : str
        Columns.
    """
    known = frame.filter(pl.col(value).is_not_null() & pl.col(day).is_not_null())
    ranked = known.sort(day, value, maintain_order=True)
    before = pl.col(value).cum_min().shift(1)
    return ranked.filter(before.is_null() | (pl.col(value) < before))


def standing(steps: pl.DataFrame, day: date, column: str = "release_date") -> dict[str, Any] | None:
    """Return the step that holds on a day, or None before the first."""
    held = steps.filter(pl.col(column) <= day)
    return held.row(-1, named=True) if held.height else None


def halving(
    frame: pl.DataFrame,
    value: str,
    until: date,
    *,
    day: str = "release_date",
    cluster: str | None = None,
    draws: int = DRAWS,
) -> Halving:
    """Return how fast the minimum falls.

    Parameters
    ----------
    frame : polars.DataFrame
        All candidates, not only the steps.
    value, day : str
        Columns.
    until : datetime.date
        The last day of the data, at or after the last candidate.
    cluster : str, optional
        Column of the groups that the bootstrap draws as a whole, e.g. the family; by default each row is one.
    draws : int
        Of the bootstrap.

    Raises
    ------
    InputError
        If there is no candidate, or one is dated after `until`.

    Notes
    -----
    The line goes only through the steps, so it does not reflect a standstill after the last one; the overall time does.
    Steps are not independent points, so the interval of the line is too narrow; quote that of the bootstrap.
    """
    steps = running_minimum(frame, value, day)
    if not steps.height:
        raise InputError("a staircase needs at least one dated value")
    first, last = steps[day][0], steps[day][-1]
    if last > until:
        raise InputError(f"a step of {last} lies after the end of the data, {until}")
    factor = float(steps[value][0]) / float(steps[value][-1])
    span = decimal_year(until) - decimal_year(first)
    interval, kept = _bootstrap(frame, value, day, cluster, draws)
    return Halving(
        n=steps.height,
        first=first,
        last=last,
        until=until,
        factor=factor,
        overall_years=span * math.log(2) / math.log(factor) if factor > 1 and span > 0 else None,
        fit=_fit(_years(steps[day]), steps[value].to_numpy()),
        bootstrap_years=interval,
        draws=kept,
    )


def _years(days: Sequence[date] | pl.Series) -> NDArray[np.float64]:
    return np.array([decimal_year(d) for d in days], dtype=float)


def _fit(years: NDArray[np.float64], values: NDArray[np.float64]) -> LogLinearFit | None:
    if len(years) < MIN_POINTS or np.ptp(years) == 0:
        return None
    return fit_log_linear(years, values)


def _bootstrap(
    frame: pl.DataFrame, value: str, day: str, cluster: str | None, draws: int
) -> tuple[tuple[float, float] | None, int]:
    known = frame.filter(pl.col(value).is_not_null() & pl.col(day).is_not_null())
    if cluster:
        # A row that its own cluster has already beaten is a step in no draw, as clusters are drawn whole.
        known = pl.concat(running_minimum(one, value, day) for one in known.partition_by(cluster))
    known = known.sort(day, value, maintain_order=True)
    years, logs = _years(known[day]), np.log10(known[value].to_numpy())
    codes = (known[cluster].rank("dense").fill_null(0) if cluster else known.with_row_index("_i")["_i"]).to_numpy()
    groups = [np.flatnonzero(codes == c) for c in np.unique(codes)]
    rng = np.random.default_rng(_SEED)
    slopes = []
    for _ in range(draws):
        drawn = np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))])
        drawn.sort()  # rows are in order of day and value, so their places are too
        slope = _slope_of_steps(years[drawn], logs[drawn])
        if slope is not None:
            slopes.append(slope)
    if len(slopes) < draws / 2:
        return None, len(slopes)
    low, high = np.quantile(slopes, [0.025, 0.975])  # the steepest fall first
    return (_halving_years(low), _halving_years(high)), len(slopes)


def _slope_of_steps(years: NDArray[np.float64], logs: NDArray[np.float64]) -> float | None:
    least = np.minimum.accumulate(logs)
    step = np.ones(len(logs), dtype=bool)
    step[1:] = logs[1:] < least[:-1]
    x, y = years[step], logs[step]
    if len(x) < MIN_POINTS or np.ptp(x) == 0:
        return None
    x = x - x.mean()
    return float((x * (y - y.mean())).sum() / (x**2).sum())


def _halving_years(slope: float) -> float:
    return math.log10(2) / -slope if slope < 0 else math.inf
