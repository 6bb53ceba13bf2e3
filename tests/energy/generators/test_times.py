"""Each part of the time of a batch of images or videos, against arithmetic by hand."""

from __future__ import annotations

import pytest

from joulewise.energy.generators import times


def test_arithmetic_of_a_step() -> None:
    # 4 x (6e12 / 0.6 + 1e12 / 0.2) = 6e13, at 2 x 1e15 x 0.75 FLOP/s.
    assert times.compute_time(4.0, 6e12, 0.6, 1e12, 0.2, 2.0, 1e15, 0.75) == pytest.approx(0.04)


def test_what_is_not_split_is_repeated() -> None:
    # Half a megapixel, of 2^20: 1 + 0.1 x 2 x (4 - 1); a single accelerator repeats nothing.
    assert times.repetition(0.1, 2.0**19, 4.0) == pytest.approx(1.6)
    assert times.repetition(0.1, 2.0**19, 1.0) == 1


def test_activations() -> None:
    # 4 x 3e9 bytes at 2 x 1e12 x 0.5 x 0.75 B/s.
    assert times.activations_time(4.0, 3e9, 2.0, 1e12, 0.5, 0.75) == pytest.approx(0.016)


def test_exchanges() -> None:
    # 4 x 3e9 bytes at 4 x 1e11 B/s are 0.03 s; 3/4 x 0.8 of them where heads are split, 2/3 x 0.5 more in a ring of 3.
    assert times.exchange_time(4.0, 3e9, 4.0, 1.0, 1e11, 0.8, 0.5) == pytest.approx(0.018)
    assert times.exchange_time(4.0, 3e9, 4.0, 3.0, 1e11, 0.8, 0.5) == pytest.approx(0.018 + 0.01)
    assert times.exchange_time(4.0, 3e9, 1.0, 1.0, 1e11, 0.8, 0.5) == 0


def test_launches_of_the_host() -> None:
    # 5 ms + 40 x 1 ms; + 40 x 0.2 ms where a sequence is split; + 40 x 2 x 0.3 ms in a ring of three.
    assert times.host_time(0.005, 40.0, 1e-3, 1.0, 2e-4, 1.0, 3e-4) == pytest.approx(0.045)
    assert times.host_time(0.005, 40.0, 1e-3, 2.0, 2e-4, 1.0, 3e-4) == pytest.approx(0.053)
    assert times.host_time(0.005, 40.0, 1e-3, 4.0, 2e-4, 3.0, 3e-4) == pytest.approx(0.077)


def test_work_of_the_decoder() -> None:
    # 4 x 1e6 pixels x 2e7 FLOPs, and 0.6 of it for each pixel of a video.
    assert times.decoder_flops(4.0, 1e6, 2e7, 1.0, 0.6) == pytest.approx(8e13)
    assert times.decoder_flops(4.0, 1e6, 2e7, 2.0, 0.6) == pytest.approx(4.8e13)


def test_time_of_the_decoder() -> None:
    # 8e13 FLOPs at 1e15 x 0.4 x 0.8 FLOP/s, on one accelerator.
    assert times.decoder_time(8e13, 1e15, 0.4, 0.8) == pytest.approx(0.25)
