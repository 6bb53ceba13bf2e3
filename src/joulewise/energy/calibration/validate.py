"""Comparison of every method with measured rows, by fits that had not seen them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog import Catalog, load
from joulewise.csv_input import frame_of
from joulewise.energy.calibration.anchor import corrected, nearest
from joulewise.energy.calibration.baselines import BASELINES, log_linear
from joulewise.energy.calibration.fit import fit, held_out, require_families
from joulewise.energy.calibration.intervals import unseen_intervals
from joulewise.energy.kinds import KINDS
from joulewise.energy.language.kind import LANGUAGE
from joulewise.energy.measured_rows import Measured
from joulewise.energy.physics import Floats
from joulewise.energy.places import Places
from joulewise.energy.workload_kind import Kind, Values
from joulewise.errors import InputError

METHOD_NAMES = (
    "calibrated",
    "one-row",
    "lineage-out",
    "accelerator-out",
    "log-linear",
    "ecologits",
    "roofline",
    "at-peak",
)
"""``calibrated``: families left out as a whole; ``one-row``: the same, corrected by one other measured row of the same
configuration, the nearest in batch size; the next two: developers' lines, and chip designs, left out as a whole."""


def validate(
    frame: object, begin: Callable[[str], None] = lambda _: None, catalog: Catalog | None = None
) -> pl.DataFrame:
    """Compare every method with measured rows, each priced by a fit that did not see the row's family.

    Parameters
    ----------
    frame : DataFrame
        Measurements in the form of the shipped ones; fits are made within it.
    begin : callable
        Called with the name of each part as it begins.
    catalog : Catalog, optional
        By default the shipped one.

    Returns
    -------
    DataFrame
        One row per measurement, with ``id, source, kind, task, model_family, accelerator_die, batch_size, measured_j``
        (per output token, image, video or sample), an estimate of each of `METHOD_NAMES` in J where the method
        applies, ``low_j, high_j``, the 90% interval of the row's regime without its family, and
        ``time_ratio, power_ratio``: measured over the value of a fit to all rows, where they were measured.

    Raises
    ------
    InputError
        If no row can be compared.
    """
    frame, catalog = frame_of(frame), catalog or load()
    parts: list[pl.DataFrame] = []
    for kind in KINDS.values():
        begin(kind.title)
        rows = kind.measured(frame, catalog)
        if rows is not None:
            parts.append(_compared(kind, rows))
    if not parts:
        raise InputError("no row is a measurement that can be compared", "see the form of the shipped data")
    whole = pl.concat([pl.DataFrame(schema={"scenario": pl.String}), *parts], how="diagonal")
    return whole.select(*(c for c in whole.columns if c != "scenario"), "scenario")


def _compared(kind: Kind, rows: Measured) -> pl.DataFrame:
    """Return measured rows of one kind with the estimate of every method that applies."""
    if kind is LANGUAGE:
        require_families(rows)
    full = fit(kind, rows)
    ours = held_out(kind, rows, rows.group, full)
    regimes = kind.run(full, rows.requests).regimes
    low, high = unseen_intervals(rows.energy_j / ours, regimes, rows.group, kind.level)
    _, time_s, power_w = kind.predict(full, rows)
    columns: dict[str, Any] = {
        "id": rows.ids,
        "source": rows.source,
        "model_family": rows.family,
        "accelerator_die": rows.requests.columns.die,
        "measured_j": rows.energy_j,
        "calibrated": ours,
        "accelerator-out": held_out(kind, rows, rows.requests.columns.die, full),
        "low_j": ours * low,
        "high_j": ours * high,
        "time_ratio": rows.time_s / time_s,
        "power_ratio": rows.power_w / power_w,
        **kind.described(rows),
    }
    if kind.near_rows_narrow:
        columns["one-row"] = _one_row(ours, rows.energy_j, rows.places)
    if kind is LANGUAGE:
        columns |= _of_language(rows, full)
    first = ("id", "source", "kind", "task", "model_family", "accelerator_die", "batch_size", "scenario", "measured_j")
    order = (*first, *METHOD_NAMES, "low_j", "high_j", "time_ratio", "power_ratio")
    return pl.DataFrame({name: columns[name] for name in order if name in columns})


def _of_language(rows: Measured, full: Values) -> dict[str, Floats]:
    """Return the estimates of the methods that are for language models alone."""
    c = rows.requests.columns
    linear = np.full(len(rows.energy_j), np.nan)
    for family in np.unique(rows.family):
        out = rows.family == family
        linear[out] = log_linear(c, rows.energy_j, ~out)[out]
    baselines = {name: baseline.energy_j(c) for name, baseline in BASELINES.items()}
    return {"lineage-out": held_out(LANGUAGE, rows, rows.lineage, full), "log-linear": linear, **baselines}


def _one_row(estimate: Floats, measured: Floats, places: Places) -> Floats:
    """Return estimates corrected by the nearest other row of their configuration; NaN where there is none."""
    nearby = nearest(places, places, same_rows=True)
    return np.where(nearby.index >= 0, corrected(estimate, nearby, measured / estimate), np.nan)


def worst_rows(checked: pl.DataFrame, n: int, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the largest errors, each with its workload and the likely reason.

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
    described = ["model", "accelerator", "n_accelerators", "precision", "notes"]
    there = frame.select("id", *[pl.col(c) if c in frame.columns else pl.lit(None).alias(c) for c in described])
    rows = checked.with_columns(off=off).sort("off", descending=True, nulls_last=True).head(n)
    rows = rows.join(there, on="id", how="left", maintain_order="left")
    reasons = pl.Series("reason", [_reason(row) for row in rows.iter_rows(named=True)], dtype=pl.String)
    shown = ("id", "model", "task", "accelerator", "n_accelerators", "batch_size", "measured_j", "calibrated", "off")
    return rows.with_columns(reasons).select(*shown, "time_ratio", "power_ratio", "reason")


def _reason(row: dict[str, Any]) -> str:
    """Return the likely reason of a miss: the factor that is off, and the column that could explain it."""
    time, power = row["time_ratio"], row["power_ratio"]
    parts = []
    if time is not None and power is not None and np.isfinite(time) and np.isfinite(power):
        parts.append(f"time x{time:.2g}, power x{power:.2g} of the full fit")
        if row["kind"] != "sample" and time > _FAR and power < 1 / _SOME:
            parts.append("the accelerators wait, for a reason that no column gives")
        elif row["kind"] != "sample" and time < 1 / _FAR:
            parts.append("quicker than similar rows: kernels that those lacked")
    notes, task = row["notes"] or "", row["task"] or ""
    for holds, reason in (
        ("MaxQ" in notes, "a power-capped system; no column gives the cap"),
        (
            row["kind"] == "sample" and (row["precision"] or "") == "fp32",
            "fp32 is stated, but a smaller format may have run",
        ),
        ("mobilenet" in task, "post-processing on the host, of an unknown share"),
        ("SingleStream" in (row["scenario"] or ""), "one sample at a time: the host's idle power and latency decide"),
        (
            row["kind"] == "experts" and row["model_family"] == "gpt-oss",
            "the only 4-bit family, absent from the fit",
        ),
        ((row["batch_size"] or 0) > _MANY, "more sequences than most rows: queues and memory decide"),
    ):
        if holds:
            parts.append(reason)
    return "; ".join(parts) or "unknown"


_FAR, _SOME, _MANY = 1.5, 1.2, 1100
