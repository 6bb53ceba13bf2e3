"""Read rows as workloads of one kind, and report the rows that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from joulewise.catalog import Catalog
from joulewise.energy.flags import Flagged
from joulewise.energy.physics import Bools, Floats
from joulewise.energy.rows import RowProblem, WorkloadRow

if TYPE_CHECKING:
    from joulewise.energy.language.shape import Shape

Columns = TypeVar("Columns")


class BadCellError(Exception):
    """A cell that makes its row impossible to estimate."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


@dataclass(frozen=True)
class Facts:
    """What reading a row needs besides the row itself.

    Parameters
    ----------
    catalog : Catalog
        Where names are looked up.
    measured_dies : frozenset of str
        Chip designs with fitted constants of their own.
    prompts : mapping of str to float
        Mean prompt of each measured task, for rows that name one and give no ``prompt_tokens``. [tokens]
    shapes : mapping
        Models that the caller described, by the name that the row gives them; see `language.shape.Shape`.
    """

    catalog: Catalog
    measured_dies: frozenset[str]
    prompts: Mapping[str, float]
    shapes: Mapping[str, Shape]


@dataclass(frozen=True)
class Requests(Generic[Columns]):
    """The rows of one kind of workload that can be estimated.

    Parameters
    ----------
    rows : array of int
        Their places in the table, from 0.
    columns : Columns
        Inputs of the equations of the kind, as arrays.
    flags : tuple of tuple of Flagged
        What was assumed in each row or lies outside the measured data.
    at_wall : array of bool
        Whether the energy is that of the whole system rather than of its accelerators.
    replicas : array
        Independent copies of the model, each on its share of the accelerators.
    sources : tuple of str
        Where each model's dimensions come from.
    problems : tuple of RowProblem
        Why each of the other rows is left out.
    """

    rows: NDArray[np.int64]
    columns: Columns
    flags: tuple[tuple[Flagged, ...], ...]
    at_wall: Bools
    replicas: Floats
    sources: tuple[str, ...]
    problems: tuple[RowProblem, ...]


@dataclass(frozen=True)
class Reading:
    """One row as a kind of workload reads it.

    Parameters
    ----------
    cells : mapping of str to float, str or bool
        A value for each field of the kind's dataclass of columns.
    flags : tuple of Flagged
    at_wall : bool
    replicas : float
    source : str
    """

    cells: Mapping[str, float | str | bool]
    flags: tuple[Flagged, ...]
    at_wall: bool = False
    replicas: float = 1.0
    source: str = ""


def read_rows_of(
    kind: type[Columns], rows: Iterable[tuple[int, WorkloadRow]], read: Callable[[WorkloadRow], Reading]
) -> Requests[Columns]:
    """Read the rows of one kind of workload.

    Parameters
    ----------
    kind : type
        The kind's dataclass of columns; the annotation of each field decides the type of its array.
    rows : iterable of tuple
        Place and row.
    read : callable
        Reads one row; raises `BadCellError` where that is impossible.
    """
    found: list[tuple[int, Reading]] = []
    problems: list[RowProblem] = []
    for place, row in rows:
        try:
            found.append((place, read(row)))
        except BadCellError as error:
            problems.append(RowProblem(place + 1, error.column, error.reason))
    types: dict[str, Any] = {"Floats": np.float64, "Labels": np.str_, "Bools": np.bool_}
    readings = [reading for _, reading in found]
    arrays = {f.name: np.array([r.cells[f.name] for r in readings], types[str(f.type)]) for f in fields(kind)}  # type: ignore[arg-type]
    return Requests(
        rows=np.array([place for place, _ in found], dtype=np.int64),
        columns=kind(**arrays),
        flags=tuple(reading.flags for reading in readings),
        at_wall=np.array([reading.at_wall for reading in readings], dtype=np.bool_),
        replicas=np.array([reading.replicas for reading in readings], dtype=np.float64),
        sources=tuple(reading.source for reading in readings),
        problems=tuple(problems),
    )
