"""Quantiles against SciPy's, published tables and closed forms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv, ndtri, stdtrit

from joulewise.quantiles import binomial_interval, normal_quantile, t_quantile

PROBABILITIES = (0.6, 0.75, 0.9, 0.95, 0.975, 0.995, 0.9995)


# NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2.
@pytest.mark.parametrize(
    ("degrees_of_freedom", "at_90", "at_975", "at_99"),
    [(1, 3.078, 12.706, 31.821), (2, 1.886, 4.303, 6.965), (7, 1.415, 2.365, 2.998), (30, 1.310, 2.042, 2.457),
     (100, 1.290, 1.984, 2.364)],
)  # fmt: skip
def test_t_agrees_with_the_printed_table(degrees_of_freedom: int, at_90: float, at_975: float, at_99: float) -> None:
    found = [round(t_quantile(degrees_of_freedom, p), 3) for p in (0.90, 0.975, 0.99)]
    assert found == [at_90, at_975, at_99]


@pytest.mark.parametrize("degrees_of_freedom", [*range(1, 200), 333, 838, 1251, 4999, 5000])
def test_t_agrees_with_scipy(degrees_of_freedom: int) -> None:
    for p in PROBABILITIES:
        assert t_quantile(degrees_of_freedom, p) == pytest.approx(float(stdtrit(degrees_of_freedom, p)), rel=1e-11)


@given(st.floats(0.5, 0.999))
def test_t_with_two_degrees_of_freedom_in_closed_form(probability: float) -> None:
    a = 4 * probability * (1 - probability)
    expected = 2 * (probability - 0.5) * math.sqrt(2 / a)
    assert t_quantile(2, probability) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("degrees_of_freedom", "probability"), [(0, 0.975), (-1, 0.975), (5, 0.4), (5, 1.0)])
def test_t_is_refused_where_there_is_none(degrees_of_freedom: int, probability: float) -> None:
    with pytest.raises(ValueError, match="no t quantile"):
        t_quantile(degrees_of_freedom, probability)


def test_normal_agrees_with_scipy() -> None:
    assert [normal_quantile(p) for p in PROBABILITIES] == pytest.approx([float(ndtri(p)) for p in PROBABILITIES])


@pytest.mark.parametrize("trials", [1, 2, 9, 40, 300, 12_000])
def test_binomial_agrees_with_scipy(trials: int) -> None:
    for successes in {1, trials // 3, trials // 2, trials - 1, trials} - {0}:
        low, high = binomial_interval(successes, trials)
        assert low == pytest.approx(float(betaincinv(successes, trials - successes + 1, 0.025)), rel=1e-12)
        upper = float(betaincinv(successes + 1, trials - successes, 0.975)) if successes < trials else 1.0
        assert high == pytest.approx(upper, rel=1e-12)


@pytest.mark.parametrize("trials", [1, 5, 20])
def test_none_or_all_of_a_binomial_in_closed_form(trials: int) -> None:
    one_sided = 0.025 ** (1 / trials)
    assert binomial_interval(0, trials) == pytest.approx((0.0, 1 - one_sided), rel=1e-13)
    assert binomial_interval(trials, trials) == pytest.approx((one_sided, 1.0), rel=1e-13)
