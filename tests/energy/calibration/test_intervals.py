"""Conformal factors: coverage on numbers drawn from a known distribution, and what groups weigh."""

from __future__ import annotations

import numpy as np
import pytest

from joulewise.energy.calibration.intervals import conformal, intervals_of_regimes, nearby_interval, unseen_intervals
from joulewise.energy.physics import Floats, Labels
from joulewise.energy.places import Places


def test_factors_cover_what_they_say() -> None:
    ratios = np.exp(np.random.default_rng(1).normal(0, 0.2, 4000))
    low, high = conformal(ratios, np.arange(4000).astype(np.str_), 0.9)
    assert np.mean((ratios >= low) & (ratios <= high)) == pytest.approx(0.9, abs=0.01)
    # The 5th and 95th percentile of a log-normal of sigma 0.2.
    assert low == pytest.approx(np.exp(-1.645 * 0.2), rel=0.03)
    assert high == pytest.approx(np.exp(1.645 * 0.2), rel=0.03)


def test_groups_weigh_the_same_however_many_rows_they_have() -> None:
    # A thousand rows without error, and four groups of one row each that are 50% off.
    ratios = np.concatenate([np.ones(1000), np.full(4, 1.5)])
    groups = np.array(["many", *[f"g{i}" for i in range(4)]])[np.concatenate([np.zeros(1000, int), np.arange(1, 5)])]
    assert conformal(ratios, groups, 0.9) == pytest.approx((1.0, 1.5))


def test_bounds_contain_the_estimate() -> None:
    ratios = np.array([1.2, 1.3, 1.4])
    assert conformal(ratios, np.array(["a", "b", "c"]), 0.9)[0] == 1.0


def test_bounds_by_hand() -> None:
    # Each of four groups weighs 1/4; a quarter in each tail leaves 0.5 to 1.1 of 0.5, 0.9, 1.1 and 3.
    ratios, groups = np.array([3.0, 0.9, 0.5, 1.1]), np.array(["d", "b", "a", "c"])
    assert conformal(ratios, groups, 0.5) == pytest.approx((0.5, 1.1))
    # A tenth in each tail leaves all.
    assert conformal(ratios, groups, 0.8) == pytest.approx((0.5, 3.0))


def test_the_rows_of_a_group_share_its_weight() -> None:
    # Two groups weigh 1/2 each, so that each of the five rows of a weighs 1/10: 0.3 of the weight is reached at 0.7.
    ratios = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 2.0])
    groups = np.array(["a"] * 5 + ["b"])
    assert conformal(ratios, groups, 0.45) == pytest.approx((0.7, 2.0))


def test_by_default_the_level_is_nominal() -> None:
    # 96.5% leaves 1.75% in each tail: of 100 groups the second lowest and second highest of those sorted.
    ratios = np.concatenate([np.linspace(0.5, 0.8, 50), np.linspace(1.25, 2.0, 50)])
    assert conformal(ratios, np.arange(100).astype(np.str_)) == pytest.approx((ratios[1], ratios[98]))


def _pairs(count: int, apart: float) -> tuple[Floats, Labels, Places]:
    """Return pairs of rows of one configuration each, of which the first is measured at 2 and the second at 1."""
    names = np.array([f"c{i // 2}" for i in range(2 * count)])
    places = Places(names, np.array(["chat"] * 2 * count), np.array([0.0, apart] * count))
    return np.array([2.0, 1.0] * count), names, places


def test_a_corrected_estimate_has_the_interval_of_the_remaining_errors() -> None:
    # At a distance of 0.9 the weight is exp(-1/2) = 0.6065: rows at 2 are left at 2 / 1^0.6065, and those at 1 at
    # 1 / 2^0.6065.
    ratios, names, places = _pairs(20, 0.9)
    assert nearby_interval(ratios, names, places, (0.1, 9.0)) == pytest.approx((2**-0.60653066, 2.0))


def test_rows_too_far_from_any_other_are_left_out() -> None:
    # At 1.8 the weight is exp(-1), below a half: no row is near, and the default stays.
    assert nearby_interval(*_pairs(20, 1.8), (0.1, 9.0)) == (0.1, 9.0)


