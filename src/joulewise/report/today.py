"""The page of today: every study, with what it finds, draws and rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from joulewise.catalog import Catalog, load, sources
from joulewise.files import make_folder, write_text
from joulewise.report.html import render
from joulewise.report.method import method
from joulewise.report.tables import PageTable, page_table
from joulewise.studies import STUDIES, run_studies
from joulewise.studies.study import Study, StudyChart

TODAY_FILE = "joulewise-today.html"
MOST_ROWS = 300
"""Rows of a table that a page holds; the command line gives the others."""

FEW = 5
"""Findings of a section that are seen at once."""

TODAY_STEPS = (*STUDIES, "page")


@dataclass(frozen=True)
class PageChart:
    """A chart with the id of its element."""

    id: str
    title: str
    caption: str
    chart: object


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Parameters
    ----------
    id, short, title : str
        For links, for the navigation, and for its head.
    lead : str
        May be blank. Numbers in it are computed, as everywhere on the page.
    findings : tuple of str
        Sentences, what matters most first.
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
    charts: dict[str, StudyChart] | None = None,
    tables: dict[str, pl.DataFrame] | None = None,
    command: str = "",
) -> Section:
    """Return a section from charts and frames.

    Parameters
    ----------
    charts, tables : dict, optional
        By a name that is unique in the section.
    command : str
        Prints a table whole, with the table's name after it; told where a table is cut.
    """
    return Section(
        id=section_id,
        short=short,
        title=title,
        lead=lead,
        findings=tuple(findings),
        charts=tuple(
            PageChart(f"{section_id}-{name}", one.title, one.caption, one.chart) for name, one in (charts or {}).items()
        ),
        tables=tuple(
            _table(f"{section_id}-{name}-rows", name, frame, command)
            for name, frame in (tables or {}).items()
            if frame.height
        ),
    )


def write_today(
    folder: Path,
    progress: Callable[[str], None] = lambda _: None,
    data: Path | None = None,
    *,
    extra: Sequence[Section] = (),
) -> Path:
    """Write the page of all studies as one HTML file.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    progress : callable
        Told the name of each step as it begins; see `TODAY_STEPS`.
    data : Path, optional
        A user's folder of facts, that joins every study.
    extra : sequence of Section
        Sections after the studies; see `section`.

    Returns
    -------
    Path
        Of the file, whole or not there.

    Raises
    ------
    InputError
        If the folder cannot be written in.
    """
    make_folder(folder)
    catalog = load(data)
    studies = run_studies(catalog, progress)
    progress("page")
    return write_text(folder / TODAY_FILE, today_page(studies, catalog, extra))


def today_page(studies: Sequence[Study], catalog: Catalog, extra: Sequence[Section] = ()) -> str:
    """Return the page of some studies as HTML."""
    sections = [*map(_of_study, studies), *extra]
    return render(
        "today.html.j2",
        {chart.id: chart.chart for one in sections for chart in one.charts},  # type: ignore[misc]
        sections=sections,
        few=FEW,
        data_until=_data_until(catalog),
        method=method(),
        sources=[row for row in sources(catalog).to_dicts() if row["facts"]],
    )


def _of_study(study: Study) -> Section:
    return section(
        study.name,
        STUDIES[study.name].short,
        study.title,
        findings=[finding.text for finding in study.findings],
        charts=dict(study.charts),
        tables=dict(study.tables),
        command=f"joulewise study {study.name} --table",
    )


def _table(table_id: str, name: str, frame: pl.DataFrame, command: str) -> PageTable:
    shown = frame.head(MOST_ROWS)
    note = f"{frame.height:,} rows"
    if shown.height < frame.height:
        note = f"The first {shown.height} of {frame.height:,} rows" + (f"; all: {command} {name}" if command else "")
    return page_table(table_id, name.replace("-", " ").capitalize(), f"{note}.", shown)


def _data_until(catalog: Catalog) -> str:
    """Return what the page is built from, with the newest date in it."""
    newest = str(catalog.facts.filter(attribute="release_date")["value"].max())
    return f"from {catalog.facts.height:,} facts of {catalog.source_table.height} sources, the newest of {newest}"
