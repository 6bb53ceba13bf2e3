"""The paper's page: its tables, figures and printed numbers, recomputed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from joulewise.catalog import Catalog
from joulewise.energy import estimate_paper
from joulewise.files import make_folder, write_text
from joulewise.paper.comparison import VERDICTS, compare_with_printed
from joulewise.paper.figures import FIGURES, Figure, draw
from joulewise.paper.points import paper_edition
from joulewise.paper.recount import recounted
from joulewise.paper.tables import TABLES
from joulewise.report.headlines import Headline, headlines
from joulewise.report.html import render
from joulewise.report.sources import ListedSource, listed_sources
from joulewise.report.tables import PageTable, page_table

FILE = "joulewise-report.html"
STEPS = (*FIGURES, "comparison", "tables", "page")


@dataclass(frozen=True)
class FigureGroup:
    """A section of the page: figures by id under a title and a sentence."""

    title: str
    lead: str
    figures: tuple[str, ...]


@dataclass(frozen=True)
class ComparedNumber:
    """A number that the paper prints, and ours; `difference` is ours less the printed one."""

    where: str
    quantity: str
    printed: str
    ours: str
    difference: float | None
    verdict: str
    reason: str


@dataclass(frozen=True)
class PaperPage:
    """Content of the paper's page.

    Parameters
    ----------
    headlines : tuple of Headline
    groups : tuple of FigureGroup
    figures : mapping of str to Figure
        By id.
    comparison : tuple of ComparedNumber
    verdicts : mapping of str to int
        Number of rows with each verdict.
    tables : tuple of PageTable
    example : str
        The steps of one estimate.
    sources : tuple of ListedSource
    """

    headlines: tuple[Headline, ...]
    groups: tuple[FigureGroup, ...]
    figures: Mapping[str, Figure]
    comparison: tuple[ComparedNumber, ...]
    verdicts: Mapping[str, int]
    tables: tuple[PageTable, ...]
    example: str
    sources: tuple[ListedSource, ...]


GROUPS = (
    FigureGroup("Compute", "The work of one inference, and how it has grown.", ("fig1", "fig2", "fig3", "fig4")),
    FigureGroup("Language", "The same for language models.", ("fig5", "fig6", "fig15")),
    FigureGroup("Hardware", "Theoretical peaks of GPUs, and what networks reach.", ("fig7", "fig8")),
    FigureGroup("Energy", "FLOPs divided by FLOPS per watt at each model's date.", ("fig9", "fig10", "fig11", "fig12")),
    FigureGroup("Everyone", "One inference per person and second.", ("fig13", "fig14")),
)

_TABLE_TITLES = {
    "table1": ("Table 1", "Models with about as many FLOPs as AlexNet. Derived from Table 2."),
    "table2": ("Table 2", "Vision models, each figure with its source. Joules are ours, by the paper's method."),
    "table3": ("Table 3", "Measured throughputs; speed-ups over FP32 are derived."),
    "table4": ("Table 4", "Mean speed-ups with their 95% interval. Derived from Table 3."),
    "table5": ("Table 5", "Scaling coefficients of EfficientNet-B7 and L2."),
    "table6": ("Table 6", "FLOPs of ViT-G/14 by resolution."),
    "table7": ("Table 7", "Language models, each figure with its source. Joules are ours, by the paper's method."),
    "table8": ("Table 8", "Theoretical peak; the efficiency is derived."),
    "table9": ("Table 9", "Peak and efficiency that networks reach. Derived from Tables 3 and 8."),
}


def write_report(
    folder: Path, progress: Callable[[str], None] = lambda _: None, catalog: Catalog | None = None
) -> Path:
    """Write the paper's page as one HTML file.

    Parameters
    ----------
    folder : Path
        Created if missing.
    progress : callable
        Called with the name of each step as it begins; see `STEPS`.
    catalog : Catalog, optional
        By default the shipped one. A user's own rows join the tables and figures, not the comparison.

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
    paper, edition = paper_edition(), paper_edition(catalog)
    figures = {}
    for figure in FIGURES:
        progress(figure)
        figures[figure] = draw(figure, edition)
    progress("comparison")
    comparison = compare_with_printed(paper)
    progress("tables")
    tables = [page_table(name, *_TABLE_TITLES[name], build(edition)) for name, build in TABLES.items()]
    tables.append(_recounted_table(recounted(paper)))
    progress("page")
    page = PaperPage(
        headlines=headlines(edition, comparison),
        groups=GROUPS,
        figures=figures,
        comparison=tuple(ComparedNumber(**row) for row in comparison.to_dicts()),
        verdicts={verdict: comparison.filter(verdict=verdict).height for verdict in VERDICTS},
        tables=tuple(tables),
        example=estimate_paper("resnet-50", catalog=edition).explain(),
        sources=listed_sources(edition),
    )
    charts = {name: figure.draw() for name, figure in figures.items()}
    return write_text(folder / FILE, render("paper.html.j2", page, charts))


def _recounted_table(frame: pl.DataFrame) -> PageTable:
    within = {limit: frame.filter(pl.col("difference_percent").abs() <= limit).height for limit in (1, 3)}
    note = (
        f"{frame.height} of the networks of Tables 2 and 7, built without weights and counted operator by operator, or "
        f"in closed form: {within[1]} within 1% of the printed FLOPs, {within[3]} within 3%, the others with a reason."
    )
    return page_table("recounted", "Counted again", note, frame)