@pytest.mark.parametrize(("pairs", "enough"), [(12, False), (13, True)])
def test_twenty_five_rows_have_an_interval_of_their_own(pairs: int, enough: bool) -> None:
    found = nearby_interval(*_pairs(pairs, 0.9), (0.1, 9.0))
    assert (found != (0.1, 9.0)) is enough
    ratios, names, _ = _pairs(pairs, 0.9)
    regimes = np.full(2 * pairs, "dense")
    assert intervals_of_regimes(ratios, regimes, names, 0.9) == ({"dense": (1.0, 2.0)} if enough else {})


def test_twenty_five_near_rows_are_enough() -> None:
    # Eleven pairs, and three rows of one configuration.
    names = np.array([*(f"c{i // 2}" for i in range(22)), *["c11"] * 3])
    places = Places(names, np.array(["chat"] * 25), np.zeros(25))
    ratios = np.array([2.0, 1.0] * 11 + [1.0] * 3)
    # At the same work a neighbour's error carries over whole: 2 / 1, 1 / 2, and 1 / 1.
    assert nearby_interval(ratios, names, places, (0.1, 9.0)) == pytest.approx((0.5, 2.0))


def test_exactly_twenty_five_rows_are_enough() -> None:
    ratios, groups = np.full(25, 1.5), np.arange(25).astype(np.str_)
    assert intervals_of_regimes(ratios, np.full(25, "dense"), groups, 0.9) == {"dense": pytest.approx((1.0, 1.5))}


def test_regimes_are_apart() -> None:
    ratios = np.array([1.5] * 30 + [0.5] * 30 + [3.0])
    regimes = np.array(["dense"] * 30 + ["experts"] * 30 + ["rare"])
    found = intervals_of_regimes(ratios, regimes, np.arange(61).astype(np.str_), 0.9)
    assert found == {"dense": pytest.approx((1.0, 1.5)), "experts": pytest.approx((0.5, 1.0))}


def test_bounds_of_a_group_never_come_from_itself() -> None:
    # Group x is off by 3: its bounds come from the 30 others, at 1.5, and theirs from 29 at 1.5 and x, which has a
    # thirtieth of the weight, more than the 2% of the upper tail.
    ratios = np.array([1.5] * 30 + [3.0])
    groups = np.array([*(f"g{i}" for i in range(30)), "x"])
    low, high = unseen_intervals(ratios, np.full(31, "dense"), groups, 0.96)
    assert low.tolist() == [1.0] * 31
    assert high[30] == pytest.approx(1.5)
    assert high[:30] == pytest.approx(3.0)


def test_bounds_come_from_the_other_groups_of_a_regime() -> None:
    # 26 groups of one regime at 1.5, each with 25 others, and 30 of another at 0.5.
    ratios = np.array([1.5] * 26 + [0.5] * 30)
    regimes = np.array(["dense"] * 26 + ["experts"] * 30)
    low, high = unseen_intervals(ratios, regimes, np.arange(56).astype(np.str_), 0.9)
    assert low == pytest.approx([1.0] * 26 + [0.5] * 30)
    assert high == pytest.approx([1.5] * 26 + [1.0] * 30)


def test_certainty_takes_every_row() -> None:
    # A sixth added up six times is a little below 1 in floating point: the last row is the bound all the same.
    assert conformal(np.linspace(0.5, 1.5, 6), np.full(6, "a"), 1.0) == pytest.approx((0.5, 1.5))


def test_a_regime_of_few_others_takes_the_bounds_of_all_regimes() -> None:
    ratios = np.array([1.5] * 30 + [2.0, 3.0])
    groups = np.array([*(f"g{i}" for i in range(30)), "x", "y"])
    regimes = np.array(["dense"] * 30 + ["rare"] * 2)
    _, high = unseen_intervals(ratios, regimes, groups, 0.8)
    # Of x and y, all other groups of any regime: 31, in whose upper tenth lie the 1.5 alone.
    assert high[30] == pytest.approx(1.5)
    assert high[31] == pytest.approx(1.5)
