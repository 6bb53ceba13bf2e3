"""From a table of workloads, as people write them, to columns of numbers: defaults stated, bad rows named."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl

from joulewise.catalog import KnownModel, accelerator_spec, find_model
from joulewise.catalog.find import known_model
from joulewise.energy.serving import CURRENT, EAGER, EARLY, Columns
from joulewise.energy.shape import (
    AS_ATTENTION,
    NOT_MEASURED,
    Shape,
    shape_of_architecture,
    shape_of_config,
    shape_of_configuration,
    shape_of_params,
)
from joulewise.errors import InputError

NUMBERS = (
    "params_b",
    "active_params_b",
    "n_accelerators",
    "batch_size",
    "max_batch",
    "prompt_tokens",
    "output_tokens",
    "steps",
    "tensor_parallel",
    "pipeline_parallel",
    "data_parallel",
    "expert_parallel",
    "sequence_parallel",
    "ring",
)
TEXTS = ("model", "accelerator", "precision", "engine", "image_size", "task", "meter_scope")

_Read = TypeVar("_Read")

DEFAULT_PROMPT_TOKENS = 512.0
DEFAULT_OUTPUT_TOKENS = 256.0
_LARGE_BATCH = 256.0  # where MLPerf runs as many requests as it likes, and does not say how many

# What people call a number format -> bytes of a weight, and the format whose rates hold.
_FORMATS = {
    "bf16": (2.0, "bf16"),
    "bfloat16": (2.0, "bf16"),
    "fp16": (2.0, "bf16"),
    "float16": (2.0, "bf16"),
    "float16/bfloat16": (2.0, "bf16"),
    "fp32": (4.0, "bf16"),
    "float32": (4.0, "bf16"),
    "fp8": (1.0, "fp8"),
    "int8": (1.0, "bf16"),
    "mxfp4": (0.53125, "mxfp4"),
    "fp4": (0.5, "mxfp4"),
    "nf4": (0.53125, "mxfp4"),
    "int4": (0.5, "mxfp4"),
}


@dataclass(frozen=True)
class Problem:
    """A row that cannot be estimated: its number (the first is 1), the column, and why."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.reason}"


@dataclass(frozen=True)
class Requests:
    """The good rows of a table.

    Parameters
    ----------
    rows : array of int
        Their places in the table, from 0.
    columns : Columns
    shapes : tuple of Shape
    flags : tuple of tuple of str
        What was assumed for each row or lies outside what was measured.
    at_wall : array of bool
        Whether the whole system is asked for, by ``meter_scope``; else the accelerators alone.
    replicas : array
        Copies of the model beside each other, each on its share of the accelerators.
    memory_bytes : array
        Of one accelerator.
    problems : tuple of Problem
        Why each of the other rows is left out.
    """

    rows: np.ndarray[Any, np.dtype[np.int64]]
    columns: Columns
    shapes: tuple[Shape, ...]
    flags: tuple[tuple[str, ...], ...]
    at_wall: np.ndarray[Any, np.dtype[np.bool_]]
    replicas: np.ndarray[Any, np.dtype[np.float64]]
    memory_bytes: np.ndarray[Any, np.dtype[np.float64]]
    problems: tuple[Problem, ...]


def read_requests(frame: pl.DataFrame, prompts: dict[str, float]) -> Requests:
    """Read workloads of language models.

    Parameters
    ----------
    frame : DataFrame
        Any of the columns `NUMBERS` and `TEXTS`; the model, or its parameters, and the accelerator are needed.
    prompts : dict
        Mean prompt of a task, for rows that name one and give no ``prompt_tokens``. [tokens]

    Raises
    ------
    InputError
        If a column that every row needs is missing.
    """
    if "accelerator" not in frame.columns:
        raise InputError("there is no column accelerator", f"columns: {', '.join(frame.columns)}")
    if "model" not in frame.columns and "params_b" not in frame.columns:
        raise InputError("there is neither a column model nor params_b", f"columns: {', '.join(frame.columns)}")
    found, problems = read_each(frame, lambda row: _read_row(row, prompts))
    shapes = [shape for _, (shape, _, _) in found]
    values = [v for _, (_, v, _) in found]
    return Requests(
        rows=np.array([i for i, _ in found], dtype=np.int64),
        columns=_columns(shapes, values),
        shapes=tuple(shapes),
        flags=tuple(marks for _, (_, _, marks) in found),
        at_wall=np.array([v["at_wall"] for v in values], dtype=np.bool_),
        replicas=np.array([v["replicas"] for v in values], dtype=np.float64),
        memory_bytes=np.array([v["memory_bytes"] for v in values], dtype=np.float64),
        problems=problems,
    )


