"""The paper's models and accelerators in the units of its tables and figures, each with its source."""

from __future__ import annotations

import polars as pl

from joulewise.catalog import PAPER, Catalog, load
from joulewise.energy import models_with_energy
from joulewise.hardware import adapted_efficiencies, efficiencies
from joulewise.units import decimal_year_of

PRECISION_NAMES = {
    "fp32": "FP32",
    "fp16": "FP16",
    "fp16-tensor": "FP16/FP32 Tensor",
    "tf32": "TF32",
    "mixed": "Mixed",
}


def paper_edition(catalog: Catalog | None = None) -> Catalog:
    """Return the paper's edition of a catalogue, by default the shipped one; a user's own rows stay in it."""
    return (catalog or load()).edition(PAPER)


def models_in_gflops(task: str, catalog: Catalog) -> pl.DataFrame:
    """Return the models of a task in the units of Tables 2 and 7: GFLOPs, millions of parameters, joules.

    Returns
    -------
    polars.DataFrame
        `energy.models_with_energy`, and ``year`` (decimal), ``gflops``, ``params_m``, ``data``
        (trained on extra data or not) and ``source`` (of the FLOPs).
    """
    frame = models_with_energy(task, catalog).filter(pl.col("flops").is_not_null())
    return frame.with_columns(
        pl.Series("source", [catalog.source_of(i, "flops").cited for i in frame["id"]]),
        _in_units(frame, "flops", 1e9, "gflops"),
        _in_units(frame, "params", 1e6, "params_m"),
        data=training_data(),
        year=decimal_year_of("release_date"),
    )


def accelerators_in_tflops(catalog: Catalog, task: str | None = None) -> pl.DataFrame:
    """Return accelerators by precision in TFLOPS and GFLOPS per watt.

    Parameters
    ----------
    catalog : Catalog
    task : {"vision", "language"}, optional
        By default the theoretical peaks of Table 8; with a task, the peaks that its networks reach (Table 9).

    Returns
    -------
    polars.DataFrame
        `hardware.efficiencies` or `hardware.adapted_efficiencies`, and ``year`` (decimal), ``tflops``
        [TFLOP/s], ``gflops_per_w``, ``precision_name`` and ``source`` (of the peak, or of what it was adapted by).
    """
    frame = adapted_efficiencies(task, catalog) if task else efficiencies(catalog)
    cited = [
        "desislavov2021, derived from Tables 3 and 8"
        if row.get("adapted")
        else catalog.source_of(row["id"], "peak_flops_per_s", precision=row["precision"]).cited
        for row in frame.to_dicts()
    ]
    return frame.with_columns(
        pl.Series("source", cited),
        _in_units(frame, "peak_flops_per_s", 1e12, "tflops"),
        _in_units(frame, "efficiency_flops_per_j", 1e9, "gflops_per_w"),
        precision_name=pl.col("precision").replace_strict(PRECISION_NAMES),
        year=decimal_year_of("release_date"),
    )


def training_data() -> pl.Expr:
    """Return whether vision models were trained on more than ImageNet-1k; null where that is unknown."""
    return (
        pl.when(pl.col("extra_data") == "none")
        .then(pl.lit("ImageNet-1k only"))
        .when(pl.col("extra_data").is_not_null())
        .then(pl.lit("extra training data"))
    )


def _in_units(frame: pl.DataFrame, column: str, unit: float, name: str) -> pl.Series:
    # numpy divides; Polars multiplies by the reciprocal, which turns 1.42 into 1.4200000000000002.
    return pl.Series(name, frame[column].to_numpy() / unit, nan_to_null=True)
