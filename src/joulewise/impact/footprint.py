"""Beyond the accelerator: the host, the building, the grid, the water, the making of the hardware, the bill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from joulewise.catalog.names import normalise
from joulewise.catalog.tables import shipped_folder
from joulewise.energy import Estimate
from joulewise.errors import InputError, UnknownNameError
from joulewise.interval import Interval

JOULES_PER_KWH = 3.6e6
SECONDS_PER_YEAR = 365.25 * 86400

# Everything a server draws over what its accelerators draw. Low: 1.2 kW beside eight accelerators of 700 W at 70% of
# their limit (EcoLogits 0.11.3's server). High: accelerators 58%, host 25% and idle machines 10% of the energy of a
# prompt (Google, arXiv 2508.15734).
HOST_SHARE = Interval(1.31, 1.45, 1.60)
# Years that a server is used for: 3 in EcoLogits, up to 6 in the books of cloud companies.
LIFE_YEARS = Interval(3.0, 4.5, 6.0)
# Part of that time in which it works.
BUSY_SHARE = Interval(0.3, 0.5, 0.8)


@dataclass(frozen=True)
class Footprint:
    """What one request comes to.

    Parameters
    ----------
    values : mapping of str to Interval
        By name with its unit as suffix: ``wall_energy_j``, ``operational_gco2e``, ``embodied_gco2e``,
        ``total_gco2e`` (SCI: operational and embodied), ``water_l``, ``cost_usd``; only what was asked for.
    notes : tuple of str
        Source, scope and range of each factor.
    """

    values: Mapping[str, Interval]
    notes: tuple[str, ...]


def footprint(
    estimate: Estimate,
    *,
    pue: float | None = None,
    country: str | None = None,
    year: int | None = None,
    grid_gco2e: float | None = None,
    wue_l_per_kwh: float | None = None,
    usd_per_kwh: float | None = None,
    embodied_of: str | None = None,
    accelerator_seconds: float | None = None,
) -> Footprint:
    """Return what an estimate comes to beyond the accelerator.

    Parameters
    ----------
    estimate : Estimate
        Of the accelerators alone, to which the server is added, or at the wall.
    pue : float, optional
        Energy of the building over that of its machines; 1 where none is given, and said.
    country, year : str and int, optional
        Of the grid: the average of that year, location-based. No location is ever guessed.
    grid_gco2e : float, optional
        In place of a country. [g CO2e per kWh]
    wue_l_per_kwh : float, optional
        Water of cooling for the machines' energy. [L per kWh]
    usd_per_kwh : float, optional
    embodied_of : str, optional
        An accelerator whose making is shared out over `accelerator_seconds`, the time that the request takes of it.

    Raises
    ------
    InputError
        If a factor cannot be, e.g. a PUE below 1, or a year that the data lack.
    """
    if pue is not None and pue < 1:
        raise InputError(f"a PUE of {pue:g} is below 1", "it is the building's energy over the machines'")
    if country is not None and grid_gco2e is not None:
        raise InputError("both a country and a grid's intensity are given", "give one")
    if year is not None and country is None:
        raise InputError("a year needs a country", "e.g. --country FR --year 2024")
    notes: list[str] = []
    at_wall = "at-the-wall" in estimate.results.get("flags", [])
    machine = estimate.energy if at_wall else estimate.energy * HOST_SHARE
    if not at_wall:
        notes.append(
            f"server: x{HOST_SHARE.central:g} ({HOST_SHARE.low:g} to {HOST_SHARE.high:g}) for host and idle machines "
            "(EcoLogits 0.11.3; arXiv 2508.15734)"
        )
    notes.append(f"PUE {pue:g}, as given" if pue is not None else "PUE 1: none was given, the building is left out")
    wall = machine * (pue or 1.0)
    values = {"wall_energy_j": wall}
    kwh = wall * (1 / JOULES_PER_KWH)
    intensity = grid_gco2e
    if country is not None:
        intensity, told = grid_intensity(country, year)
        notes.append(told)
    elif grid_gco2e is not None:
        notes.append(f"grid: {grid_gco2e:g} g CO2e/kWh, as given")
    if intensity is not None:
        values["operational_gco2e"] = _scaled(kwh, intensity)
    if embodied_of is not None and accelerator_seconds is not None:
        values["embodied_gco2e"], told = _embodied(embodied_of, accelerator_seconds)
        notes.append(told)
        if "operational_gco2e" in values:
            values["total_gco2e"] = _sum(values["operational_gco2e"], values["embodied_gco2e"])
    if wue_l_per_kwh is not None:
        values["water_l"] = _scaled(machine * (1 / JOULES_PER_KWH), wue_l_per_kwh)
        notes.append(f"water of cooling: {wue_l_per_kwh:g} L/kWh of the machines, as given")
    if usd_per_kwh is not None:
        values["cost_usd"] = _scaled(kwh, usd_per_kwh)
        notes.append(f"price: {usd_per_kwh:g} USD/kWh, as given")
    return Footprint(values, tuple(notes))


def grid_intensity(country: str, year: int | None = None) -> tuple[float, str]:
    """Return a grid's carbon intensity and where it is from. [g CO2e per kWh]

    Parameters
    ----------
    country : str
        Name, or ISO code of two or three letters.
    year : int, optional
        By default the last that the data have, which the note says.

    Raises
    ------
    InputError
        If the country is unknown, or has no figure for the year.
    """
    grids = _grids()
    wanted = _ISO2.get(country.upper(), country)
    rows = grids.filter((pl.col("iso3") == wanted.upper()) | (pl.col("key") == normalise(wanted)))
    if rows.is_empty():
        raise UnknownNameError("country", country, [*grids["entity"].unique().to_list()])
    years = rows["year"].to_list()
    if year is None:
        year = max(years)
    elif year not in years:
        raise InputError(f"there is no figure of {rows['entity'][0]} for {year}", f"{min(years)} to {max(years)}")
    value = float(rows.filter(pl.col("year") == year)["g_co2e_per_kwh"][0])
    told = (
        f"grid: {value:g} g CO2e/kWh, {rows['entity'][0]} {year}, average of the year, location-based, life-cycle "
        "(Our World in Data from Ember and Energy Institute, CC BY 4.0)"
    )
    return value, told


@lru_cache
def _grids() -> pl.DataFrame:
    grids = pl.read_csv(shipped_folder() / "grids.csv")
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


def _embodied(accelerator: str, seconds: float) -> tuple[Interval, str]:
    rows = pl.read_csv(shipped_folder() / "embodied.csv").to_dicts()
    found = next((r for r in rows if normalise(r["name"]) == normalise(accelerator)), None)
    if found is None:
        names = ", ".join(r["name"] for r in rows)
        raise InputError(f"no figure of the making of {accelerator} is known", f"there is one of {names}")
    grams = (found["kg_co2e_low"] * 1e3, found["kg_co2e_high"] * 1e3)
    middle = (grams[0] * grams[1]) ** 0.5
    of_life = seconds / SECONDS_PER_YEAR
    share = Interval(
        of_life * grams[0] / (LIFE_YEARS.high * BUSY_SHARE.high),
        of_life * middle / (LIFE_YEARS.central * BUSY_SHARE.central),
        of_life * grams[1] / (LIFE_YEARS.low * BUSY_SHARE.low),
    )
    told = (
        f"making of the accelerator: {found['kg_co2e_low']:g} to {found['kg_co2e_high']:g} kg CO2e over "
        f"{LIFE_YEARS.low:g} to {LIFE_YEARS.high:g} years, busy {BUSY_SHARE.low:.0%} to {BUSY_SHARE.high:.0%} of them "
        f"(assumed); {found['note']} ({found['source']})"
    )
    return share, told


def _scaled(value: Interval, factor: float) -> Interval:
    return Interval(value.low * factor, value.central * factor, value.high * factor)


def _sum(a: Interval, b: Interval) -> Interval:
    return Interval(a.low + b.low, a.central + b.central, a.high + b.high)
