"""The trend of a quantity, for a task, through a subset of the models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import polars.selectors as cs

from joulewise.catalog import TASKS, Catalog, load, undated
from joulewise.energy import models_with_energy
from joulewise.errors import InputError, UnknownNameError
from joulewise.fits import LogLinearFit, fit_log_linear
from joulewise.hardware import adapted_efficiencies
from joulewise.trends.subsets import select_subset
from joulewise.units import decimal_year_of

QUANTITIES = {
    "flops": ("flops", "FLOP"),
    "energy": ("energy_j", "J"),
    "params": ("params", "1"),
    "efficiency": ("efficiency_flops_per_j", "FLOP/J"),
    "score": ("score", "points"),
}
"""Quantities with a trend: their column and unit."""


@dataclass(frozen=True)
class Trend:
    """A fit and the points it goes through.

    Parameters
    ----------
    of, task, subset, unit : str
    fit : LogLinearFit
    points : polars.DataFrame
        ``name, date, year, value, score``, dated first to last; `date` is null for yearly means.
    undated : int
        Number of models of the task without a date, which are left out.
    """

    of: str
    task: str
    subset: str
    unit: str
    fit: LogLinearFit
    points: pl.DataFrame
    undated: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the trend as data that JSON can hold.

        ``growth_per_year`` is a factor, with its 95% interval; ``doubling_time_years`` is negative where the quantity
        falls, and its bounds are None where the slope may be of either sign.
        """
        fit, growth, doubling = self.fit, self.fit.growth_per_year, self.fit.doubling_time_interval
        return {
            "of": self.of,
            "task": self.task,
            "subset": self.subset,
            "unit": self.unit,
            "n": fit.n,
            "undated": self.undated,
            "growth_per_year": growth.central,
            "growth_per_year_low": growth.low,
            "growth_per_year_high": growth.high,
            "doubling_time_years": fit.doubling_time_years,
            "doubling_time_years_low": doubling[0] if doubling else None,
            "doubling_time_years_high": doubling[1] if doubling else None,
            "r2": fit.r2,
            "slope_log10": fit.slope_log10,
            "intercept_log10": fit.intercept_log10,
            "reference_year": fit.reference_year,
            "points": self.points.with_columns(cs.date().cast(pl.String)).to_dicts(),
        }


def trend(
    of: str,
    task: str,
    subset: str = "all",
    *,
    start: int | None = None,
    end: int | None = None,
    catalog: Catalog | None = None,
) -> Trend:
    """Fit the exponential trend of a quantity over the years.

    Parameters
    ----------
    of : {"flops", "energy", "params", "efficiency", "score"}
        FLOPs of one forward pass; energy of one by the paper's method on hardware of the release date;
        parameters; efficiency of accelerators for the task; the task's score.
    task : {"vision", "language"}
    subset : {"all", "best-per-year", "record", "yearly-mean"}
        See `joulewise.trends.SUBSETS`. For efficiency, the best of a year is the most efficient.
    start, end : int, optional
        First and last calendar year.
    catalog : Catalog, optional
        By default the shipped one; `Catalog.edition` gives the models and accelerators of the paper alone.

    Raises
    ------
    UnknownNameError
        If a name is not known.
    InputError
        If fewer than 3 points are left, or the years are out of order.

    Notes
    -----
    Ordinary least squares on log10 of the value, with equal weights. A score is bounded, so its trend describes the
    years that it was fitted to and should not be extrapolated.
    """
    if of not in QUANTITIES:
        raise UnknownNameError("quantity", of, QUANTITIES)
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    if start is not None and end is not None and start > end:
        raise InputError(f"the first year {start} is after the last {end}")
    catalog = catalog or load()
    points = select_subset(_between(_dated_values(of, task, catalog), start, end), subset)
    fit = fit_log_linear(points["year"].to_numpy(), points["value"].to_numpy())
    unit = "%" if (of, task) == ("score", "vision") else QUANTITIES[of][1]
    left_out = 0 if of == "efficiency" else undated(task, catalog)
    return Trend(of, task, subset, unit, fit, points, left_out)


def _dated_values(of: str, task: str, catalog: Catalog) -> pl.DataFrame:
    column = QUANTITIES[of][0]
    if of == "efficiency":
        frame = adapted_efficiencies(task, catalog).with_columns(
            pl.format("{} {}", "name", "precision").alias("name"), pl.col(column).alias("score")
        )
    else:
        frame = models_with_energy(task, catalog)
    frame = frame.filter(pl.col(column).is_not_null() & pl.col("release_date").is_not_null())
    return frame.select(
        "name",
        pl.col("release_date").alias("date"),
        decimal_year_of("release_date").alias("year"),
        pl.col(column).alias("value"),
        pl.col("score").alias("score"),
    )


def _between(frame: pl.DataFrame, start: int | None, end: int | None) -> pl.DataFrame:
    if start is not None:
        frame = frame.filter(pl.col("year") >= start)
    if end is not None:
        frame = frame.filter(pl.col("year") < end + 1)
    return frame
