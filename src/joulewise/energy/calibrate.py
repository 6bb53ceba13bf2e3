"""Fitting the physical model to measurements, and what is kept of the fit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog.tables import shipped_folder
from joulewise.energy.canvases import CanvasRequests, read_canvases
from joulewise.energy.fitting import family_weights, fit_logs
from joulewise.energy.generators import generate
from joulewise.energy.parameters import GENERATORS, LANGUAGE, PROMPTS, WALL, Parameter
from joulewise.energy.requests import Requests, read_requests
from joulewise.energy.serving import Columns, Flags, Floats, Labels, Step, step
from joulewise.energy.shape import shape_of_params
from joulewise.energy.wall import SampleRequests, read_samples, run_samples
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
        for task in ("chat-concise", "instruct", "instruct-concise"):
            prompts.setdefault(task, prompts["chat"])
        return prompts


@dataclass(frozen=True)
class Measured:
    """Measured rows of language models that the model can be held against; arrays of one length."""

    requests: Requests
    energy_j: Floats
    time_s: Floats
    power_w: Floats
    task: Labels
    family: Labels
    lineage: Labels
    ids: Labels
    source: Labels


def measured_rows(frame: pl.DataFrame) -> Measured:
    """Return the rows of language models metered on the accelerators alone, in the form of the public data.

    Rows without a throughput have energy alone: NaN stands for the rest.

    Raises
    ------
    InputError
        If a needed column is missing, or no row is left.
    """
    for name in ("energy_j_per_unit", "unit", "accelerator"):
        if name not in frame.columns:
            raise InputError(f"the measurements have no column {name}", "the form is that of the shipped data")
    kept = frame.filter(
        pl.col("unit").cast(pl.String).str.starts_with("output token")
        & pl.col("energy_j_per_unit").cast(pl.Float64, strict=False).gt(0)
        & (
            pl.col("tier").fill_null("").is_in(["B", "estimated"]).not_()
            if "tier" in frame.columns
            else pl.lit(value=True)
        )
    )
    start = {name.removeprefix("prompt."): p.prior for name, p in PROMPTS.items()}
    requests = read_requests(kept, start | dict.fromkeys(_V1_TASKS, start["chat"]))
    if not len(requests.rows):
        raise InputError("no row is a measurement of a language model", "see the form of the shipped data")
    good = kept[requests.rows.tolist()]
    batch = requests.columns.batch_size

    def number(name: str) -> Floats:
        if name not in good.columns:
            return np.full(len(good), np.nan)
        return np.array(good[name].cast(pl.Float64, strict=False).fill_null(float("nan")), dtype=np.float64)

    energy, throughput = number("energy_j_per_unit"), number("throughput")
    family = np.array([family_of(m) for m in _text(good, "model").tolist()])
    return Measured(
        requests=requests,
        energy_j=energy,
        time_s=batch / throughput,
        power_w=energy * throughput / requests.columns.n,
        task=_text(good, "task"),
        family=family,
        lineage=np.array([lineage_of(f) for f in family.tolist()]),
        ids=_text(good, "id"),
        source=_text(good, "source"),
    )


_LEFT_OUT = ("B", "estimated")
_V1_TASKS = ("chat-concise", "instruct", "instruct-concise")


def family_of(model: str) -> str:
    """Return the release that a model belongs to, without its size, tuning and number format."""
    name = model.rsplit("/", 1)[-1].lower().removeprefix("meta-")
    for pattern, family in _FAMILIES:
        if re.search(pattern, name):
            return family
    found = re.match(r"[a-z]+-?\d*(\.\d+)?", name)
    return found.group(0).rstrip("-") if found else name


_FAMILIES = (
    (r"qwen3-vl", "qwen3-vl"),
    (r"qwen3-coder", "qwen3-coder"),
    (r"qwen3-\d+b-a\d", "qwen3-moe"),
    (r"qwen3", "qwen3"),
    (r"llava", "llava"),
    (r"codellama", "codellama"),
    (r"vicuna|koala|camel|baize|llama-2|llama-7b|llama-13b", "llama"),
    (r"llama-3", "llama-3"),
    (r"gpt-oss", "gpt-oss"),
    (r"gemma-2", "gemma-2"),
    (r"gemma-3", "gemma-3"),
    (r"phi-3", "phi-3"),
)


def lineage_of(family: str) -> str:
    """Return the developer's line that a family belongs to."""
    for start in ("qwen", "llama", "codellama", "llava", "gemma", "codegemma", "mistral", "mixtral"):
        if family.startswith(start):
            return {"codellama": "llama", "llava": "llama", "codegemma": "gemma", "mixtral": "mistral"}.get(
                start, start
            )
    return family


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
        of_task = np.isin(rows.task, _V1_TASKS) | (rows.task == "chat") if task == "chat" else rows.task == task
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
    energy = np.full(len(groups), np.nan)
    for group in np.unique(groups):
        out = groups == group
        if not out.all():
            energy[out] = predict(fit(rows, ~out, full), rows).energy_j[out]
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


def regime_of(requests: Requests) -> Labels:
    """Return what decides how sure an estimate is: engine, dense or experts, and batch."""
    c = requests.columns
    kind = np.where(c.expert_params > 0, "experts", "dense")
    batch = np.where(c.batch_size <= 16, "batch to 16", np.where(c.batch_size <= 128, "batch to 128", "batch above"))
    return np.array([f"{e}, {k}, {b}" for e, k, b in zip(c.engine, kind, batch, strict=True)], dtype=np.str_)


LEVEL = 0.94
"""Nominal level of an interval. Left-out families of the public data fell inside 90% of the time at this level,
inside 85% at 0.90: rows of a family share its error, so that there are fewer families than rows."""


