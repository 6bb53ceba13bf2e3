"""Workloads of image and video generators, from a table as people write it to columns of numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from joulewise.energy.generators import Canvases
from joulewise.energy.requests import (
    MEASURED_DIES,
    BadCellError,
    Problem,
    accelerator_of,
    arrays_of,
    is_at_wall,
    model_or_none,
    precision_of,
    read_each,
    runs_copies,
)

DEFAULT_STEPS = 28.0
_MEASURED_WEIGHT_BYTES = 2.0
_LARGE_BATCH = 8.0
_SIZE = re.compile(r"^(\d+)\s*[x×]\s*(\d+)(?:x(\d+)f(?:@[\d.]+)?)?$")

# Of an unknown generator: a diffusion transformer on latents 8 times smaller, in patches of 2 by 2.
_TOKEN_SIDE_PX = 16
_FRAMES_PER_LATENT = 4
_TYPICAL_LAYERS = 30
_BYTES_PER_TOKEN_AND_LAYER_WIDTH = 120.0


@dataclass(frozen=True)
class CanvasRequests:
    """The good rows of a table of generators; as `requests.Requests`."""

    rows: np.ndarray[Any, np.dtype[np.int64]]
    columns: Canvases
    flags: tuple[tuple[str, ...], ...]
    at_wall: np.ndarray[Any, np.dtype[np.bool_]]
    replicas: np.ndarray[Any, np.dtype[np.float64]]
    problems: tuple[Problem, ...]


def read_canvases(frame: pl.DataFrame) -> CanvasRequests:
    """Read workloads of generators.

    Parameters
    ----------
    frame : DataFrame
        As for `requests.read_requests`; ``image_size`` is ``1024x1024``, of a video ``832x480x81f``.
    """
    found, problems = read_each(frame, _read_row)
    values = [v for _, (v, _) in found]
    return CanvasRequests(
        rows=np.array([i for i, _ in found], dtype=np.int64),
        columns=Canvases(**arrays_of(Canvases, values, texts=("die",), marks=("unet", "early"))),
        flags=tuple(marks for _, (_, marks) in found),
        at_wall=np.array([v["at_wall"] for v in values], dtype=np.bool_),
        replicas=np.array([v["replicas"] for v in values], dtype=np.float64),
        problems=problems,
    )


def _read_row(row: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    marks: list[str] = []
    found = model_or_none(row["model"])
    known = dict(found.generator) if found and found.generator else None
    width, height, frames = _size(row["image_size"], known, marks)
    spec = accelerator_of(row)
    weight_bytes, _ = precision_of(row["precision"], row["model"], spec)
    if is_at_wall(row):
        marks.append("at-the-wall")
    if weight_bytes < _MEASURED_WEIGHT_BYTES:
        marks.append("precision-not-measured")
    work = _known_work(known, width * height, frames) if known else _typical_work(row, width * height, frames, marks)
    n, copied = row["n_accelerators"] or 1.0, runs_copies(row)
    batch, replicas = (_LARGE_BATCH, n) if copied else (1.0, 1.0)
    for name, default in (("steps", DEFAULT_STEPS), ("batch_size", batch)):
        if row[name] is None:
            marks.append(f"{name.removesuffix('_size')}-assumed-{default:g}")
    if spec["die"] not in MEASURED_DIES - {"GV100", "GA102"}:
        marks.append("accelerator-not-measured")
    return (
        work
        | {
            "steps": row["steps"] or DEFAULT_STEPS,
            "batch_size": row["batch_size"] or batch,
            "n": n / replicas,
            "replicas": replicas,
            "at_wall": is_at_wall(row),
            "ring": row["ring"] or 1.0,
            "pixels": width * height * frames,
            "frames": frames,
            "early": (row["engine"] or "").lower().startswith("diffusers"),
            "peak_flops_per_s": spec["bf16_flops_per_s"],
            "bandwidth_bytes_per_s": spec["bandwidth_bytes_per_s"],
            "link_bytes_per_s": spec["link_bytes_per_s"],
            "tdp_w": spec["tdp_w"],
            "die": spec["die"],
        },
        tuple(marks),
    )


def _size(text: str | None, known: dict[str, Any] | None, marks: list[str]) -> tuple[float, float, float]:
    if text is None:
        if known is None:
            raise BadCellError("image_size", "is blank; give e.g. 1024x1024, or 832x480x81f of a video")
        marks.append("image-size-of-model")
        return float(known["width_px"]), float(known["height_px"]), float(known["frames"])
    found = _SIZE.match(text.strip())
    if not found or int(found[1]) * int(found[2]) * int(found[3] or 1) == 0:
        raise BadCellError("image_size", f"{text!r} is not a size such as 1024x1024 or 832x480x81f")
    return float(found[1]), float(found[2]), float(found[3] or 1)


def _known_work(known: dict[str, Any], pixels: float, frames: float) -> dict[str, Any]:
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


def _typical_work(row: dict[str, Any], pixels: float, frames: float, marks: list[str]) -> dict[str, Any]:
    params = (row["active_params_b"] or row["params_b"] or 0.0) * 1e9
    if not params:
        raise BadCellError("model", f"{row['model']!r} is not in the catalogue; give params_b")
    marks.append("shape-from-size")
    tokens = pixels / _TOKEN_SIDE_PX**2 * _latent_frames(frames)
    layer_widths = (params / 12 * _TYPICAL_LAYERS) ** 0.5  # 12 width^2 parameters a layer
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
