"""Joules of many models on many accelerators by the calibrated method: what the studies of quality choose from."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from joulewise.catalog import accelerator_spec
from joulewise.energy.calibrate import Calibration
from joulewise.energy.calibrated import estimate_many
from joulewise.energy.requests import read_requests
from joulewise.energy.serving import request_flops

LADDER = ("V100", "A100-SXM4-40GB", "A100-SXM4-80GB", "H100", "H200", "B200")
"""The leading server accelerators, one after another."""

FIXED = "H100"
"""The accelerator on which all are compared."""

BATCH_SIZE, PROMPT_TOKENS, OUTPUT_TOKENS = 32, 512, 512
PER_TOKENS = 1000
_COUNTS = (1, 2, 4, 8)

COLUMNS = (
    "id",
    "accelerator",
    "n_accelerators",
    "release_date",
    "energy_j",
    "energy_j_low",
    "energy_j_high",
    "flops",
    "peak_flops_per_j",
)
"""Of the frames of both functions; `release_date` is the later of the model's and the accelerator's."""


def language_joules(
    models: pl.DataFrame, accelerators: Sequence[str] = LADDER, calibration: Calibration | None = None
) -> pl.DataFrame:
    """Return the energy of 1,000 tokens of each model on each accelerator that it fits on.

    Parameters
    ----------
    models : polars.DataFrame
        ``id, release_date``, and ``model``, a name of the table of architectures, or where that is null
        ``params`` and ``active_params``.
    accelerators : sequence of str
    calibration : Calibration, optional

    Returns
    -------
    polars.DataFrame
        `COLUMNS`; a row a model and accelerator, on the number of accelerators (1 to 8) that takes the least
        energy. Joules of the accelerators alone, per 1,000 tokens of the answer, reading a prompt of as many
        tokens among them, at batch 32. Models that fit on none are not there.
    """
    if models.is_empty():
        return _nothing()
    work = models.select(
        "id",
        pl.col("release_date").alias("_released"),
        pl.col("model").cast(pl.String),
        (pl.col("params") / 1e9).alias("params_b"),
        (pl.col("active_params") / 1e9).alias("active_params_b"),
        batch_size=pl.lit(BATCH_SIZE),
        prompt_tokens=pl.lit(PROMPT_TOKENS),
        output_tokens=pl.lit(OUTPUT_TOKENS),
    )
    grid = work.join(_accelerators(accelerators), how="cross").join(
        pl.DataFrame({"n_accelerators": _COUNTS}), how="cross"
    )
    priced, _ = estimate_many(grid, calibration)
    per = PER_TOKENS / OUTPUT_TOKENS
    best = (
        priced.filter(~pl.col("flags").str.contains("does-not-fit"))
        .sort("energy_j", maintain_order=True)
        .unique(["id", "accelerator"], keep="first", maintain_order=True)
    )
    return (
        best.join(_flops_of(work, accelerators[0]), on="id")
        .with_columns(pl.max_horizontal("_released", "_launched").alias("release_date"))
        .with_columns(pl.col("energy_j", "energy_j_low", "energy_j_high", "flops") * per)
        .select(*COLUMNS, "flags")
        .sort("release_date", "id", "accelerator", maintain_order=True)
    )


def image_joules(
    models: pl.DataFrame, accelerators: Sequence[str] = LADDER, calibration: Calibration | None = None
) -> pl.DataFrame:
    """Return the energy of an image through each network on each accelerator.

    Parameters
    ----------
    models : polars.DataFrame
        ``id, release_date, flops, activation_values, params, kind``; rows with one missing are left out.
    accelerators : sequence of str
    calibration : Calibration, optional

    Returns
    -------
    polars.DataFrame
        `COLUMNS`; joules of the whole server at the wall, shared by eight accelerators that are kept busy.
    """
    needed = ["release_date", "flops", "activation_values", "params", "kind"]
    known = models.drop_nulls(needed).select("id", *needed)
    if known.is_empty():
        return _nothing()
    grid = known.rename({"release_date": "_released", "kind": "network_kind"}).with_columns(
        params_b=pl.col("params") / 1e9,
        precision=pl.lit("bf16"),
        n_accelerators=pl.lit(_COUNTS[-1]),
        task=pl.lit("image/Offline"),
        meter_scope=pl.lit("wall"),
    )
    priced, _ = estimate_many(grid.join(_accelerators(accelerators), how="cross"), calibration)
    return (
        priced.with_columns(pl.max_horizontal("_released", "_launched").alias("release_date"))
        .select(*COLUMNS)
        .sort("release_date", "id", "accelerator", maintain_order=True)
    )


def _accelerators(names: Sequence[str]) -> pl.DataFrame:
    specs = [accelerator_spec(name) for name in names]
    return pl.DataFrame(
        {
            "accelerator": list(names),
            "_launched": [s.release_date for s in specs],
            "peak_flops_per_j": [s.bf16_flops_per_s / s.tdp_w for s in specs],
        }
    ).with_columns(pl.col("_launched").cast(pl.String).str.to_date("%Y-%m-%d"))


def _flops_of(work: pl.DataFrame, accelerator: str) -> pl.DataFrame:
    read = read_requests(work.with_columns(accelerator=pl.lit(accelerator), precision=pl.lit("bf16")), {})
    counted: pl.DataFrame = work[read.rows.tolist()].select("id")
    return counted.with_columns(pl.Series("flops", request_flops(read.columns)))


def _nothing() -> pl.DataFrame:
    texts, dates = {"id", "accelerator"}, {"release_date"}
    kind = {c: pl.String if c in texts else pl.Date if c in dates else pl.Float64 for c in COLUMNS}
    return pl.DataFrame(schema=kind)
