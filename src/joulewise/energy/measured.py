"""Measured rows that the model can be held against, read from a table in the form of the public data."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from joulewise.energy.anchor import Places, places_of
from joulewise.energy.canvases import CanvasRequests, read_canvases
from joulewise.energy.parameters import PROMPTS
from joulewise.energy.requests import Requests, read_requests
from joulewise.energy.samples import SampleRequests, read_samples
from joulewise.energy.serving import Floats, Labels
from joulewise.errors import InputError


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
    places: Places


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
    requests = read_requests(kept, start | dict.fromkeys(V1_TASKS, start["chat"]))
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
        places=places_of(kept, requests.rows.tolist()),
    )


V1_TASKS = ("chat-concise", "instruct", "instruct-concise")
"""Tasks of ML.ENERGY v1 that share the prompts of its ``chat``."""


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
    places: Places


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
        places=places_of(kept, requests.rows.tolist()),
    )


def _text(frame: pl.DataFrame, name: str) -> Labels:
    if name not in frame.columns:
        return np.full(len(frame), "")
    return np.array(frame[name].cast(pl.String).fill_null("").to_list(), dtype=np.str_)


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
