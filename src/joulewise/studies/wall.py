"""What whole systems were measured to do with a joule, at the wall socket: a check on figures from data sheets."""

from __future__ import annotations

from datetime import date

import polars as pl

from joulewise.catalog import measurements
from joulewise.catalog.find import known_model
from joulewise.units import decimal_year

# The table has the year of a round alone: its middle, as month and day.
_MID_YEAR = (7, 1)


def wall_efficiencies(network: str) -> pl.DataFrame:
    """Return the work per joule of whole systems running one network, measured at the wall.

    Parameters
    ----------
    network : str
        One of ``sample_networks``, e.g. ``"resnet50"``, in MLPerf's scenario of most throughput (Offline).

    Returns
    -------
    polars.DataFrame
        ``name`` (accelerators and count), ``year`` (decimal: the middle of the year of the round, which is all that
        the table has), ``accelerator, precision, energy_j_per_sample, efficiency_per_j [FLOP/J]``, ``pj_per_op`` and
        ``url``, the most efficient first; empty where nothing was measured.
    """
    found = known_model(network)
    known = found.sample_network if found else None
    rows = measurements().filter(
        pl.col("tier").eq("A-wall") & pl.col("task").eq(f"{network}/Offline") & pl.col("model").eq(network)
    )
    flops = float(known["flops"]) if known else 0.0
    middle = pl.Series("year", [decimal_year(date(int(y), *_MID_YEAR)) for y in rows["year"]], dtype=pl.Float64)
    return (
        rows.with_columns(middle)
        .select(
            pl.format("{} × {}", "n_accelerators", "accelerator").alias("name"),
            "year",
            "accelerator",
            "precision",
            energy_j_per_sample="energy_j_per_unit",
            efficiency_per_j=flops / pl.col("energy_j_per_unit"),
            pj_per_op=1e12 * pl.col("energy_j_per_unit") / flops,
            url="url",
        )
        .sort("efficiency_per_j", descending=True)
    )
