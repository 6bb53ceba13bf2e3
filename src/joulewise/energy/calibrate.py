"""Fitting the physical model to measurements, and what is kept of the fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog.tables import shipped_folder
from joulewise.energy.anchor import Places
from joulewise.energy.fitting import family_weights, fit_logs
from joulewise.energy.generators import generate
from joulewise.energy.intervals import LEVEL_OF_FEW, conformal, nearby_ratios, regime_of, regime_of_samples
from joulewise.energy.measured import (
    V1_TASKS,
    Measured,
    MeasuredCanvases,
    MeasuredSamples,
    measured_canvases,
    measured_rows,
    measured_samples,
)
from joulewise.energy.parameters import GENERATORS, LANGUAGE, PROMPTS, WALL, Parameter
from joulewise.energy.serving import Columns, Flags, Floats, Labels, Step, step
from joulewise.energy.shape import shape_of_params
from joulewise.energy.wall import run_samples
from joulewise.errors import DataError, InputError
from joulewise.files import write_text

# Energy is what is asked for; time and power, measured beside it, tell its two factors apart.
_WEIGHTS = {"energy": 1.0, "time": 0.15, "power": 0.3}


@dataclass(frozen=True)
class Calibration:
    """A fit, and how far off it is.

    Parameters
    ----------
    language : mapping of str to float
        Of every parameter in `parameters.LANGUAGE` and `parameters.PROMPTS`.
    generators : mapping of str to float
        Of every parameter in `parameters.GENERATORS`.
    wall : mapping of str to float
        Of every parameter in `parameters.WALL`.
    intervals : mapping of str to pair of float
        For each regime, what an estimate is multiplied by for the bounds of its 90% interval.
    provenance : mapping
        Rows and sources of the fit.
    """

    language: Mapping[str, float]
    generators: Mapping[str, float]
    wall: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    provenance: Mapping[str, Any]

    @property
    def prompts(self) -> dict[str, float]:
        """Mean prompt of each task. [tokens]"""
        prompts = {k.removeprefix("prompt."): v for k, v in self.language.items() if k.startswith("prompt.")}
        for task in V1_TASKS:
            prompts.setdefault(task, prompts["chat"])
        return prompts


def predict(values: Mapping[str, float], rows: Measured) -> Step:
    """Return the model's step for measured rows, their unknown prompts as in `values`."""
    return step(values, replace(rows.requests.columns, prompt_tokens=_prompts(values, rows)))


def _prompts(values: Mapping[str, float], rows: Measured) -> Floats:
    """Return prompts: as given where they are, else the task's parameter and the image's tokens."""
    prompts = rows.requests.columns.prompt_tokens.copy()
    given = np.array([not any(f.startswith("prompt-") for f in flags) for flags in rows.requests.flags])
    images = np.array([s.image_tokens for s in rows.requests.shapes])
    for name in PROMPTS:
        task = name.removeprefix("prompt.")
        of_task = np.isin(rows.task, V1_TASKS) | (rows.task == "chat") if task == "chat" else rows.task == task
        prompts[of_task & ~given] = values[name]
        if task.startswith("mllm"):
            prompts[of_task & ~given] += images[of_task & ~given]
    return prompts


