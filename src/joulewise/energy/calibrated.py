"""The calibrated method on a whole table: energy of each workload, its interval, and what bounds it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog.records import architecture, generator
from joulewise.energy.calibrate import Calibration, load_calibration, regime_of
from joulewise.energy.canvases import read_canvases
from joulewise.energy.generators import generate
from joulewise.energy.requests import Problem, Requests, read_requests
from joulewise.energy.serving import Floats, step
from joulewise.errors import InputError

OUTPUT = (
    "row",
    "time_s",
    "power_w",
    "energy_j",
    "energy_j_low",
    "energy_j_high",
    "energy_per_output_token_j",
    "energy_per_output_token_j_low",
    "energy_per_output_token_j_high",
    "prefill_share",
    "bound",
    "flags",
)
"""Columns that an estimate adds to those of the workload."""

# Beside weights and cache: activations, the engine's own buffers, fragmentation.
_OTHER_MEMORY = 1.1


def estimate_many(
    frame: pl.DataFrame, calibration: Calibration | None = None
) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """Estimate a table of workloads, a row each.

    Parameters
    ----------
    frame : DataFrame
        Columns as in `requests.NUMBERS` and `requests.TEXTS`; a model or its parameters, and an accelerator.
    calibration : Calibration, optional
        By default the shipped one.

    Returns
    -------
    DataFrame
        The good rows, with the columns of `OUTPUT` after their own: per request, that is one prompt with
        its answer, one image or one video; `row` counts from 1; `power_w` of all accelerators together;
        `flags` joined by ``|``.
    tuple of Problem
        Why each other row was left out.

    Raises
    ------
    InputError
        If the table has no rows or lacks a column that every row needs.
    """
    if frame.is_empty():
        raise InputError("the table has no rows", "a header and a row each, e.g. model,accelerator")
    calibration = calibration or load_calibration()
    generates = _is_generator(frame)
    results: list[pl.DataFrame] = []
    problems: list[Problem] = []
    for method, inside in ((_language, ~generates), (_generators, generates)):
        places = np.flatnonzero(inside)
        if not len(places):
            continue
        made, wrong = method(frame[places.tolist()], calibration)
        results.append(made.with_columns(pl.Series("row", places[made["row"].to_numpy()] + 1)))
        problems += [replace(p, row=int(places[p.row - 1]) + 1) for p in wrong]
    found = pl.concat(results).sort("row")
    kept = frame[(found["row"] - 1).to_list()].drop([c for c in OUTPUT if c in frame.columns])
    return pl.concat([kept, found.select(OUTPUT)], how="horizontal"), tuple(sorted(problems, key=lambda p: p.row))


def _is_generator(frame: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    blank = pl.Series([None] * len(frame), dtype=pl.String)
    models = frame["model"].cast(pl.String) if "model" in frame.columns else blank
    kinds = {
        m: generator(m) is not None or (architecture(m) is None and None)
        for m in models.unique().drop_nulls().to_list()
    }
    task = frame["task"].cast(pl.String) if "task" in frame.columns else blank
    steps = frame["steps"].cast(pl.String) if "steps" in frame.columns else blank
    made = task.str.contains("to-image|to-video|image-generation|video-generation").fill_null(value=False)
    asked = made | (steps.is_not_null() & (steps.str.strip_chars() != "")).fill_null(value=False)
    known = [kinds.get(m) if m is not None else None for m in models.to_list()]
    return np.array([a if k is None else k for a, k in zip(asked.to_list(), known, strict=True)], dtype=np.bool_)


def _kind(model: str) -> bool | None:
    """Return whether a model is a generator; None where the tables do not have it."""
    if generator(model) is not None:
        return True
    return None if architecture(model) is None else False


def _language(frame: pl.DataFrame, calibration: Calibration) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    requests = read_requests(frame, calibration.prompts)
    c = requests.columns
    made = step(calibration.language, c)
    low, high = bounds(requests, calibration)
    parts = np.stack(list(made.parts_s.values())) if len(c.n) else np.zeros((1, 0))
    bound = np.array(list(made.parts_s))[parts.argmax(axis=0)] if len(c.n) else []
    too_big = memory_bytes(requests) > 1
    flags = [(*f, "does-not-fit") if t else f for f, t in zip(requests.flags, too_big.tolist(), strict=True)]
    tokens = c.output_tokens
    return _table(
        requests.rows, made.time_s * tokens, made.power_w * c.n, made.energy_j * tokens, low, high, bound, flags
    ).with_columns(
        pl.Series("energy_per_output_token_j", made.energy_j),
        pl.Series("energy_per_output_token_j_low", made.energy_j * low),
        pl.Series("energy_per_output_token_j_high", made.energy_j * high),
        pl.Series("prefill_share", made.prefill_share),
    ), requests.problems


def _generators(frame: pl.DataFrame, calibration: Calibration) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    requests = read_canvases(frame)
    c = requests.columns
    made = generate(calibration.generators, c)
    low, high = np.full(len(c.n), 1.0), np.full(len(c.n), 1.0)
    for i, flags in enumerate(requests.flags):
        low[i], high[i] = _widest(calibration, ["generator", *flags])
    parts = np.stack(list(made.parts_s.values())) if len(c.n) else np.zeros((1, 0))
    bound = np.array(list(made.parts_s))[parts.argmax(axis=0)] if len(c.n) else []
    none = pl.lit(None, dtype=pl.Float64)
    names = [n for n in OUTPUT if n.startswith("energy_per_output") or n == "prefill_share"]
    table = _table(requests.rows, made.time_s, made.power_w * c.n, made.energy_j, low, high, bound, requests.flags)
    return table.with_columns(none.alias(n) for n in names), requests.problems


def _table(
    rows: Any, time_s: Floats, power_w: Floats, energy_j: Floats, low: Floats, high: Floats, bound: Any, flags: Any
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": rows,
            "time_s": time_s,
            "power_w": power_w,
            "energy_j": energy_j,
            "energy_j_low": energy_j * low,
            "energy_j_high": energy_j * high,
            "bound": pl.Series(list(bound), dtype=pl.String),
            "flags": pl.Series(["|".join(f) for f in flags], dtype=pl.String),
        }
    )


def bounds(requests: Requests, calibration: Calibration) -> tuple[Floats, Floats]:
    """Return what each estimate is multiplied by for the bounds of its 90% interval: the widest that applies."""
    regimes = regime_of(requests)
    low, high = np.ones(len(regimes)), np.ones(len(regimes))
    for i, (regime, flags) in enumerate(zip(regimes.tolist(), requests.flags, strict=True)):
        known = regime if regime in calibration.intervals else "language"
        low[i], high[i] = _widest(calibration, [known, *flags])
    return low, high


def _widest(calibration: Calibration, names: list[str]) -> tuple[float, float]:
    found = [calibration.intervals[n] for n in names if n in calibration.intervals]
    return min(low for low, _ in found), max(high for _, high in found)


def memory_bytes(requests: Requests) -> Floats:
    """Return the memory that weights and cache need, relative to what the accelerators have."""
    c = requests.columns
    weights = np.array([s.params for s in requests.shapes]) * c.weight_bytes * c.data_parallel
    context = c.prompt_tokens + c.output_tokens / 2  # requests are in all stages of their answers
    seen = (c.layers - c.window_layers) * context + c.window_layers * np.minimum(context, c.window)
    cache = c.batch_size * 2 * c.kv_values_per_token_layer * seen
    return np.asarray((weights + cache) * _OTHER_MEMORY / (c.n * requests.memory_bytes))