class BadCellError(Exception):
    """A cell that a row cannot be estimated with."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def read_each(
    frame: pl.DataFrame,
    read: Callable[[dict[str, Any]], _Read],
    *,
    numbers: tuple[str, ...] = NUMBERS,
    texts: tuple[str, ...] = TEXTS,
) -> tuple[list[tuple[int, _Read]], tuple[Problem, ...]]:
    """Read each row of a table that can be.

    Parameters
    ----------
    frame : DataFrame
    read : callable
        From a row's known columns, numbers and texts, blanks as None, to what it is; may raise `BadCellError`.
    numbers, texts : tuple of str
        The known columns.

    Returns
    -------
    list of tuple
        Place, from 0, and reading of each good row.
    tuple of Problem
        Why each other row is left out.
    """
    table, problems = _typed(frame, numbers, texts)
    bad = {p.row - 1 for p in problems}
    found: list[tuple[int, _Read]] = []
    for i, row in enumerate(table.iter_rows(named=True)):
        if i in bad:
            continue
        try:
            found.append((i, read(row)))
        except BadCellError as error:
            problems.append(Problem(i + 1, error.column, error.reason))
    return found, tuple(sorted(problems, key=lambda p: p.row))


def texts_of(frame: pl.DataFrame, name: str) -> pl.Series:
    """Return a column as text, stripped, null where it is blank or not there."""
    if name not in frame.columns:
        return pl.Series(name, [None] * len(frame), dtype=pl.String)
    text = frame[name].cast(pl.String).str.strip_chars()
    return text.set(text == "", None)


def _typed(frame: pl.DataFrame, numbers: tuple[str, ...], texts: tuple[str, ...]) -> tuple[pl.DataFrame, list[Problem]]:
    """Return columns as numbers and texts, blanks as nulls, and the cells that are not positive numbers."""
    problems: list[Problem] = []
    columns = []
    for name in (*texts, *numbers):
        if name not in frame.columns:
            columns.append(pl.lit(None, dtype=pl.String if name in texts else pl.Float64).alias(name))
            continue
        text = texts_of(frame, name)
        if name in texts:
            columns.append(pl.lit(text).alias(name))
            continue
        number = text.cast(pl.Float64, strict=False)
        wrong = (number.is_null() & text.is_not_null()) | ~number.fill_null(1.0).is_finite() | (number <= 0)
        for i in np.flatnonzero(wrong.fill_null(value=False).to_numpy()):
            problems.append(Problem(int(i) + 1, name, f"{text[int(i)]!r} is not a positive number"))
        columns.append(pl.lit(number).alias(name))
    return frame.select(columns), problems


def _read_row(row: dict[str, Any], prompts: dict[str, float]) -> tuple[Shape, dict[str, Any], tuple[str, ...]]:
    shape = _shape(row["model"], row["params_b"], row["active_params_b"])
    marks = [*shape.flags]
    if not shape.known:
        if row["image_size"] is not None and not (row["task"] or "").endswith("-chat"):
            raise BadCellError(
                "image_size",
                "parameters alone do not say what a network of images takes; give flops, activation_values and "
                "network_kind, as joulewise count --json has them",
            )
        marks.append("shape-from-size")
    if shape.encoder_layers and _engine(row["engine"]) != EAGER:
        marks.append(_ENCODER_DECODER)
    spec = accelerator_of(row)
    weight_bytes, number_format = precision_of(row["precision"], row["model"], spec)
    n = row["n_accelerators"] or 1.0
    batch = row["batch_size"]
    task = row["task"]
    if batch is None:
        batch = _LARGE_BATCH if (task or "").endswith(("/Offline", "/Server")) else 1.0
        marks.append(f"batch-assumed-{batch:g}")
    prompt = row["prompt_tokens"]
    if prompt is None:
        prompt = prompts.get(task or "")
        marks.append("prompt-of-task" if prompt is not None else f"prompt-assumed-{DEFAULT_PROMPT_TOKENS:g}")
        prompt = DEFAULT_PROMPT_TOKENS if prompt is None else prompt
        if task and task.startswith("mllm"):
            prompt += shape.image_tokens
    output = row["output_tokens"]
    if output is None:
        output = DEFAULT_OUTPUT_TOKENS
        marks.append(f"output-assumed-{DEFAULT_OUTPUT_TOKENS:g}")
    if prompt + output > shape.max_context:
        raise BadCellError(
            "prompt_tokens" if row["prompt_tokens"] and prompt >= output else "output_tokens",
            f"{prompt + output:g} tokens are more than the model's context of {shape.max_context:g}",
        )
    replicas = 1.0
    if runs_copies(row):
        least = shape.params * weight_bytes * _ROOM / spec["memory_bytes"]
        group = next((g for g in (1, 2, 4, 8) if g >= least and n % g == 0), n)
        replicas, n = n / group, float(group)
        marks.append(f"copies-assumed-{replicas:g}")
    sparse = shape.expert_params > 0
    pipeline, data = row["pipeline_parallel"] or 1.0, row["data_parallel"] or 1.0
    expert = row["expert_parallel"] or (n if sparse and row["tensor_parallel"] is None else 1.0)
    tensor = row["tensor_parallel"] or (1.0 if expert > 1 else max(1.0, n / pipeline / data))
    for name, value in (("tensor_parallel", tensor), ("expert_parallel", expert), ("data_parallel", data)):
        if value > n:
            raise BadCellError(name, f"{value:g} is more than the {n:g} accelerators")
    if is_at_wall(row):
        marks.append("at-the-wall")
    for flag, holds in (
        ("accelerator-not-measured", spec["die"] not in MEASURED_DIES),
        ("data-parallel", data > 1),
        ("batch-beyond-measured", batch > 1100),
    ):
        if holds:
            marks.append(flag)
    return (
        shape,
        {
            "n": n,
            "batch_size": batch,
            "prompt_tokens": prompt,
            "output_tokens": output,
            "weight_bytes": weight_bytes,
            "tensor_parallel": tensor,
            "data_parallel": data,
            "expert_parallel": expert,
            "peak_flops_per_s": spec["bf16_flops_per_s"],
            "bandwidth_bytes_per_s": spec["bandwidth_bytes_per_s"],
            "link_bytes_per_s": spec["link_bytes_per_s"],
            "tdp_w": spec["tdp_w"],
            "at_wall": is_at_wall(row),
            "replicas": replicas,
            "memory_bytes": spec["memory_bytes"],
            "die": spec["die"],
            "number_format": number_format,
            "native_fp4": spec.get("fp4_flops_per_s") is not None,
            "engine": _engine(row["engine"]),
            "media": {"image-chat": "image", "video-chat": "video"}.get(task or "", ""),
        },
        tuple(marks),
    )


_ENCODER_DECODER = "encoder-decoder-not-measured"  # but for one model, with an eager engine
UNLIKE_MEASURED = frozenset({NOT_MEASURED, AS_ATTENTION, _ENCODER_DECODER})
"""Flags of models of which no row is measured that would say how far off an estimate is."""

MEASURED_DIES = frozenset({"GH100", "GB100", "GA100", "GV100", "GA102"})


def runs_copies(row: dict[str, Any]) -> bool:
    """Return whether a row is of MLPerf's scenarios of throughput, where each accelerator runs a copy if it can."""
    named = (row["task"] or "").endswith(("/Offline", "/Server"))
    return named and row["tensor_parallel"] is None and row["expert_parallel"] is None


