"""Efficiency of accelerators: peak rate over thermal design power.

Efficiency in FLOPS per watt is work per energy, FLOP/J: (FLOP/s) / (J/s). It is the paper's Eq. 1, and
assumes that the accelerator runs at its peak, which no real workload reaches.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from joulewise.catalog import TASKS, Catalog, accelerators, find_entity, load
from joulewise.errors import InputError, UnknownNameError
from joulewise.hardware.speedups import BASELINE, speed_ups
from joulewise.interval import Interval

# Table 9 has the FP32 peak of each accelerator except these. The A100 runs TF32 instead, and is adapted. The paper does
# not say why it leaves out the P100 and the A30; it found no throughputs for them.
LEFT_OUT_OF_TREND = ("tesla-p100", "a100", "a30")


def efficiencies(catalog: Catalog | None = None, *, incomplete: bool = False) -> pl.DataFrame:
    """Return each accelerator and precision with its theoretical efficiency (the paper's Table 8).

    Parameters
    ----------
    catalog : Catalog, optional
        By default the shipped one; the paper's edition gives its Table 8.
    incomplete : bool
        Also the rows that lack a floating-point peak or a TDP, without an efficiency.

    Returns
    -------
    polars.DataFrame
        The columns of `catalog.accelerators` and ``efficiency_flops_per_j [FLOP/J]``.
    """
    frame = accelerators(catalog).with_columns(
        (pl.col("peak_flops_per_s") / pl.col("tdp_w")).alias("efficiency_flops_per_j")
    )
    return frame if incomplete else frame.filter(pl.col("efficiency_flops_per_j").is_not_null())


def adapted_efficiencies(task: str, catalog: Catalog | None = None) -> pl.DataFrame:
    """Return the efficiency of each accelerator adapted to a task; in the paper's edition, its Table 9.

    It is that of the theoretical FP32 peak where networks run at FP32; where mixed precision or TF32 was measured, that
    of the baseline's FP32 peak times the mean measured speed-up of the task's networks.

    Parameters
    ----------
    task : {"vision", "language"}
    catalog : Catalog, optional
        By default the shipped one, with every accelerator.

    Returns
    -------
    polars.DataFrame
        As `efficiencies`, with ``adapted`` (whether a measured speed-up is in it), ``speed_up`` and its
        bounds, and ``efficiency_low, efficiency_high [FLOP/J]`` from the speed-up's interval; by date.

    Raises
    ------
    UnknownNameError
        If the task is not known.
    """
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    catalog = catalog or load()
    table = efficiencies(catalog)
    plain = table.filter((pl.col("precision") == "fp32") & ~pl.col("id").is_in(list(LEFT_OUT_OF_TREND))).with_columns(
        pl.lit(False).alias("adapted"), *[pl.lit(1.0).alias(c) for c in _SPEED_UP]
    )
    fp32_peak = table.filter(precision="fp32").select(
        pl.col("id").alias("baseline"), pl.col("peak_flops_per_s").alias("baseline_peak")
    )
    ratios = speed_ups(catalog).filter(task=task).drop("task", "n")
    measured = (
        table.unique("id", keep="first", maintain_order=True)
        .drop("precision", "peak_flops_per_s", "efficiency_flops_per_j")
        .join(ratios.rename({"accelerator": "id"}), on="id", maintain_order="left_right")
        .join(fp32_peak, on="baseline", maintain_order="left")
        .with_columns((pl.col("baseline_peak") * pl.col("speed_up")).alias("peak_flops_per_s"))
        .with_columns(
            (pl.col("peak_flops_per_s") / pl.col("tdp_w")).alias("efficiency_flops_per_j"),
            pl.lit(True).alias("adapted"),
        )
        .select(plain.columns)
    )
    relative = pl.col("efficiency_flops_per_j") / pl.col("speed_up")
    return (
        pl.concat([plain, measured])
        .with_columns(
            (relative * pl.col("speed_up_low")).alias("efficiency_low"),
            (relative * pl.col("speed_up_high")).alias("efficiency_high"),
        )
        .sort("release_date", maintain_order=True)
    )


@dataclass(frozen=True)
class Efficiency:
    """Efficiency of one accelerator at one precision.

    Parameters
    ----------
    id, name : str
    precision : str
    peak_flops_per_s : float
        Theoretical, or adapted by the measured speed-up. [FLOP/s]
    tdp_w : float
        Thermal design power. [W]
    flops_per_j : Interval
        Peak over thermal design power; a theoretical one has equal bounds. [FLOP/J]
    adapted : bool
        Whether the peak is that of FP32 times a measured speed-up.
    speed_up : float
        1 where it is theoretical.
    """

    id: str
    name: str
    precision: str
    peak_flops_per_s: float
    tdp_w: float
    flops_per_j: Interval
    adapted: bool
    speed_up: float


def efficiency_of(
    accelerator: str, precision: str, task: str | None = None, catalog: Catalog | None = None
) -> Efficiency:
    """Return the efficiency of one accelerator at one precision, theoretical or adapted.

    Parameters
    ----------
    accelerator : str
        Id, name or alias.
    precision : str
        As in the catalogue (``fp32``, ``fp16``, ``fp16-tensor``), or adapted to the task by measured
        speed-ups (``tf32``, ``mixed``).
    task : {"vision", "language"}, optional
        Needed for the adapted precisions.

    Raises
    ------
    UnknownNameError
        If the accelerator is not known.
    InputError
        If it lacks the precision; with those it has.
    """
    catalog = catalog or load()
    found = find_entity("accelerators", accelerator, catalog)
    rows = (
        efficiencies(catalog)
        .filter(id=found)
        .with_columns(
            pl.lit(False).alias("adapted"),
            *[pl.lit(1.0).alias(c) for c in _SPEED_UP],
            *[pl.col("efficiency_flops_per_j").alias(c) for c in ("efficiency_low", "efficiency_high")],
        )
    )
    if task:
        adapted = adapted_efficiencies(task, catalog).filter(id=found, adapted=True)
        rows = pl.concat([rows, adapted.select(rows.columns)])
    wanted = rows.filter(precision=precision.lower())
    if not wanted.height:
        has = ", ".join(rows["precision"].unique(maintain_order=True))
        raise InputError(f"{catalog.name_of(found)} has no figure at precision {precision!r}", f"it has {has}")
    row = wanted.row(0, named=True)
    return Efficiency(
        id=row["id"],
        name=row["name"],
        precision=row["precision"],
        peak_flops_per_s=row["peak_flops_per_s"],
        tdp_w=row["tdp_w"],
        flops_per_j=Interval(row["efficiency_low"], row["efficiency_flops_per_j"], row["efficiency_high"]),
        adapted=row["adapted"],
        speed_up=row["speed_up"],
    )


def baseline_of(accelerator: str) -> str:
    """Return the accelerator whose FP32 peak and throughput the adapted figures start from."""
    return BASELINE.get(accelerator, accelerator)


_SPEED_UP = ("speed_up", "speed_up_low", "speed_up_high")
