"""Other methods' energy of a token, against their formulas by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from joulewise.energy.calibration.baselines import BASELINES, ecologits, log_linear, roofline
from joulewise.energy.language.step import Columns
from tests.energy.language.test_step import DENSE


def _columns(rows: int = 1, **changes: float) -> Columns:
    return Columns(**{name: np.array([value] * rows) for name, value in (DENSE | changes).items()})


def test_roofline() -> None:
    # 8e9 x 2 bytes at 2 x 1e12 B/s are 8 ms, for 2 x 700 W, over 16 sequences.
    c = _columns(active_params=8e9, weight_bytes=2.0, n=2.0, tdp_w=700.0, batch_size=16.0)
    assert roofline(c)[0] == pytest.approx(0.7)
    # A second accelerator halves the time and doubles the power.
    assert roofline(replace(c, n=np.ones(1)))[0] == pytest.approx(0.7)
    assert not BASELINES["roofline"].per_prompt_token


def test_ecologits() -> None:
    # 1.1665273e-6 x exp(-0.0112059 x 64) x 70 + 4.0529e-5 = 8.0388e-5 Wh, that is 0.289397 J, on each of 4 GPUs.
    c = _columns(active_params=70e9, batch_size=64.0, n=4.0)
    assert ecologits(c)[0] == pytest.approx(4 * 0.289397, rel=1e-5)
    assert not BASELINES["ecologits"].per_prompt_token


def test_a_log_linear_fit_recovers_a_power_law() -> None:
    generator = np.random.default_rng(3)
    names = ("active_params", "params", "batch_size", "n", "output_tokens", "weight_bytes", "tdp_w")
    drawn = {name: np.exp(generator.normal(2, 1, 40)) for name in (*names, "bandwidth_bytes_per_s")}
    c = replace(_columns(40), **drawn, engine=np.array(["early", "current"] * 20))
    energy = 0.3 * c.active_params**0.8 * c.batch_size**-0.6 * c.bandwidth_bytes_per_s**-0.2
    energy = energy * np.where(c.engine == "early", 2.0, 1.0)
    use = np.arange(40) % 4 > 0
    noisy = np.where(use, energy, 99.0)  # rows out of use have no say
    assert log_linear(c, noisy, use) == pytest.approx(energy)


def test_each_baseline_states_its_assumption_as_a_sentence() -> None:
    assert all(b.assumption[0].isupper() and b.assumption.endswith(".") for b in BASELINES.values())
