"""The calibrated method on a whole table: energy of each workload, its interval, and what bounds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from joulewise.energy.anchor import NEAR, corrected, nearest, places_of
from joulewise.energy.calibrate import Calibration, load_calibration
from joulewise.energy.canvases import CanvasRequests, read_canvases
from joulewise.energy.generators import Generation, generate
from joulewise.energy.intervals import regime_of, regime_of_samples
from joulewise.energy.requests import UNLIKE_MEASURED, Problem, Requests, model_or_none, read_requests, texts_of
from joulewise.energy.samples import SampleRequests, read_samples
from joulewise.energy.serving import CURRENT, EAGER, EARLY, Floats, Labels, kept_bytes, step
from joulewise.energy.wall import Run, run_samples
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
    frame: pl.DataFrame, calibration: Calibration | None = None, measured: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    """Estimate a table of workloads, a row each.

    Parameters
    ----------
    frame : DataFrame
        Columns as in `requests.NUMBERS` and `requests.TEXTS`; a model or its parameters, and an accelerator.
    calibration : Calibration, optional
        By default the shipped one.
    measured : DataFrame, optional
        Measured rows, in the form of the shipped ones: where one is of the same configuration as a workload, its
        error corrects the estimate (see `anchor`); flagged ``measured-nearby`` or ``measured-afar``.

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
    kinds = kinds_of(frame)
    results: list[pl.DataFrame] = []
    problems: list[Problem] = []
    for kind, method in (("language", _language), ("generator", _generators), ("sample", _samples)):
        places = np.flatnonzero(kinds == kind)
        if not len(places):
            continue
        made, wrong = method(frame[places.tolist()], calibration)
        results.append(made.with_columns(pl.Series("row", places[made["row"].to_numpy()] + 1)))
        problems += [replace(p, row=int(places[p.row - 1]) + 1) for p in wrong]
    found = pl.concat(results).sort("row")
    if measured is not None:
        found = _anchored(frame, found, measured, calibration)
    kept = frame[(found["row"] - 1).to_list()].drop([c for c in OUTPUT if c in frame.columns])
    return pl.concat([kept, found.select(OUTPUT)], how="horizontal"), tuple(sorted(problems, key=lambda p: p.row))


def _anchored(
    frame: pl.DataFrame, found: pl.DataFrame, measured: pl.DataFrame, calibration: Calibration
) -> pl.DataFrame:
    """Return estimates corrected by the nearest measured row of their configuration, where there is one."""
    if not {"energy_j_per_unit", "unit"} <= set(measured.columns):
        raise InputError("the measured rows lack energy_j_per_unit or unit", "see the form of the shipped data")
    usable = measured.filter(pl.col("energy_j_per_unit").cast(pl.Float64, strict=False).gt(0).fill_null(value=False))
    if usable.is_empty():
        raise InputError("no measured row has an energy_j_per_unit above 0", "see the form of the shipped data")
    own, _ = estimate_many(usable, calibration)
    energy_j = own["energy_j_per_unit"].cast(pl.Float64).to_numpy()
    ratio = energy_j / own["energy_per_output_token_j"].fill_null(own["energy_j"]).to_numpy()
    rows = (found["row"] - 1).to_list()
    nearby = nearest(places_of(frame, rows), places_of(usable, (own["row"] - 1).to_list()))
    factor = corrected(np.ones(len(rows)), nearby, ratio)
    slower = corrected(np.ones(len(rows)), nearby, _time_ratio(own))
    near = nearby.weight >= NEAR
    low = (found["energy_j_low"] / found["energy_j"]).to_numpy(writable=True)
    high = (found["energy_j_high"] / found["energy_j"]).to_numpy(writable=True)
    kinds = kinds_of(frame)[rows]
    for kind in ("language", "generator"):  # of samples no interval beside a measured row is known: theirs stays
        low[near & (kinds == kind)], high[near & (kinds == kind)] = calibration.intervals[f"{kind}, measured-nearby"]
    flags = np.where(near, "measured-nearby", np.where(nearby.index >= 0, "measured-afar", ""))
    columns: dict[str, pl.Series] = {}
    for name in ("energy_j", "energy_per_output_token_j"):
        central = found[name].cast(pl.Float64) * pl.Series(factor)
        columns |= {name: central, f"{name}_low": central * pl.Series(low), f"{name}_high": central * pl.Series(high)}
    return found.with_columns(
        pl.col("time_s") * pl.Series(slower),
        pl.col("power_w") * pl.Series(factor / slower),
        *(values.alias(name) for name, values in columns.items()),
        flags=pl.Series(
            ["|".join(x for x in pair if x) for pair in zip(found["flags"].to_list(), flags.tolist(), strict=True)]
        ),
    )


def _time_ratio(own: pl.DataFrame) -> Floats:
    """Return measured over estimated time of rows with a throughput; 1 where there is none."""
    if "throughput" not in own.columns:
        return np.ones(len(own))
    batch = own["batch_size"].cast(pl.Float64, strict=False).fill_null(1.0) if "batch_size" in own.columns else 1.0
    tokens = own["energy_j"] / own["energy_per_output_token_j"].fill_null(own["energy_j"])
    measured_s = batch / own["throughput"].cast(pl.Float64, strict=False) * tokens
    ratio: Floats = (measured_s / own["time_s"]).fill_null(1.0).to_numpy()
    return np.where(np.isfinite(ratio) & (ratio > 0), ratio, 1.0)


