"""How far off every method is on measured rows, never on rows it was fitted to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from joulewise.energy.anchor import Places, corrected, nearest
from joulewise.energy.calibrate import (
    fit,
    fit_canvases,
    fit_samples,
    held_out,
    held_out_canvases,
    held_out_samples,
    predict,
    require_families,
)
from joulewise.energy.generators import generate
from joulewise.energy.intervals import LEVEL, LEVEL_OF_FEW, conformal, regime_of, regime_of_samples
from joulewise.energy.measured import (
    Measured,
    MeasuredCanvases,
    MeasuredSamples,
    measured_canvases,
    measured_rows,
    measured_samples,
)
from joulewise.energy.rivals import METHODS, log_linear
from joulewise.energy.serving import Floats, Labels
from joulewise.energy.wall import run_samples
from joulewise.errors import InputError

METHOD_NAMES = (
    "calibrated",
    "one-row",
    "lineage-out",
    "accelerator-out",
    "log-linear",
    "ecologits",
    "roofline",
    "paper",
)
"""``calibrated``: families left out whole; ``one-row``: the same, corrected by one other measured row of the same
configuration, the nearest in batch; the next two: developers' lines, and dies, left out whole."""


def validate(frame: pl.DataFrame, begin: Callable[[str], None] = lambda _: None) -> pl.DataFrame:
    """Hold every method against measured rows, each by a fit that did not see the row's family.

    Parameters
    ----------
    frame : DataFrame
        Measurements in the form of the shipped ones; fits are made within it.
    begin : callable
        Told the name of each part as it begins.

    Returns
    -------
    DataFrame
        A row each, with ``id, source, kind, task, model_family, accelerator_die, batch_size, measured_j``
        (per output token, image or video), an estimate of each of `METHOD_NAMES` in J where the method
        says something, ``low_j, high_j``, the 90% interval of regimes in which the row's family had no say, and
        ``time_ratio, power_ratio``: measured over what a fit to all rows gives, where they were measured.

    Raises
    ------
    InputError
        If no row is one that can be held against.
    """
    parts: list[pl.DataFrame] = []
    begin("language models: families left out")
    try:
        rows: Measured | None = measured_rows(frame)
    except InputError:
        rows = None
    if rows is not None:
        require_families(rows)
        full = fit(rows)
        ours = held_out(rows, rows.family, full)
        begin("lineages and accelerators left out")
        c = rows.requests.columns
        seen = predict(full, rows)
        linear = np.full(len(ours), np.nan)
        for family in np.unique(rows.family):
            out = rows.family == family
            linear[out] = log_linear(rows.requests, rows.energy_j, ~out)[out]
        low, high = _blind_intervals(rows.energy_j / ours, regime_of(rows.requests), rows.family)
        parts.append(
            pl.DataFrame(
                {
                    "id": rows.ids,
                    "source": rows.source,
                    "kind": np.where(c.expert_params > 0, "experts", "dense"),
                    "task": rows.task,
                    "model_family": rows.family,
                    "accelerator_die": c.die,
                    "batch_size": c.batch_size,
                    "measured_j": rows.energy_j,
                    "calibrated": ours,
                    "one-row": _one_row(ours, rows.energy_j, rows.places),
                    "lineage-out": held_out(rows, rows.lineage, full),
                    "accelerator-out": held_out(rows, c.die, full),
                    "log-linear": linear,
                    **{name: method(rows.requests) for name, method in METHODS.items()},
                    "low_j": ours * low,
                    "high_j": ours * high,
                    "time_ratio": rows.time_s / seen.time_s,
                    "power_ratio": rows.power_w / seen.power_w,
                }
            )
        )
    begin("generators, samples at the wall")
    canvases = measured_canvases(frame)
    if canvases is not None:
        parts.append(_generators(canvases))
    samples = measured_samples(frame)
    if samples is not None:
        parts.append(_samples(samples))
    if not parts:
        raise InputError("no row is a measurement that can be held against", "see the form of the shipped data")
    whole = pl.concat([pl.DataFrame(schema={"scenario": pl.String}), *parts], how="diagonal")
    return whole.select(*(c for c in whole.columns if c != "scenario"), "scenario")