_ROOM = 1.3  # of an accelerator's memory over the weights: the rest is cache


def is_at_wall(row: dict[str, Any]) -> bool:
    """Return whether a row asks for the whole system."""
    return "wall" in (row["meter_scope"] or "").lower()


@lru_cache(maxsize=4096)
def _shape_or_reason(model: str | None, params_b: float | None, active_params_b: float | None) -> Shape | str:
    known = model_or_none(model)
    if known is not None and known.configuration is not None:
        return shape_of_configuration(known.configuration)
    if known is not None and known.architecture is not None:
        return shape_of_architecture(known.architecture)
    if model and model.endswith(".json"):
        try:
            return shape_of_config(Path(model))
        except InputError as error:
            return str(error)
    if params_b is None and model is None:
        return "is blank; name one or give params_b"
    try:
        if params_b is not None:
            return shape_of_params(params_b * 1e9, None if active_params_b is None else active_params_b * 1e9)
        known = find_model(model or "")
        if known.params is None or known.kind not in ("language", "encoder"):
            return f"unknown model {model!r}"
        if known.size_assumed:
            return (
                f"the size of {model} is not public; {known.params / 1e9:g} billion parameters are assumed (joulewise "
                "show says by whom); give params_b to take a size"
            )
        found = shape_of_params(known.params, known.active_params)
        return replace(found, source=f"{found.source}, which the catalogue has")
    except InputError as error:
        return str(error)


