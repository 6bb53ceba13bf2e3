"""Networks that take one sample at a time, on whole systems metered at the wall: encoders and image networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog.records import sample_network
from joulewise.energy.requests import BadCellError, Problem, accelerator_of, precision_of, typed
from joulewise.energy.serving import Floats, Labels, per_die

SCENARIOS = ("SingleStream", "MultiStream", "Server", "Offline")
_MULTI_STREAM = 8.0
_LARGE_BATCH = 64.0


@dataclass(frozen=True)
class Samples:
    """Workloads of samples, a row each.

    Parameters
    ----------
    flops, activation_values, params : array
        Of one sample.
    value_bytes : array
    n : array
        Accelerators in the system; one of them works where samples come alone.
    peak_per_s, bandwidth_bytes_per_s, tdp_w : array
        Of one accelerator, at the precision asked for.
    die, kind, scenario, system : array of str
        Kind of network; scenario as MLPerf calls it; ``server``, ``edge`` or ``soc``.
    """

    flops: Floats
    activation_values: Floats
    params: Floats
    value_bytes: Floats
    n: Floats
    peak_per_s: Floats
    bandwidth_bytes_per_s: Floats
    tdp_w: Floats
    die: Labels
    kind: Labels
    scenario: Labels
    system: Labels


@dataclass(frozen=True)
class SampleRequests:
    """The good rows of a table of samples; as `requests.Requests`."""

    rows: np.ndarray[Any, np.dtype[np.int64]]
    columns: Samples
    flags: tuple[tuple[str, ...], ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Run:
    """Time of a sample, power of the whole system at the wall, energy of a sample, and what the time is made of."""

    time_s: Floats
    power_w: Floats
    energy_j: Floats
    parts_s: Mapping[str, Floats]


def run_samples(values: Mapping[str, float], c: Samples) -> Run:
    """Return time, power and energy of a sample.

    Notes
    -----
    Arithmetic at an achieved share of the peak, by kind of network, and traffic of activations and weights,
    one after another: layers alternate between the two. Alone, a sample also waits for its request.
    """
    rate = np.array([values[f"rate.{s}"] for s in c.scenario.tolist()])
    kind = np.array([values[f"kind.{k}"] for k in c.kind.tolist()])
    alone = np.isin(c.scenario, ["SingleStream", "MultiStream"])
    streams = np.where(c.scenario == "MultiStream", _MULTI_STREAM, 1.0)
    working = np.where(alone, 1.0, c.n)
    batch = np.where(c.scenario == "SingleStream", 1.0, np.where(alone, _MULTI_STREAM, _LARGE_BATCH))
    speed = per_die(values, "speed", c.die)
    compute_s = c.flops / (working * c.peak_per_s * values["compute"] * kind * speed * rate)
    traffic = (c.activation_values + c.params / batch) * c.value_bytes
    bandwidth = c.bandwidth_bytes_per_s * values["activation_bandwidth"] * per_die(values, "memory", c.die)
    activations_s = traffic / (working * bandwidth * rate)
    host_s = np.where(alone, values["latency_s"] / speed / streams, 0.0)
    time_s = compute_s + activations_s + host_s
    server = c.system == "server"
    host_w = np.array([values[f"host.{s}"] for s in c.system.tolist()]) + server * values["per_accelerator"] * c.n
    busy = np.where(alone, 1 + (c.n - 1) * values["idle"], c.n)
    busy = busy * np.where(c.scenario == "SingleStream", values["alone"], 1.0)
    power_w = host_w + c.tdp_w * per_die(values, "power", c.die) * busy
    parts = {"compute": compute_s, "activations": activations_s, "host": host_s}
    return Run(time_s=time_s, power_w=power_w, energy_j=power_w * time_s, parts_s=parts)


def read_samples(frame: pl.DataFrame) -> SampleRequests:
    """Read workloads of sample networks; ``task`` may end with a scenario, e.g. ``resnet50/Offline``."""
    table, problems = typed(frame)
    bad = {p.row - 1 for p in problems}
    rows, values, flags = [], [], []
    for i, row in enumerate(table.iter_rows(named=True)):
        if i in bad:
            continue
        try:
            found, marks = _read_row(row)
        except BadCellError as error:
            problems.append(Problem(i + 1, error.column, error.reason))
            continue
        rows.append(i)
        values.append(found)
        flags.append(marks)
    texts = {"die", "kind", "scenario", "system"}
    columns: dict[str, Any] = {
        f.name: np.array([v[f.name] for v in values], dtype=np.str_ if f.name in texts else np.float64)
        for f in fields(Samples)
    }
    return SampleRequests(
        rows=np.array(rows, dtype=np.int64),
        columns=Samples(**columns),
        flags=tuple(flags),
        problems=tuple(sorted(problems, key=lambda p: p.row)),
    )


def _read_row(row: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    network = sample_network(row["model"] or "")
    if network is None:
        raise BadCellError("model", f"{row['model']!r} is not a network measured at the wall")
    spec = accelerator_of(row)
    weight_bytes, _ = precision_of(row["precision"] or "int8", row["model"], spec)
    peak = spec["bf16_flops_per_s"]
    if weight_bytes <= 1:
        peak = spec["int8_ops_per_s"] or spec["fp8_flops_per_s"] or peak
    elif weight_bytes > 2:
        peak /= 2
    marks = ["at-the-wall"]
    if row["precision"] is None:
        marks.append("precision-assumed-int8")
    scenario = (row["task"] or "").rsplit("/", 1)[-1]
    if scenario not in SCENARIOS:
        batch = row["batch_size"] or 1.0
        if row["batch_size"] is None:
            marks.append("batch-assumed-1")
        scenario = "SingleStream" if batch <= 1 else "MultiStream" if batch <= _MULTI_STREAM else "Offline"
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
            "system": spec["system"],
        },
        tuple(marks),
    )


_MEASURED = frozenset(
    f"speed.{d}" for d in ("GH100", "GA100", "GA102", "GA107", "AD104", "TU104", "GA10B", "GV11B", "AIC100")
)
