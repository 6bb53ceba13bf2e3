"""The parts of today's page: sections with sentences, charts and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from joulewise.report.tables import PageTable, page_table
from joulewise.studies.study import StudyChart

MOST_ROWS = 300
"""Maximum number of rows of a table on the page; the command line prints the whole table."""


@dataclass(frozen=True)
class PageChart:
    """A chart and the id of the element that it is drawn in."""

    id: str
    chart: StudyChart


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Parameters
    ----------
    id, short, title : str
        For links, for the navigation bar, and for the heading.
    lead : str
        The paragraph below the heading, or blank. Its numbers are computed, as everywhere on the page.
    findings : tuple of str
        Sentences, the most important first.
    charts : tuple of PageChart
    tables : tuple of PageTable
    """

    id: str
    short: str
    title: str
    lead: str = ""
    findings: tuple[str, ...] = ()
    charts: tuple[PageChart, ...] = ()
    tables: tuple[PageTable, ...] = ()


def section(
    section_id: str,
    short: str,
    title: str,
    *,
    lead: str = "",
    findings: Sequence[str] = (),
    charts: Mapping[str, StudyChart] | None = None,
    tables: Mapping[str, pl.DataFrame] | None = None,
    command: str = "",
) -> Section:
    """Return a section from charts and frames.

    Parameters
    ----------
    charts, tables : mapping, optional
        By a name that is unique in the section. Tables without rows are left out.
    command : str
        The command that prints a whole table when the table's name is appended; the note of a shortened table names it.
    """
    return Section(
        id=section_id,
        short=short,
        title=title,
        lead=lead,
        findings=tuple(findings),
        charts=tuple(PageChart(f"{section_id}-{name}", chart) for name, chart in (charts or {}).items()),
        tables=tuple(
            _shortened(f"{section_id}-{name}-rows", name, frame, command)
            for name, frame in (tables or {}).items()
            if frame.height
        ),
    )


def _shortened(table_id: str, name: str, frame: pl.DataFrame, command: str) -> PageTable:
    """Return the first rows of a frame as a table whose note says how many there are, and how to get them."""
    shown = frame.head(MOST_ROWS)
    note = f"{frame.height:,} rows"
    if shown.height < frame.height:
        note = f"The first {shown.height} of {frame.height:,} rows" + (f"; all: {command} {name}" if command else "")
    return page_table(table_id, name.replace("-", " ").capitalize(), f"{note}.", shown)
