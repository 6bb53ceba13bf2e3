"""Image and video generators as a kind of workload."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from joulewise.energy.generators.measured import measured, predict
from joulewise.energy.generators.parameters import PARAMETERS
from joulewise.energy.generators.read import COLUMNS, read
from joulewise.energy.generators.step import Columns, explain, step
from joulewise.energy.rows import Requests
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
    )


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
)
