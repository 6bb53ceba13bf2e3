"""Distance between workloads of one configuration that differ in batch size or task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from joulewise.catalog import Catalog
from joulewise.catalog.names import normalise
from joulewise.energy.accelerators import accelerator_of, is_at_wall
from joulewise.energy.generators.read import pixels_of
from joulewise.energy.models import model_of
from joulewise.energy.physics import Floats, Labels
from joulewise.energy.reading import BadCellError
from joulewise.energy.rows import WorkloadRow
from joulewise.errors import InputError
from joulewise.formats import format_named


@dataclass(frozen=True)
class Places:
    """Workloads as points whose distance decides how much of a measured error carries over; arrays of equal length.

    Parameters
    ----------
    configuration : array of str
        Model, accelerator, count, number format and split of the work; rows that differ in it are never near.
    task : array of str
    log_work : array
        ln of the batch size, plus for a generator ln of steps times pixels.
    """

    configuration: Labels
    task: Labels
    log_work: Floats


def places_of(rows: Sequence[WorkloadRow], catalog: Catalog) -> Places:
    """Return the places of workloads."""
    return Places(
        configuration=np.array([_configuration(row, catalog) for row in rows], dtype=np.str_),
        task=np.array([row.task or "" for row in rows], dtype=np.str_),
        log_work=np.log([row.batch_size or 1.0 for row in rows])
        + np.log([(row.steps or 1.0) * pixels_of(row.image_size or "") for row in rows]),
    )


def _configuration(row: WorkloadRow, catalog: Catalog) -> str:
    known = model_of(row, catalog)
    split = (row.tensor_parallel, row.expert_parallel, row.data_parallel, row.sequence_parallel, row.ring)
    return "|".join(
        (
            known.name if known else normalise(row.model or ""),
            _chip(row, catalog),
            f"{row.n_accelerators or 1:g}",
            "wall" if is_at_wall(row) else "",
            _number_format(row.precision),
            (row.engine or "").lower(),
            *("" if part is None else f"{part:g}" for part in split),
        )
    )


def _chip(row: WorkloadRow, catalog: Catalog) -> str:
    try:
        return accelerator_of(row, catalog).name
    except BadCellError:
        return row.accelerator or ""


def _number_format(name: str | None) -> str:
    if not name:
        return ""
    try:
        return format_named(name).name
    except InputError:
        return name.lower()
