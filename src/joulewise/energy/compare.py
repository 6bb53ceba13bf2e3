"""Compare models on accelerators over batch sizes by energy and time, and find the frontier between the two."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import polars as pl

from joulewise.catalog import Catalog
from joulewise.energy.calibration.stored import Calibration
from joulewise.energy.flags import Flag
from joulewise.energy.rows import row_of
from joulewise.energy.table import estimate_table
from joulewise.errors import InputError


def compare(
    models: Sequence[str],
    accelerators: Sequence[str],
    batch_sizes: Sequence[float] = (1.0,),
    counts: Sequence[int] = (1,),
    calibration: Calibration | None = None,
    catalog: Catalog | None = None,
    **workload: Any,
) -> pl.DataFrame:
    """Estimate every model on every accelerator at every batch size and number of accelerators.

    Parameters
    ----------
    models, accelerators, batch_sizes, counts : sequence
    calibration : Calibration, optional
        By default the shipped one.
    catalog : Catalog, optional
        By default the shipped one.
    **workload
        The same for all, as columns of `rows.WorkloadRow`.

    Returns
    -------
    DataFrame
        One row per combination, with columns ``model, accelerator, n_accelerators, batch_size, fits``, those of
        `estimate_table`, ``energy_per_unit_j`` with ``_low`` and ``_high`` (per output token, image, video or sample),
        ``unit``, ``seconds_per_unit`` (that one request waits for a unit), and ``quickest`` and ``most_frugal``, true
        for the best row of each model among those that fit.

    Raises
    ------
    InputError
        If an option is not known, or a combination cannot be estimated: the first, and why.
    """
    row_of(workload)
    grid = product(models, accelerators, counts, map(float, batch_sizes))
    names = ("model", "accelerator", "n_accelerators", "batch_size")
    rows: list[dict[str, Any]] = [dict(zip(names, cells, strict=True)) | workload for cells in grid]
    if not rows:
        raise InputError("there is nothing to compare", "give models, accelerators and batch sizes")
    table, problems = estimate_table(pl.DataFrame(rows, infer_schema_length=None), calibration, catalog=catalog)
    if problems:
        row = rows[problems[0].row - 1]
        raise InputError(f"{row['model']} on {row['accelerator']}: {problems[0].column}: {problems[0].reason}")
    of_token = pl.col("energy_per_output_token_j").is_not_null()
    tokens = pl.col("energy_j") / pl.col("energy_per_output_token_j")
    table = table.with_columns(
        fits=~pl.col("flags").list.contains(Flag.DOES_NOT_FIT.value),
        unit=pl.when(of_token).then(pl.lit("output token")).otherwise(pl.lit("item")),
        seconds_per_unit=pl.when(of_token).then(pl.col("time_s") / tokens).otherwise(pl.col("time_s")),
        **{
            f"energy_per_unit_j{end}": pl.coalesce(f"energy_per_output_token_j{end}", f"energy_j{end}")
            for end in ("", "_low", "_high")
        },
    )
    best = {"quickest": "seconds_per_unit", "most_frugal": "energy_per_unit_j"}
    return table.with_columns(
        (pl.col("fits") & (pl.col(column) == pl.col(column).filter(pl.col("fits")).min().over("model")))
        .fill_null(value=False)
        .alias(name)
        for name, column in best.items()
    )


def frontier(table: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `compare` that fit and that no other row of their model beats in both energy and time.

    They are ordered by model and waiting time.
    """
    kept = []
    for _, rows in table.filter("fits").group_by("model", maintain_order=True):
        least = float("inf")
        for row in rows.sort("seconds_per_unit", "energy_per_unit_j").iter_rows(named=True):
            if row["energy_per_unit_j"] < least:
                least = row["energy_per_unit_j"]
                kept.append(row)
    return pl.DataFrame(kept, schema=table.schema)
