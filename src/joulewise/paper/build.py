"""Write the paper's tables, figures and comparison as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from joulewise.catalog import Catalog
from joulewise.charts import write_chart
from joulewise.errors import UnknownNameError
from joulewise.files import folder_written_whole, write_text
from joulewise.paper.comparison import compare_with_printed
from joulewise.paper.figures import FIGURES, draw
from joulewise.paper.points import paper_edition
from joulewise.paper.recount import recounted
from joulewise.paper.tables import TABLES

COMPARISON = "comparison"
RECOUNTED = "recounted"
PARTS = (*TABLES, *FIGURES, COMPARISON, RECOUNTED)

_FRAMES = {**TABLES, COMPARISON: compare_with_printed, RECOUNTED: recounted}


def write_paper(
    folder: Path,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
    catalog: Catalog | None = None,
) -> list[Path]:
    """Write the paper's parts: tables as CSV, figures as SVG, PNG and HTML, ``comparison.csv`` and
    ``recounted.csv``.

    Parameters
    ----------
    folder : Path
        Created if missing. All files appear at the end, or none.
    only : sequence of str
        E.g. ``["fig3", "table2"]``; by default everything.
    progress : callable
        Called with the name of each part as it begins.
    catalog : Catalog, optional
        By default the shipped one. A user's own rows join the tables and figures, not the comparison.

    Raises
    ------
    UnknownNameError
        If a part is unknown.
    InputError
        If the folder cannot be written to.
    """
    for part in only:
        if part not in PARTS:
            raise UnknownNameError("part of the paper", part, PARTS)
    wanted = [part for part in PARTS if not only or part in only]
    paper, edition = paper_edition(), paper_edition(catalog)
    names: list[str] = []
    with folder_written_whole(folder) as staging:
        for part in wanted:
            progress(part)
            if part in FIGURES:
                names += [path.name for path in write_chart(draw(part, edition).draw(), staging, part)]
            else:
                frame = _FRAMES[part](edition if part in TABLES else paper)
                write_text(staging / f"{part}.csv", frame.write_csv())
                names.append(f"{part}.csv")
    return [folder / name for name in names]
