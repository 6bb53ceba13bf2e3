"""Measured rows of single-pass networks at the wall, and predictions for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import polars as pl

from joulewise.catalog import Catalog
from joulewise.energy.measured_rows import Measured, number_of, read_measured, text_of
from joulewise.energy.physics import Floats, measured_dies
from joulewise.energy.reading import Facts
from joulewise.energy.samples.parameters import PARAMETERS
from joulewise.energy.samples.read import COLUMNS, read
from joulewise.energy.samples.step import Columns, step

_PRIORS = {name: parameter.prior for name, parameter in PARAMETERS.items()}


def measured(frame: pl.DataFrame, catalog: Catalog) -> Measured | None:
    """Return the rows of networks in ``sample_networks`` metered at the wall, or None if there are none.

    The group of a row is its machine, as there are few networks, each with its own mix of operations.
    """
    if not {"energy_j_per_unit", "unit", "model", "accelerator"} <= set(frame.columns):
        return None
    kept = frame.filter(
        pl.col("unit").cast(pl.String).str.starts_with("sample")
        & pl.col("energy_j_per_unit").cast(pl.Float64, strict=False).gt(0)
        & (~pl.col("source").cast(pl.String).str.contains("open") if "source" in frame.columns else pl.lit(value=True))
    )
    facts = Facts(catalog, measured_dies(_PRIORS, "speed"), {}, {})
    requests, good, places = read_measured(kept, Columns, COLUMNS, lambda row: read(row, facts), catalog)
    if not len(requests.rows):
        return None
    notes = text_of(good, "notes").tolist()
    machines = [found[1] if (found := re.search(r"system=([^;]*)", n)) else "" for n in notes]
    network = text_of(good, "model")
    energy, power = number_of(good, "energy_j_per_unit"), number_of(good, "avg_power_w")
    return Measured(
        requests=requests,
        energy_j=energy,
        time_s=energy / power,
        power_w=power,
        task=network,
        family=network,
        group=np.array([m or a for m, a in zip(machines, text_of(good, "accelerator").tolist(), strict=True)]),
        lineage=network,
        ids=text_of(good, "id"),
        source=text_of(good, "source"),
        places=places,
        prompt_assumed=np.zeros(len(good), dtype=np.bool_),
    )


def predict(values: Mapping[str, float], rows: Measured) -> tuple[Floats, Floats, Floats]:
    """Return energy and time of a sample, and power of the whole system."""
    made = step(values, rows.requests.columns)
    return made.energy_j, made.time_s, made.power_w
