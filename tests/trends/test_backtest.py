import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from joulewise.errors import InputError
from joulewise.trends.backtest import backtest, by_horizon, hold_against, rolling_backtest


@given(
    start=st.floats(-12, 12),
    slope=st.floats(-1.5, 1.5),
    n_known=st.integers(3, 30),
    n_later=st.integers(1, 20),
    step=st.floats(0.05, 2),
)
def test_an_exact_exponential_is_predicted_exactly(
    start: float, slope: float, n_known: int, n_later: int, step: float
) -> None:
    years = 2010 + step * np.arange(n_known + n_later)
    values = 10 ** (start + slope * (years - 2010))
    result = backtest(years, values, cutoff=2010 + step * (n_known - 0.5))
    assert result.fit.n == n_known
    assert result.points.height == n_later
    assert result.points["error_log10"].abs().max() < 1e-6  # type: ignore[operator]
    assert result.points["ratio"].to_numpy() == pytest.approx(1, rel=1e-5)


def test_bands_hold_the_truth_as_often_as_they_say() -> None:
    # Normal errors about a straight line are what both bands assume, however far ahead.
    rng = np.random.default_rng(20210908)
    years = np.linspace(2010, 2030, 41)
    inside = []
    for _ in range(400):
        values = 10 ** (1 + 0.2 * (years - 2010) + 0.4 * rng.standard_normal(len(years)))
        inside.append(backtest(years, values, cutoff=2020).points.select("horizon_years", "in_single_band"))
    rows = pl.concat(inside)
    assert rows["in_single_band"].mean() == pytest.approx(0.95, abs=0.02)
    far = rows.filter(pl.col("horizon_years") > 8)
    assert far["in_single_band"].mean() == pytest.approx(0.95, abs=0.025)


def test_the_trend_band_is_of_the_line_and_inside_that_of_a_point() -> None:
    rng = np.random.default_rng(7)
    years = np.linspace(2010, 2026, 60)
    values = 10 ** (0.1 * (years - 2010) + 0.3 * rng.standard_normal(60))
    points = backtest(years, values, 2018).points
    assert (points["single_low"] < points["trend_low"]).all()
    assert (points["trend_high"] < points["single_high"]).all()
    assert points.filter(pl.col("in_trend_band") & ~pl.col("in_single_band")).is_empty()


def test_a_break_of_the_trend_is_reported_in_doublings() -> None:
    years = np.arange(2010.0, 2026.0)
    values = np.where(years < 2020, 2.0 ** (years - 2010), 2.0**9)  # doubles each year, then stands still
    points = backtest(years, values, 2020).points
    assert points["error_doublings"].to_list() == pytest.approx([-1, -2, -3, -4, -5, -6])
    assert points["ratio"].to_list() == pytest.approx([0.5**k for k in range(1, 7)])
    assert points["horizon_years"].to_list() == [0, 1, 2, 3, 4, 5]


def test_rolling_leaves_out_dates_at_which_too_little_was_known() -> None:
    years = [2012.0, 2013.0, 2014.0, 2015.0, 2016.0]
    rows = rolling_backtest(years, [1, 3, 9, 27, 81], [2013, 2014, 2015, 2016])
    assert rows["cutoff"].unique().sort().to_list() == [2015, 2016]
    assert rows["error_log10"].abs().max() == pytest.approx(0, abs=1e-9)
    assert rolling_backtest(years, [1, 3, 9, 27, 81], [2010]).is_empty()
    assert rolling_backtest([2012.0] * 4, [1, 2, 3, 4], [2013]).is_empty()


def test_by_horizon_counts_started_years_and_gives_clopper_and_pearsons_interval() -> None:
    fit = backtest([2010, 2011, 2012, 2013], [1, 11, 100, 900], 2014).fit
    rows = hold_against(fit, [2014.0, 2014.9, 2015.0, 2015.5], [1e4, 2e4, 1e5, 1e9], 2014)
    table = by_horizon(rows)
    assert table["horizon_years"].to_list() == [1, 2]
    assert table["n"].to_list() == [2, 2]
    for n, share, low, high in table.select(
        "n", "single_coverage", "single_coverage_low", "single_coverage_high"
    ).iter_rows():
        peer = binomtest(round(share * n), n).proportion_ci(0.95, "exact")
        assert (low, high) == pytest.approx((peer.low, peer.high))
    first = rows.filter(pl.col("horizon_years") < 1)["error_log10"].abs().median()
    assert table["median_abs_error_log10"][0] == pytest.approx(first)
    assert table["median_abs_factor"][0] == pytest.approx(10 ** table["median_abs_error_log10"][0])


def test_values_must_be_positive_and_enough() -> None:
    with pytest.raises(InputError, match="above zero"):
        backtest([2010, 2011, 2012, 2013], [1, 2, 3, 0], 2013)
    with pytest.raises(InputError, match="at least 3"):
        backtest([2010, 2011, 2012], [1, 2, 3], 2011)
