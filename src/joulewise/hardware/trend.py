"""Growth of efficiency over the years: the paper's Fig. 8, one trend for vision and one for language."""

from __future__ import annotations

from datetime import date

import polars as pl

from joulewise.catalog import Catalog
from joulewise.errors import InputError
from joulewise.fits import Band, LogLinearFit, fit_log_linear
from joulewise.hardware.efficiency import adapted_efficiencies
from joulewise.interval import Interval
from joulewise.units import decimal_year, decimal_year_of

EARLIEST, LATEST = date(2000, 1, 1), date(2050, 12, 31)


def efficiency_trend(task: str, catalog: Catalog | None = None) -> LogLinearFit:
    """Fit log10 of the adapted efficiency [FLOP/J] against the launch date of each accelerator.

    Parameters
    ----------
    task : {"vision", "language"}
    catalog : Catalog, optional
        By default the shipped one; the paper's edition gives the trend that its method takes efficiency from.
    """
    table = adapted_efficiencies(task, catalog).filter(pl.col("release_date").is_not_null())
    years = table.select(decimal_year_of("release_date")).to_series()
    return fit_log_linear(years.to_numpy(), table["efficiency_flops_per_j"].to_numpy())


def efficiency_at(day: date, task: str, band: Band = "single", catalog: Catalog | None = None) -> Interval:
    """Return the efficiency that the trend gives for a day. [FLOP/J]

    Parameters
    ----------
    day : datetime.date
    task : {"vision", "language"}
    band : {"single", "trend"}
        The interval: of one accelerator launched that day, or of the trend itself.

    Raises
    ------
    InputError
        If the day is before 2000 or after 2050, where a line through 2010 to 2021 says nothing.
    """
    if not EARLIEST <= day <= LATEST:
        raise InputError(
            f"{day.isoformat()} is too far from the data (2010 to 2021) for the efficiency trend",
            f"give a date from {EARLIEST.year} to {LATEST.year}",
        )
    return efficiency_trend(task, catalog).predict(decimal_year(day), band)
