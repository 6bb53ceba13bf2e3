"""Beyond the accelerator: host, building, grid, water, embodied emissions and the electricity bill."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from joulewise.catalog import Catalog, find_entity, load
from joulewise.catalog.catalog import kept_with
from joulewise.catalog.names import normalise
from joulewise.energy.estimate import Scope
from joulewise.errors import InputError, UnknownNameError
from joulewise.interval import Interval
from joulewise.units import JOULES_PER_KWH, SECONDS_PER_YEAR

HOST_SHARE = Interval(1.31, 1.45, 1.60)
"""Energy of a server over that of its accelerators. Low: 1.2 kW for the host of eight accelerators of 700 W at 70% of
their limit (EcoLogits 0.11.3's server), 1 + 1.2 / 3.92. High: accelerators 58%, host 25% and idle machines 10% of the
energy of a prompt (Google, arXiv 2508.15734), 93 / 58. Central: the geometric mean of both."""

LIFE_YEARS = Interval(3.0, 4.5, 6.0)
"""Years that a server is in use: 3 in EcoLogits, up to 6 in the accounts of cloud companies."""

BUSY_SHARE = Interval(0.3, 0.5, 0.8)
"""Assumed share of that time in which it works."""

# Bounds wider than any real factor, to catch typing errors.
_BOUNDS = {
    "pue": (1.0, 10.0, "the energy of the building over that of its machines"),
    "grid_gco2e": (0.0, 5000.0, "grams of CO2e per kWh"),
    "wue_l_per_kwh": (0.0, 100.0, "litres of water per kWh of the machines"),
    "usd_per_kwh": (0.0, 100.0, "US dollars per kWh"),
}


@dataclass(frozen=True)
class Footprint:
    """The footprint of an amount of energy.

    Parameters
    ----------
    values : mapping of str to Interval
        By name with its unit as suffix: ``wall_energy_j``, ``operational_gco2e``, ``embodied_gco2e``,
        ``total_gco2e`` (operational and embodied, as in ISO/IEC 21031), ``water_l``, ``cost_usd``; only what was
        asked for.
    notes : tuple of str
        Source, scope and range of each factor.
    """

    values: Mapping[str, Interval]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the footprint as plain values, in the keys of ``joulewise estimate --json``."""
        return {name: asdict(value) for name, value in self.values.items()} | {"footprint_notes": list(self.notes)}


def footprint(
    energy: Interval | float,
    scope: Scope | str,
    *,
    pue: float | None = None,
    country: str | None = None,
    year: int | None = None,
    grid_gco2e: float | None = None,
    wue_l_per_kwh: float | None = None,
    usd_per_kwh: float | None = None,
    embodied_of: str | None = None,
    accelerator_seconds: float | None = None,
    catalog: Catalog | None = None,
) -> Footprint:
    """Return the footprint of an amount of energy beyond the accelerator.

    Parameters
    ----------
    energy : Interval or float
        Of one request, or of any number of them. [J]
    scope : Scope or str
        ``accelerators``, to which the server is added, or ``wall``.
    pue : float, optional
        Power usage effectiveness, 1 or more; taken as 1, with a note, where none is given.
    country, year : str and int, optional
        Of the grid: the average of that year, location-based. No location is ever guessed.
    grid_gco2e : float, optional
        In place of a country. [g CO2e per kWh]
    wue_l_per_kwh : float, optional
        Water of cooling for the machines' energy. [L per kWh]
    usd_per_kwh : float, optional
        Price of electricity. [USD per kWh]
    embodied_of : str, optional
        The accelerator whose embodied emissions are attributed to `accelerator_seconds` of its work.
    accelerator_seconds : float, optional
        Time on one accelerator; needed with `embodied_of`. [s]
    catalog : Catalog, optional
        Of grids and embodied emissions; by default the shipped one.

    Raises
    ------
    InputError
        If the energy is not a positive number, a factor is impossible, e.g. a PUE below 1, factors contradict each
        other, or the data lack a year or an accelerator.

    Notes
    -----
    With the energy E, the share h of the server (1 at the wall), the power usage effectiveness p, the grid's intensity
    g, the water usage effectiveness w and the price c:

    .. math:: E_{machine} = h E, \\quad E_{wall} = p E_{machine}, \\quad
              m = g E_{wall}, \\quad V = w E_{machine}, \\quad K = c E_{wall}

    Emissions of operation and of making the hardware add up as in ISO/IEC 21031.

    Examples
    --------
    A kWh of the whole machine in a building of PUE 1.2, at 50 g CO2e per kWh:

    >>> found = footprint(Interval.exact(3.6e6), "wall", pue=1.2, grid_gco2e=50.0)
    >>> round(found.values["operational_gco2e"].central, 9)
    60.0
    """
    for name, value in (
        ("pue", pue),
        ("grid_gco2e", grid_gco2e),
        ("wue_l_per_kwh", wue_l_per_kwh),
        ("usd_per_kwh", usd_per_kwh),
    ):
        check_factor(name, value)
    if country is not None and grid_gco2e is not None:
        raise InputError("both a country and a grid's intensity are given", "give one")
    if year is not None and country is None:
        raise InputError("a year needs a country", "e.g. --country FR --year 2024")
    notes: list[str] = []
    machine = energy if isinstance(energy, Interval) else Interval.exact(energy)
    if not (machine.low > 0 and math.isfinite(machine.high)):
        raise InputError(f"energy {machine.central:g} J is not a positive number")
    if scope not in {*Scope}:
        raise UnknownNameError("scope", str(scope), [*Scope])
    if scope == Scope.ACCELERATORS:
        machine = server_energy(machine)
        notes.append(
            f"server: x{HOST_SHARE.central:g} ({HOST_SHARE.low:g} to {HOST_SHARE.high:g}) for host and idle machines "
            "(EcoLogits 0.11.3; arXiv 2508.15734)"
        )
    notes.append(f"PUE {pue:g}, as given" if pue is not None else "PUE 1: none was given, the building is left out")
    wall = machine * (pue or 1.0)
    values = {"wall_energy_j": wall}
    intensity = grid_gco2e
    if country is not None:
        intensity, note = grid_intensity(country, year, catalog)
        notes.append(note)
    elif grid_gco2e is not None:
        notes.append(f"grid: {grid_gco2e:g} g CO2e/kWh, as given")
    if intensity is not None:
        values["operational_gco2e"] = per_kwh(wall, intensity)
    if embodied_of is not None:
        if accelerator_seconds is None:
            raise InputError("embodied emissions need accelerator_seconds", "the time on one accelerator, in seconds")
        values["embodied_gco2e"], note = embodied_gco2e(embodied_of, accelerator_seconds, catalog)
        notes.append(note)
        if "operational_gco2e" in values:
            values["total_gco2e"] = _sum(values["operational_gco2e"], values["embodied_gco2e"])
    if wue_l_per_kwh is not None:
        values["water_l"] = per_kwh(machine, wue_l_per_kwh)
        notes.append(f"water of cooling: {wue_l_per_kwh:g} L/kWh of the machines, as given")
    if usd_per_kwh is not None:
        values["cost_usd"] = per_kwh(wall, usd_per_kwh)
        notes.append(f"price: {usd_per_kwh:g} USD/kWh, as given")
    return Footprint(values, tuple(notes))


def check_factor(name: str, value: float | None) -> None:
    """Refuse an absurd factor of a footprint, by the name that `footprint` takes it under.

    Raises
    ------
    InputError
        If it is not within the bounds of its quantity.
    """
    low, high, meaning = _BOUNDS[name]
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{name.replace('_', ' ')} {value:g} is not between {low:g} and {high:g}", f"it is {meaning}")


def server_energy(accelerators: Interval, host_share: Interval = HOST_SHARE) -> Interval:
    """Return the energy of a server with its host and its share of idle machines. [J]

    Parameters
    ----------
    accelerators : Interval
        Energy of the server's accelerators, E. [J]
    host_share : Interval
        Energy of a server over that of its accelerators, h. [1]

    Notes
    -----
    .. math:: E_{server} = h E

    Examples
    --------
    >>> server_energy(Interval(90.0, 100.0, 110.0))
    Interval(low=117.9, central=145.0, high=176.0)
    """
    return accelerators * host_share


def per_kwh(energy: Interval, factor: float) -> Interval:
    """Return emissions, water or cost of an energy at an amount per kWh. [the amount's unit]

    Parameters
    ----------
    energy : Interval
        E. [J]
    factor : float
        Amount for each kWh, f. [per kWh]

    Notes
    -----
    .. math:: x = \\frac{E}{3.6 \\cdot 10^6} f

    Examples
    --------
    1, 2 and 10 kWh at 50 g CO2e per kWh:

    >>> per_kwh(Interval(3.6e6, 7.2e6, 3.6e7), 50.0)
    Interval(low=50.0, central=100.0, high=500.0)
    """
    return Interval(*(value / JOULES_PER_KWH * factor for value in (energy.low, energy.central, energy.high)))


def grid_intensity(country: str, year: int | None = None, catalog: Catalog | None = None) -> tuple[float, str]:
    """Return a grid's carbon intensity and its source. [g CO2e per kWh]

    Parameters
    ----------
    country : str
        Name, or ISO code of two or three letters.
    year : int, optional
        By default the last that the data have, which the note says.
    catalog : Catalog, optional
        By default the shipped one.

    Raises
    ------
    InputError
        If the country is unknown, or has no figure for the year.
    """
    grids = _grids(catalog or load())
    wanted = _ISO2.get(country.upper(), country)
    rows = grids.filter((pl.col("iso3") == wanted.upper()) | (pl.col("key") == normalise(wanted)))
    if rows.is_empty():
        raise UnknownNameError("country", country, [*grids["entity"].unique().to_list()])
    years = rows["year"].to_list()
    if year is None:
        year = max(years)
    elif year not in years:
        raise InputError(
            f"there is no carbon intensity of {rows['entity'][0]} for {year}", f"{min(years)} to {max(years)}"
        )
    value = float(rows.filter(pl.col("year") == year)["g_co2e_per_kwh"][0])
    note = (
        f"grid: {value:g} g CO2e/kWh, {rows['entity'][0]} {year}, average of the year, location-based, life-cycle "
        "(Our World in Data from Ember and Energy Institute, CC BY 4.0)"
    )
    return value, note


@kept_with
def _grids(catalog: Catalog) -> pl.DataFrame:
    grids = catalog.tables.grids
    return grids.with_columns(key=pl.Series([normalise(e) for e in grids["entity"].to_list()]))


# Codes of two letters that people write; other countries by name or three letters.
_ISO2 = {
    "AT": "AUT", "AU": "AUS", "BE": "BEL", "BR": "BRA", "CA": "CAN", "CH": "CHE", "CL": "CHL", "CN": "CHN",
    "CZ": "CZE", "DE": "DEU", "DK": "DNK", "EE": "EST", "ES": "ESP", "FI": "FIN", "FR": "FRA", "GB": "GBR",
    "GR": "GRC", "HK": "HKG", "HU": "HUN", "ID": "IDN", "IE": "IRL", "IL": "ISR", "IN": "IND", "IS": "ISL",
    "IT": "ITA", "JP": "JPN", "KR": "KOR", "LU": "LUX", "MX": "MEX", "MY": "MYS", "NL": "NLD", "NO": "NOR",
    "NZ": "NZL", "PL": "POL", "PT": "PRT", "RO": "ROU", "SA": "SAU", "SE": "SWE", "SG": "SGP", "TH": "THA",
    "TR": "TUR", "TW": "TWN", "UK": "GBR", "US": "USA", "ZA": "ZAF", "AE": "ARE",
}  # fmt: skip


def embodied_gco2e(accelerator: str, seconds: float, catalog: Catalog | None = None) -> tuple[Interval, str]:
    """Return the embodied emissions that a time on an accelerator is responsible for, and a note on them. [g CO2e]

    Parameters
    ----------
    accelerator : str
    seconds : float
        Time on one accelerator, 0 or more. [s]
    catalog : Catalog, optional
        By default the shipped one.

    Raises
    ------
    InputError
        If the data lack the accelerator, or the time is negative or not a number.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise InputError(f"accelerator seconds {seconds:g} are not a number of 0 or more")
    catalog = catalog or load()
    rows = catalog.tables.embodied.to_dicts()
    own = find_entity("accelerators", accelerator, catalog)
    found = next((row for row in rows if find_entity("accelerators", row["name"], catalog) == own), None)
    if found is None:
        names = ", ".join(r["name"] for r in rows)
        raise InputError(f"no embodied-carbon figure for {accelerator}", f"there is one for {names}")
    low, high = found["kg_co2e_low"] * 1e3, found["kg_co2e_high"] * 1e3
    made = Interval(low, (low * high) ** 0.5, high)
    note = (
        f"making of the accelerator: {found['kg_co2e_low']:g} to {found['kg_co2e_high']:g} kg CO2e over "
        f"{LIFE_YEARS.low:g} to {LIFE_YEARS.high:g} years, busy {BUSY_SHARE.low:.0%} to {BUSY_SHARE.high:.0%} of them "
        f"(assumed); {found['note']} ({found['source']})"
    )
    return embodied_share(made, seconds), note


def embodied_share(
    made: Interval, seconds: float, life_years: Interval = LIFE_YEARS, busy_share: Interval = BUSY_SHARE
) -> Interval:
    """Return the part of a machine's embodied emissions that a time of its work is responsible for. [g CO2e]

    Parameters
    ----------
    made : Interval
        Emissions of making the machine, M; `embodied_gco2e` takes the geometric mean of published bounds as the central
        value. [g CO2e]
    seconds : float
        Time of work, t. [s]
    life_years : Interval
        Time from its first use to its last, L. [years]
    busy_share : Interval
        Share of that time in which it works, b. [1]

    Notes
    -----
    .. math:: m = M \\frac{t}{L b}

    the time-share of ISO/IEC 21031, over hours of work: the hours in which the machine waits are divided among them.

    Examples
    --------
    A year of work, of 4 years in half of which the machine works:

    >>> year = 365.25 * 86400
    >>> embodied_share(Interval.exact(100e3), year, Interval.exact(4.0), Interval.exact(0.5)).central
    50000.0
    """
    years = seconds / SECONDS_PER_YEAR
    return Interval(
        years * made.low / (life_years.high * busy_share.high),
        years * made.central / (life_years.central * busy_share.central),
        years * made.high / (life_years.low * busy_share.low),
    )


def _sum(a: Interval, b: Interval) -> Interval:
    return Interval(a.low + b.low, a.central + b.central, a.high + b.high)
