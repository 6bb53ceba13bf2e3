"""Overlap, the power limit, energy per item and constants of chips, against arithmetic by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from joulewise.energy.physics import energy_per_item, measured_dies, overlapped_time, per_die, soft_limit


def test_overlap_lies_between_the_sum_and_the_longer_time() -> None:
    # Sharpness 1 adds; 2 is the hypotenuse of 3 and 4; 200 is the longer of the two.
    found = overlapped_time(3.0, 4.0, np.array([1.0, 2.0, 200.0]))
    assert found == pytest.approx([7.0, 5.0, 4.0])


def test_power_bends_at_its_limit() -> None:
    # (1 + d^-k)^(-1/k): with k = 1, d / (1 + d); with k = 2, 3 / 5 for d = 3/4.
    assert soft_limit(np.array([1.0, 3.0]), 1.0) == pytest.approx([0.5, 0.75])
    assert soft_limit(np.array([0.75]), 2.0) == pytest.approx([0.6])
    assert soft_limit(np.array([0.2, 5.0]), 100.0) == pytest.approx([0.2, 1.0])


def test_power_is_below_both_demand_and_limit() -> None:
    demand = np.linspace(0.05, 3, 60)
    for knee in (1.0, 6.0, 20.0):
        found = soft_limit(demand, knee)
        assert np.all(found <= np.minimum(demand, 1))
        assert np.all(np.diff(found) > 0)


def test_energy_per_item() -> None:
    # 8 accelerators of 600 W for 0.05 s are 240 J, for 60 tokens.
    assert energy_per_item(8.0, 600.0, 0.05, 60.0) == pytest.approx(4.0)


def test_constants_of_chips_and_of_chips_never_measured() -> None:
    values = {"idle.GH100": 0.2, "idle.GA100": 0.3, "idle.other": 0.4, "idleness.GH100": 9.0, "bandwidth.GH100": 0.7}
    dies = np.array(["GA100", "TU104", "GH100", "other"])
    assert per_die(values, "idle", dies).tolist() == [0.3, 0.4, 0.2, 0.4]
    assert measured_dies(values, "idle") == {"GH100", "GA100"}


def test_an_infinite_knee_is_a_hard_cut() -> None:
    assert math.isclose(float(soft_limit(np.array([0.9]), 1000.0)[0]), 0.9)
    assert math.isclose(float(soft_limit(np.array([1.1]), 1000.0)[0]), 1.0)
