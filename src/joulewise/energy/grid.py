"""Energy of many models on many accelerators under one workload, by the calibrated method."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from joulewise.catalog import Catalog, accelerator_spec, load
from joulewise.energy.calibration.stored import Calibration, load_calibration
from joulewise.energy.flags import Flag
from joulewise.energy.language.kind import LANGUAGE
from joulewise.energy.language.read import released_format
from joulewise.energy.language.step import request_flops
from joulewise.energy.price import facts_for, price
from joulewise.energy.rows import WorkloadRow
from joulewise.energy.table import estimate_table

LADDER = ("V100", "A100-SXM4-40GB", "A100-SXM4-80GB", "H100", "H200", "B200")
"""The leading server accelerators, in order of release."""

FIXED = "H100"
"""The accelerator on which all models are compared."""

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
"""Columns of the frames of both functions; `release_date` is the later of the model's and the accelerator's."""


def language_joules(
    models: pl.DataFrame,
    accelerators: Sequence[str] = LADDER,
    calibration: Calibration | None = None,
    catalog: Catalog | None = None,
) -> pl.DataFrame:
    """Return the energy of 1,000 tokens of each model on each accelerator that it fits on.

    Parameters
    ----------
    models : polars.DataFrame
        ``id, release_date``, and ``model``, a name of the catalogue, or where that is null ``params`` and
        ``active_params``.
    accelerators : sequence of str
    calibration : Calibration, optional
        By default the shipped one.
    catalog : Catalog, optional
        By default the shipped one.

    Returns
    -------
    polars.DataFrame
        `COLUMNS`, one row per model and accelerator, at the accelerator count (1 to 8) with the lowest energy. Joules
        of the accelerators alone, per 1,000 tokens of the answer, including a prompt of as many tokens, at batch 32.
        Weights are as released, or in 16 bits where an accelerator lacks that format. Models that fit on none are left
        out.
    """
    if models.is_empty():
        return _nothing()
    catalog = catalog or load()
    sizes = pl.when(pl.col("model").is_null()).then(pl.col("params", "active_params") / 1e9)
    work = models.select(
        "id",
        pl.col("release_date").alias("_released"),
        pl.col("model").cast(pl.String),
        sizes.name.suffix("_b"),
        pl.col("model").map_elements(lambda name: released_format(name, catalog), pl.String).alias("precision"),
        batch_size=pl.lit(BATCH_SIZE),
        prompt_tokens=pl.lit(PROMPT_TOKENS),
        output_tokens=pl.lit(OUTPUT_TOKENS),
    )
    grid = (
        work.join(_accelerators(accelerators, catalog), how="cross")
        .join(pl.DataFrame({"n_accelerators": _COUNTS}), how="cross")
        .with_columns(
            precision=pl.when(~pl.col("_has_fp8") & (pl.col("precision") == "fp8"))
            .then(pl.lit("bf16"))
            .otherwise("precision")
        )
    )
    priced, _ = estimate_table(grid, calibration, catalog=catalog, keep=_KEPT)
    per = PER_TOKENS / OUTPUT_TOKENS
    best = (
        priced.filter(~pl.col("flags").list.contains(Flag.DOES_NOT_FIT.value))
        .sort("energy_j", maintain_order=True)
        .unique(["id", "accelerator"], keep="first", maintain_order=True)
    )
    return (
        best.join(_flops_of(work, accelerators[0], catalog), on="id")
        .with_columns(pl.max_horizontal("_released", "_launched").alias("release_date"))
        .with_columns(pl.col("energy_j", "energy_j_low", "energy_j_high", "flops") * per)
        .select(*COLUMNS, "flags")
        .sort("release_date", "id", "accelerator", maintain_order=True)
    )


def image_joules(
    models: pl.DataFrame,
    accelerators: Sequence[str] = LADDER,
    calibration: Calibration | None = None,
    catalog: Catalog | None = None,
) -> pl.DataFrame:
    """Return the energy of an image through each network on each accelerator.

    Parameters
    ----------
    models : polars.DataFrame
        ``id, release_date, flops, activation_values, params, kind``; rows with one missing are left out.
    accelerators : sequence of str
    calibration : Calibration, optional
        By default the shipped one.
    catalog : Catalog, optional
        By default the shipped one.

    Returns
    -------
    polars.DataFrame
        `COLUMNS`; joules of the whole server at the wall, shared by eight accelerators that are kept busy.
    """
    needed = ["release_date", "flops", "activation_values", "params", "kind"]
    known = models.drop_nulls(needed).select("id", *needed)
    if known.is_empty():
        return _nothing()
    catalog = catalog or load()
    grid = known.rename({"release_date": "_released", "kind": "network_kind"}).select(
        "id",
        "_released",
        "flops",
        "activation_values",
        "network_kind",
        params_b=pl.col("params") / 1e9,
        precision=pl.lit("bf16"),
        n_accelerators=pl.lit(_COUNTS[-1]),
        task=pl.lit("image/Offline"),
        meter_scope=pl.lit("wall"),
    )
    grid = grid.join(_accelerators(accelerators, catalog), how="cross")
    priced, _ = estimate_table(grid, calibration, catalog=catalog, keep=_KEPT)
    return (
        priced.with_columns(pl.max_horizontal("_released", "_launched").alias("release_date"))
        .select(*COLUMNS)
        .sort("release_date", "id", "accelerator", maintain_order=True)
    )


_KEPT = ("_released", "_launched", "_has_fp8", "peak_flops_per_j")


def _accelerators(names: Sequence[str], catalog: Catalog) -> pl.DataFrame:
    specs = [accelerator_spec(name, catalog) for name in names]
    return pl.DataFrame(
        {
            "accelerator": list(names),
            "_launched": [spec.release_date for spec in specs],
            "_has_fp8": [spec.fp8_flops_per_s is not None for spec in specs],
            "peak_flops_per_j": [spec.bf16_flops_per_s / spec.tdp_w for spec in specs],
        }
    ).with_columns(pl.col("_launched").cast(pl.String).str.to_date("%Y-%m-%d"))


def _flops_of(work: pl.DataFrame, accelerator: str, catalog: Catalog) -> pl.DataFrame:
    """Return the FLOPs of one request to each model; the accelerator does not change them."""
    names = [name for name in work.columns if name in WorkloadRow._fields]
    rows = [WorkloadRow(**row | {"accelerator": accelerator, "precision": "bf16"}) for row in work[names].to_dicts()]
    calibration = load_calibration()
    requests = price(LANGUAGE, enumerate(rows), calibration, facts_for(LANGUAGE, calibration, catalog)).requests
    counted: pl.DataFrame = work[requests.rows.tolist()].select("id")
    return counted.with_columns(pl.Series("flops", request_flops(requests.columns)))


def _nothing() -> pl.DataFrame:
    texts, dates = {"id", "accelerator"}, {"release_date"}
    types = {c: pl.String if c in texts else pl.Date if c in dates else pl.Float64 for c in COLUMNS}
    return pl.DataFrame(schema=types)
