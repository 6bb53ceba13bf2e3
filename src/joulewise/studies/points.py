"""The whole catalogue as dated points in SI units: accelerators by precision, and models with joules.

Efficiency "as networks get it" has no modern counterpart: the paper multiplies FP32 peaks by speed-ups measured on
whole networks (its Table 9), and nobody has since published such measurements for newer accelerators. We extrapolate
the share of the 16-bit tensor peak that its GPUs reached, and label it as such.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from joulewise.catalog import Catalog, accelerators, language_models, measurements, models
from joulewise.catalog.find import known_model
from joulewise.fits import LogLinearFit, fit_log_linear
from joulewise.formats import RATE_GROUPS
from joulewise.hardware import adapted_efficiencies, efficiencies
from joulewise.interval import Interval
from joulewise.paper.points import training_data
from joulewise.quantiles import t_quantile
from joulewise.units import decimal_year_of

VISION, LANGUAGE = "vision", "language"
TASKS = (VISION, LANGUAGE)

TENSOR_16 = "16-bit tensor"
LANGUAGE_TOKENS = 2048
"""Input length that the FLOPs of language models are scaled to: that of the paper's largest model."""

SUBSET_NAMES = {
    "all": "all",
    "best-per-year": "best score of each year",
    "record": "highest at release",
}
"""Subset of `trends.SUBSETS` -> its name in sentences."""

GPUS = ("server GPU", "desktop GPU")

# Rates of matrix units at 32 and 64 bits are listed for few accelerators, and in no group of the studies.
_UNGROUPED = ("fp32-tensor", "fp64-tensor")

# Measurements give only the year of an MLPerf round: its middle, as month and day.
_MID_YEAR = (7, 1)


@dataclass(frozen=True)
class Carried:
    """Efficiency of hardware as a task's networks get it, extrapolated to today.

    Parameters
    ----------
    task : str
    share : Interval
        Share of the 16-bit tensor peak that whole networks reached on the accelerators measured: geometric mean, with
        the 95% interval of Student's t on the logs. [ratio]
    n_shares : int
        Number of accelerators it was measured on.
    points : polars.DataFrame
        ``id, name, release_date, year, efficiency_flops_per_j, basis``: the paper's points, and for each later GPU
        the 16-bit tensor peak per watt times `share`; by date.
    fit : LogLinearFit
        Through all points.
    """

    task: str
    share: Interval
    n_shares: int
    points: pl.DataFrame
    fit: LogLinearFit


def short_name(column: str = "name") -> pl.Expr:
    """Return names short enough for a chart: without the organisation before a slash, or timm's tag."""
    text = pl.col(column).str.replace(r"^[^/ ]+/([A-Za-z])", "${1}")
    return pl.when(text.str.contains("_")).then(text.str.replace(r"\..*$", "")).otherwise(text)


