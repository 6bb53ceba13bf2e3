"""Each part of a step's time, against arithmetic by hand."""

from __future__ import annotations

import pytest

from joulewise.energy.language import times


def test_reading_weights() -> None:
    # 1e10 x 2 bytes x 3 copies, at 4 x 1e12 x 0.75 B/s.
    assert times.weights_time(1e10, 2.0, 3.0, 4.0, 1e12, 0.75) == pytest.approx(0.02)


def test_the_busiest_accelerator() -> None:
    # 1 + 0.4 x (1 - 1/4); alone, all experts are its own.
    assert times.expert_imbalance(0.4, 4.0) == pytest.approx(1.3)
    assert times.expert_imbalance(0.4, 1.0) == 1


def test_reading_experts() -> None:
    # 8e10 x 0.5 bytes x 0.6 touched x 1.25 on the busiest, at 4 x 1e12 x 0.75 B/s.
    assert times.expert_read_time(8e10, 0.5, 0.6, 1.25, 4.0, 1e12, 0.75) == pytest.approx(0.01)


def test_experts_held() -> None:
    # 60 layers x 2 microseconds x 128 / 4 experts.
    assert times.expert_tile_time(60.0, 2e-6, 128.0, 4.0) == pytest.approx(0.00384)


def test_reading_the_cache() -> None:
    # 6e9 bytes at 4 x 1e12 x 0.5 B/s.
    assert times.cache_time(6e9, 4.0, 1e12, 0.5) == pytest.approx(0.003)


def test_arithmetic_of_a_token() -> None:
    # 64 x 1.5e10 FLOPs at 4 x 1e15 x 0.6 FLOP/s.
    assert times.compute_time(64.0, 1.5e10, 4.0, 1e15, 0.6) == pytest.approx(0.0004)


def test_prompts_that_arrive() -> None:
    # 64 / 256 prompts of 2.4e13 FLOPs at 4 x 1e15 x 0.6 FLOP/s.
    assert times.prefill_time(64.0, 256.0, 2.4e13, 4.0, 1e15, 0.6) == pytest.approx(0.0025)


def test_exchanges() -> None:
    # 2 x 40 x (1e-5 + 3 x 2 x 64 x 5000 / 2e11), that is 80 x (10 + 9.6) microseconds.
    assert times.exchange_time(40.0, 1e-5, 3.0, 64.0, 5000.0, 2e11, 4.0) == pytest.approx(80 * 19.6e-6)
    assert times.exchange_time(40.0, 1e-5, 3.0, 64.0, 5000.0, 2e11, 2.0) == pytest.approx(80 * 19.6e-6)


def test_a_single_accelerator_exchanges_nothing() -> None:
    assert times.exchange_time(40.0, 1e-5, 3.0, 64.0, 5000.0, 2e11, 1.0) == 0


def test_launches() -> None:
    # 40 x 20 + 30 x 100 microseconds.
    assert times.launch_time(40.0, 20e-6, 30.0, 100e-6) == pytest.approx(0.0038)


def test_host_of_an_eager_engine() -> None:
    # 10 ms + 40 x 0.4 ms.
    assert times.eager_host_time(0.01, 40.0, 4e-4) == pytest.approx(0.026)


def test_host_of_an_early_engine() -> None:
    # 4 ms + 64 x 0.5 ms, and 20 ms more to feed several accelerators.
    assert times.early_host_time(0.004, 5e-4, 64.0, 1.0, 0.02) == pytest.approx(0.036)
    assert times.early_host_time(0.004, 5e-4, 64.0, 2.0, 0.02) == pytest.approx(0.056)


def test_host_of_a_current_engine() -> None:
    # 4 ms + 64 x 0.05 ms + 64 / 256 x 40 ms of media.
    assert times.current_host_time(0.004, 5e-5, 64.0, 256.0, 0.04) == pytest.approx(0.0172)
