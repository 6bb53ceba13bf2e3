"""Time, power and energy of a batch of images or videos, for whole columns of requests to generators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from joulewise.energy.generators import times
from joulewise.energy.physics import Bools, Floats, Labels, energy_per_item, overlapped_time, per_die, soft_limit
from joulewise.energy.reading import Requests

_OVERLAP = 3
"""Sharpness of the overlap of host and accelerators in a step."""


@dataclass(frozen=True)
class Columns:
    """Requests to image and video generators, one per row.

    Parameters
    ----------
    product_flops, attention_flops, activation_bytes : array
        Of one pass of the denoiser for one image or video.
    blocks : array
        Transformer and residual blocks, one after another, of a pass.
    passes : array
        Of the denoiser in a step: 2 with guidance.
    steps, batch_size, n : array
    ring : array
        Accelerators among which keys and values go round; 1 where heads are split instead.
    pixels : array
        Of an image, or of all frames.
    frames : array
    unet : array of bool
        Whether convolutions do most of the work.
    early : array of bool
        Whether the engine is diffusers' own pipeline rather than a server.
    peak_flops_per_s, bandwidth_bytes_per_s, link_bytes_per_s, tdp_w : array
    die : array of str
    """

    product_flops: Floats
    attention_flops: Floats
    activation_bytes: Floats
    blocks: Floats
    passes: Floats
    steps: Floats
    batch_size: Floats
    n: Floats
    ring: Floats
    pixels: Floats
    frames: Floats
    unet: Bools
    early: Bools
    peak_flops_per_s: Floats
    bandwidth_bytes_per_s: Floats
    link_bytes_per_s: Floats
    tdp_w: Floats
    die: Labels


@dataclass(frozen=True)
class Generation:
    """A batch of images or videos.

    Parameters
    ----------
    time_s, power_w : array
        Of the whole batch; of one accelerator.
    energy_j : array
        Of one image or video.
    parts_s : mapping of str to array
        ``compute``, ``activations``, ``communication``, ``host``, ``decoder``.
    """

    time_s: Floats
    power_w: Floats
    energy_j: Floats
    parts_s: Mapping[str, Floats]


def step(values: Mapping[str, float], c: Columns) -> Generation:
    """Return time, power and energy of each batch.

    Parameters
    ----------
    values : mapping
        Of the parameters in `parameters.PARAMETERS`.
    c : Columns

    Notes
    -----
    A step is the denoiser's arithmetic, traffic and exchanges, one after another and split over the accelerators,
    behind the host's launches (whichever is longer, softly); the text encoder and the decoder of latents come once, on
    one accelerator. The terms are those of `times`; `physics.soft_limit` bends power at the limit.
    """
    speed = per_die(values, "speed", c.die) * np.where(c.early, values["early_speed"], 1.0)
    convolution, product = values["convolution_compute"], values["product_compute"]
    share = np.where(c.unet, convolution, product)
    passes, peak = c.batch_size * c.passes, c.peak_flops_per_s
    compute_s = times.compute_time(
        passes, c.product_flops, share, c.attention_flops, values["attention_compute"], c.n, peak, speed
    ) * times.repetition(values["unsplit"], c.pixels, c.n)
    activations_s = times.activations_time(
        passes, c.activation_bytes, c.n, c.bandwidth_bytes_per_s, values["activation_bandwidth"], speed
    )
    exchange_s = times.exchange_time(
        passes, c.activation_bytes, c.n, c.ring, c.link_bytes_per_s, values["split_volume"], values["ring_volume"]
    )
    host_s = times.host_time(
        values["step_host_s"], c.blocks, values["block_host_s"], c.n, values["split_s"], c.ring, values["ring_s"]
    )
    device_s = compute_s + activations_s + exchange_s
    step_s = overlapped_time(host_s, device_s, _OVERLAP)
    decoded = times.decoder_flops(
        c.batch_size, c.pixels, values["decode_pixel_flops"], c.frames, values["frame_decode"]
    )
    decoder_s = times.decoder_time(decoded, peak, convolution, speed)
    time_s = c.steps * step_s + (values["request_s"] + decoder_s)
    flops = c.steps * (passes * (c.product_flops + c.attention_flops)) / c.n + decoded / c.n
    demand = (
        per_die(values, "idle", c.die)
        + values["power_busy"] * np.minimum(1, c.steps * device_s / time_s)
        + values["power_compute"] * (flops / time_s / peak)
        + values["power_memory"] * c.steps * activations_s / time_s
    )
    power_w = c.tdp_w * soft_limit(demand, values["power_knee"])
    return Generation(
        time_s=time_s,
        power_w=power_w,
        energy_j=energy_per_item(c.n, power_w, time_s, c.batch_size),
        parts_s={
            "compute": c.steps * compute_s,
            "activations": c.steps * activations_s,
            "communication": c.steps * exchange_s,
            "host": c.steps * host_s + values["request_s"],
            "decoder": decoder_s,
        },
    )


def explain(values: Mapping[str, float], requests: Requests[Columns]) -> list[str]:
    """Return the steps of the first request's estimate, with the numbers that redo it by hand."""
    c = requests.columns
    made = step(values, c)
    parts = ", ".join(f"{name} {v[0]:.3g} s" for name, v in made.parts_s.items())
    return [
        f"a pass of the denoiser: {c.product_flops[0] / 1e12:.4g} TFLOP of products, {c.attention_flops[0] / 1e12:.4g} "
        f"TFLOP of attention, {c.activation_bytes[0] / 1e9:.4g} GB of activations, {c.blocks[0]:g} blocks; "
        f"{c.passes[0]:g} per step, {c.steps[0]:g} steps",
        f"a batch of {c.batch_size[0]:g}, before host and accelerators overlap: {parts}",
        f"power of an accelerator: {made.power_w[0]:.4g} W of {c.tdp_w[0]:g} W",
    ]