def fit(rows: Measured, use: Flags | None = None, start: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return the parameters that fit best.

    To energy, step time and power; see `fitting.fit_logs`.

    Parameters
    ----------
    rows : Measured
    use : array of bool, optional
        The rows to fit to; by default all.
    start : mapping, optional
        Values to begin from; by default the priors.
    """
    use = np.ones(len(rows.energy_j), dtype=np.bool_) if use is None else use
    weight = family_weights(rows.family, use)

    def made(values: dict[str, float]) -> list[Floats]:
        step = predict(values, rows)
        return [step.energy_j, step.time_s, step.power_w]

    measured = [rows.energy_j, rows.time_s, rows.power_w]
    return fit_logs(LANGUAGE | PROMPTS, made, measured, [weight * w for w in _WEIGHTS.values()], start)


def held_out(rows: Measured, groups: Labels, full: Mapping[str, float]) -> Floats:
    """Return the energy of each row by a fit that saw no row of its group; NaN if there is one group. [J per token]"""
    return _each_left_out(groups, lambda use: predict(fit(rows, use, full), rows).energy_j)


def _each_left_out(groups: Labels, energy_of: Callable[[Flags], Floats]) -> Floats:
    """Return each row's energy by a fit to the rows of other groups; NaN if there is one group."""
    energy = np.full(len(groups), np.nan)
    for group in np.unique(groups):
        out = groups == group
        if not out.all():
            energy[out] = energy_of(~out)[out]
    return energy


def require_families(rows: Measured) -> None:
    """Raise `InputError` where no family can be left out: an error on rows that a fit has seen is worth nothing."""
    families = np.unique(rows.family)
    if len(families) < 2:
        raise InputError(
            f"{len(rows.family)} measured rows of language models, all of the family {families.tolist()[0]!r}, are too "
            "few: a fit is judged on families that it has not seen",
            "measure a second family, or add the rows to the shipped ones",
        )


_FEWEST = 25
"""Rows that a regime needs for an interval of its own."""


def _nearby_interval(ratios: Floats, groups: Labels, places: Places) -> tuple[float, float] | None:
    left = nearby_ratios(ratios, places)
    known = ~np.isnan(left)
    return conformal(left[known], groups[known]) if known.sum() >= _FEWEST else None


def language_intervals(rows: Measured, values: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Return the interval of each regime, from families left out whole, and of what was never measured."""
    ratios = rows.energy_j / held_out(rows, rows.family, values)
    regimes = regime_of(rows.requests)
    found = {"language": conformal(ratios, rows.family)}
    nearby = _nearby_interval(ratios, rows.family, rows.places)
    found["language, measured-nearby"] = nearby or found["language"]
    for regime in np.unique(regimes).tolist():
        inside = regimes == regime
        if inside.sum() >= _FEWEST:
            found[regime] = conformal(ratios[inside], rows.family[inside])
    dies, unseen = rows.requests.columns.die, "accelerator-not-measured"
    several = len(np.unique(dies)) > 1
    found[unseen] = conformal(_unseen_dies(rows, values), dies) if several else load_calibration().intervals[unseen]
    found["shape-from-size"] = conformal(_sizes_alone(rows, values), rows.family)
    return found


def _unseen_dies(rows: Measured, values: Mapping[str, float]) -> Floats:
    ratios = np.full(len(rows.energy_j), np.nan)
    columns = rows.requests.columns
    for die in np.unique(columns.die):
        out = columns.die == die
        blind = replace(columns, die=np.where(out, "other", columns.die))
        hidden = replace(rows, requests=replace(rows.requests, columns=blind))
        ratios[out] = (rows.energy_j / predict(fit(hidden, ~out, values), hidden).energy_j)[out]
    return ratios


def _sizes_alone(rows: Measured, values: Mapping[str, float]) -> Floats:
    shapes = [shape_of_params(s.params, s.active_params) for s in rows.requests.shapes]
    of_shape = {f.name for f in fields(shapes[0])} & {f.name for f in fields(Columns)}
    guessed: dict[str, Any] = {n: np.array([getattr(s, n) for s in shapes], dtype=np.float64) for n in of_shape}
    columns = replace(rows.requests.columns, **guessed)
    blind = replace(rows, requests=replace(rows.requests, columns=columns))
    return rows.energy_j / predict(values, blind).energy_j


def fit_canvases(
    rows: MeasuredCanvases, use: Flags | None = None, start: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the parameters of generators that fit best; see `fit`."""
    use = np.ones(len(rows.energy_j), dtype=np.bool_) if use is None else use
    weight = family_weights(rows.family, use)

    def made(values: dict[str, float]) -> list[Floats]:
        batch = generate(values, rows.requests.columns)
        return [batch.energy_j, batch.time_s, batch.power_w]

    measured = [rows.energy_j, rows.time_s, rows.power_w]
    return fit_logs(GENERATORS, made, measured, [weight * w for w in _WEIGHTS.values()], start)


def held_out_canvases(rows: MeasuredCanvases, groups: Labels, full: Mapping[str, float]) -> Floats:
    """Return the energy of each row by a fit that saw no row of its group. [J per image or video]"""
    return _each_left_out(groups, lambda use: generate(fit_canvases(rows, use, full), rows.requests.columns).energy_j)


def fit_samples(
    rows: MeasuredSamples, use: Flags | None = None, start: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the parameters of samples at the wall that fit best; see `fit`."""
    weight = np.ones(len(rows.energy_j)) if use is None else use.astype(np.float64)

    def made(values: dict[str, float]) -> list[Floats]:
        run = run_samples(values, rows.requests.columns)
        return [run.energy_j, run.power_w]

    measured = [rows.energy_j, rows.power_w]
    return fit_logs(WALL, made, measured, [weight, weight * _WEIGHTS["power"]], start)


def held_out_samples(rows: MeasuredSamples, groups: Labels, full: Mapping[str, float]) -> Floats:
    """Return the energy of each row by a fit that saw no row of its group. [J per sample, at the wall]"""
    return _each_left_out(groups, lambda use: run_samples(fit_samples(rows, use, full), rows.requests.columns).energy_j)


def sample_intervals(rows: MeasuredSamples, values: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Return the interval of each regime of samples from machines left out, and of networks never measured."""
    ratios = rows.energy_j / held_out_samples(rows, rows.system, values)
    regimes = regime_of_samples(rows.requests.columns)
    found = {"wall": conformal(ratios, rows.system, LEVEL_OF_FEW)}
    for regime in np.unique(regimes).tolist():
        inside = regimes == regime
        if inside.sum() >= _FEWEST:
            found[regime] = conformal(ratios[inside], rows.system[inside], LEVEL_OF_FEW)
    kind = rows.requests.columns.kind
    found["network-not-measured"] = conformal(rows.energy_j / held_out_samples(rows, kind, values), kind)
    return found


def calibrate(frame: pl.DataFrame, begin: Callable[[str], None] = lambda _: None) -> Calibration:
    """Fit the model to measurements and derive its intervals.

    Parameters
    ----------
    frame : DataFrame
        In the form of the shipped measurements. Without rows of generators their parameters stay as shipped.
    begin : callable
        Told the name of each part as it begins.
    """
    begin("language models")
    rows = measured_rows(frame)
    require_families(rows)
    language = fit(rows)
    begin("families left out")
    intervals = language_intervals(rows, language)
    begin("generators")
    canvases = measured_canvases(frame)
    if canvases is None:
        shipped = load_calibration()
        generators: Mapping[str, float] = shipped.generators
        for name in ("generator", "generator, measured-nearby"):
            intervals[name] = shipped.intervals[name]
    else:
        generators = fit_canvases(canvases)
        ratios = canvases.energy_j / held_out_canvases(canvases, canvases.family, generators)
        intervals["generator"] = conformal(ratios, canvases.family, LEVEL_OF_FEW)
        nearby = _nearby_interval(ratios, canvases.family, canvases.places)
        intervals["generator, measured-nearby"] = nearby or intervals["generator"]
    begin("samples at the wall")
    samples = measured_samples(frame)
    if samples is None:
        shipped = load_calibration()
        wall: Mapping[str, float] = shipped.wall
        intervals |= {k: v for k, v in shipped.intervals.items() if k.startswith("wall") or k == "network-not-measured"}
    else:
        wall = fit_samples(samples)
        intervals |= sample_intervals(samples, wall)
    both = np.concatenate([rows.source, *(part.source for part in (canvases, samples) if part is not None)])
    sources, counts = np.unique(both, return_counts=True)
    return Calibration(
        language=language,
        generators=generators,
        wall=wall,
        intervals=intervals,
        provenance={
            "rows": len(both),
            "sources": dict(zip(sources.tolist(), counts.tolist(), strict=True)),
            "families": sorted(set(rows.family.tolist())),
            "left_out": [str(p) for p in rows.requests.problems],
        },
    )


def save_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration as JSON."""
    write_text(path, json.dumps(as_file(calibration), indent=1) + "\n")


def as_file(calibration: Calibration) -> dict[str, Any]:
    """Return a calibration as its file holds it, four digits each: short enough to read in review."""

    def told(values: Mapping[str, float], table: Mapping[str, Parameter]) -> dict[str, Any]:
        return {n: {"value": _digits(v), "unit": table[n].unit, "meaning": table[n].meaning} for n, v in values.items()}

    return {
        "provenance": dict(calibration.provenance),
        "language": told(calibration.language, LANGUAGE | PROMPTS),
        "generators": told(calibration.generators, GENERATORS),
        "wall": told(calibration.wall, WALL),
        "intervals_90": {k: [_digits(x) for x in v] for k, v in calibration.intervals.items()},
    }


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


@lru_cache
def load_calibration(path: Path | None = None) -> Calibration:
    """Return a calibration; by default the shipped one.

    Raises
    ------
    DataError
        If the file is not one.
    """
    file = path or shipped_folder() / "calibration.json"
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        language = {name: float(p["value"]) for name, p in value["language"].items()}
        generators = {name: float(p["value"]) for name, p in value["generators"].items()}
        wall = {name: float(p["value"]) for name, p in value["wall"].items()}
        intervals = {name: (float(low), float(high)) for name, (low, high) in value["intervals_90"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{file} is not a calibration: {error}", "joulewise calibrate writes one") from error
    missing = sorted(({*LANGUAGE, *PROMPTS} - {*language}) | ({*GENERATORS} - {*generators}) | ({*WALL} - {*wall}))
    if missing:
        raise DataError(f"{file} has no value of {missing[0]}", "joulewise calibrate writes all")
    return Calibration(language, generators, wall, intervals, value.get("provenance", {}))
