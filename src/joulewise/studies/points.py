"""The whole catalogue as points: today's counterparts of what the paper's figures show.

Hardware "as networks get it" is where today has no like of the paper: its Table 9 multiplies FP32 peaks by speed-ups
measured on whole networks, and nobody has measured them so on accelerators since. What its own measured GPUs got out
of their 16-bit tensor peak is carried on instead, and said to be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from joulewise.catalog import Catalog, accelerators, language_models, models
from joulewise.fits import LogLinearFit, fit_log_linear
from joulewise.hardware import adapted_efficiencies, efficiencies
from joulewise.interval import Interval
from joulewise.paper.points import paper_catalog
from joulewise.quantiles import t_quantile
from joulewise.units import decimal_year

# Precision of the data -> group of a chart. Figures with structured sparsity are in none of them.
PRECISION_GROUPS = {
    "fp64": "FP64",
    "fp32": "FP32",
    "tf32": "TF32 tensor",
    "fp16": "16-bit",
    "bf16": "16-bit tensor",
    "fp16-tensor": "16-bit tensor",
    "bf16-tensor": "16-bit tensor",
    "fp8": "FP8 tensor",
    "fp4": "FP4 tensor",
    "int8": "INT8",
    "int4": "INT4",
}
TENSOR_16 = "16-bit tensor"
LANGUAGE_TOKENS = 2048
"""Length of input that language models are brought to: that of the paper's largest."""

GPUS = ("server GPU", "desktop GPU")


@dataclass(frozen=True)
class Carried:
    """Efficiency as a task's networks get it, carried on to today.

    Parameters
    ----------
    task : str
    share : Interval
        Of the 16-bit tensor peak that whole networks got on the accelerators measured: geometric mean, with the 95%
        interval of Student's t on the logs. [ratio]
    n_shares : int
        Accelerators that it was measured on.
    points : polars.DataFrame
        ``id, name, release_date, year, efficiency_flops_per_j, basis``: the paper's points, and of each GPU
        since them the 16-bit tensor peak per watt times `share`; by date.
    fit : LogLinearFit
        Through all points.
    """

    task: str
    share: Interval
    n_shares: int
    points: pl.DataFrame
    fit: LogLinearFit


def short_name(column: str = "name") -> pl.Expr:
    """Return names short enough to stand in a chart: without the organisation before a slash, or timm's tag."""
    text = pl.col(column).str.replace(r"^[^/ ]+/([A-Za-z])", "${1}")
    return pl.when(text.str.contains("_")).then(text.str.replace(r"\..*$", "")).otherwise(text)


