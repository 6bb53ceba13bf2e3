"""Measured rows in the form of the public data, for fitting and validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import polars as pl

from joulewise.catalog import Catalog
from joulewise.energy.physics import Bools, Floats, Labels
from joulewise.energy.places import Places, places_of
from joulewise.energy.reading import Reading, Requests, read_rows_of
from joulewise.energy.rows import WorkloadRow, rows_of, typed_columns

Columns = TypeVar("Columns")


@dataclass(frozen=True)
class Measured:
    """Measured rows of one kind of workload; arrays of equal length, NaN or blank where a row has no value.

    Parameters
    ----------
    requests : Requests
    energy_j : array
        Per output token, image, video or sample. [J]
    time_s : array
        Of a step of a language model, or of a batch of images or videos. [s]
    power_w : array
        Of one accelerator, or at the wall of the whole system. [W]
    task, family : array of str
    group : array of str
        Group that is left out as a whole in validation: the family, or the machine.
    lineage : array of str
        The developer's line that the family belongs to.
    ids, source : array of str
    places : Places
    prompt_assumed : array of bool
        Whether the prompt is that of the task, which a fit of language models decides; never for other kinds.
    """

    requests: Requests[Any]
    energy_j: Floats
    time_s: Floats
    power_w: Floats
    task: Labels
    family: Labels
    group: Labels
    lineage: Labels
    ids: Labels
    source: Labels
    places: Places
    prompt_assumed: Bools


def read_measured(
    frame: pl.DataFrame,
    kind: type[Columns],
    columns: frozenset[str],
    read: Callable[[WorkloadRow], Reading],
    catalog: Catalog,
) -> tuple[Requests[Columns], pl.DataFrame, Places]:
    """Read measured rows of one kind of workload, without the columns that do not apply to it.

    Returns
    -------
    Requests
        With a problem for each row that cannot be priced.
    DataFrame
        The good rows.
    Places
        Of the good rows.
    """
    typed, problems = typed_columns(frame)
    bad = {problem.row - 1 for problem in problems if problem.column in columns}
    rows = rows_of(typed, len(frame), columns)
    requests = read_rows_of(kind, ((i, row) for i, row in enumerate(rows) if i not in bad), read)
    good = requests.rows.tolist()
    return requests, frame[good], places_of([rows[i] for i in good], catalog)


def text_of(frame: pl.DataFrame, name: str) -> Labels:
    """Return a column as text, blank where a cell or the column is missing."""
    if name not in frame.columns:
        return np.full(len(frame), "")
    return np.array(frame[name].cast(pl.String).fill_null("").to_list(), dtype=np.str_)


def number_of(frame: pl.DataFrame, name: str) -> Floats:
    """Return a column as numbers, NaN where a cell or the column is missing or not a number."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    return np.array(frame[name].cast(pl.Float64, strict=False).fill_null(float("nan")), dtype=np.float64)
