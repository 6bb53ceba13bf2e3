"""Fits compared with statsmodels."""

import math
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from joulewise.catalog import PAPER, load
from joulewise.errors import InputError
from joulewise.fits import fit_log_linear
from joulewise.trends import trend


def _oracle(years: list[float], values: list[float], at: list[float], reference: float) -> tuple[Any, Any]:
    x = sm.add_constant(np.asarray(years) - reference)
    result = sm.OLS(np.log10(values), x).fit()
    frame = result.get_prediction(sm.add_constant(np.asarray(at) - reference, has_constant="add")).summary_frame(
        alpha=0.05
    )
    return result, frame


@pytest.mark.parametrize("task", ["vision", "language"])
@pytest.mark.parametrize("of", ["flops", "energy", "params", "efficiency"])
def test_trend_agrees_with_statsmodels(of: str, task: str) -> None:
    result = trend(of, task, catalog=load().edition(PAPER))
    fit = result.fit
    at = [2012.0, 2019.5, 2030.0]
    oracle, frame = _oracle(result.points["year"].to_list(), result.points["value"].to_list(), at, fit.reference_year)
    assert fit.slope_log10 == pytest.approx(oracle.params[1], rel=1e-9)
    assert fit.intercept_log10 == pytest.approx(oracle.params[0], rel=1e-9)
    assert fit.r2 == pytest.approx(oracle.rsquared, rel=1e-9)
    low, high = oracle.conf_int(alpha=0.05)[1]
    assert math.log10(fit.growth_per_year.low) == pytest.approx(low, rel=1e-9)
    assert math.log10(fit.growth_per_year.high) == pytest.approx(high, rel=1e-9)
    for i, year in enumerate(at):
        line, single = fit.predict(year, "trend"), fit.predict(year, "single")
        assert math.log10(line.low) == pytest.approx(frame["mean_ci_lower"][i], rel=1e-9)
        assert math.log10(line.high) == pytest.approx(frame["mean_ci_upper"][i], rel=1e-9)
        assert math.log10(single.low) == pytest.approx(frame["obs_ci_lower"][i], rel=1e-9)
        assert math.log10(single.high) == pytest.approx(frame["obs_ci_upper"][i], rel=1e-9)


def test_exact_doubling() -> None:
    fit = fit_log_linear([2010, 2012, 2014, 2016], [1, 4, 16, 64])
    assert fit.growth_per_year.central == pytest.approx(2)
    assert fit.doubling_time_years == pytest.approx(1)
    assert fit.r2 == pytest.approx(1)
    assert fit.year_of(1024) == pytest.approx(2020)


def test_flat_data_has_no_doubling_interval() -> None:
    fit = fit_log_linear([2010, 2011, 2012, 2013], [1.0, 1.3, 0.7, 1.0])
    assert fit.doubling_time_interval is None
    assert fit.slope_interval.low < 0 < fit.slope_interval.high


@pytest.mark.parametrize(
    ("years", "values", "said"),
    [
        ([2010, 2011], [1, 2], "at least 3 points"),
        ([2010, 2010, 2010], [1, 2, 3], "more than one date"),
        ([2010, 2011, 2012], [1, 0, 3], "above zero"),
        ([2010, 2011, 2012], [1, math.nan, 3], "above zero"),
    ],
)
def test_what_cannot_be_fitted(years: list[float], values: list[float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        fit_log_linear(years, values)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(2000, 2030), st.floats(1e-6, 1e12)), min_size=4, max_size=30, unique_by=lambda p: p[0]
    ),
    st.floats(1e-3, 1e6),
)
def test_unit_of_the_value_does_not_matter(points: list[tuple[float, float]], factor: float) -> None:
    years, values = zip(*points, strict=True)
    if max(years) - min(years) < 0.5:
        return
    plain, scaled = fit_log_linear(years, values), fit_log_linear(years, [v * factor for v in values])
    assert scaled.slope_log10 == pytest.approx(plain.slope_log10, abs=1e-6)
    assert scaled.predict(2020).central / plain.predict(2020).central == pytest.approx(factor, rel=1e-3)
