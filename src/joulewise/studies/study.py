"""What a study gives back: frames, charts, and sentences whose numbers come from the frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import polars as pl

Value = float | int | str | None


@dataclass(frozen=True)
class Finding:
    """One sentence, made from the numbers beside it.

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
    """One chart of a study, with the caption that says what it shows and what it leaves out."""

    title: str
    caption: str
    chart: alt.LayerChart


@dataclass(frozen=True)
class Study:
    """The result of a study.

    Parameters
    ----------
    name, title : str
        As in ``joulewise study NAME``, and for a reader.
    tables : mapping of str to polars.DataFrame
    charts : mapping of str to StudyChart
    findings : tuple of Finding
        What matters most first.
    """

    name: str
    title: str
    tables: Mapping[str, pl.DataFrame]
    charts: Mapping[str, StudyChart]
    findings: tuple[Finding, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the study as data: findings, tables as rows, charts by title and caption."""
        return {
            "name": self.name,
            "title": self.title,
            "findings": [{"text": f.text, "numbers": dict(f.numbers)} for f in self.findings],
            "tables": {name: frame.to_dicts() for name, frame in self.tables.items()},
            "charts": {name: {"title": c.title, "caption": c.caption} for name, c in self.charts.items()},
        }