def dated(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with a release date, in its order, with it as a decimal ``year``."""
    known = frame.filter(pl.col("release_date").is_not_null()).sort("release_date", maintain_order=True)
    years = [decimal_year(day) for day in known["release_date"]]
    return known.with_columns(pl.Series("year", years, dtype=pl.Float64))


def accelerator_points(catalog: Catalog) -> pl.DataFrame:
    """Return each accelerator at the highest dense peak of each group of precisions.

    Returns
    -------
    polars.DataFrame
        ``id, name, kind, release_date, year`` (decimal), ``tdp_w, precision, group`` (see `PRECISION_GROUPS`),
        ``peak_per_s`` (FLOP/s, or for integers OP/s), ``efficiency_per_j`` (FLOP/J or OP/J), ``pj_per_op``, by date;
        what has no date, no power or no peak is left out.
    """
    known = accelerators(catalog).filter(pl.col("tdp_w").is_not_null() & pl.col("precision").is_not_null())
    return (
        dated(known)
        .with_columns(
            group=pl.col("precision").replace_strict(PRECISION_GROUPS, default=None, return_dtype=pl.String),
            kind=pl.when(pl.col("segment") == "edge")
            .then(pl.lit("edge"))
            .when(pl.col("kind") == "tpu")
            .then(pl.lit("TPU"))
            .when(pl.col("kind").is_in(["npu", "cpu"]))
            .then(pl.lit("other server"))
            .when(pl.col("segment") == "desktop")
            .then(pl.lit("desktop GPU"))
            .otherwise(pl.lit("server GPU")),
            peak_per_s=pl.coalesce("peak_flops_per_s", "peak_ops_per_s"),
        )
        .filter(pl.col("group").is_not_null())
        .sort("release_date", "peak_per_s", descending=[False, True], maintain_order=True)
        .unique(["id", "group"], keep="first", maintain_order=True)
        .with_columns(efficiency_per_j=pl.col("peak_per_s") / pl.col("tdp_w"))
        .with_columns(pj_per_op=1e12 / pl.col("efficiency_per_j"))
        .select(
            "id", "name", "kind", "release_date", "year", "tdp_w", "precision", "group", "peak_per_s",
            "efficiency_per_j", "pj_per_op",
        )
    )  # fmt: skip


def carried_efficiency(task: str, catalog: Catalog) -> Carried:
    """Carry the paper's efficiency of hardware, as a task's networks get it, on to today.

    Parameters
    ----------
    task : {"vision", "language"}
    """
    paper = paper_catalog()
    known = dated(adapted_efficiencies(task, paper)).with_columns(
        basis=pl.when("adapted").then(pl.lit("measured speed-up")).otherwise(pl.lit("FP32 peak"))
    )
    share, n = tensor_share(task, paper)
    columns = ["id", "name", "release_date", "year", "efficiency_flops_per_j", "basis"]
    since = (
        accelerator_points(catalog)
        .filter((pl.col("group") == TENSOR_16) & pl.col("kind").is_in(GPUS))
        .filter(pl.col("release_date") > known["release_date"].max())
        .with_columns(
            efficiency_flops_per_j=pl.col("efficiency_per_j") * share.central,
            basis=pl.lit("16-bit tensor peak × share"),
        )
    )
    points = pl.concat([known.select(columns), since.select(columns)])
    return Carried(task, share, n, points, fit_log_linear(points["year"], points["efficiency_flops_per_j"]))


def tensor_share(task: str, paper: Catalog) -> tuple[Interval, int]:
    """Return what share of the 16-bit tensor peak whole networks got in mixed precision, and on how many GPUs.

    From the paper's Tables 3 and 8: the FP32 peak times the measured speed-up, over the tensor peak.
    """
    got = adapted_efficiencies(task, paper).filter(precision="mixed").select("id", got="peak_flops_per_s")
    tensor = efficiencies(paper).filter(precision="fp16-tensor").select("id", tensor="peak_flops_per_s")
    shares = got.join(tensor, on="id").select(pl.col("got") / pl.col("tensor"))["got"].to_numpy()
    n, logs = len(shares), np.log(shares)
    half = t_quantile(n - 1, 0.975) * float(logs.std(ddof=1)) / n**0.5
    centre = float(logs.mean())
    return Interval(*(float(np.exp(v)) for v in (centre - half, centre, centre + half))), n


def model_points(task: str, catalog: Catalog) -> pl.DataFrame:
    """Return the dated models of a task, with joules on hardware of their date as carried on to today.

    Returns
    -------
    polars.DataFrame
        The columns of `catalog.models`, and ``year`` (decimal), ``gflops``, ``params_m``, ``data`` (trained on extra
        data or not) and ``energy_j``: FLOPs over the efficiency of `carried_efficiency` at the date.
    """
    frame = dated(models(task, catalog)).filter(pl.col("flops").is_not_null())
    return _in_units(frame, task, catalog).with_columns(
        data=pl.when(pl.col("extra_data") == "none")
        .then(pl.lit("ImageNet-1k only"))
        .when(pl.col("extra_data").is_not_null())
        .then(pl.lit("extra training data")),
    )


def language_points(catalog: Catalog) -> pl.DataFrame:
    """Return the dated language models, their FLOPs brought to `LANGUAGE_TOKENS` of input.

    Where a count from the model's configuration is there it is taken, else the published FLOPs; both in proportion to
    the tokens that they hold for. That leaves out that attention grows with the square of the length.

    Returns
    -------
    polars.DataFrame
        As of `model_points`, without ``data``.
    """
    counted = language_models(catalog).select("id", "flops_per_token")
    per_token = pl.coalesce("flops_per_token", pl.col("flops") / pl.col("input_tokens"))
    frame = (
        dated(models("language", catalog))
        .join(counted, on="id", how="left", maintain_order="left")
        .with_columns(flops=per_token * LANGUAGE_TOKENS, input_tokens=pl.lit(float(LANGUAGE_TOKENS)))
        .filter(pl.col("flops").is_not_null())
        .drop("flops_per_token")
    )
    return _in_units(frame, "language", catalog)


def _in_units(frame: pl.DataFrame, task: str, catalog: Catalog) -> pl.DataFrame:
    return with_joules(frame, carried_efficiency(task, catalog).fit).with_columns(
        gflops=pl.col("flops") / 1e9, params_m=pl.col("params") / 1e6
    )


def with_joules(frame: pl.DataFrame, efficiency: LogLinearFit) -> pl.DataFrame:
    """Add ``energy_j``: FLOPs over the efficiency [FLOP/J] that a fit gives for each row's year."""
    at = efficiency.predict_many(frame["year"].to_numpy())[:, 1]
    return frame.with_columns(energy_j=pl.col("flops") / pl.Series(at, dtype=pl.Float64))