def kinds_of(frame: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.str_]]:
    """Return what each row is: by its model, else by its task or steps, else a language model.

    Returns
    -------
    array of str
        ``language``, ``generator`` or ``sample``.
    """
    models = texts_of(frame, "model")
    known = {m: _kind(m) for m in models.unique().drop_nulls().to_list()}
    made = texts_of(frame, "task").str.contains("to-image|to-video|image-generation|video-generation")
    asked = made.fill_null(value=False) | texts_of(frame, "steps").is_not_null()
    counted = texts_of(frame, "flops").is_not_null()
    guessed = ["sample" if c else "generator" if a else "language" for a, c in zip(asked, counted, strict=True)]
    return np.array([known.get(m) or g for m, g in zip(models.to_list(), guessed, strict=True)], dtype=np.str_)


def _kind(model: str) -> str | None:
    """Return what a model is, or None where the tables do not have it."""
    found = model_or_none(model)
    if found is None:
        return None
    if found.generator:
        return "generator"
    if found.sample_network or found.image_networks:
        return "sample"
    return "language" if found.architecture or found.configuration else None


def _samples(frame: pl.DataFrame, calibration: Calibration) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    requests = read_samples(frame)
    made = run_samples(calibration.wall, requests.columns)
    regimes = regime_of_samples(requests.columns)
    regimes = np.where(np.isin(regimes, list(calibration.intervals)), regimes, "wall")
    return _told(requests, made, calibration, regimes, made.power_w), requests.problems


def _language(frame: pl.DataFrame, calibration: Calibration) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    requests = read_requests(frame, calibration.prompts)
    c = requests.columns
    made = step(calibration.language, c)
    power_w, energy_j = _with_host(requests, made.power_w * c.n, made.energy_j, calibration)
    low, high = bounds(requests, calibration)
    too_big = memory_bytes(requests) > 1
    flags = [(*f, "does-not-fit") if t else f for f, t in zip(requests.flags, too_big.tolist(), strict=True)]
    tokens = c.output_tokens
    return _table(
        requests.rows,
        made.time_s * tokens,
        power_w,
        energy_j * tokens,
        low,
        high,
        _bound(made.parts_s),
        flags,
    ).with_columns(
        pl.Series("energy_per_output_token_j", energy_j),
        pl.Series("energy_per_output_token_j_low", energy_j * low),
        pl.Series("energy_per_output_token_j_high", energy_j * high),
        pl.Series("prefill_share", made.prefill_share),
    ), requests.problems


def _generators(frame: pl.DataFrame, calibration: Calibration) -> tuple[pl.DataFrame, tuple[Problem, ...]]:
    requests = read_canvases(frame)
    made = generate(calibration.generators, requests.columns)
    power_w, energy_j = _with_host(requests, made.power_w * requests.columns.n, made.energy_j, calibration)
    regimes = np.full(len(requests.rows), "generator")
    return _told(requests, replace(made, energy_j=energy_j), calibration, regimes, power_w), requests.problems


def _with_host(
    requests: Requests | CanvasRequests, power_w: Floats, energy_j: Floats, calibration: Calibration
) -> tuple[Floats, Floats]:
    """Return power and energy with the server's own added where the whole system is asked for."""
    all_w = power_w * requests.replicas
    n = requests.columns.n * requests.replicas
    server_w = calibration.wall["host.server"] + calibration.wall["per_accelerator"] * n
    whole_w = np.where(requests.at_wall, all_w + server_w, all_w)
    return whole_w, energy_j * whole_w / all_w


def _told(
    requests: CanvasRequests | SampleRequests,
    made: Generation | Run,
    calibration: Calibration,
    regimes: Labels,
    power_w: Floats,
) -> pl.DataFrame:
    """Return the table of what is not told by the token."""
    low, high = np.ones(len(requests.rows)), np.ones(len(requests.rows))
    for i, (regime, flags) in enumerate(zip(regimes.tolist(), requests.flags, strict=True)):
        low[i], high[i] = _widest(calibration, [regime, *flags])
    none = pl.lit(None, dtype=pl.Float64)
    names = [n for n in OUTPUT if n.startswith("energy_per_output") or n == "prefill_share"]
    return _table(
        requests.rows, made.time_s, power_w, made.energy_j, low, high, _bound(made.parts_s), requests.flags
    ).with_columns(none.alias(n) for n in names)


def _bound(parts_s: Mapping[str, Floats]) -> list[str]:
    """Return the name of the longest part of each row."""
    names = list(parts_s)
    return [names[i] for i in np.stack(list(parts_s.values())).argmax(axis=0).tolist()]


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
        unlike = [] if UNLIKE_MEASURED.isdisjoint(flags) else _of_language(calibration)
        low[i], high[i] = _widest(calibration, [known, *flags, *unlike])
    return low, high


def _of_language(calibration: Calibration) -> list[str]:
    """Return the names of every interval of language models, of sizes alone among them."""
    starts = ("language", EAGER, EARLY, CURRENT, "shape-from-size")
    return [name for name in calibration.intervals if name.split(",")[0] in starts]


def _widest(calibration: Calibration, names: list[str]) -> tuple[float, float]:
    if "at-the-wall" in names and not names[0].startswith("wall"):
        names = [*names, "wall"]  # a server around what was metered without one
    found = [calibration.intervals[n] for n in names if n in calibration.intervals]
    return min(low for low, _ in found), max(high for _, high in found)


def memory_bytes(requests: Requests) -> Floats:
    """Return the memory that weights and cache need, relative to what the accelerators have."""
    c = requests.columns
    weights = np.array([s.params for s in requests.shapes]) * c.weight_bytes * c.data_parallel
    return np.asarray((weights + kept_bytes(c)) * _OTHER_MEMORY / (c.n * requests.memory_bytes))