def _generators(rows: MeasuredCanvases) -> pl.DataFrame:
    full = fit_canvases(rows)
    ours = held_out_canvases(rows, rows.family, full)
    c = rows.requests.columns
    flops = c.steps * c.passes * (c.product_flops + c.attention_flops)
    low, high = _blind_intervals(rows.energy_j / ours, np.full(len(ours), "generator"), rows.family, LEVEL_OF_FEW)
    seen = generate(full, c)
    return pl.DataFrame(
        {
            "id": rows.ids,
            "source": rows.source,
            "kind": np.where(c.frames > 1, "video", "image"),
            "task": np.where(c.frames > 1, "video", "image"),
            "model_family": rows.family,
            "accelerator_die": c.die,
            "batch_size": c.batch_size,
            "measured_j": rows.energy_j,
            "calibrated": ours,
            "one-row": _one_row(ours, rows.energy_j, rows.places),
            "accelerator-out": held_out_canvases(rows, c.die, full),
            "paper": flops / (c.peak_flops_per_s / c.tdp_w),
            "low_j": ours * low,
            "high_j": ours * high,
            "time_ratio": rows.time_s / seen.time_s,
            "power_ratio": rows.power_w / seen.power_w,
        }
    )


def _samples(rows: MeasuredSamples) -> pl.DataFrame:
    """Machines are left out whole: the rows tell few networks, each of its own mix of operations."""
    full = fit_samples(rows)
    ours = held_out_samples(rows, rows.system, full)
    c = rows.requests.columns
    low, high = _blind_intervals(rows.energy_j / ours, regime_of_samples(c), rows.system, LEVEL_OF_FEW)
    seen = run_samples(full, c)
    return pl.DataFrame(
        {
            "id": rows.ids,
            "source": rows.source,
            "kind": np.full(len(ours), "sample"),
            "task": rows.network,
            "model_family": rows.network,
            "accelerator_die": c.die,
            "scenario": c.scenario,
            "measured_j": rows.energy_j,
            "calibrated": ours,
            "accelerator-out": held_out_samples(rows, c.die, full),
            "paper": c.flops / (c.peak_per_s / c.tdp_w),
            "low_j": ours * low,
            "high_j": ours * high,
            "time_ratio": rows.energy_j / rows.power_w / seen.time_s,
            "power_ratio": rows.power_w / seen.power_w,
        }
    )


def _one_row(estimate: Floats, measured: Floats, places: Places) -> Floats:
    """Return estimates corrected by the nearest other row of their configuration; NaN where there is none."""
    nearby = nearest(places, places, same_rows=True)
    return np.where(nearby.index >= 0, corrected(estimate, nearby, measured / estimate), np.nan)


