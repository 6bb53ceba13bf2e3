"""A step of a serving engine on round numbers, each branch against arithmetic by hand."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest

from joulewise.energy.language.step import (
    CURRENT,
    EAGER,
    EARLY,
    Columns,
    at_peak,
    bounds_of_phases,
    explain,
    kept_bytes,
    memory_share,
    request_flops,
    step,
)
from joulewise.energy.reading import Requests

VALUES = {
    "weight_bandwidth": 0.5, "kv_bandwidth": 0.4, "expert_bandwidth": 0.7, "expert_bandwidth_fp8": 0.35,
    "expert_bandwidth_fp4": 0.6, "expert_bandwidth_fp4_emulated": 0.25, "decode_compute": 0.5, "prefill_compute": 0.25,
    "fp8_gain": 1.25, "expert_spread": 0.2, "expert_imbalance": 0.5, "expert_launch_s": 1e-4,
    "expert_launch_fp8_s": 2e-4, "expert_launch_fp4_s": 3e-4, "expert_tile_s": 1e-5, "expert_tile_fp8_s": 2e-5,
    "link_s": 1e-5, "link_volume": 2.0, "expert_link_s": 3e-5, "expert_link_volume": 4.0, "eager_host_s": 0.01,
    "eager_layer_s": 5e-4, "early_host_s": 0.003, "early_host_per_sequence_s": 4e-4, "early_parallel_host_s": 0.03,
    "early_layer_s": 6e-5, "current_host_s": 0.004, "current_host_per_sequence_s": 1e-4, "current_layer_s": 1e-5,
    "current_overlap": 2.0, "image_host_s": 0.06, "video_host_s": 0.08, "bandwidth.CHIP": 0.5, "bandwidth.other": 0.25,
    "idle.CHIP": 0.2, "idle.other": 0.1, "power_busy": 0.3, "power_memory": 0.4, "power_compute": 0.8,
    "power_experts": 0.1, "power_experts_fp8": 0.25, "power_knee": 2.0,
}  # fmt: skip

DENSE: dict[str, float | str | bool] = {
    "params": 5.5e9, "dense_params": 5e9, "expert_params": 0.0, "active_params": 5e9, "experts": 1.0,
    "experts_per_token": 1.0, "layers": 20.0, "attention_layers": 20.0, "expert_layers": 0.0, "hidden": 5000.0,
    "kv_heads": 8.0, "kv_values_per_token_layer": 1000.0, "attention_width": 12_500.0, "window": math.inf,
    "window_layers": 0.0, "state_bytes": 0.0, "scan_flops": 0.0, "image_tokens": 0.0, "encoder_params": 0.0,
    "encoder_layers": 0.0, "n": 2.0, "batch_size": 10.0, "prompt_tokens": 1000.0, "output_tokens": 200.0,
    "weight_bytes": 2.0, "tensor_parallel": 2.0, "data_parallel": 1.0, "expert_parallel": 1.0,
    "peak_flops_per_s": 1e14, "bandwidth_bytes_per_s": 1e12, "link_bytes_per_s": 1e11, "tdp_w": 400.0,
    "memory_bytes": 1e10, "die": "CHIP", "number_format": "bf16", "native_fp4": False, "engine": CURRENT, "media": "",
}  # fmt: skip

SPARSE = DENSE | {
    "params": 45.5e9, "expert_params": 40e9, "active_params": 15e9, "experts": 8.0, "experts_per_token": 2.0,
    "expert_layers": 15.0,
}  # fmt: skip


def columns(base: dict[str, float | str | bool], **changes: float | str | bool) -> Columns:
    return Columns(**{name: np.array([value]) for name, value in (base | changes).items()})


def parts(base: dict[str, float | str | bool], **changes: float | str | bool) -> dict[str, float]:
    return {name: float(part[0]) for name, part in step(VALUES, columns(base, **changes)).parts_s.items()}


def test_every_part_of_a_dense_step() -> None:
    assert parts(DENSE) == pytest.approx(
        {
            "weights": 0.02,  # 5e9 x 2 bytes at 2 x (1e12 x 0.5) x 0.5 B/s
            "experts": 0.0,
            "kv_cache": 0.0011,  # 10 x 2 bytes x 1000 x 20 layers x 1,100 tokens at 2 x (1e12 x 0.5) x 0.4 B/s
            "compute": 0.00111,  # 10 x (2 x 5e9 + 4 x 12,500 x 20 x 1,100) at 2 x 1e14 x 0.5 FLOP/s
            "communication": 0.00048,  # 2 x 20 x (1e-5 + 2 x 2 x 10 x 5000 / 1e11)
            "launches": 0.0002,  # 20 x 1e-5
            "prefill": 0.0105,  # 10 / 200 x (2 x 5e9 x 1000 + 2 x 20 x 12,500 x 1000^2) at 2 x 1e14 x 0.25 FLOP/s
            "host": 0.005,  # 0.004 + 10 x 1e-4
        }
    )


def test_time_power_and_energy_of_a_dense_step() -> None:
    found = step(VALUES, columns(DENSE))
    device = 0.02 + 0.0011 + 0.00111 + 0.00048 + 0.0002 + 0.0105  # 0.03339 s
    time = math.hypot(0.005, device)
    assert found.time_s[0] == pytest.approx(time)
    assert found.time_s[0] == pytest.approx(0.03376229)
    assert found.prefill_share[0] == pytest.approx(0.0105 / 0.03339)
    # Each of two accelerators moves (1e10 + 4.4e8) / 2 bytes and computes (1.11e11 + 5.25e11) / 2 FLOPs.
    memory, arithmetic = 5.22e9 / 1e12 / time, 3.18e11 / 1e14 / time
    demand = 0.2 + 0.3 * device / time + 0.4 * memory + 0.8 * arithmetic
    power = 400 / math.sqrt(1 + demand**-2)
    assert found.power_w[0] == pytest.approx(power)
    assert found.power_w[0] == pytest.approx(214.15, rel=1e-4)  # of a demand of 0.63388
    assert found.energy_j[0] == pytest.approx(2 * power * time / 10)


def test_experts_draw_power_beyond_their_memory_traffic() -> None:
    # Of each accelerator: 1e10 / 2 bytes of dense weights, 3.5e10 / 2 of experts, 4.4e8 / 2 of cache; for each of 10
    # tokens 2 x 15e9 + 1.1e9 FLOPs, and 1/20 of a prompt of 3e13 + 5e11 FLOPs for each.
    found = step(VALUES, columns(SPARSE))
    device = 0.02 + 0.05 + 0.0012 + 0.0011 + 0.00311 + 0.00048 + (0.0002 + 0.0015) + 0.0305
    time = math.hypot(0.005, device)
    memory = (5e9 + 1.75e10 + 2.2e8) / 1e12 / time
    arithmetic = (3.11e11 + 0.05 * 3.05e13) / 2 / 1e14 / time
    demand = 0.2 + 0.3 * device / time + 0.4 * memory + 0.8 * arithmetic + 0.1 * 0.0512 / time
    assert found.time_s[0] == pytest.approx(time)
    assert found.power_w[0] == pytest.approx(400 / math.sqrt(1 + demand**-2))


def test_an_unmeasured_chip_takes_the_typical_constants() -> None:
    found, known = step(VALUES, columns(DENSE, die="NEW")), step(VALUES, columns(DENSE))
    assert found.parts_s["weights"][0] == pytest.approx(0.04)  # half of the bandwidth of CHIP
    assert found.power_w[0] < known.power_w[0]


@pytest.mark.parametrize(
    ("changes", "read_s", "tile_s", "launch_s"),
    [
        # Two tokens choose 2 of 8 experts each: 1 - (3/4)^2 = 0.4375 of 40e9 parameters are read, 1.75e10.
        ({}, 1.75e10 * 2 / 7e11, 15 * 1e-5 * 8, 15 * 1e-4),
        ({"number_format": "fp8", "weight_bytes": 1.0}, 1.75e10 / 3.5e11, 15 * 2e-5 * 8, 15 * 2e-4),
        ({"number_format": "mxfp4", "weight_bytes": 0.5}, 1.75e10 / 2 / 2.5e11, 15 * 1e-5 * 8, 15 * 3e-4),
        (
            {"number_format": "mxfp4", "weight_bytes": 0.5, "native_fp4": True},
            1.75e10 / 2 / 6e11,
            15 * 1e-5 * 8,
            15 * 3e-4,
        ),
        # Spread over two, the busiest has 1 + 0.5 x (1 - 1/2) times the mean, and each holds four.
        ({"expert_parallel": 2.0, "tensor_parallel": 1.0}, 1.75e10 * 2 * 1.25 / 7e11, 15 * 1e-5 * 4, 15 * 1e-4),
        # One sequence: its own two of eight.
        ({"batch_size": 1.0}, 1e10 * 2 / 7e11, 15 * 1e-5 * 8, 15 * 1e-4),
    ],
    ids=["bf16", "fp8", "mxfp4 widened", "mxfp4", "spread", "one sequence"],
)
def test_experts(changes: dict[str, float | str | bool], read_s: float, tile_s: float, launch_s: float) -> None:
    found = parts(SPARSE, **changes)
    assert found["experts"] == pytest.approx(read_s + tile_s)
    assert found["launches"] == pytest.approx(20 * 1e-5 + launch_s)


def test_dense_weights_and_arithmetic_by_number_format() -> None:
    fp8 = parts(DENSE, number_format="fp8", weight_bytes=1.0)
    assert fp8["weights"] == pytest.approx(0.01)
    assert fp8["compute"] == pytest.approx(0.00111 / 1.25)
    assert fp8["prefill"] == pytest.approx(0.0105 / 1.25)
    # Four-bit checkpoints keep dense weights at 16 bits and compute at the 16-bit rate.
    fp4 = parts(DENSE, number_format="mxfp4", weight_bytes=0.5)
    assert fp4["weights"] == pytest.approx(0.02)
    assert fp4["compute"] == pytest.approx(0.00111)


def test_power_of_arithmetic_is_by_the_16_bit_peak() -> None:
    # All but arithmetic and experts is taken out of the demand: 0.8 x 6.36e11 / 2 / 1e14 / t, at 8 bits as at 16.
    values = VALUES | {"power_busy": 0.0, "power_memory": 0.0, "idle.CHIP": 0.0, "power_knee": 1.0}
    for number_format in ("bf16", "fp8"):
        found = step(values, columns(DENSE, number_format=number_format))
        demand = 0.8 * 3.18e11 / 1e14 / float(found.time_s[0])
        assert found.power_w[0] == pytest.approx(400 * demand / (1 + demand))


def test_power_of_experts_by_number_format() -> None:
    values = VALUES | dict.fromkeys(("power_busy", "power_memory", "power_compute", "idle.CHIP"), 0.0)
    for number_format, draw in (("bf16", 0.1), ("mxfp4", 0.1), ("fp8", 0.25)):
        found = step(values | {"power_knee": 1.0}, columns(SPARSE, number_format=number_format))
        demand = draw * float(found.parts_s["experts"][0]) / float(found.time_s[0])
        assert found.power_w[0] == pytest.approx(400 * demand / (1 + demand))


def test_windows_bound_cache_and_attention() -> None:
    # 5 layers see 1,100 tokens and 15 see 100: 7,000 in place of 22,000.
    found = parts(DENSE, window=100.0, window_layers=15.0)
    assert found["kv_cache"] == pytest.approx(0.0011 * 7 / 22)
    assert found["compute"] == pytest.approx(10 * (1e10 + 50_000 * 7000) / 1e14)


def test_states_are_read_and_written() -> None:
    # 10 x 2 x 5e6 bytes more, at 4e11 B/s; 1e6 FLOPs more for each token of a prompt.
    found = parts(DENSE, state_bytes=5e6, scan_flops=1e6)
    assert found["kv_cache"] == pytest.approx(0.0011 + 1e8 / 4e11)
    assert found["prefill"] == pytest.approx(0.0105 + 0.05 * 1e9 / 5e13)


def test_heads_that_cannot_be_split_are_read_by_each_accelerator() -> None:
    assert parts(DENSE, kv_heads=1.0)["kv_cache"] == pytest.approx(0.0022)


def test_data_parallel_groups_read_their_own_weights() -> None:
    found = parts(DENSE, data_parallel=2.0, tensor_parallel=1.0, kv_heads=1.0)
    assert found["weights"] == pytest.approx(0.04)
    assert found["kv_cache"] == pytest.approx(0.0011)


def test_an_encoder_reads_the_prompt() -> None:
    # 2 x 3e9 x 1000, and 4 x 12,500 x 1000^2 in each layer as its tokens see all others; the decoder goes through 5e9.
    for layers in (1.0, 12.0):
        found = parts(DENSE, encoder_params=3e9, encoder_layers=layers, active_params=8e9)
        assert found["prefill"] == pytest.approx(0.05 * (6e12 + layers * 5e10) / 5e13)
        assert found["compute"] == pytest.approx(0.00111)


def test_exchanges() -> None:
    assert parts(DENSE, n=1.0, tensor_parallel=1.0)["communication"] == 0
    # Spread experts: 2 x 20 x (3e-5 + 4 x 2 x 10 x 5000 / 1e11).
    assert parts(SPARSE, expert_parallel=2.0)["communication"] == pytest.approx(40 * 3.4e-5)


@pytest.mark.parametrize(
    ("changes", "host_s", "launches_s", "sharpness"),
    [
        ({"engine": EAGER}, 0.01 + 20 * 5e-4, 0.0, 4.0),
        ({"engine": EARLY}, 0.003 + 10 * 4e-4 + 0.03, 20 * 6e-5, 1.0),
        ({"engine": EARLY, "n": 1.0, "tensor_parallel": 1.0}, 0.003 + 10 * 4e-4, 20 * 6e-5, 1.0),
        ({"engine": CURRENT}, 0.004 + 10 * 1e-4, 20 * 1e-5, 2.0),
        ({"engine": CURRENT, "media": "image"}, 0.005 + 10 / 200 * 0.06, 20 * 1e-5, 2.0),
        ({"engine": CURRENT, "media": "video"}, 0.005 + 10 / 200 * 0.08, 20 * 1e-5, 2.0),
    ],
    ids=["eager", "early", "early on one", "current", "image", "video"],
)
def test_engines(changes: dict[str, float | str], host_s: float, launches_s: float, sharpness: float) -> None:
    found = step(VALUES, columns(DENSE, **changes))
    times = {name: float(part[0]) for name, part in found.parts_s.items()}
    assert times["host"] == pytest.approx(host_s)
    assert times["launches"] == pytest.approx(launches_s)
    device = sum(times.values()) - times["host"]
    assert found.time_s[0] == pytest.approx((host_s**sharpness + device**sharpness) ** (1 / sharpness))


def test_an_eager_engine_still_dispatches_experts() -> None:
    assert parts(SPARSE, engine=EAGER)["launches"] == pytest.approx(15 * 1e-4)


def test_work_of_a_request() -> None:
    # A prompt of 1.05e13 FLOPs and 200 tokens of 1.11e10.
    assert request_flops(columns(DENSE))[0] == pytest.approx(1.05e13 + 200 * 1.11e10)


def test_memory() -> None:
    # Caches: 10 x 2 x 1000 x 22,000 = 4.4e8 bytes, and states of 10 x 5e6; weights 1.1e10, twice with two groups.
    assert kept_bytes(columns(DENSE))[0] == pytest.approx(4.4e8)
    assert kept_bytes(columns(DENSE, state_bytes=5e6, kv_heads=1.0))[0] == pytest.approx(4.9e8)
    # A tenth more than that for the rest, of 2 x 1e10 bytes.
    assert memory_share(columns(DENSE))[0] == pytest.approx(1.1 * 1.144e10 / 2e10)
    assert memory_share(columns(DENSE, data_parallel=2.0))[0] == pytest.approx(1.1 * 2.244e10 / 2e10)


def test_what_bounds_the_phases() -> None:
    assert bounds_of_phases(VALUES, columns(DENSE)) == ("compute", "weights")
    assert bounds_of_phases(VALUES, columns(DENSE, batch_size=400.0)) == ("compute", "compute")
    assert bounds_of_phases(VALUES, columns(DENSE, batch_size=400.0, kv_heads=1.0)) == ("compute", "kv_cache")
    # The prompt's time is no part of the answer's phase.
    assert bounds_of_phases(VALUES, columns(DENSE, output_tokens=10.0)) == ("compute", "weights")


def test_steps_to_redo_by_hand() -> None:
    c = columns(DENSE, state_bytes=5e6)
    empty = np.zeros(1)
    requests = Requests(
        columns=c,
        rows=empty.astype(np.int64),
        flags=((),),
        at_wall=empty > 0,
        replicas=empty + 1,
        sources=("",),
        problems=(),
    )
    text = "\n".join(explain(VALUES, requests))
    assert "5 billion read in each step, 0 billion in routed experts, 2 bytes each" in text
    assert "40 kB per token, and 5 MB of state per sequence, context 1100 tokens on average, 10 sequences" in text
    assert "weights 20 ms" in text
    assert "prefill 10.5 ms" in text
    assert "W of 400 W" in text


def test_rows_are_independent_of_one_another() -> None:
    rows = [columns(DENSE), columns(SPARSE, engine=EARLY), columns(SPARSE, number_format="fp8", engine=EAGER)]
    together = Columns(**{f.name: np.concatenate([getattr(r, f.name) for r in rows]) for f in fields(Columns)})
    assert step(VALUES, together).energy_j.tolist() == [float(step(VALUES, r).energy_j[0]) for r in rows]


def test_at_peak() -> None:
    # 2 x 8e9 FLOPs at 1e15 FLOP/s over 700 W.
    cells = DENSE | {"active_params": 8e9, "peak_flops_per_s": 1e15, "tdp_w": 700.0}
    c = Columns(**{name: np.array([value]) for name, value in cells.items()})
    assert at_peak(c)[0] == pytest.approx(0.0112)
