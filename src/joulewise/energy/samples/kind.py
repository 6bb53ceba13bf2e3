"""Single-pass networks as a kind of workload."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from joulewise.energy.flags import Flag
from joulewise.energy.measured_rows import Measured
from joulewise.energy.physics import Floats, Labels
from joulewise.energy.reading import Requests
from joulewise.energy.samples.measured import measured, predict
from joulewise.energy.samples.parameters import PARAMETERS
from joulewise.energy.samples.read import COLUMNS, read
from joulewise.energy.samples.step import Columns, explain, step
from joulewise.energy.workload_kind import Kind, Run, Unlike


def run(values: Mapping[str, float], requests: Requests[Columns]) -> Run:
    """Return time, power and energy of samples; the power of a whole system includes its host."""
    c = requests.columns
    made = step(values, c)
    return Run(
        time_s=made.time_s,
        power_w=made.power_w,
        energy_j=made.energy_j,
        parts_s=made.parts_s,
        regimes=regimes_of(c),
        n=c.n,
        accelerator_seconds=made.time_s * c.n,
        host_included=True,
    )


def regimes_of(c: Columns) -> Labels:
    """Return the regime of each row, by which errors differ: kind of system, and whether samples arrive alone."""
    alone = np.where(np.isin(c.scenario, ["SingleStream", "MultiStream"]), "few at a time", "many at a time")
    return np.array([f"wall, {s}, {a}" for s, a in zip(c.system, alone, strict=True)], dtype=np.str_)


def described(rows: Measured) -> dict[str, Labels | Floats]:
    """Return the columns by which scores group measured rows, and their energy at peak."""
    c: Columns = rows.requests.columns
    return {
        "kind": np.full(len(c.n), "sample"),
        "task": rows.task,
        "scenario": c.scenario,
        "at-peak": c.flops / (c.peak_per_s / c.tdp_w),
    }


SAMPLE = Kind(
    name="sample",
    section="wall",
    what="a single-pass network",
    unit="sample",
    interval_note="90% interval from measured machines or kinds of network that a fit had not seen",
    columns=COLUMNS,
    workload=Columns,
    read=read,
    run=run,
    explain=explain,
    parameters=PARAMETERS,
    die_parameter="speed",
    measured=measured,
    predict=predict,
    fit_weights={"energy": 1.0, "power": 0.3},
    families_share_weight=False,
    interval="wall",
    level=0.975,
    near_rows_narrow=False,
    unlike=(
        Unlike(Flag.NETWORK_NOT_MEASURED, lambda rows: rows.requests.columns.kind, lambda rows, _: rows, refit=True),
    ),
    title="samples at the wall",
    labels=("sample",),
    described=described,
)