def dated(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with a release date, in its order, with it as a decimal ``year``."""
    known = frame.filter(pl.col("release_date").is_not_null()).sort("release_date", maintain_order=True)
    return known.with_columns(year=decimal_year_of("release_date"))


def peak_efficiencies(catalog: Catalog) -> pl.DataFrame:
    """Return each accelerator at the highest dense peak of each group of number formats.

    Returns
    -------
    polars.DataFrame
        ``id, name, kind, release_date, year`` (decimal), ``tdp_w, precision, group`` (see `formats.RATE_GROUPS`),
        ``peak_per_s`` (FLOP/s, or for integers OP/s), ``efficiency_per_j`` (FLOP/J or OP/J), ``pj_per_op``, by date;
        accelerators without a date, a power or a peak are left out.
    """
    known = accelerators(catalog).filter(pl.col("tdp_w").is_not_null() & ~pl.col("precision").is_in(_UNGROUPED))
    return (
        dated(known)
        .with_columns(
            group=pl.col("precision").replace_strict(RATE_GROUPS, default=None, return_dtype=pl.String),
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


def wall_efficiencies(network: str, catalog: Catalog) -> pl.DataFrame:
    """Return the work per joule of whole systems running one network, measured at the wall socket.

    Parameters
    ----------
    network : str
        One of ``sample_networks``, e.g. ``"resnet50"``, in MLPerf's throughput scenario (Offline).
    catalog : Catalog

    Returns
    -------
    polars.DataFrame
        ``name`` (accelerators and count), ``year`` (decimal: the middle of the round's year), ``accelerator,
        precision, energy_j_per_sample, efficiency_per_j [FLOP/J]``, ``pj_per_op`` and ``url``, the most efficient
        first; empty where nothing was measured.
    """
    found = known_model(network, catalog)
    known = found.sample_network if found else None
    rows = measurements().filter(
        pl.col("tier").eq("A-wall") & pl.col("task").eq(f"{network}/Offline") & pl.col("model").eq(network)
    )
    flops = float(known["flops"]) if known else 0.0
    return (
        rows.with_columns(middle=pl.date("year", *_MID_YEAR))
        .with_columns(year=decimal_year_of("middle"))
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


def carried_efficiency(task: str, peaks: pl.DataFrame, paper: Catalog) -> Carried:
    """Extrapolate the paper's efficiency of hardware, as a task's networks get it, to today.

    Parameters
    ----------
    task : {"vision", "language"}
    peaks : polars.DataFrame
        From `peak_efficiencies`.
    paper : Catalog
        The paper's edition.
    """
    known = dated(adapted_efficiencies(task, paper)).with_columns(
        basis=pl.when("adapted").then(pl.lit("measured speed-up")).otherwise(pl.lit("FP32 peak"))
    )
    share, n = tensor_share(task, paper)
    columns = ["id", "name", "release_date", "year", "efficiency_flops_per_j", "basis"]
    since = (
        peaks.filter((pl.col("group") == TENSOR_16) & pl.col("kind").is_in(GPUS))
        .filter(pl.col("release_date") > known["release_date"].max())
        .with_columns(
            efficiency_flops_per_j=pl.col("efficiency_per_j") * share.central,
            basis=pl.lit("16-bit tensor peak × share"),
        )
    )
    points = pl.concat([known.select(columns), since.select(columns)])
    return Carried(task, share, n, points, fit_log_linear(points["year"], points["efficiency_flops_per_j"]))


def tensor_share(task: str, paper: Catalog) -> tuple[Interval, int]:
    """Return the share of the 16-bit tensor peak that networks reached in mixed precision, and on how many GPUs.

    From the paper's Tables 3 and 8: the FP32 peak times the measured speed-up, over the tensor peak.
    """
    reached = adapted_efficiencies(task, paper).filter(precision="mixed").select("id", reached="peak_flops_per_s")
    tensor = efficiencies(paper).filter(precision="fp16-tensor").select("id", tensor="peak_flops_per_s")
    shares = reached.join(tensor, on="id").select(pl.col("reached") / pl.col("tensor"))["reached"].to_numpy()
    n, logs = len(shares), np.log(shares)
    half = t_quantile(n - 1, 0.975) * float(logs.std(ddof=1)) / n**0.5
    centre = float(logs.mean())
    return Interval(*(float(np.exp(v)) for v in (centre - half, centre, centre + half))), n


def dated_vision_models(catalog: Catalog, efficiency: LogLinearFit) -> pl.DataFrame:
    """Return the dated vision models, with joules on hardware of their date.

    Parameters
    ----------
    catalog : Catalog
    efficiency : LogLinearFit
        FLOP/J by year, of `carried_efficiency`.

    Returns
    -------
    polars.DataFrame
        The columns of `catalog.models`, and ``year`` (decimal), ``gflops``, ``params_m``, ``data`` (trained on extra
        data or not) and ``energy_j``: FLOPs over the efficiency at the date.
    """
    frame = dated(models(VISION, catalog)).filter(pl.col("flops").is_not_null())
    return _with_joules(frame, efficiency).with_columns(data=training_data())


def dated_language_models(catalog: Catalog, efficiency: LogLinearFit) -> pl.DataFrame:
    """Return the dated language models, their FLOPs scaled to an input of `LANGUAGE_TOKENS`.

    FLOPs are counted from the model's configuration where there is one, else published; both are scaled in proportion
    to the tokens they hold for, which neglects that attention grows with the square of the length.

    Returns
    -------
    polars.DataFrame
        The columns of `dated_vision_models`.
    """
    counted = language_models(catalog).select("id", "flops_per_token")
    per_token = pl.coalesce("flops_per_token", pl.col("flops") / pl.col("input_tokens"))
    frame = (
        dated(models(LANGUAGE, catalog))
        .join(counted, on="id", how="left", maintain_order="left")
        .with_columns(flops=per_token * LANGUAGE_TOKENS, input_tokens=pl.lit(float(LANGUAGE_TOKENS)))
        .filter(pl.col("flops").is_not_null())
        .drop("flops_per_token")
    )
    return _with_joules(frame, efficiency)


def _with_joules(frame: pl.DataFrame, efficiency: LogLinearFit) -> pl.DataFrame:
    """Add ``energy_j``, the FLOPs over the efficiency at each row's year, and the units of the charts."""
    at = efficiency.predict_many(frame["year"].to_numpy())[:, 1]
    return frame.with_columns(
        energy_j=pl.col("flops") / pl.Series(at, dtype=pl.Float64),
        gflops=pl.col("flops") / 1e9,
        params_m=pl.col("params") / 1e6,
    )