def conformal(ratios: Floats, level: float = LEVEL) -> tuple[float, float]:
    """Return the factors between which measured over estimated falls with this chance, for a row like these.

    Notes
    -----
    Split-conformal, each tail apart, with the finite-sample step of (n + 1) in place of n; never tighter
    than the estimate itself.
    """
    logs = np.sort(np.log(ratios))
    n = len(logs)
    tail = (1 - level) / 2
    low = logs[max(0, int(np.floor(tail * (n + 1))) - 1)]
    high = logs[min(n - 1, int(np.ceil((1 - tail) * (n + 1))) - 1)]
    return float(np.exp(min(low, 0.0))), float(np.exp(max(high, 0.0)))


_FEWEST = 25


def language_intervals(rows: Measured, values: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Return the interval of each regime, from families left out whole, and of what was never measured."""
    ratios = rows.energy_j / held_out(rows, rows.family, values)
    regimes = regime_of(rows.requests)
    found = {"language": conformal(ratios)}
    for regime in np.unique(regimes).tolist():
        inside = ratios[regimes == regime]
        if len(inside) >= _FEWEST:
            found[regime] = conformal(inside)
    several = len(np.unique(rows.requests.columns.die)) > 1
    unseen = "accelerator-not-measured"
    found[unseen] = conformal(_unseen_dies(rows, values)) if several else load_calibration().intervals[unseen]
    found["shape-from-size"] = conformal(_sizes_alone(rows, values))
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


@dataclass(frozen=True)
class MeasuredCanvases:
    """Measured rows of generators; arrays of one length, as in `Measured`."""

    requests: CanvasRequests
    energy_j: Floats
    time_s: Floats
    power_w: Floats
    family: Labels
    ids: Labels
    source: Labels


def measured_canvases(frame: pl.DataFrame) -> MeasuredCanvases | None:
    """Return the rows of generators metered on the accelerators alone, or None if there are none."""
    if not {"energy_j_per_unit", "unit", "throughput", "model"} <= set(frame.columns):
        return None
    kept = frame.filter(pl.col("unit").cast(pl.String).is_in(["image", "video"]))
    if kept.is_empty():
        return None
    requests = read_canvases(kept)
    good = kept[requests.rows.tolist()]
    energy = good["energy_j_per_unit"].cast(pl.Float64).to_numpy()
    throughput = good["throughput"].cast(pl.Float64, strict=False).to_numpy()
    return MeasuredCanvases(
        requests=requests,
        energy_j=energy,
        time_s=requests.columns.batch_size / throughput,
        power_w=energy * throughput / requests.columns.n,
        family=good["model"].cast(pl.String).to_numpy().astype(np.str_),
        ids=_text(good, "id"),
        source=_text(good, "source"),
    )


def _text(frame: pl.DataFrame, name: str) -> Labels:
    if name not in frame.columns:
        return np.full(len(frame), "")
    return np.array(frame[name].cast(pl.String).fill_null("").to_list(), dtype=np.str_)


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
    energy = np.full(len(groups), np.nan)
    for group in np.unique(groups):
        out = groups == group
        energy[out] = generate(fit_canvases(rows, ~out, full), rows.requests.columns).energy_j[out]
    return energy


@dataclass(frozen=True)
class MeasuredSamples:
    """Measured rows of samples at the wall; arrays of one length, as in `Measured`; `system` is the machine."""

    requests: SampleRequests
    energy_j: Floats
    power_w: Floats
    network: Labels
    system: Labels
    ids: Labels
    source: Labels


def measured_samples(frame: pl.DataFrame) -> MeasuredSamples | None:
    """Return the rows of networks in ``sample_networks`` metered at the wall, or None if there are none."""
    if not {"energy_j_per_unit", "unit", "model", "accelerator"} <= set(frame.columns):
        return None
    kept = frame.filter(
        pl.col("unit").cast(pl.String).str.starts_with("sample")
        & pl.col("energy_j_per_unit").cast(pl.Float64, strict=False).gt(0)
        & (~pl.col("source").cast(pl.String).str.contains("open") if "source" in frame.columns else pl.lit(value=True))
    )
    requests = read_samples(kept)
    if not len(requests.rows):
        return None
    good = kept[requests.rows.tolist()]
    notes = _text(good, "notes").tolist()
    machines = [found[1] if (found := re.search(r"system=([^;]*)", n)) else "" for n in notes]
    power = good["avg_power_w"].cast(pl.Float64, strict=False) if "avg_power_w" in good.columns else None
    return MeasuredSamples(
        requests=requests,
        energy_j=np.array(good["energy_j_per_unit"].cast(pl.Float64, strict=False), dtype=np.float64),
        power_w=np.full(len(good), np.nan) if power is None else np.array(power.fill_null(np.nan), dtype=np.float64),
        network=_text(good, "model"),
        system=np.array([m or a for m, a in zip(machines, _text(good, "accelerator").tolist(), strict=True)]),
        ids=_text(good, "id"),
        source=_text(good, "source"),
    )


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
    energy = np.full(len(groups), np.nan)
    for group in np.unique(groups):
        out = groups == group
        energy[out] = run_samples(fit_samples(rows, ~out, full), rows.requests.columns).energy_j[out]
    return energy


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
        intervals["generator"] = shipped.intervals["generator"]
    else:
        generators = fit_canvases(canvases)
        intervals["generator"] = conformal(canvases.energy_j / held_out_canvases(canvases, canvases.family, generators))
    begin("samples at the wall")
    samples = measured_samples(frame)
    if samples is None:
        wall: Mapping[str, float] = load_calibration().wall
        intervals["wall"] = load_calibration().intervals["wall"]
    else:
        wall = fit_samples(samples)
        intervals["wall"] = conformal(samples.energy_j / held_out_samples(samples, samples.system, wall))
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
