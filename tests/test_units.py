from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulewise.units import UNITS, date_of_decimal_year, decimal_year, decimal_year_of, significant, with_prefix


@given(st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_decimal_year_goes_there_and_back(day: date) -> None:
    assert date_of_decimal_year(decimal_year(day)) == day


@given(st.dates(date(1990, 1, 1), date(2099, 12, 30)))
def test_a_later_day_is_a_later_decimal_year(day: date) -> None:
    assert decimal_year(day) < decimal_year(day + timedelta(days=1))


@given(st.lists(st.none() | st.dates(date(1990, 1, 1), date(2099, 12, 31)), min_size=1))
def test_a_column_of_dates_is_as_each_date(days: list[date | None]) -> None:
    years = pl.DataFrame({"day": days}, schema={"day": pl.Date}).select(decimal_year_of("day")).to_series()
    assert years.to_list() == [None if day is None else decimal_year(day) for day in days]


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1.42e9, "FLOP", "1.42 GFLOP"),
        (999.96, "J", "1.00 kJ"),
        (0.2118, "J", "212 mJ"),
        (0, "J", "0 J"),
        (1.04e12, "FLOP", "1.04 TFLOP"),
        (2.5e-13, "J", "0.250 pJ"),
        (-1500.0, "W", "-1.50 kW"),
    ],
)
def test_with_prefix(value: float, unit: str, shown: str) -> None:
    assert with_prefix(value, unit) == shown


def test_significant_figures() -> None:
    assert [significant(v) for v in (1234.5, 0.012345, 9.996, 1)] == ["1230", "0.0123", "10.0", "1.00"]


def test_human_energy_in_watts() -> None:
    # 2,000 kcal a day: 2000 x 4184 J / 86400 s.
    assert 2000 * UNITS["kcal/day"][1] == pytest.approx(8_368_000 / 86_400)
    # 79,897 kWh a year of 365.25 days.
    assert 79_897 * UNITS["kWh/year"][1] == pytest.approx(79_897_000 / 8766)


def test_every_unit_has_a_positive_factor() -> None:
    assert all(factor > 0 for _, factor in UNITS.values())
