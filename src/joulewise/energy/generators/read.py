"""Read a row as a request to an image or video generator: defaults stated, bad cells named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from joulewise.energy.accelerators import accelerator_of, is_at_wall, runs_copies, weight_format
from joulewise.energy.flags import Flag, Flagged, assumed
from joulewise.energy.models import model_of
from joulewise.energy.reading import BadCellError, Facts, Reading
from joulewise.energy.rows import WorkloadRow

COLUMNS = frozenset(
    {
        *("model", "accelerator", "precision", "engine", "task", "meter_scope", "params_b", "active_params_b"),
        *("n_accelerators", "batch_size", "image_size", "steps", "sequence_parallel", "ring"),
    }
)
"""Columns of a workload that apply to a generator."""

DEFAULT_STEPS = 28.0
_MEASURED_WEIGHT_BYTES = 2.0
_LARGE_BATCH = 8.0
_LARGEST_SIDE_PX, _MOST_FRAMES = 16_384, 10_000
_SIZE = re.compile(r"^(\d{1,9})\s*[x×]\s*(\d{1,9})(?:x(\d{1,9})f(?:@[\d.]+)?)?$")

# An unknown generator is taken for a diffusion transformer on latents 8 times smaller, in patches of 2 by 2.
_TOKEN_SIDE_PX = 16
_FRAMES_PER_LATENT = 4
_TYPICAL_LAYERS = 30
_BYTES_PER_TOKEN_AND_LAYER_WIDTH = 120.0

_NO_SIZE = "is blank; name one or give params_b"
_NOT_KNOWN = "is not in the catalogue; give params_b"

# Sizes are published for the denoiser alone or with its text encoders.
_SIZE_FACTOR = 5.0

Cells = dict[str, float | str | bool]


def read(row: WorkloadRow, facts: Facts) -> Reading:
    """Read one row.

    Raises
    ------
    BadCellError
        If a cell makes an estimate impossible.
    """
    flags: list[Flagged] = []
    model = model_of(row, facts.catalog)
    known = model.generator if model else None
    width, height, frames = _size(row.image_size, known, flags)
    spec = accelerator_of(row, facts.catalog)
    weight_bytes, _ = weight_format(row.precision or "bf16", spec)
    if weight_bytes > _MEASURED_WEIGHT_BYTES:
        raise BadCellError("precision", f"{row.precision} is not priced for generators; bf16 or fp16 would do")
    if is_at_wall(row):
        flags.append(Flagged(Flag.AT_THE_WALL))
    if weight_bytes < _MEASURED_WEIGHT_BYTES:
        flags.append(Flagged(Flag.PRECISION_NOT_MEASURED))
    pixels = width * height
    if known and row.params_b is not None:
        size = known["denoiser_params"] / 1e9
        if not size / _SIZE_FACTOR <= row.params_b <= size * _SIZE_FACTOR:
            raise BadCellError("params_b", f"{row.params_b:g} is not the size of {row.model}, {size:.3g}; leave it out")
    work = _known_work(known, pixels, frames) if known else _typical_work(row, pixels, frames, flags)
    n, copied = row.n_accelerators or 1.0, runs_copies(row)
    batch, replicas = (_LARGE_BATCH, n) if copied else (1.0, 1.0)
    if row.steps is None:
        flags.append(assumed(Flag.STEPS_ASSUMED, DEFAULT_STEPS))
    if row.batch_size is None:
        flags.append(assumed(Flag.BATCH_ASSUMED, batch))
    if spec.die not in facts.measured_dies:
        flags.append(Flagged(Flag.ACCELERATOR_NOT_MEASURED))
    return Reading(
        cells={
            **work,
            "steps": row.steps or DEFAULT_STEPS,
            "batch_size": row.batch_size or batch,
            "n": n / replicas,
            "ring": row.ring or 1.0,
            "pixels": pixels * frames,
            "frames": frames,
            "early": (row.engine or "").lower().startswith("diffusers"),
            "peak_flops_per_s": spec.bf16_flops_per_s,
            "bandwidth_bytes_per_s": spec.bandwidth_bytes_per_s,
            "link_bytes_per_s": spec.link_bytes_per_s,
            "tdp_w": spec.tdp_w,
            "die": spec.die,
        },
        flags=tuple(flags),
        at_wall=is_at_wall(row),
        replicas=replicas,
        source=str(known["method"]) if known else "typical of its size",
    )


def pixels_of(size: str) -> float:
    """Return the pixels of an image, or of all frames of a video, by its size as text; 1 if it is none."""
    found = _SIZE.match(size.strip())
    return float(found[1]) * float(found[2]) * float(found[3] or 1) if found else 1.0


def _size(text: str | None, known: Mapping[str, Any] | None, flags: list[Flagged]) -> tuple[float, float, float]:
    if text is None:
        if known is None:
            raise BadCellError("image_size", "is blank; give e.g. 1024x1024, or 832x480x81f for a video")
        flags.append(Flagged(Flag.IMAGE_SIZE_OF_MODEL))
        return float(known["width_px"]), float(known["height_px"]), float(known["frames"])
    found = _SIZE.match(text)
    if not found:
        raise BadCellError("image_size", f"{text!r} is not a size such as 1024x1024 or 832x480x81f")
    width, height, frames = int(found[1]), int(found[2]), int(found[3] or 1)
    if not (0 < width <= _LARGEST_SIDE_PX and 0 < height <= _LARGEST_SIDE_PX and 0 < frames <= _MOST_FRAMES):
        raise BadCellError(
            "image_size",
            f"{text!r} is not a size of 1 to {_LARGEST_SIDE_PX:,} px a side and 1 to {_MOST_FRAMES:,} frames",
        )
    if known is not None and known["frames"] == 1 < frames:
        raise BadCellError("image_size", f"{text!r} is a video, and {known['model']} makes single images")
    if known is not None and known["frames"] > 1 and found[3] is None:
        raise BadCellError("image_size", f"{text!r} lacks the frames of a video; give e.g. {text}x{known['frames']}f")
    return float(width), float(height), float(frames)


def _known_work(known: Mapping[str, Any], pixels: float, frames: float) -> Cells:
    """Return the work of a pass at a size: products and activations grow with it, attention with its square."""
    at = known["width_px"] * known["height_px"]
    latent = (_latent_frames(frames) / _latent_frames(known["frames"])) if known["kind"] != "unet" else 1.0
    ratio = pixels / at * (frames / known["frames"] if known["kind"] == "unet" else latent)
    return {
        "product_flops": known["product_flops"] * ratio,
        "attention_flops": known["attention_flops"] * ratio**2,
        "activation_bytes": known["activation_bytes"] * ratio,
        "blocks": known["blocks"],
        "passes": known["passes_per_step"],
        "unet": known["kind"] == "unet",
    }


def _typical_work(row: WorkloadRow, pixels: float, frames: float, flags: list[Flagged]) -> Cells:
    params = (row.active_params_b or row.params_b or 0.0) * 1e9
    if not params:
        raise BadCellError("model", _NO_SIZE if row.model is None else f"{row.model!r} {_NOT_KNOWN}")
    flags.append(Flagged(Flag.SHAPE_FROM_SIZE))
    tokens = pixels / _TOKEN_SIDE_PX**2 * _latent_frames(frames)
    layer_widths = (params / 12 * _TYPICAL_LAYERS) ** 0.5  # 12 width^2 parameters per layer
    return {
        "product_flops": 2 * params * tokens,
        "attention_flops": 4 * tokens**2 * layer_widths,
        "activation_bytes": _BYTES_PER_TOKEN_AND_LAYER_WIDTH * tokens * layer_widths,
        "blocks": _TYPICAL_LAYERS,
        "passes": 2.0,
        "unet": False,
    }


def _latent_frames(frames: float) -> float:
    return 1 + (frames - 1) // _FRAMES_PER_LATENT
