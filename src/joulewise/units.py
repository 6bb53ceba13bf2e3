"""Units: what the data may be written in, and how numbers are shown.

Everything is computed in SI (FLOP, FLOP/s, W, J, s, bytes); units are converted once on loading and
once more on showing. FLOP is an amount of work, FLOP/s a rate.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

DAYS_PER_YEAR = 365.25
SECONDS_PER_DAY = 86_400.0
SECONDS_PER_YEAR = DAYS_PER_YEAR * SECONDS_PER_DAY
JOULES_PER_WH = 3600.0
JOULES_PER_KWH = 3.6e6
JOULES_PER_TWH = 3.6e15

# unit as written in data -> (dimension, factor to the base unit of that dimension)
UNITS: dict[str, tuple[str, float]] = {
    "FLOP": ("flop", 1.0),
    "MFLOP": ("flop", 1e6),
    "GFLOP": ("flop", 1e9),
    "TFLOP": ("flop", 1e12),
    "FLOP/s": ("flop_per_s", 1.0),
    "GFLOP/s": ("flop_per_s", 1e9),
    "TFLOP/s": ("flop_per_s", 1e12),
    "PFLOP/s": ("flop_per_s", 1e15),
    "OP/s": ("op_per_s", 1.0),
    "TOP/s": ("op_per_s", 1e12),
    "GFLOP/s/W": ("flop_per_j", 1e9),
    "FLOP/J": ("flop_per_j", 1.0),
    "W": ("w", 1.0),
    "kW": ("w", 1e3),
    "J": ("j", 1.0),
    "pJ": ("j", 1e-12),
    "fJ": ("j", 1e-15),
    "J/K": ("j_per_k", 1.0),
    "kelvin": ("k", 1.0),
    "Wh": ("j", JOULES_PER_WH),
    "kWh": ("j", JOULES_PER_KWH),
    "kcal": ("j", 4184.0),
    "kcal/day": ("w", 4184.0 / SECONDS_PER_DAY),
    "kWh/year": ("w", JOULES_PER_KWH / SECONDS_PER_YEAR),
    "TWh/year": ("w", JOULES_PER_TWH / SECONDS_PER_YEAR),
    "B": ("byte", 1.0),
    "GB": ("byte", 1e9),
    "GiB": ("byte", 2.0**30),
    "GB/s": ("byte_per_s", 1e9),
    "TB/s": ("byte_per_s", 1e12),
    "nm": ("nm", 1.0),
    "mm2": ("mm2", 1.0),
    "USD": ("usd", 1.0),
    "1": ("count", 1.0),
    "K": ("count", 1e3),
    "M": ("count", 1e6),
    "Bn": ("count", 1e9),
    "1/s": ("per_s", 1.0),
    "Bn/week": ("per_s", 1e9 / (7 * SECONDS_PER_DAY)),
    "%": ("percent", 1.0),
    "points": ("points", 1.0),
    "px": ("pixel", 1.0),
    "tokens": ("token", 1.0),
    "ratio": ("ratio", 1.0),
}

_PREFIXES = [(1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, "")]
_SMALL_PREFIXES = [(1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p")]


def decimal_exponent(factor: float) -> int | None:
    """Return n where the factor is 10 to the nth, else None."""
    power = round(math.log10(factor))
    return power if factor == 10.0**power else None


def decimal_year(day: date) -> float:
    """Return a date as a decimal year: the year plus the share of it that has passed at midnight.

    Examples
    --------
    >>> decimal_year(date(2020, 1, 1))
    2020.0
    """
    start = date(day.year, 1, 1)
    return day.year + (day - start).days / (date(day.year + 1, 1, 1) - start).days


def decimal_year_of(column: str) -> pl.Expr:
    """Return a column of dates as decimal years; null where there is no date. See `decimal_year`."""
    import polars as pl  # noqa: PLC0415  (units are needed where no table is)

    day = pl.col(column).dt
    days = pl.when(day.is_leap_year()).then(366).otherwise(365)
    return day.year() + (day.ordinal_day() - 1) / days


def date_of_decimal_year(year: float) -> date:
    """Return the day that a decimal year falls in: the inverse of `decimal_year`."""
    whole = math.floor(year)
    start = date(whole, 1, 1)
    days = (date(whole + 1, 1, 1) - start).days
    return start + timedelta(days=min(days - 1, math.floor((year - whole) * days + 1e-6)))


def with_prefix(value: float, unit: str, digits: int = 3) -> str:
    """Show a value to `digits` significant figures with an SI prefix, e.g. ``"1.42 GFLOP"``.

    Parameters
    ----------
    value : float
        In the base unit. [unit]
    unit : str
        The unit's symbol, without a prefix.
    digits : int
        Significant figures.
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}"
    # Rounding first, so that 999.96 J becomes 1.00 kJ and not 1000 J.
    rounded = float(f"{value:.{digits - 1}e}")
    steps = [*_PREFIXES, *_SMALL_PREFIXES]
    factor, prefix = next((step for step in steps if abs(rounded) >= step[0]), steps[-1])
    return f"{significant(rounded / factor, digits)} {prefix}{unit}"


def significant(value: float, digits: int = 3) -> str:
    """Show a value to `digits` significant figures, without an exponent, e.g. ``"0.0123"``."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = digits - 1 - math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    return f"{round(value, decimals):.{max(0, decimals)}f}"
