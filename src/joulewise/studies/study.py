"""The result of a study: tables, charts, and sentences whose numbers come from the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from joulewise.charts.altair import Draw

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Value = float | int | str | None


@dataclass(frozen=True)
class StudyFinding:
    """One sentence, and the numbers it states.

    Parameters
    ----------
    text : str
        Ends with a full stop; every number in it was formatted from data.
    numbers : mapping of str to number, text or None
        What the sentence says, by name with the unit as suffix; None for what the data do not give.
    """

    text: str
    numbers: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyChart:
    """One chart of a study.

    Parameters
    ----------
    title, caption : str
        The caption says what the chart shows and what it leaves out.
    draw : callable
        Returns the chart; needs the extra ``report``.
    """

    title: str
    caption: str
    draw: Draw


@dataclass(frozen=True)
class Study:
    """The result of a study.

    Parameters
    ----------
    name, title : str
        The name as in ``joulewise study NAME``, and a title for readers.
    tables : mapping of str to polars.DataFrame
    charts : mapping of str to StudyChart
    findings : tuple of StudyFinding
        The most important first.
    """

    name: str
    title: str
    tables: Mapping[str, pl.DataFrame]
    charts: Mapping[str, StudyChart]
    findings: tuple[StudyFinding, ...]

    def to_dict(self) -> dict[str, object]:
        """Return what ``joulewise study NAME --json`` prints: findings, tables as rows, titles and captions."""
        return {
            "name": self.name,
            "title": self.title,
            "findings": [{"text": f.text, "numbers": dict(f.numbers)} for f in self.findings],
            "tables": {name: frame.to_dicts() for name, frame in self.tables.items()},
            "charts": {name: {"title": c.title, "caption": c.caption} for name, c in self.charts.items()},
        }


def table_of(rows: Sequence[DataclassInstance]) -> pl.DataFrame:
    """Return dataclasses as a table: one row each, with their fields as columns."""
    return pl.DataFrame([vars(row) for row in rows], infer_schema_length=None)


def numbers_of(row: DataclassInstance) -> dict[str, Value]:
    """Return the fields of a dataclass that are numbers, text or None, as the numbers of a finding."""
    return {key: value for key, value in vars(row).items() if isinstance(value, int | float | str | None)}
