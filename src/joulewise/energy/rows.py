"""A workload as one row of named columns, checked once for tables and for single estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import inf
from typing import Any, NamedTuple, TypedDict

import numpy as np
import polars as pl
from numpy.typing import NDArray

from joulewise.errors import InputError, UnknownNameError


class WorkloadRow(NamedTuple):
    """One workload as it was asked for; None where a column is blank.

    Parameters
    ----------
    model : str
        A name of the catalogue, never a path; or None with `params_b`, or with `flops`.
    accelerator : str
    precision : str
        Number format of the weights.
    engine : str
        Serving engine, e.g. ``vLLM 0.5`` or ``transformers``.
    image_size : str
        ``1024x1024``, for a video ``832x480x81f``. [px]
    task : str
        One of the measured tasks, which sets the prompt; or ends with a scenario of MLPerf, e.g. ``resnet50/Offline``.
    meter_scope : str
        Says ``wall`` where the whole system is meant; otherwise the accelerators alone.
    network_kind : str
        With `flops`: ``convolution``, ``depthwise``, ``transformer`` or ``hybrid``.
    params_b, active_params_b : float
        Parameters in total and per token. [1e9]
    n_accelerators : float
    batch_size : float
        Requests that run together, on average.
    prompt_tokens, output_tokens : float
        Per request.
    steps : float
        Denoising steps of a generator.
    tensor_parallel, pipeline_parallel, data_parallel, expert_parallel, sequence_parallel, ring : float
        Accelerators over which the work is split each way.
    flops, activation_values : float
        Work of one sample of a counted network: FLOPs, and values that its matrix products read and write.
    """

    model: str | None = None
    accelerator: str | None = None
    precision: str | None = None
    engine: str | None = None
    image_size: str | None = None
    task: str | None = None
    meter_scope: str | None = None
    network_kind: str | None = None
    params_b: float | None = None
    active_params_b: float | None = None
    n_accelerators: float | None = None
    batch_size: float | None = None
    prompt_tokens: float | None = None
    output_tokens: float | None = None
    steps: float | None = None
    tensor_parallel: float | None = None
    pipeline_parallel: float | None = None
    data_parallel: float | None = None
    expert_parallel: float | None = None
    sequence_parallel: float | None = None
    ring: float | None = None
    flops: float | None = None
    activation_values: float | None = None


class WorkloadOptions(TypedDict, total=False):
    """Keyword arguments that describe a workload; see `WorkloadRow`."""

    precision: str | None
    engine: str | None
    image_size: str | None
    task: str | None
    meter_scope: str | None
    network_kind: str | None
    params_b: float | None
    active_params_b: float | None
    n_accelerators: float | None
    batch_size: float | None
    prompt_tokens: float | None
    output_tokens: float | None
    steps: float | None
    tensor_parallel: float | None
    pipeline_parallel: float | None
    data_parallel: float | None
    expert_parallel: float | None
    sequence_parallel: float | None
    ring: float | None
    flops: float | None
    activation_values: float | None


COLUMNS = WorkloadRow._fields
TEXTS = COLUMNS[: COLUMNS.index("params_b")]
NUMBERS = COLUMNS[len(TEXTS) :]

# Wider than any real workload: they catch typing errors and keep products from overflowing.
BOUNDS: dict[str, tuple[float, float]] = {
    "params_b": (1e-6, 1e6),
    "active_params_b": (1e-6, 1e6),
    "n_accelerators": (1, 10_000),
    "batch_size": (0.001, 1e6),
    "prompt_tokens": (0.01, 1e8),
    "output_tokens": (0.01, 1e8),
    "steps": (1, 10_000),
    **dict.fromkeys([name for name in NUMBERS if name.endswith("_parallel")], (1, 10_000)),
    "ring": (1, 10_000),
    "flops": (1, 1e24),
    "activation_values": (1, 1e18),
}
_WHOLE = ("n_accelerators", "steps", "ring", *(name for name in NUMBERS if name.endswith("_parallel")))

DESCRIPTIVE = ("id", "name", "note", "notes", "source", "license", "licence", "url", "tier", "year")
"""Columns that describe a row and that any table may have; they are copied to the result."""

RESULTS_OF_MEASUREMENTS = (
    *("energy_j_per_unit", "unit", "throughput", "throughput_unit", "avg_power_w", "latency_s", "max_batch"),
)
"""Result columns of measured rows; they are copied to the result of an estimate."""


@dataclass(frozen=True)
class RowProblem:
    """A row that cannot be estimated: its number (the first is 1), the column, and why."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.reason}"


def row_of(values: Mapping[str, object]) -> WorkloadRow:
    """Return one workload from keyword values, checked like a row of a table.

    Raises
    ------
    UnknownNameError
        If a name is not a column of a workload.
    InputError
        If a value is not what its column holds.
    """
    for name in values:
        if name not in COLUMNS:
            raise UnknownNameError("option", name, COLUMNS)
    cells: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if name in TEXTS:
            cells[name] = str(value).strip()
            continue
        try:
            cells[name] = float(value) if isinstance(value, int) and not isinstance(value, bool) else float(str(value))
        except ValueError:
            raise InputError(f"{name}: {str(value)!r} is not a number") from None
        except OverflowError:
            raise InputError(f"{name}: a whole number of that many digits {_out_of_bounds(name, inf)}") from None
        reason = _out_of_bounds(name, cells[name])
        if reason:
            raise InputError(f"{name}: {value} {reason}")
    return WorkloadRow(**cells)