def _blind_intervals(ratios: Floats, regimes: Labels, families: Labels, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Return each row's interval from the ratios of its regime's other families, or of all others."""
    low, high = np.ones(len(ratios)), np.ones(len(ratios))
    for regime in np.unique(regimes):
        for family in np.unique(families[regimes == regime]):
            here = (regimes == regime) & (families == family)
            others = (regimes == regime) & (families != family)
            basis = others if others.sum() >= 25 else families != family
            low[here], high[here] = conformal(ratios[basis], families[basis], level)
    return low, high


_TITLES = {"language": ["dense", "experts"], "generators": ["image", "video"], "samples at the wall": ["sample"]}


def score(estimate: Floats, measured: Floats) -> dict[str, float]:
    """Return median, mean and p90 absolute error [%], the share within a factor of 2 [%], and the median bias [%]."""
    ratio = np.asarray(estimate / measured)
    error = np.abs(ratio - 1) * 100
    return {
        "median_error_percent": float(np.median(error)),
        "mean_error_percent": float(np.mean(error)),
        "p90_error_percent": float(np.quantile(error, 0.9)),
        "within_2x_percent": float(np.mean(np.abs(np.log(ratio)) <= np.log(2)) * 100),
        "median_bias_percent": float((np.median(ratio) - 1) * 100),
    }


def worst(checked: pl.DataFrame, n: int, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows furthest off, with what they were and the likely reason.

    Parameters
    ----------
    checked : DataFrame
        Of `validate`.
    n : int
    frame : DataFrame
        The measurements, for their columns.

    Returns
    -------
    DataFrame
        ``id, model, task, accelerator, n_accelerators, batch_size, measured_j, calibrated, off`` (the larger over
        the smaller), ``time_ratio, power_ratio, reason``.
    """
    off = (pl.col("calibrated") / pl.col("measured_j")).log().abs().exp()
    told = ["model", "accelerator", "n_accelerators", "precision", "notes"]
    there = frame.select("id", *[pl.col(c) if c in frame.columns else pl.lit(None).alias(c) for c in told])
    rows = checked.with_columns(off=off).sort("off", descending=True, nulls_last=True).head(n)
    rows = rows.join(there, on="id", how="left", maintain_order="left")
    reasons = pl.Series("reason", [_reason(row) for row in rows.iter_rows(named=True)], dtype=pl.String)
    shown = ("id", "model", "task", "accelerator", "n_accelerators", "batch_size", "measured_j", "calibrated", "off")
    return rows.with_columns(reasons).select(*shown, "time_ratio", "power_ratio", "reason")


def _reason(row: dict[str, Any]) -> str:
    """Return the likely reason of a miss: which factor is off, and what of the row would explain it."""
    time, power = row["time_ratio"], row["power_ratio"]
    parts = []
    if time is not None and power is not None and np.isfinite(time) and np.isfinite(power):
        parts.append(f"time x{time:.2g}, power x{power:.2g} of the full fit")
        if row["kind"] != "sample" and time > _FAR and power < 1 / _SOME:
            parts.append("the accelerators wait, in a way that no column tells")
        elif row["kind"] != "sample" and time < 1 / _FAR:
            parts.append("quicker than its peers: kernels that they had not")
    notes, task = row["notes"] or "", row["task"] or ""
    for holds, reason in (
        ("MaxQ" in notes, "a system capped in power; by how much is in no column"),
        (row["kind"] == "sample" and (row["precision"] or "") == "fp32", "fp32 is stated, less may have been used"),
        ("mobilenet" in task, "post-processing on the host, of an unknown share"),
        ("SingleStream" in (row["scenario"] or ""), "one sample at a time: the host's idle power and latency decide"),
        (row["kind"] == "experts" and row["model_family"] == "gpt-oss", "the only 4-bit family, left out whole"),
        ((row["batch_size"] or 0) > _MANY, "more sequences than most rows: queues and memory decide"),
    ):
        if holds:
            parts.append(reason)
    return "; ".join(parts) or "unknown"


_FAR, _SOME, _MANY = 1.5, 1.2, 1100


def scores(checked: pl.DataFrame, by: str | None = None) -> list[dict[str, object]]:
    """Return a row of `score` for each method, and for each value of a column of `validate`'s frame.

    Language models, generators and samples apart: joules per token, per image and at the wall do not mix.
    """
    found: list[dict[str, object]] = []
    for title, kinds in _TITLES.items():
        part = checked.filter(pl.col("kind").is_in(kinds))
        groups = [("all", part)] if by is None else [(str(k[0]), g) for k, g in sorted(part.group_by(by), key=str)]
        for group, rows in groups:
            for method in METHOD_NAMES:
                if method not in rows.columns or rows.is_empty():
                    continue
                told = rows.filter(pl.col(method).is_not_null() & pl.col(method).is_not_nan())
                if told.is_empty():
                    continue
                measured = told["measured_j"].to_numpy()
                row: dict[str, object] = {"models": title, "group": group, "method": method, "rows": len(told)}
                row |= score(told[method].to_numpy(), measured)
                if method == "calibrated":
                    low, high = told["low_j"].to_numpy(), told["high_j"].to_numpy()
                    row["coverage_percent"] = float(np.mean((low <= measured) & (measured <= high)) * 100)
                    row["interval_ratio"] = float(np.median(high / low))
                found.append(row)
    return found
