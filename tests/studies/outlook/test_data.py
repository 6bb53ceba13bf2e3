import numpy as np
import polars as pl
import pytest

from joulewise.errors import InputError
from joulewise.fits import fit_log_linear
from joulewise.studies.outlook.data import EnergyTrend, at_release, energy_trends, error_per_year
from tests.studies.frames import scored


def test_errors_of_earlier_fits_against_polyfit() -> None:
    # Doubling for five years, then flat; a point a year, so each is the middle of its year.
    years, values = np.arange(2010.0, 2021.0), 2.0 ** np.minimum(np.arange(11.0), 5)
    off = []
    for n in range(5, 11):
        line = np.polyfit(years[:n], np.log10(values[:n]), 1)
        ahead = years[n:] - years[n - 1]
        # Cut off at the start of a year, the first point after it is one year ahead.
        errors = np.abs(np.log10(values[n:]) - np.polyval(line, years[n:])) / ahead
        off += [e for e, h in zip(errors, ahead, strict=True) if h <= 3 * (years[n - 1] - years[0])]
    rate, tested = error_per_year(pl.DataFrame({"year": years, "value": values}))
    assert tested == len(off)
    assert rate == pytest.approx(np.quantile(off, 0.9))


def test_a_steady_series_has_no_error() -> None:
    years = np.arange(2010.0, 2021.0)
    rate, _ = error_per_year(pl.DataFrame({"year": years, "value": 1.5 ** (years - 2010)}))
    assert rate == pytest.approx(0, abs=1e-9)


def test_too_few_years_have_no_error() -> None:
    assert error_per_year(pl.DataFrame({"year": [2010.0, 2011.0, 2012.0], "value": [1.0, 2.0, 3.0]})) == (None, 0)


def _trend(error: float | None) -> EnergyTrend:
    """Doubles every year from 2010 to 2020, but for a scatter of a factor of 1.1 either way."""
    years = np.arange(2010.0, 2021.0)
    values = 2.0 ** (years - 2010) * 1.1 ** np.where(np.arange(11) % 2, 1.0, -1.0)
    return EnergyTrend("t", "vision", "all", pl.DataFrame(), fit_log_linear(years, values), error, 10)


def test_bands_by_hand() -> None:
    plain, tested = (_trend(error).energy_j(np.array([2020.0, 2025.0])) for error in (None, 0.1))
    growth = plain["central"][1] / plain["central"][0]
    assert growth == pytest.approx(2.0**5, rel=0.02)
    # Without a tested error the widest band is that of a single point.
    assert plain["tested_high"] == pytest.approx(plain["single_high"])
    half = np.log10(plain["single_high"] / plain["central"])
    wide = np.log10(tested["tested_high"] / tested["central"])
    # Nothing is added at the last year of the data; five years on, 0.5 in quadrature.
    assert wide[0] == pytest.approx(half[0])
    assert wide[1] == pytest.approx(np.hypot(half[1], 0.5))


def test_a_trend_reaches_three_times_its_years() -> None:
    trend = _trend(None)  # 2010 to 2020: thirty years on, to 2050
    assert trend.reaches(2050)
    assert not trend.reaches(2051)
    for year in (2020, 2101):
        with pytest.raises(InputError, match="give a year from 2021 to 2100"):
            trend.reaches(year)


def test_a_model_is_priced_on_an_accelerator_launched_before_it() -> None:
    models = scored()["language"]
    rows = at_release(models, unit=1)
    for row in rows.to_dicts():
        released = models.models.filter(id=row["id"])["release_date"][0]
        out = models.energy.filter(pl.col("id") == row["id"]).filter(pl.col("release_date") == released)
        assert row["value"] == out["energy_j"].min()
    halves = at_release(models, unit=2)
    assert halves["value"].to_list() == (rows["value"] / 2).to_list()


def test_the_first_trend_of_language_is_of_the_most_demanding() -> None:
    assert [trend.id for trend in energy_trends(scored()["language"])][:2] == ["language-most", "language-all"]
    assert energy_trends(scored()["vision"])[0].id == "vision-best"
