"""A batch of images or videos on round numbers, each branch against arithmetic by hand."""

from __future__ import annotations

import numpy as np
import pytest

from joulewise.energy.generators.step import Columns, explain, step
from joulewise.energy.reading import Requests

VALUES = {
    "product_compute": 0.6, "convolution_compute": 0.4, "attention_compute": 0.2, "activation_bandwidth": 0.5,
    "decode_pixel_flops": 2e7, "frame_decode": 0.125, "request_s": 0.1, "step_host_s": 0.005, "block_host_s": 1e-3,
    "split_s": 2e-4, "ring_s": 3e-4, "split_volume": 0.8, "ring_volume": 0.5, "unsplit": 0.1, "early_speed": 0.5,
    "speed.CHIP": 0.8, "speed.other": 0.4, "idle.CHIP": 0.2, "idle.other": 0.3, "power_busy": 0.25,
    "power_compute": 0.75, "power_memory": 0.5, "power_knee": 2.0,
}  # fmt: skip

# Two images of 2^20 pixels with guidance, ten steps, on one accelerator of 1 PFLOP/s and 1 TB/s.
IMAGE: dict[str, float | str | bool] = {
    "product_flops": 6e12, "attention_flops": 1e12, "activation_bytes": 4e9, "blocks": 40.0, "passes": 2.0,
    "steps": 10.0, "batch_size": 2.0, "n": 1.0, "ring": 1.0, "pixels": 2.0**20, "frames": 1.0, "unet": False,
    "early": False, "peak_flops_per_s": 1e15, "bandwidth_bytes_per_s": 1e12, "link_bytes_per_s": 1e11, "tdp_w": 400.0,
    "die": "CHIP",
}  # fmt: skip


def columns(**changes: float | str | bool) -> Columns:
    return Columns(**{name: np.array([value]) for name, value in (IMAGE | changes).items()})


def parts(**changes: float | str | bool) -> dict[str, float]:
    return {name: float(part[0]) for name, part in step(VALUES, columns(**changes)).parts_s.items()}


def test_every_part_of_a_batch_of_images() -> None:
    assert parts() == pytest.approx(
        {
            "compute": 0.75,  # 10 x 2 x 2 x (6e12 / 0.6 + 1e12 / 0.2) at 1e15 x 0.8 FLOP/s
            "activations": 0.4,  # 10 x 2 x 2 x 4e9 bytes at 1e12 x 0.5 x 0.8 B/s
            "communication": 0.0,
            "host": 0.55,  # 10 x (0.005 + 40 x 0.001) + 0.1
            "decoder": 2 * 2**20 * 2e7 / 3.2e14,  # at 1e15 x 0.4 x 0.8 FLOP/s
        }
    )


def test_time_power_and_energy() -> None:
    found = step(VALUES, columns())
    # A step: 0.075 + 0.04 s of the accelerator, 0.045 s of the host.
    decoded = 2 * 2**20 * 2e7
    time = 10 * (0.045**3 + 0.115**3) ** (1 / 3) + 0.1 + decoded / 3.2e14
    assert found.time_s[0] == pytest.approx(time)
    demand = 0.2 + 0.25 * 1.15 / time + 0.75 * (10 * 4 * 7e12 + decoded) / 1e15 / time + 0.5 * 0.4 / time
    power = 400 / np.sqrt(1 + demand**-2)
    assert found.power_w[0] == pytest.approx(power)
    assert found.energy_j[0] == pytest.approx(power * time / 2)


def test_four_accelerators_split_a_sequence() -> None:
    found = step(VALUES, columns(n=4.0))
    times = {name: float(part[0]) for name, part in found.parts_s.items()}
    assert times["compute"] == pytest.approx(0.75 / 4 * 1.3)  # 1 + 0.1 x (4 - 1) on a megapixel
    assert times["activations"] == pytest.approx(0.1)
    assert times["communication"] == pytest.approx(10 * 1.6e10 / 4e11 * 0.75 * 0.8)
    assert times["host"] == pytest.approx(10 * (0.005 + 40 * 0.0012) + 0.1)
    assert times["decoder"] == pytest.approx(2 * 2**20 * 2e7 / 3.2e14)
    # A step: 0.024375 + 0.01 + 0.024 s of the accelerators, 0.053 s of the host.
    time = 10 * (0.053**3 + 0.058375**3) ** (1 / 3) + 0.1 + times["decoder"]
    assert found.time_s[0] == pytest.approx(time)
    flops = (10 * 4 * 7e12 + 2 * 2**20 * 2e7) / 4
    demand = 0.2 + 0.25 * 0.58375 / time + 0.75 * flops / 1e15 / time + 0.5 * 0.1 / time
    power = 400 / np.sqrt(1 + demand**-2)
    assert found.power_w[0] == pytest.approx(power)
    assert found.energy_j[0] == pytest.approx(4 * power * time / 2)


def test_keys_and_values_that_go_round_a_ring() -> None:
    found = parts(n=4.0, ring=2.0)
    assert found["communication"] == pytest.approx(0.4 * (0.75 * 0.8 + 0.5 * 0.5))
    assert found["host"] == pytest.approx(10 * (0.005 + 40 * (0.0012 + 0.0003)) + 0.1)


def test_a_unet_computes_at_the_share_of_convolutions() -> None:
    assert parts(unet=True)["compute"] == pytest.approx(40 * (6e12 / 0.4 + 1e12 / 0.2) / 8e14)


def test_an_early_engine_is_slower_on_the_accelerator_alone() -> None:
    found, current = parts(early=True), parts()
    for name in ("compute", "activations", "decoder"):
        assert found[name] == pytest.approx(2 * current[name])
    assert found["host"] == current["host"]


def test_a_pixel_of_a_video_is_decoded_at_its_own_work() -> None:
    assert parts(frames=16.0)["decoder"] == pytest.approx(2**18 * 2e7 / 3.2e14)


def test_larger_images_repeat_less() -> None:
    assert parts(n=4.0, pixels=2.0**22)["compute"] == pytest.approx(0.75 / 4 * 1.075)


def test_an_unmeasured_chip_takes_the_typical_rates() -> None:
    assert parts(die="NEW")["compute"] == pytest.approx(1.5)
    values = VALUES | {"power_busy": 0.0, "power_compute": 0.0, "power_memory": 0.0, "power_knee": 1.0}
    # A demand of 0.3 alone bends to 0.3 / 1.3 of the limit; of 0.2 to 1/6.
    assert step(values, columns(die="NEW")).power_w[0] == pytest.approx(400 * 3 / 13)
    assert step(values, columns()).power_w[0] == pytest.approx(400 / 6)


def test_an_accelerator_is_never_busier_than_always() -> None:
    values = VALUES | {"power_compute": 0.0, "power_memory": 0.0, "request_s": 0.0, "decode_pixel_flops": 0.0}
    found = step(values | {"power_knee": 1.0}, columns(blocks=0.0, steps=1000.0))
    demand = 0.2 + 0.25
    assert found.power_w[0] == pytest.approx(400 * demand / (1 + demand), rel=1e-3)


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
    assert "6 TFLOP of products, 1 TFLOP of attention, 4 GB of activations, 40 blocks; 2 per step, 10 steps" in text
    assert "a batch of 2" in text
    assert "compute 0.75 s, activations 0.4 s, communication 0 s, host 0.55 s" in text
