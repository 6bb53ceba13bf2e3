"""Image and video generators as a kind of workload."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from joulewise.energy.generators.measured import measured, predict
from joulewise.energy.generators.parameters import PARAMETERS
from joulewise.energy.generators.read import COLUMNS, read
from joulewise.energy.generators.step import Columns, explain, step
from joulewise.energy.measured_rows import Measured
from joulewise.energy.physics import Floats, Labels
from joulewise.energy.reading import Requests
from joulewise.energy.workload_kind import Kind, Run


def run(values: Mapping[str, float], requests: Requests[Columns]) -> Run:
    """Return time, power and energy of requests, each one image or video of a batch that runs together."""
    c = requests.columns
    made = step(values, c)
    return Run(
        time_s=made.time_s,
        power_w=made.power_w * c.n,
        energy_j=made.energy_j,
        parts_s=made.parts_s,
        regimes=np.full(len(c.n), "generator"),
        n=c.n,
        accelerator_seconds=made.time_s * c.n / c.batch_size,
    )


def described(rows: Measured) -> dict[str, Labels | Floats]:
    """Return the columns by which scores group measured rows, and their energy at peak."""
    c: Columns = rows.requests.columns
    kinds = np.where(c.frames > 1, "video", "image")
    flops = c.steps * c.passes * (c.product_flops + c.attention_flops)
    at_peak = flops / (c.peak_flops_per_s / c.tdp_w)
    return {"kind": kinds, "task": kinds, "batch_size": c.batch_size, "at-peak": at_peak}


GENERATOR = Kind(
    name="generator",
    section="generators",
    what="an image or video generator",
    unit="image or video",
    interval_note="90% interval from measured generators that a fit had not seen",
    columns=COLUMNS,
    workload=Columns,
    read=read,
    run=run,
    explain=explain,
    parameters=PARAMETERS,
    die_parameter="idle",
    measured=measured,
    predict=predict,
    fit_weights={"energy": 1.0, "time": 0.15, "power": 0.3},
    families_share_weight=True,
    interval="generator",
    level=0.975,
    near_rows_narrow=True,
    unlike=(),
    title="generators",
    labels=("image", "video"),
    described=described,
)
