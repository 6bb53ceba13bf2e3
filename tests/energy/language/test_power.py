"""Each term of an accelerator's demand for power, against arithmetic by hand."""

from __future__ import annotations

import pytest

from joulewise.energy.language import power


def test_being_busy() -> None:
    # 0.4 x 6 / 8 of the time; never busier than always.
    assert power.busy_demand(0.4, 0.006, 0.008) == pytest.approx(0.3)
    assert power.busy_demand(0.4, 0.009, 0.008) == pytest.approx(0.4)


def test_memory_traffic() -> None:
    # 0.5 x 6 / 8 of the time at 0.8 of the peak bandwidth.
    assert power.memory_demand(0.5, 0.006, 0.008, 0.8e12, 1e12) == pytest.approx(0.3)


def test_arithmetic() -> None:
    # 2e12 FLOPs in 8 ms are 2.5e14 FLOP/s, a quarter of the peak: 0.8 x 0.25.
    assert power.arithmetic_demand(0.8, 2e12, 0.008, 1e15) == pytest.approx(0.2)


def test_grouped_products_of_experts() -> None:
    # 0.4 x 6 / 8 of the time.
    assert power.experts_demand(0.4, 0.006, 0.008) == pytest.approx(0.3)
