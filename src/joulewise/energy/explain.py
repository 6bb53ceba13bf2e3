"""The steps of one estimate, with their numbers, as a reader would redo them by hand."""

from __future__ import annotations

from typing import Any

import polars as pl

from joulewise.energy.calibrate import Calibration
from joulewise.energy.canvases import read_canvases
from joulewise.energy.generators import generate
from joulewise.energy.requests import Requests
from joulewise.energy.samples import read_samples
from joulewise.energy.serving import step
from joulewise.energy.wall import run_samples


def language_steps(requests: Requests, calibration: Calibration) -> tuple[list[str], dict[str, Any]]:
    """Return the steps of a request of a language model, and what bounds its phases.

    Returns
    -------
    list of str
    dict
        ``decode_share`` of the accelerators' time, ``prefill_bound``, ``decode_bound``.
    """
    c = requests.columns
    made = step(calibration.language, c)
    parts = ", ".join(f"{k.replace('_', ' ')} {v[0] * 1e3:.3g} ms" for k, v in made.parts_s.items())
    state = f", and {c.state_bytes[0] / 1e6:.4g} MB of state a sequence" if c.state_bytes[0] else ""
    decode = {name: float(v[0]) for name, v in made.parts_s.items() if name != "prefill"}
    phases = {
        "decode_share": 1 - float(made.prefill_share[0]),
        "prefill_bound": "compute",
        "decode_bound": max(decode, key=lambda name: decode[name]),
    }
    steps = [
        f"weights: {c.dense_params[0] / 1e9:.4g} billion read each step, {c.expert_params[0] / 1e9:.4g} billion in "
        f"routed experts, {c.weight_bytes[0]:g} bytes each",
        f"cache: {2 * c.kv_values_per_token_layer[0] * c.attention_layers[0] / 1e3:.4g} kB a token{state}, context "
        f"{c.prompt_tokens[0] + c.output_tokens[0] / 2:g} tokens on average, {c.batch_size[0]:g} sequences",
        f"a step that gives each sequence a token: {parts}",
        f"host and accelerators overlap: {made.time_s[0] * 1e3:.4g} ms a step",
        f"power of an accelerator: {made.power_w[0]:.4g} W of {c.tdp_w[0]:g} W",
        f"energy of a token: {c.n[0]:g} x {made.power_w[0]:.4g} W x {made.time_s[0]:.4g} s / {c.batch_size[0]:g} "
        f"sequences = {made.energy_j[0]:.4g} J",
    ]
    return steps, phases


def generator_steps(frame: pl.DataFrame, calibration: Calibration) -> list[str]:
    """Return the steps of an image or a video."""
    c = read_canvases(frame).columns
    made = generate(calibration.generators, c)
    parts = ", ".join(f"{name} {v[0]:.3g} s" for name, v in made.parts_s.items())
    return [
        f"a pass of the denoiser: {c.product_flops[0] / 1e12:.4g} TFLOP of products, {c.attention_flops[0] / 1e12:.4g} "
        f"TFLOP of attention, {c.activation_bytes[0] / 1e9:.4g} GB of activations, {c.blocks[0]:g} blocks; "
        f"{c.passes[0]:g} a step, {c.steps[0]:g} steps",
        f"a batch of {c.batch_size[0]:g}, before host and accelerators overlap: {parts}",
        f"power of an accelerator: {made.power_w[0]:.4g} W of {c.tdp_w[0]:g} W",
    ]


def sample_steps(frame: pl.DataFrame, calibration: Calibration) -> list[str]:
    """Return the steps of a sample of a network."""
    c = read_samples(frame).columns
    made = run_samples(calibration.wall, c)
    parts = ", ".join(f"{name} {v[0] * 1e3:.3g} ms" for name, v in made.parts_s.items())
    return [
        f"one sample: {c.flops[0] / 1e9:.4g} GFLOP, {c.activation_values[0] / 1e6:.4g} million values of "
        f"{c.value_bytes[0]:g} bytes read and written, {c.params[0] / 1e6:.4g} million parameters; {c.kind[0]}",
        f"taken as {c.scenario[0]} on {c.n[0]:g} accelerators: {parts}",
    ]
