"""Exponential trends: a straight line through log10 of a value against the date, with its error.

References
----------
.. [1] N. R. Draper and H. Smith, Applied Regression Analysis, 3rd ed., Wiley, 1998, chapters 1 and 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from joulewise.errors import InputError
from joulewise.interval import Interval
from joulewise.quantiles import t_quantile

MIN_POINTS = 3  # two points leave no degree of freedom for an error

Band = Literal["trend", "single"]


@dataclass(frozen=True)
class LogLinearFit:
    """Ordinary least squares of log10(value) on decimal year.

    Parameters
    ----------
    n : int
        Points fitted.
    slope_log10 : float
        Change of log10(value) in a year.
    intercept_log10 : float
        log10(value) at `reference_year`.
    reference_year : float
        The year of the first point, as a whole number.
    r2 : float
        Share of the variance of log10(value) that the line explains.
    slope_se, residual_sd : float
        Standard error of the slope; standard deviation of the residuals in log10.
    mean_year, year_ss : float
        Mean of the years and their sum of squares about it.
    first_year, last_year : float
        Of the points fitted.
    confidence : float
        Of every interval, e.g. 0.95.
    """

    n: int
    slope_log10: float
    intercept_log10: float
    reference_year: float
    r2: float
    slope_se: float
    residual_sd: float
    mean_year: float
    year_ss: float
    first_year: float
    last_year: float
    confidence: float

    @property
    def t_quantile(self) -> float:
        """Student's t at the confidence, with n - 2 degrees of freedom."""
        return t_quantile(self.n - 2, 0.5 + self.confidence / 2)

    @property
    def slope_interval(self) -> Interval:
        """The slope with its confidence interval."""
        half = self.t_quantile * self.slope_se
        return Interval(self.slope_log10 - half, self.slope_log10, self.slope_log10 + half)

    @property
    def growth_per_year(self) -> Interval:
        """Factor by which the value grows in a year, with its confidence interval."""
        slope = self.slope_interval
        return Interval(10**slope.low, 10**slope.central, 10**slope.high)

    @property
    def doubling_time_years(self) -> float:
        """Years in which the value doubles; negative where it falls, infinite where it is flat."""
        return math.log10(2) / self.slope_log10 if self.slope_log10 else math.inf

    @property
    def doubling_time_interval(self) -> tuple[float, float] | None:
        """Shortest and longest doubling time; None where the slope may be of either sign."""
        slope = self.slope_interval
        if slope.low <= 0 <= slope.high:
            return None
        ends = sorted((math.log10(2) / slope.low, math.log10(2) / slope.high))
        return ends[0], ends[1]

    def predict(self, year: float, band: Band = "trend") -> Interval:
        """Return the value at a decimal year.

        Parameters
        ----------
        year : float
            Decimal year, inside the data or beyond.
        band : {"trend", "single"}
            The interval of the line itself, or that in which a single new point would fall.
        """
        low, central, high = self.predict_many([year], band)[0]
        return Interval(float(low), float(central), float(high))

    def predict_many(self, years: ArrayLike, band: Band = "trend") -> NDArray[np.float64]:
        """Return an array of rows (low, central, high) at many decimal years; see `predict`."""
        at = np.asarray(years, dtype=float)
        central = self.intercept_log10 + self.slope_log10 * (at - self.reference_year)
        variance = 1 / self.n + (at - self.mean_year) ** 2 / self.year_ss
        if band == "single":
            variance = variance + 1
        half = self.t_quantile * self.residual_sd * np.sqrt(variance)
        return np.asarray(10 ** np.stack([central - half, central, central + half], axis=-1), dtype=float)

    def year_of(self, value: float) -> float | None:
        """Return the decimal year at which the line reaches a value; None if it is flat."""
        if self.slope_log10 == 0:
            return None
        return self.reference_year + (math.log10(value) - self.intercept_log10) / self.slope_log10


def fit_log_linear(years: ArrayLike, values: ArrayLike, confidence: float = 0.95) -> LogLinearFit:
    """Fit log10(value) = intercept + slope * (year - reference_year) by least squares.

    Parameters
    ----------
    years : array_like
        Decimal years.
    values : array_like
        Positive values, one per year.
    confidence : float
        Of the intervals.

    Raises
    ------
    InputError
        If there are fewer than 3 points, they all share one date, or a value is not positive.

    Examples
    --------
    >>> fit = fit_log_linear([2010, 2011, 2012, 2013], [1, 2, 4, 8])
    >>> round(fit.growth_per_year.central, 6), round(fit.doubling_time_years, 6)
    (2.0, 1.0)
    """
    x = np.asarray(years, dtype=float)
    raw = np.asarray(values, dtype=float)
    n = len(x)
    if n < MIN_POINTS:
        raise InputError(f"a trend needs at least {MIN_POINTS} points, not {n}", "widen the years or the subset")
    if not np.all(raw > 0):
        raise InputError("a trend on a logarithmic scale needs values above zero")
    if not 0 < confidence < 1:
        raise InputError(f"confidence must lie between 0 and 1, not {confidence}")
    y = np.log10(raw)
    mean_x, mean_y = float(x.mean()), float(y.mean())
    year_ss = float(((x - mean_x) ** 2).sum())
    if year_ss == 0:
        raise InputError("a trend needs points of more than one date")
    slope = float(((x - mean_x) * (y - mean_y)).sum()) / year_ss
    residuals = y - mean_y - slope * (x - mean_x)
    residual_ss, total_ss = float((residuals**2).sum()), float(((y - mean_y) ** 2).sum())
    residual_sd = math.sqrt(residual_ss / (n - 2))
    reference_year = float(math.floor(x.min()))
    return LogLinearFit(
        n=n,
        slope_log10=slope,
        intercept_log10=mean_y + slope * (reference_year - mean_x),
        reference_year=reference_year,
        r2=1 - residual_ss / total_ss if total_ss else 1.0,
        slope_se=residual_sd / math.sqrt(year_ss),
        residual_sd=residual_sd,
        mean_year=mean_x,
        year_ss=year_ss,
        first_year=float(x.min()),
        last_year=float(x.max()),
        confidence=confidence,
    )
