"""Where workloads are to one another: configurations however written, and the work that sets them apart."""

from __future__ import annotations

import math

import pytest

from joulewise.catalog import load
from joulewise.energy.places import places_of
from joulewise.energy.rows import row_of

ROW: dict[str, object] = {"model": "meta-llama/Llama-3.1-8B-Instruct", "accelerator": "H100", "batch_size": 64.0}


def _configuration(**changes: object) -> str:
    return str(places_of([row_of(ROW | changes)], load()).configuration[0])


def test_names_of_accelerators_and_formats_are_the_same_however_written() -> None:
    written = {"precision": "bfloat16", "accelerator": "H100 SXM", "n_accelerators": 1.0}
    assert _configuration(precision="bf16", n_accelerators=1) == _configuration(**written)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "Qwen/Qwen3-8B"},
        {"accelerator": "B200"},
        {"n_accelerators": 2.0},
        {"precision": "fp8"},
        {"tensor_parallel": 2.0},
        {"engine": "vLLM 0.11"},
        {"meter_scope": "wall"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_makes_another_configuration(change: dict[str, object]) -> None:
    assert _configuration(**change) != _configuration()


def test_work_is_the_batch_and_for_a_generator_steps_and_pixels() -> None:
    image = {"model": "FLUX.1-dev", "accelerator": "H100", "batch_size": 4.0, "image_size": "512x256", "steps": 10.0}
    found = places_of([row_of(ROW), row_of(ROW | {"batch_size": None}), row_of(image)], load())
    assert found.log_work == pytest.approx([math.log(64), 0.0, math.log(4 * 10 * 512 * 256)])
