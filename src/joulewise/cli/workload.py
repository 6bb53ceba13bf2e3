"""Options that describe a workload and its footprint, for ``estimate``, ``compare`` and ``frontier``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from joulewise.cli.options import bounded_float, bounded_int
from joulewise.energy.rows import BOUNDS

Option = Callable[[Callable[..., None]], Callable[..., None]]


def _number(name: str) -> Any:
    return bounded_float(*BOUNDS[name])


def _whole(name: str) -> Any:
    low, high = BOUNDS[name]
    return bounded_int(int(low), int(high))


_OPTIONS: dict[str, Option] = {
    "precision": click.option(
        "--precision",
        help="Number format of the weights: bf16, fp8, int8, mxfp4 ...; with --method paper fp32, fp16 ...",
    ),
    "n_accelerators": click.option(
        "--count", "n_accelerators", type=_whole("n_accelerators"), help="Number of accelerators."
    ),
    "batch_size": click.option(
        "--batch-size", type=_number("batch_size"), help="Requests that run together, on average."
    ),
    "prompt_tokens": click.option(
        "--prompt-tokens", type=_number("prompt_tokens"), help="Prompt tokens per request to a language model."
    ),
    "output_tokens": click.option(
        "--output-tokens", type=_number("output_tokens"), help="Output tokens per request to a language model."
    ),
    "image_size": click.option("--image", "image_size", help="Size of an image, WxH, or of a video, WxHxFRAMESf."),
    "meter_scope": click.option(
        "--scope",
        "meter_scope",
        type=click.Choice(["accelerators", "wall"]),
        help="Energy of the accelerators alone, or of the whole system at the wall; single-pass networks that were "
        "measured at the wall default to that, everything else to the accelerators.",
    ),
    "steps": click.option("--steps", type=_whole("steps"), help="Denoising steps of a generator."),
    "params_b": click.option(
        "--params-b", type=_number("params_b"), help="Billions of parameters, for a model that is not in the catalogue."
    ),
    "active_params_b": click.option(
        "--active-params-b", type=_number("active_params_b"), help="Billions of parameters that one token uses."
    ),
    "engine": click.option("--engine", help="transformers, 'vLLM 0.5', or a current engine (default)."),
    "task": click.option("--task", help="A measured task; its mean prompt is used where none is given."),
    "tensor_parallel": click.option(
        "--tensor-parallel", type=_whole("tensor_parallel"), help="Accelerators that split each matrix; by default all."
    ),
    "expert_parallel": click.option(
        "--expert-parallel",
        type=_whole("expert_parallel"),
        help="Accelerators over which the experts of a mixture are spread; by default all.",
    ),
    "data_parallel": click.option(
        "--data-parallel", type=_whole("data_parallel"), help="Copies of everything but the experts."
    ),
}
WORKLOAD = tuple(_OPTIONS)
"""Options of a workload, by the column that each fills."""

_BEYOND: dict[str, Option] = {
    "pue": click.option(
        "--pue", type=bounded_float(1, 10), help="Power usage effectiveness of the data centre (1 or more)."
    ),
    "country": click.option("--country", help="Country of the grid, by name or ISO code; none is ever guessed."),
    "year": click.option("--year", type=int, help="Year of the grid's average; by default the last known."),
    "grid_gco2e": click.option(
        "--grid-gco2e",
        type=bounded_float(0, 5000, "g"),
        help="Carbon intensity in g CO2e per kWh, in place of a country.",
    ),
    "wue_l_per_kwh": click.option(
        "--wue", "wue_l_per_kwh", type=bounded_float(0, 100, "L"), help="Water usage effectiveness, litres per kWh."
    ),
    "usd_per_kwh": click.option(
        "--usd-per-kwh", type=bounded_float(0, 100), help="Price of electricity, in US dollars per kWh."
    ),
    "embodied": click.option("--embodied", is_flag=True, help="Include the accelerators' embodied emissions."),
}
BEYOND = tuple(_BEYOND)
"""Options of the footprint beyond the accelerator."""


def workload_options(*names: str) -> Option:
    """Return a decorator that adds options of a workload; by default all."""
    return _adding(_OPTIONS[name] for name in names or WORKLOAD)


def footprint_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the footprint beyond the accelerator."""
    return _adding(_BEYOND.values())(command)


def _adding(options: Iterable[Option]) -> Option:
    ordered = list(options)

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(ordered):
            command = option(command)
        return command

    return add


calibration_option = click.option(
    "--calibration", type=click.Path(path_type=Path), help="A file written by joulewise calibrate -o."
)
