"""From a table of workloads to networks of one sample: encoders and image networks, counted or of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog.records import image_network, sample_network
from joulewise.energy.parameters import WALL_DIES
from joulewise.energy.requests import BadCellError, Problem, accelerator_of, is_at_wall, precision_of, typed
from joulewise.energy.wall import MULTI_STREAM, Samples

SCENARIOS = ("SingleStream", "MultiStream", "Server", "Offline")
KINDS = ("convolution", "depthwise", "transformer", "hybrid")
WORK = ("flops", "activation_values", "network_kind")
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
    table, problems = typed(frame)
    bad = {p.row - 1 for p in problems}
    work = _work_columns(frame, problems)
    rows, values, flags = [], [], []
    for i, row in enumerate(table.iter_rows(named=True)):
        if i in bad:
            continue
        try:
            found, marks = _read_row(row, work[i])
        except BadCellError as error:
            problems.append(Problem(i + 1, error.column, error.reason))
            continue
        rows.append(i)
        values.append(found)
        flags.append(marks)
    kinds: dict[str, Any] = dict.fromkeys(("die", "kind", "scenario", "system"), np.str_) | {"whole": np.bool_}
    columns: dict[str, Any] = {
        f.name: np.array([v[f.name] for v in values], dtype=kinds.get(f.name, np.float64)) for f in fields(Samples)
    }
    return SampleRequests(
        rows=np.array(rows, dtype=np.int64),
        columns=Samples(**columns),
        flags=tuple(flags),
        problems=tuple(sorted(problems, key=lambda p: p.row)),
    )


def _read_row(row: dict[str, Any], work: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    network, marks = _network(row, work)
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


def _network(row: dict[str, Any], work: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return what one sample takes, and flags: none where the network was measured."""
    if work["flops"] is not None:
        for name in ("activation_values", "network_kind", "params_b"):
            if (work | row)[name] is None:
                raise BadCellError(name, "is blank, but flops are given; a count of the network has all of them")
        if work["network_kind"] not in KINDS:
            raise BadCellError("network_kind", f"{work['network_kind']!r} is not one of {', '.join(KINDS)}")
        params = {"kind": work["network_kind"], "params": row["params_b"] * 1e9}
        return work | params, ["network-not-measured"]
    model = row["model"] or ""
    known = sample_network(model)
    if known is not None:
        return known, []
    sizes = image_network(model)
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


def _work_columns(frame: pl.DataFrame, problems: list[Problem]) -> list[dict[str, Any]]:
    columns = {}
    for name in WORK:
        text = frame[name].cast(pl.String) if name in frame.columns else pl.Series([None] * len(frame), dtype=pl.String)
        if name == "network_kind":
            columns[name] = text.to_list()
            continue
        number = text.cast(pl.Float64, strict=False)
        wrong = (number.is_null() & text.is_not_null()) | (number <= 0)
        problems += [
            Problem(int(i) + 1, name, f"{text[int(i)]!r} is not a positive number")
            for i in np.flatnonzero(wrong.fill_null(value=False).to_numpy())
        ]
        columns[name] = number.to_list()
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


_MEASURED = frozenset(f"speed.{d}" for d in WALL_DIES)
