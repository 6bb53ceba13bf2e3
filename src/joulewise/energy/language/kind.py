"""Language models as a kind of workload."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from joulewise.energy.flags import Flag
from joulewise.energy.language.measured import measured, predict, without_die, without_shape
from joulewise.energy.language.parameters import PARAMETERS
from joulewise.energy.language.read import COLUMNS, read
from joulewise.energy.language.step import Columns, at_peak, explain, memory_share, step
from joulewise.energy.measured_rows import Measured
from joulewise.energy.physics import Floats, Labels
from joulewise.energy.reading import Requests
from joulewise.energy.workload_kind import Kind, Run, Unlike


def run(values: Mapping[str, float], requests: Requests[Columns]) -> Run:
    """Return time, power and energy of requests, from the step in which each running sequence gains one token."""
    c = requests.columns
    made = step(values, c)
    return Run(
        time_s=made.time_s * c.output_tokens,
        power_w=made.power_w * c.n,
        energy_j=made.energy_j * c.output_tokens,
        parts_s=made.parts_s,
        regimes=regimes_of(c),
        n=c.n,
        accelerator_seconds=made.time_s * c.output_tokens * c.n / c.batch_size,
        output_tokens=c.output_tokens,
        prefill_share=made.prefill_share,
        memory_share=memory_share(c),
    )


def regimes_of(c: Columns) -> Labels:
    """Return the regime of each row, by which errors differ: engine, dense or experts, and batch size."""
    kind = np.where(c.expert_params > 0, "experts", "dense")
    batch = np.where(c.batch_size <= 16, "batch to 16", np.where(c.batch_size <= 128, "batch to 128", "batch above"))
    return np.array([f"{e}, {k}, {b}" for e, k, b in zip(c.engine, kind, batch, strict=True)], dtype=np.str_)


def described(rows: Measured) -> dict[str, Labels | Floats]:
    """Return the columns by which scores group measured rows, and their energy at peak."""
    c: Columns = rows.requests.columns
    return {
        "kind": np.where(c.expert_params > 0, "experts", "dense"),
        "task": rows.task,
        "batch_size": c.batch_size,
        "at-peak": at_peak(c),
    }


LANGUAGE = Kind(
    name="language",
    section="language",
    what="a language model",
    unit="request",
    interval_note="90% interval from measured model families that a fit had not seen, in the same regime",
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
    interval="language",
    level=0.965,
    near_rows_narrow=True,
    unlike=(
        Unlike(Flag.ACCELERATOR_NOT_MEASURED, lambda rows: rows.requests.columns.die, without_die, refit=True),
        Unlike(Flag.SHAPE_FROM_SIZE, lambda rows: rows.group, without_shape, refit=False),
    ),
    title="language",
    labels=("dense", "experts"),
    described=described,
)
