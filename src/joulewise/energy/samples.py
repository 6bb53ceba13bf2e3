"""From a table of workloads to networks of one sample: encoders and image networks, counted or of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from joulewise.energy.parameters import WALL_DIES
from joulewise.energy.requests import (
    NUMBERS,
    TEXTS,
    BadCellError,
    Problem,
    accelerator_of,
    arrays_of,
    is_at_wall,
    model_or_none,
    precision_of,
    read_each,
)
from joulewise.energy.wall import MULTI_STREAM, Samples

SCENARIOS = ("SingleStream", "MultiStream", "Server", "Offline")
KINDS = ("convolution", "depthwise", "transformer", "hybrid")
_WORK_NUMBERS, _WORK_KIND = ("flops", "activation_values"), "network_kind"
WORK = (*_WORK_NUMBERS, _WORK_KIND)
"""Columns that say what one sample takes, beside ``params_b``, where the model is in no table."""


@dataclass(frozen=True)
class SampleRequests:
    """The good rows of a table of samples; as `requests.Requests`."""

    rows: np.ndarray[Any, np.dtype[np.int64]]
    columns: Samples
    flags: tuple[tuple[str, ...], ...]
    problems: tuple[Problem, ...]


def read_samples(frame: pl.DataFrame) -> SampleRequests:
    """Read workloads of networks of one sample.

    Parameters
    ----------
    frame : DataFrame
        As for `requests.read_requests`; ``task`` may end with a scenario, e.g. ``resnet50/Offline``. The model is
        one of `records` ``sample_networks``, or of the catalogue's image networks (``image_size`` says which
        of its sizes); or the columns `WORK` say what one sample takes.
    """
    found, problems = read_each(frame, _read_row, numbers=(*NUMBERS, *_WORK_NUMBERS), texts=(*TEXTS, _WORK_KIND))
    values = [v for _, (v, _) in found]
    return SampleRequests(
        rows=np.array([i for i, _ in found], dtype=np.int64),
        columns=Samples(**arrays_of(Samples, values, texts=("die", "kind", "scenario", "system"), marks=("whole",))),
        flags=tuple(marks for _, (_, marks) in found),
        problems=problems,
    )


def _read_row(row: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    network, marks = _network(row)
    measured = not marks
    spec = accelerator_of(row)
    default = "int8" if measured else "bf16"
    weight_bytes, _ = precision_of(row["precision"] or default, row["model"], spec)
    peak = spec["bf16_flops_per_s"]
    if weight_bytes <= 1:
        peak = spec["int8_ops_per_s"] or spec["fp8_flops_per_s"] or peak
    elif weight_bytes > 2:
        peak /= 2
    whole = is_at_wall(row) or (measured and row["meter_scope"] is None)
    marks.append("at-the-wall" if whole else "accelerators-alone-not-measured")
    if row["precision"] is None:
        marks.append(f"precision-assumed-{default}")
    scenario = (row["task"] or "").rsplit("/", 1)[-1]
    if scenario not in SCENARIOS:
        batch = row["batch_size"] or 1.0
        if row["batch_size"] is None:
            marks.append("batch-assumed-1")
        scenario = "SingleStream" if batch <= 1 else "MultiStream" if batch <= MULTI_STREAM else "Offline"
    if f"speed.{spec['die']}" not in _MEASURED:
        marks.append("accelerator-not-measured")
    return (
        {
            "flops": network["flops"],
            "activation_values": network["activation_values"],
            "params": network["params"],
            "value_bytes": weight_bytes,
            "n": row["n_accelerators"] or 1.0,
            "peak_per_s": peak,
            "bandwidth_bytes_per_s": spec["bandwidth_bytes_per_s"],
            "tdp_w": spec["tdp_w"],
            "die": spec["die"],
            "kind": network["kind"],
            "scenario": scenario,
            "system": spec["system"] or "server",
            "whole": whole,
        },
        tuple(marks),
    )


def _network(row: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return what one sample takes, and flags: none where the network was measured."""
    if row["flops"] is not None:
        for name in ("activation_values", "network_kind", "params_b"):
            if row[name] is None:
                raise BadCellError(name, "is blank, but flops are given; a count of the network has all of them")
        if row["network_kind"] not in KINDS:
            raise BadCellError("network_kind", f"{row['network_kind']!r} is not one of {', '.join(KINDS)}")
        return row | {"kind": row["network_kind"], "params": row["params_b"] * 1e9}, ["network-not-measured"]
    model = row["model"] or ""
    known = model_or_none(model)
    if known is not None and known.sample_network is not None:
        return dict(known.sample_network), []
    sizes = [dict(size) for size in known.image_networks] if known else []
    if not sizes:
        raise BadCellError("model", f"{model!r} is no network of one sample that the catalogue has counted")
    if row["image_size"] is None:
        return sizes[0], ["network-not-measured", f"image-assumed-{sizes[0]['image_px']}"]
    asked = row["image_size"].strip().lower().split("x")[0]
    for size in sizes:
        if asked == size["image_px"]:
            return size, ["network-not-measured"]
    has = ", ".join(str(s["image_px"]) for s in sizes)
    raise BadCellError("image_size", f"{model} was counted at {has} px; joulewise count takes any size")


_MEASURED = frozenset(f"speed.{d}" for d in WALL_DIES)
