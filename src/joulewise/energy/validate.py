"""How far off every method is on measured rows, never on rows it was fitted to."""

from __future__ import annotations

from collections.abc import Callable

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
    require_families,
)
from joulewise.energy.intervals import conformal, regime_of, regime_of_samples
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
        says something, and ``low_j, high_j``, the 90% interval of regimes in which the row's family had no say.

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
    return pl.concat(parts, how="diagonal")


def _generators(rows: MeasuredCanvases) -> pl.DataFrame:
    full = fit_canvases(rows)
    ours = held_out_canvases(rows, rows.family, full)
    c = rows.requests.columns
    flops = c.steps * c.passes * (c.product_flops + c.attention_flops)
    low, high = _blind_intervals(rows.energy_j / ours, np.full(len(ours), "generator"), rows.family)
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
        }
    )


def _samples(rows: MeasuredSamples) -> pl.DataFrame:
    """Machines are left out whole: the rows tell few networks, each of its own mix of operations."""
    full = fit_samples(rows)
    ours = held_out_samples(rows, rows.system, full)
    c = rows.requests.columns
    low, high = _blind_intervals(rows.energy_j / ours, regime_of_samples(c), rows.system)
    return pl.DataFrame(
        {
            "id": rows.ids,
            "source": rows.source,
            "kind": np.full(len(ours), "sample"),
            "task": rows.network,
            "model_family": rows.network,
            "accelerator_die": c.die,
            "measured_j": rows.energy_j,
            "calibrated": ours,
            "accelerator-out": held_out_samples(rows, c.die, full),
            "paper": c.flops / (c.peak_per_s / c.tdp_w),
            "low_j": ours * low,
            "high_j": ours * high,
        }
    )


def _one_row(estimate: Floats, measured: Floats, places: Places) -> Floats:
    """Return estimates corrected by the nearest other row of their configuration; NaN where there is none."""
    nearby = nearest(places, places, same_rows=True)
    return np.where(nearby.index >= 0, corrected(estimate, nearby, measured / estimate), np.nan)


def _blind_intervals(ratios: Floats, regimes: Labels, families: Labels) -> tuple[Floats, Floats]:
    """Return each row's interval from the ratios of its regime's other families, or of all others."""
    low, high = np.ones(len(ratios)), np.ones(len(ratios))
    for regime in np.unique(regimes):
        for family in np.unique(families[regimes == regime]):
            here = (regimes == regime) & (families == family)
            others = (regimes == regime) & (families != family)
            basis = others if others.sum() >= 25 else families != family
            low[here], high[here] = conformal(ratios[basis], families[basis])
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
