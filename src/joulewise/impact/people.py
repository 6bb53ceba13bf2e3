"""The multiplicative effect: joules per person and second, compared with human energy use (Figs. 13 and 14).

References
----------
.. [1] Desislavov et al., Compute and Energy Consumption Trends in Deep Learning Inference, 2021,
   "Forecasting and Multiplicative Effect".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog import Catalog, load
from joulewise.errors import InputError
from joulewise.fits import LogLinearFit
from joulewise.trends import Trend, trend
from joulewise.units import JOULES_PER_TWH, SECONDS_PER_YEAR, date_of_decimal_year

LAST_YEAR = 2100

LEADERS = {"vision": "best-per-year", "language": "record"}
"""The models of each task that the paper carries on: the best of each year, and the largest so far."""

NEVER = "never within the horizon"
"""Stands for a date on which a crossing does not happen."""

_STEP = 1 / 1461  # a day, within a third of one


@dataclass(frozen=True)
class Reference:
    """A rate of energy use to compare with.

    Parameters
    ----------
    name : str
    power_w : float
        Per person. [W], that is joules a second
    source : str
        Citation and the figure as published.
    """

    name: str
    power_w: float
    source: str


@dataclass(frozen=True)
class Crossing:
    """When a forecast reaches a reference line.

    `earliest` and `latest` are where the upper and lower edge of the band reach it; None means never
    within the horizon. A date before the first year of the data reads as that year.
    """

    reference: Reference
    earliest: date | None
    central: date | None
    latest: date | None

    def to_dict(self) -> dict[str, Any]:
        """Return the crossing as data that JSON can hold; `NEVER` stands for no date."""
        return {
            "reference": self.reference.name,
            "power_w": self.reference.power_w,
            "source": self.reference.source,
            **{
                name: day.isoformat() if day else NEVER
                for name, day in (("earliest", self.earliest), ("central", self.central), ("latest", self.latest))
            },
        }


@dataclass(frozen=True)
class Forecast:
    """Joules per person and second by year, and when they reach people's other energy use.

    Parameters
    ----------
    trend : Trend
        Of the energy of one inference. [J]
    rate_per_s : float
        Inferences per person and second.
    population : float or None
        Number of people, to add their total.
    years : polars.DataFrame
        ``year, power_w, power_w_low, power_w_high`` per person; with a population also
        ``energy_twh, energy_twh_low, energy_twh_high`` of all in a year.
    crossings : tuple of Crossing
    """

    trend: Trend
    rate_per_s: float
    population: float | None
    years: pl.DataFrame
    crossings: tuple[Crossing, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the forecast as data that JSON can hold, the trend without its points."""
        return {
            "task": self.trend.task,
            "subset": self.trend.subset,
            "rate_per_s": self.rate_per_s,
            "population": self.population,
            "years": self.years.to_dicts(),
            "crossings": [crossing.to_dict() for crossing in self.crossings],
            "trend": {key: value for key, value in self.trend.to_dict().items() if key != "points"},
        }


def references(catalog: Catalog | None = None) -> tuple[Reference, ...]:
    """Return the energy use of a person that the paper compares with: somatic and external.

    Both are derived from facts: 2,000 kcal per day (1 kcal = 4184 J) and 79,897 kWh per year.
    """
    catalog = catalog or load()
    found = []
    for entity in catalog.facts.filter(attribute="energy_use_w")["entity"]:
        fact = catalog.source_of(entity, "energy_use_w")
        if fact.number is not None:
            cited = f"{fact.value} {fact.unit}: {fact.cited}"
            found.append(Reference(catalog.name_of(entity), fact.number, cited))
    return tuple(found)


def forecast(
    task: str,
    subset: str | None = None,
    *,
    until: int = 2030,
    rate_per_s: float = 1.0,
    population: float | None = None,
    catalog: Catalog | None = None,
) -> Forecast:
    """Extrapolate the trend of energy per inference, times a rate of inferences per person.

    Parameters
    ----------
    task : {"vision", "language"}
    subset : str, optional
        One of `joulewise.trends.SUBSETS`; by default the `LEADERS` of the task.
    until : int
        The last year; no crossing after its end is given.
    rate_per_s : float
        Inferences per person and second. [1/s]
    population : float, optional
        People.
    catalog : Catalog, optional
        By default the shipped one.

    Returns
    -------
    Forecast
        Bands are 95% for a single model of the subset around its trend. The trend itself is assumed to continue, which
        no band covers.

    Raises
    ------
    UnknownNameError
        If the task or subset is not known.
    InputError
        If the year is before the data's last or after 2100, or a rate or population is not positive.
    """
    if not rate_per_s > 0 or not np.isfinite(rate_per_s):
        raise InputError(f"the rate must be above zero, not {rate_per_s}", "inferences per person and second")
    if population is not None and not (population > 0 and np.isfinite(population)):
        raise InputError(f"the population must be above zero, not {population}")
    catalog = catalog or load()
    energy = trend("energy", task, subset or LEADERS.get(task, "all"), catalog=catalog)
    first, last = int(energy.fit.first_year), int(energy.fit.last_year)
    if not last <= until <= LAST_YEAR:
        raise InputError(f"cannot forecast until {until}", f"give a year from {last} to {LAST_YEAR}")
    years = np.arange(first, until + 1)
    # 1 January of each year, like every decimal year here.
    power = energy.fit.predict_many(years, band="single") * rate_per_s
    frame = pl.DataFrame({"year": years, **_bounds("power_w", power)})
    if population is not None:
        terawatt_hours = power * population * SECONDS_PER_YEAR / JOULES_PER_TWH
        frame = frame.with_columns(pl.DataFrame(_bounds("energy_twh", terawatt_hours)))
    crossings = tuple(_crossing(energy.fit, ref, rate_per_s, until) for ref in references(catalog))
    return Forecast(energy, rate_per_s, population, frame, crossings)


def _bounds(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    return {name: values[:, 1], f"{name}_low": values[:, 0], f"{name}_high": values[:, 2]}


def _crossing(fit: LogLinearFit, reference: Reference, rate_per_s: float, until: int) -> Crossing:
    grid = np.arange(np.floor(fit.first_year), until + 1, _STEP)
    power = fit.predict_many(grid, band="single") * rate_per_s

    def first_above(column: int) -> date | None:
        above = np.flatnonzero(power[:, column] >= reference.power_w)
        return date_of_decimal_year(float(grid[above[0]])) if len(above) else None

    return Crossing(reference, earliest=first_above(2), central=first_above(1), latest=first_above(0))
