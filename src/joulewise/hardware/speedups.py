"""Speed-ups of reduced precision, measured on whole networks (the paper's Tables 3 and 4)."""

from __future__ import annotations

import math

import polars as pl

from joulewise.catalog import Catalog, condition, load
from joulewise.interval import Interval
from joulewise.quantiles import t_quantile

# There is no FP32 measurement on the A100, which replaces FP32 by TF32: the paper's appendix takes its
# speed-ups relative to the V100's FP32 throughput and peak.
BASELINE = {"a100": "tesla-v100"}

_CONDITIONS = ("task", "model", "framework", "batch_size", "precision")


def measured_throughputs(catalog: Catalog | None = None) -> pl.DataFrame:
    """Return one row per measured throughput, with its speed-up over FP32.

    Returns
    -------
    polars.DataFrame
        ``accelerator, task, model, framework, batch_size, precision, throughput_per_s [1/s], baseline``
        (the accelerator whose FP32 throughput is compared with), ``speed_up [ratio], locator``; in the
        order of the source.
    """
    catalog = catalog or load()
    rows = (
        catalog.facts.filter((pl.col("attribute") == "throughput_per_s") & ~pl.col("superseded"))
        .select(
            pl.col("entity").alias("accelerator"),
            *[condition(name).alias(name) for name in _CONDITIONS],
            pl.col("number").alias("throughput_per_s"),
            "locator",
        )
        .with_columns(pl.col("accelerator").replace(BASELINE).alias("baseline"))
    )
    same_test = ["task", "model", "framework", "batch_size"]
    fp32 = rows.filter(precision="fp32").select(
        pl.col("accelerator").alias("baseline"),
        *same_test,
        pl.col("throughput_per_s").alias("baseline_per_s"),
    )
    return (
        rows.join(fp32, on=["baseline", *same_test], how="left", maintain_order="left")
        .with_columns((pl.col("throughput_per_s") / pl.col("baseline_per_s")).alias("speed_up"))
        .drop("baseline_per_s")
    )


def speed_ups(catalog: Catalog | None = None) -> pl.DataFrame:
    """Return the mean speed-up over FP32 by accelerator, precision and task (the paper's Table 4).

    Returns
    -------
    polars.DataFrame
        ``accelerator, precision, task, baseline, n, speed_up, speed_up_low, speed_up_high``: the
        arithmetic mean over the networks measured, with its 95% confidence interval (Student's t, on
        the logs, as speed-ups are ratios).
    """
    measured = measured_throughputs(catalog).filter((pl.col("precision") != "fp32") & pl.col("speed_up").is_not_null())
    groups = measured.group_by("accelerator", "precision", "task", "baseline", maintain_order=True)
    rows = []
    for key, group in groups:
        bar = _mean_with_interval([float(v) for v in group["speed_up"]])
        rows.append((*key, group.height, bar.central, bar.low, bar.high))
    columns = [
        "accelerator",
        "precision",
        "task",
        "baseline",
        "n",
        "speed_up",
        "speed_up_low",
        "speed_up_high",
    ]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _mean_with_interval(values: list[float]) -> Interval:
    n = len(values)
    mean = sum(values) / n
    if n == 1:
        return Interval.exact(mean)
    logs = [math.log(v) for v in values]
    centre = sum(logs) / n
    sd = math.sqrt(sum((v - centre) ** 2 for v in logs) / (n - 1))
    half = math.exp(t_quantile(n - 1, 0.975) * sd / math.sqrt(n))
    return Interval(mean / half, mean, mean * half)
