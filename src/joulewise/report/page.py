"""The page of the paper: its tables, figures and numbers, recomputed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from joulewise.catalog import load, sources
from joulewise.energy import estimate_paper
from joulewise.files import make_folder, write_text
from joulewise.paper.comparison import VERDICTS, compare
from joulewise.paper.figures import FIGURES, draw
from joulewise.paper.points import paper_edition
from joulewise.paper.recount import recounted
from joulewise.paper.tables import TABLES
from joulewise.report.findings import findings
from joulewise.report.html import render
from joulewise.report.tables import page_table

FILE = "joulewise-report.html"
STEPS = (*FIGURES, "comparison", "tables", "page")

SECTIONS = (
    ("Compute", "How much work one inference takes, and how that has grown.", ("fig1", "fig2", "fig3", "fig4")),
    ("Language", "The same for language models.", ("fig5", "fig15", "fig6")),
    ("Hardware", "What GPUs could do, and what networks get from them.", ("fig7", "fig8")),
    ("Energy", "FLOPs over FLOPS per watt, at the date of each model.", ("fig9", "fig10", "fig11", "fig12")),
    ("Everyone", "One inference per person and second.", ("fig13", "fig14")),
)

_TABLE_TITLES = {
    "table1": ("Table 1", "Models with about the FLOPs of AlexNet. Derived from Table 2."),
    "table2": ("Table 2", "Vision models, each figure with its source. Joules are ours, by the paper's method."),
    "table3": ("Table 3", "Measured throughputs; speed-ups over FP32 are derived."),
    "table4": ("Table 4", "Mean speed-ups with their 95% interval. Derived from Table 3."),
    "table5": ("Table 5", "Scaling coefficients of EfficientNet-B7 and L2."),
    "table6": ("Table 6", "FLOPs of ViT-G/14 by resolution."),
    "table7": ("Table 7", "Language models, each figure with its source. Joules are ours, by the paper's method."),
    "table8": ("Table 8", "Theoretical peak; the efficiency is derived."),
    "table9": ("Table 9", "Peak and efficiency as networks get them. Derived from Tables 3 and 8."),
}


def write_report(folder: Path, progress: Callable[[str], None] = lambda _: None, data: Path | None = None) -> Path:
    """Write the report as one HTML file.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    progress : callable
        Told the name of each step as it begins; see `STEPS`.
    data : Path, optional
        A user's folder of facts: its rows join the tables and figures, not the comparison.

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
    paper, catalog = paper_edition(), paper_edition(load(data))
    figures = {}
    for figure in FIGURES:
        progress(figure)
        figures[figure] = draw(figure, catalog)
    progress("comparison")
    comparison = compare(paper)
    progress("tables")
    tables = [page_table(name, *_TABLE_TITLES[name], build(catalog)) for name, build in TABLES.items()]
    tables.append(page_table("recounted", *_recounted_title(recounted(paper))))
    progress("page")
    page = render(
        "paper.html.j2",
        {name: figure.chart for name, figure in figures.items()},
        sections=SECTIONS,
        figures=figures,
        findings=findings(catalog, comparison),
        comparison=comparison.to_dicts(),
        verdicts=[(verdict, comparison.filter(verdict=verdict).height) for verdict in VERDICTS],
        tables=tables,
        example=estimate_paper("resnet-50", catalog=catalog),
        sources=[row for row in sources(catalog).to_dicts() if row["facts"] or row["id"] == "desislavov2021"],
    )
    return write_text(folder / FILE, page)


def _recounted_title(frame: pl.DataFrame) -> tuple[str, str, pl.DataFrame]:
    within = {limit: frame.filter(pl.col("difference_percent").abs() <= limit).height for limit in (1, 3)}
    note = (
        f"{frame.height} of the networks of Tables 2 and 7, built without weights and counted operator by operator, or "
        f"in closed form: {within[1]} within 1% of the printed FLOPs, {within[3]} within 3%, the others with a reason."
    )
    return "Counted again", note, frame
