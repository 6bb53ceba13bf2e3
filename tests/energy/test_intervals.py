"""Conformal factors: coverage on numbers drawn from a known distribution, and what groups weigh."""

from __future__ import annotations

import numpy as np
import pytest

from joulewise.energy.calibration.intervals import conformal


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
