"""Measured rows of language models, and predictions for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog import Catalog
from joulewise.energy.flags import Flag
from joulewise.energy.language.parameters import PARAMETERS, PROMPTS
from joulewise.energy.language.read import COLUMNS, read
from joulewise.energy.language.shape import Shape, shape_of_params
from joulewise.energy.language.step import Columns, step
from joulewise.energy.measured_rows import Measured, number_of, read_measured, text_of
from joulewise.energy.physics import Bools, Floats, measured_dies
from joulewise.energy.reading import Facts

_PROMPT_ASSUMED = (Flag.PROMPT_ASSUMED, Flag.PROMPT_OF_TASK)
_PRIORS = {name: parameter.prior for name, parameter in PARAMETERS.items()}


def measured(frame: pl.DataFrame, catalog: Catalog) -> Measured | None:
    """Return the rows of language models metered on the accelerators alone, or None if there are none.

    Time and power are NaN in rows without a throughput.
    """
    if not {"energy_j_per_unit", "unit", "accelerator"} <= set(frame.columns):
        return None
    kept = frame.filter(
        pl.col("unit").cast(pl.String).str.starts_with("output token")
        & pl.col("energy_j_per_unit").cast(pl.Float64, strict=False).gt(0)
        & (
            pl.col("tier").fill_null("").is_in(["B", "estimated"]).not_()
            if "tier" in frame.columns
            else pl.lit(value=True)
        )
    )
    facts = Facts(catalog, measured_dies(_PRIORS, "idle"), prompts_of(_PRIORS), {})
    requests, good, places = read_measured(kept, Columns, COLUMNS, lambda row: read(row, facts), catalog)
    if not len(requests.rows):
        return None
    energy, throughput = number_of(good, "energy_j_per_unit"), number_of(good, "throughput")
    family = np.array([family_of(m) for m in text_of(good, "model").tolist()])
    return Measured(
        requests=requests,
        energy_j=energy,
        time_s=requests.columns.batch_size / throughput,
        power_w=energy * throughput / requests.columns.n,
        task=text_of(good, "task"),
        family=family,
        group=family,
        lineage=np.array([lineage_of(f) for f in family.tolist()]),
        ids=text_of(good, "id"),
        source=text_of(good, "source"),
        places=places,
        prompt_assumed=np.array([any(f.flag in _PROMPT_ASSUMED for f in flags) for flags in requests.flags]),
    )


def predict(values: Mapping[str, float], rows: Measured) -> tuple[Floats, Floats, Floats]:
    """Return energy per output token, time of a step and power of an accelerator, unknown prompts as in `values`."""
    made = step(values, replace(rows.requests.columns, prompt_tokens=_prompts(values, rows)))
    return made.energy_j, made.time_s, made.power_w


def without_die(rows: Measured, unknown: Bools) -> Measured:
    """Return measured rows as if some had run on a chip design that was never measured."""
    columns: Columns = rows.requests.columns
    unnamed = replace(columns, die=np.where(unknown, "other", columns.die))
    return replace(rows, requests=replace(rows.requests, columns=unnamed))


def without_shape(rows: Measured, _unknown: Bools) -> Measured:
    """Return measured rows with typical shapes for their sizes, except for their images."""
    columns: Columns = rows.requests.columns
    shapes = [shape_of_params(*sizes) for sizes in zip(columns.params, columns.active_params, strict=True)]
    of_shape = {f.name for f in fields(Shape)} & {f.name for f in fields(Columns)} - {"image_tokens"}
    guessed: dict[str, Any] = {n: np.array([getattr(s, n) for s in shapes], dtype=np.float64) for n in of_shape}
    return replace(rows, requests=replace(rows.requests, columns=replace(columns, **guessed)))


def prompts_of(values: Mapping[str, float]) -> dict[str, float]:
    """Return the mean prompt of each measured task. [tokens]"""
    prompts = {k.removeprefix("prompt."): v for k, v in values.items() if k.startswith("prompt.")}
    return prompts | dict.fromkeys(V1_TASKS, prompts["chat"])


def _prompts(values: Mapping[str, float], rows: Measured) -> Floats:
    """Return the prompt of each row: as given, else the task's parameter plus the tokens of its image."""
    prompts: Floats = rows.requests.columns.prompt_tokens.copy()
    images = rows.requests.columns.image_tokens
    for name in PROMPTS:
        task = name.removeprefix("prompt.")
        of_task = np.isin(rows.task, V1_TASKS) | (rows.task == "chat") if task == "chat" else rows.task == task
        unknown = of_task & rows.prompt_assumed
        prompts[unknown] = values[name]
        if task.startswith("mllm"):
            prompts[unknown] += images[unknown]
    return prompts


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
