"""Measured rows of image and video generators, and predictions for them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from joulewise.catalog import Catalog
from joulewise.energy.generators.parameters import PARAMETERS
from joulewise.energy.generators.read import COLUMNS, read
from joulewise.energy.generators.step import Columns, step
from joulewise.energy.measured_rows import Measured, number_of, read_measured, text_of
from joulewise.energy.physics import Floats, measured_dies
from joulewise.energy.reading import Facts

_PRIORS = {name: parameter.prior for name, parameter in PARAMETERS.items()}


def measured(frame: pl.DataFrame, catalog: Catalog) -> Measured | None:
    """Return the rows of generators metered on the accelerators alone, or None if there are none."""
    if not {"energy_j_per_unit", "unit", "throughput", "model"} <= set(frame.columns):
        return None
    kept = frame.filter(pl.col("unit").cast(pl.String).is_in(["image", "video"]))
    facts = Facts(catalog, measured_dies(_PRIORS, "idle"), {}, {})
    requests, good, places = read_measured(kept, Columns, COLUMNS, lambda row: read(row, facts), catalog)
    if not len(requests.rows):
        return None
    energy, throughput = number_of(good, "energy_j_per_unit"), number_of(good, "throughput")
    family = text_of(good, "model")
    return Measured(
        requests=requests,
        energy_j=energy,
        time_s=requests.columns.batch_size / throughput,
        power_w=energy * throughput / requests.columns.n,
        task=text_of(good, "task"),
        family=family,
        group=family,
        lineage=family,
        ids=text_of(good, "id"),
        source=text_of(good, "source"),
        places=places,
        prompt_assumed=np.zeros(len(good), dtype=np.bool_),
    )


def predict(values: Mapping[str, float], rows: Measured) -> tuple[Floats, Floats, Floats]:
    """Return energy per image or video, time of a batch and power of an accelerator."""
    made = step(values, rows.requests.columns)
    return made.energy_j, made.time_s, made.power_w