def model_or_none(model: str | None) -> KnownModel | None:
    """Return the catalogue's model of a name, or None where it has none or several."""
    try:
        return known_model(model) if model else None
    except InputError:
        return None


def _shape(model: str | None, params_b: float | None, active_params_b: float | None) -> Shape:
    shape = _shape_or_reason(model, params_b, active_params_b)
    if isinstance(shape, str):
        raise BadCellError("params_b" if params_b is not None else "model", shape)
    return shape


def accelerator_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the specification of a row's accelerator."""
    if row["accelerator"] is None:
        raise BadCellError("accelerator", "is blank; name one, e.g. H100")
    spec = _spec_or_reason(row["accelerator"])
    if isinstance(spec, str):
        raise BadCellError("accelerator", spec)
    return spec


@lru_cache(maxsize=1024)
def _spec_or_reason(name: str) -> dict[str, Any] | str:
    try:
        return accelerator_spec(name).to_dict()
    except InputError as error:
        return str(error)


def precision_of(name: str | None, model: str | None, spec: dict[str, Any]) -> tuple[float, str]:
    """Return bytes of a weight and the number format; a blank takes what the model's name says."""
    if name is None:
        low = (model or "").lower()
        name = "fp8" if low.endswith("fp8") else "mxfp4" if "gpt-oss" in low else "bf16"
    key = re.split(r"[ ,]", name.lower())[0]  # "INT8 (mixed)"; "int8,fp16" of MLPerf is int8 where it counts
    if key not in _FORMATS:
        raise BadCellError("precision", f"{name!r} is not one of {', '.join(_FORMATS)}")
    weight_bytes, number_format = _FORMATS[key]
    if number_format == "fp8" and spec["fp8_flops_per_s"] is None:
        raise BadCellError("precision", f"{spec['name']} has no fp8 arithmetic; bf16 or int8 would do")
    return weight_bytes, number_format


def _engine(name: str | None) -> str:
    low = (name or "").lower()
    if "transformers" in low or "fastchat" in low or low == EAGER:
        return EAGER
    if "vllm 0" in low or low == EARLY:
        return EARLY
    return CURRENT


def _columns(shapes: list[Shape], values: list[dict[str, Any]]) -> Columns:
    cells = [{**v, **vars(shape)} for shape, v in zip(shapes, values, strict=True)]
    return Columns(
        **arrays_of(Columns, cells, texts=("die", "number_format", "engine", "media"), marks=("native_fp4",))
    )


def arrays_of(
    columns: type, cells: list[dict[str, Any]], *, texts: tuple[str, ...], marks: tuple[str, ...]
) -> dict[str, Any]:
    """Return an array for each field of a dataclass of columns: of text, of marks (bool), else of numbers."""
    kinds: dict[str, Any] = dict.fromkeys(texts, np.str_) | dict.fromkeys(marks, np.bool_)
    return {
        f.name: np.array([cell[f.name] for cell in cells], dtype=kinds.get(f.name, np.float64)) for f in fields(columns)
    }