def _out_of_bounds(name: str, value: float) -> str | None:
    low, high = BOUNDS[name]
    if not low <= value <= high:
        return f"is not between {low:,.10g} and {high:,.10g}"
    return "is not a whole number" if name in _WHOLE and value != round(value) else None


def check_columns(frame: pl.DataFrame, keep: Sequence[str]) -> None:
    """Refuse a table with a column that is neither part of a workload nor asked to be kept.

    Raises
    ------
    InputError
        With the nearest names, so that a misspelt column is never silently ignored.
    """
    if frame.is_empty():
        raise InputError("the table has no rows", "one header line, then one workload per row, e.g. model,accelerator")
    for name in keep:
        if name not in frame.columns:
            raise UnknownNameError("column to keep", name, frame.columns)
    known = {*COLUMNS, *DESCRIPTIVE, *RESULTS_OF_MEASUREMENTS, *keep}
    unknown = [name for name in frame.columns if name not in known]
    if unknown:
        near = UnknownNameError("column", unknown[0], COLUMNS)
        hint = near.hint if near.nearest else f"columns of a workload: {', '.join(COLUMNS)}"
        raise InputError(near.message, f"{hint}; a column of your own is copied with --keep {unknown[0]}")
    if "accelerator" not in frame.columns:
        raise InputError("there is no column accelerator", f"columns: {', '.join(frame.columns)}")
    if not {"model", "params_b", "flops"} & {*frame.columns}:
        raise InputError("there is neither a column model nor params_b", f"columns: {', '.join(frame.columns)}")


def typed_columns(frame: pl.DataFrame) -> tuple[dict[str, pl.Series], list[RowProblem]]:
    """Return the columns of `WorkloadRow` that a table has, numbers and texts, blanks as nulls; and its invalid cells.

    An invalid cell is null in its column.
    """
    problems: list[RowProblem] = []
    columns: dict[str, pl.Series] = {}
    for name in COLUMNS:
        if name not in frame.columns:
            continue
        if frame[name].dtype.is_nested():
            raise InputError(f"column {name} holds {frame[name].dtype}, not a text or a number in each row")
        text = frame[name].cast(pl.String).str.strip_chars()
        text = text.set(text == "", None)
        columns[name] = text if name in TEXTS else _numbers(name, frame[name], text, problems)
    return columns, problems


def _numbers(name: str, given: pl.Series, text: pl.Series, problems: list[RowProblem]) -> pl.Series:
    """Return a column as numbers; cells that are not, or lie out of bounds, are added to the problems."""
    number = given.cast(pl.Float64) if given.dtype.is_numeric() else text.cast(pl.Float64, strict=False)
    low, high = BOUNDS[name]
    wrong = (number.is_null() & text.is_not_null()) | ~number.is_between(low, high).fill_null(value=True)
    wrong |= number.is_nan().fill_null(value=False)
    if name in _WHOLE:
        wrong |= (number != number.round()).fill_null(value=False)
    if not wrong.any():
        return number
    for place in np.flatnonzero(wrong.to_numpy()).tolist():
        value = number[place]
        reason = "is not a number" if value is None else _out_of_bounds(name, value) or "is not a number"
        problems.append(RowProblem(place + 1, name, f"{text[place]!r} {reason}"))
    return number.set(wrong, None)


def rows_of(columns: Mapping[str, pl.Series], n: int, applicable: frozenset[str] | None = None) -> list[WorkloadRow]:
    """Return the rows of a table of `n` rows by its typed columns; only the applicable ones, where these are given."""
    used = {name: columns[name].to_list() for name in columns if applicable is None or name in applicable}
    return [WorkloadRow(*cells) for cells in zip(*(used.get(name) or repeat(None, n) for name in COLUMNS), strict=True)]


def not_applicable(
    columns: Mapping[str, pl.Series], places: NDArray[np.int64], applicable: frozenset[str], what: str
) -> list[RowProblem]:
    """Return a problem for each cell of these rows in a column that does not apply to their kind."""
    problems = []
    for name, column in columns.items():
        if name not in applicable and column.null_count() < len(column):
            given = column.is_not_null().to_numpy()[places]
            problems += [RowProblem(int(place) + 1, name, f"does not apply to {what}") for place in places[given]]
    return problems


def not_applicable_to(row: WorkloadRow, columns: frozenset[str], what: str) -> None:
    """Refuse a workload with a value in a column that does not apply to its kind.

    Raises
    ------
    InputError
    """
    for name in COLUMNS:
        if name not in columns and getattr(row, name) is not None:
            raise InputError(f"{name.replace('_', ' ')} does not apply to {what}", "leave it out")
