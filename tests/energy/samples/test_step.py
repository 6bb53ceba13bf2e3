"""A sample through a single-pass network on round numbers, each branch against arithmetic by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from joulewise.energy.reading import Requests
from joulewise.energy.samples.step import (
    MULTI_STREAM,
    Columns,
    busy_accelerators,
    compute_time,
    explain,
    host_power,
    hybrid_rate,
    request_time,
    step,
    traffic_bytes,
    traffic_time,
)

VALUES = {
    "compute": 0.5, "kind.convolution": 1.0, "kind.transformer": 0.64, "kind.detection": 0.8, "kind.depthwise": 0.2,
    "activation_bandwidth": 0.5, "latency_s": 4e-4, "rate.SingleStream": 0.25, "rate.MultiStream": 0.5,
    "rate.Server": 0.8, "rate.Offline": 1.0, "host.server": 200.0, "host.edge": 6.0, "host.soc": 3.0,
    "per_accelerator": 15.0, "idle": 0.2, "alone": 0.6, "speed.CHIP": 0.8, "speed.other": 0.4, "memory.CHIP": 0.8,
    "memory.other": 0.2, "power.CHIP": 0.9, "power.other": 0.5,
}  # fmt: skip

# 8 GFLOPs, 24 million values of activations and 16 million parameters of one byte; a server of four accelerators.
SAMPLE: dict[str, float | str | bool] = {
    "flops": 8e9, "activation_values": 24e6, "params": 16e6, "value_bytes": 1.0, "n": 4.0, "peak_per_s": 1e14,
    "bandwidth_bytes_per_s": 1e12, "tdp_w": 100.0, "die": "CHIP", "kind": "convolution", "scenario": "Offline",
    "system": "server", "whole": True,
}  # fmt: skip


def columns(**changes: float | str | bool) -> Columns:
    return Columns(**{name: np.array([value]) for name, value in (SAMPLE | changes).items()})


def parts(**changes: float | str | bool) -> dict[str, float]:
    return {name: float(part[0]) for name, part in step(VALUES, columns(**changes)).parts_s.items()}


def watts(**changes: float | str | bool) -> float:
    return float(step(VALUES, columns(**changes)).power_w[0])


def test_arithmetic_of_a_sample() -> None:
    # 8e9 FLOPs at 4 x 1e14 x 0.5 x 0.8 x 0.5 x 0.25 FLOP/s.
    assert compute_time(8e9, 4.0, 1e14, 0.5, 0.8, 0.5, 0.25) == pytest.approx(4e-4)


def test_traffic_of_a_sample() -> None:
    # (24e6 + 16e6 / 8) values of 2 bytes, at 4 x 1e12 x 0.5 B/s.
    assert traffic_bytes(24e6, 16e6, 8.0, 2.0) == 52e6
    assert traffic_time(52e6, 4.0, 1e12, 0.5) == pytest.approx(2.6e-5)


def test_overhead_of_a_request() -> None:
    # 0.4 ms on a chip of half the speed, over 8 samples.
    assert request_time(4e-4, 0.5, 8.0) == pytest.approx(1e-4)
    assert MULTI_STREAM == 8


def test_a_hybrid_lies_between_the_kinds_it_is_made_of() -> None:
    # The geometric mean of 0.25 and 0.64.
    assert hybrid_rate(0.25, 0.64) == pytest.approx(0.4)


def test_power_around_the_accelerators() -> None:
    # 200 W and 15 W for each of 4.
    assert host_power(200.0, 15.0, 4.0) == 260


def test_accelerators_that_wait_draw_a_part() -> None:
    # One works, three draw a fifth each.
    assert busy_accelerators(1.0, 4.0, 0.2) == pytest.approx(1.6)
    assert busy_accelerators(4.0, 4.0, 0.2) == 4


@pytest.mark.parametrize(
    ("scenario", "compute_s", "activations_s", "host_s"),
    [
        # Four work at 1e14 x 0.5 x 0.8 FLOP/s and 1e12 x 0.5 x 0.8 B/s; 64 samples share a reading of the parameters.
        ("Offline", 8e9 / 1.6e14, 24.25e6 / 1.6e12, 0.0),
        ("Server", 8e9 / 1.6e14 / 0.8, 24.25e6 / 1.6e12 / 0.8, 0.0),
        # One works, at a quarter of the rate; a request of one sample takes 0.4 ms / 0.8 more.
        ("SingleStream", 8e9 / 4e13 / 0.25, 40e6 / 4e11 / 0.25, 5e-4),
        # One works, at half of the rate; eight samples share the request and the parameters.
        ("MultiStream", 8e9 / 4e13 / 0.5, 26e6 / 4e11 / 0.5, 5e-4 / 8),
    ],
)
def test_scenarios(scenario: str, compute_s: float, activations_s: float, host_s: float) -> None:
    found = step(VALUES, columns(scenario=scenario))
    times = {name: float(part[0]) for name, part in found.parts_s.items()}
    assert times == pytest.approx({"compute": compute_s, "activations": activations_s, "host": host_s})
    assert found.time_s[0] == pytest.approx(compute_s + activations_s + host_s)


@pytest.mark.parametrize(
    ("kind", "rate"),
    [("convolution", 1.0), ("transformer", 0.64), ("detection", 0.8), ("depthwise", 0.2), ("hybrid", 0.8)],
)
def test_kinds_of_network(kind: str, rate: float) -> None:
    # A hybrid takes the geometric mean of 1 and 0.64.
    assert parts(kind=kind)["compute"] == pytest.approx(5e-5 / rate)
    assert parts(kind=kind)["activations"] == pytest.approx(24.25e6 / 1.6e12)


def test_values_of_two_bytes_take_twice_the_traffic() -> None:
    assert parts(value_bytes=2.0)["activations"] == pytest.approx(2 * 24.25e6 / 1.6e12)


def test_an_unmeasured_chip_takes_the_typical_rates() -> None:
    found = parts(die="NEW", scenario="SingleStream")
    assert found["compute"] == pytest.approx(8e9 / 2e13 / 0.25)
    assert found["activations"] == pytest.approx(40e6 / 1e11 / 0.25)
    assert found["host"] == pytest.approx(4e-4 / 0.4)
    assert watts(die="NEW", whole=False) == pytest.approx(100 * 0.5 * 4)


@pytest.mark.parametrize(
    ("changes", "power_w"),
    [
        ({}, 200 + 4 * 15 + 100 * 0.9 * 4),
        ({"scenario": "Server"}, 200 + 4 * 15 + 100 * 0.9 * 4),
        # One accelerator works and three wait at a fifth of its power.
        ({"scenario": "MultiStream"}, 200 + 4 * 15 + 100 * 0.9 * 1.6),
        # With single samples all draw 0.6 of that.
        ({"scenario": "SingleStream"}, 200 + 4 * 15 + 100 * 0.9 * 1.6 * 0.6),
        ({"scenario": "SingleStream", "n": 1.0}, 200 + 15 + 100 * 0.9 * 0.6),
        # Only servers have fans and conversion for each accelerator.
        ({"system": "edge"}, 6 + 100 * 0.9 * 4),
        ({"system": "soc", "n": 1.0}, 3 + 100 * 0.9),
        ({"whole": False}, 100 * 0.9 * 4),
        ({"whole": False, "scenario": "MultiStream"}, 100 * 0.9 * 1.6),
    ],
)
def test_power(changes: dict[str, float | str | bool], power_w: float) -> None:
    assert watts(**changes) == pytest.approx(power_w)


def test_energy_is_power_over_the_time_of_a_sample() -> None:
    found = step(VALUES, columns())
    # 620 W over 5e-5 + 24.25e6 / 1.6e12 seconds.
    assert found.energy_j[0] == pytest.approx(620 * (5e-5 + 1.515625e-5))


def test_rows_are_independent_of_one_another() -> None:
    scenarios = ("Offline", "SingleStream", "MultiStream")
    together = Columns(
        **{name: np.array([value] * 3) for name, value in SAMPLE.items() if name != "scenario"},
        scenario=np.array(scenarios),
    )
    apart = [float(step(VALUES, columns(scenario=s)).energy_j[0]) for s in scenarios]
    assert step(VALUES, together).energy_j.tolist() == apart
    assert not math.isclose(apart[0], apart[1])


def test_steps_to_redo_by_hand() -> None:
    empty = np.zeros(1)
    requests = Requests(
        columns=columns(),
        rows=empty.astype(np.int64),
        flags=((),),
        at_wall=empty > 0,
        replicas=empty + 1,
        sources=("",),
        problems=(),
    )
    text = "\n".join(explain(VALUES, requests))
    assert "8 GFLOP, 24 million values of 1 bytes read and written, 16 million parameters; convolution" in text
    assert "Offline on 4 accelerators: compute 0.05 ms, activations 0.0152 ms, host 0 ms" in text
