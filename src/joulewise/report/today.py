"""Today's page: every study with its findings, charts and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from joulewise.catalog import Catalog, load
from joulewise.files import make_folder, write_text
from joulewise.report.html import render
from joulewise.report.method import MethodNote, method_notes
from joulewise.report.sections import Section, section
from joulewise.report.sources import ListedSource, listed_sources
from joulewise.studies import STUDIES, run_studies
from joulewise.studies.study import Study

FILE = "joulewise-today.html"
STEPS = (*STUDIES, "page")

FEW = 5
"""Findings of a section that are visible without unfolding."""


@dataclass(frozen=True)
class TodayPage:
    """Content of today's page.

    Parameters
    ----------
    sections : tuple of Section
    method : tuple of MethodNote
    sources : tuple of ListedSource
    built_from : str
        Number of facts and sources, and the newest release date among them.
    few : int
        Findings of a section that are visible without unfolding.
    """

    sections: tuple[Section, ...]
    method: tuple[MethodNote, ...]
    sources: tuple[ListedSource, ...]
    built_from: str
    few: int = FEW


def write_today(
    folder: Path,
    progress: Callable[[str], None] = lambda _: None,
    catalog: Catalog | None = None,
    *,
    extra: Sequence[Section] = (),
) -> Path:
    """Write the page of all studies as one HTML file.

    Parameters
    ----------
    folder : Path
        Created if missing.
    progress : callable
        Called with the name of each step as it begins; see `STEPS`.
    catalog : Catalog, optional
        By default the shipped one.
    extra : sequence of Section
        Sections that follow the studies; see `sections.section`.

    Returns
    -------
    Path
        The file, complete or absent.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    make_folder(folder)
    catalog = catalog or load()
    studies = run_studies(catalog, progress)
    progress("page")
    return write_text(folder / FILE, today_page(studies, catalog, extra))


def today_page(studies: Sequence[Study], catalog: Catalog, extra: Sequence[Section] = ()) -> str:
    """Return the page of some studies as HTML."""
    sections = (*map(_section_of, studies), *extra)
    page = TodayPage(sections, method_notes(), listed_sources(catalog), _built_from(catalog))
    return render("today.html.j2", page, {one.id: one.chart.draw() for part in sections for one in part.charts})


def _section_of(study: Study) -> Section:
    return section(
        study.name,
        STUDIES[study.name].short,
        study.title,
        findings=[finding.text for finding in study.findings],
        charts=study.charts,
        tables=study.tables,
        command=f"joulewise study {study.name} --table",
    )


def _built_from(catalog: Catalog) -> str:
    newest = str(catalog.facts.filter(attribute="release_date")["value"].max())
    return f"{catalog.facts.height:,} facts of {catalog.source_table.height} sources, the newest of {newest}"
