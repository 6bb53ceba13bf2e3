"""``joulewise report``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.catalog import load
from joulewise.cli.options import data_option
from joulewise.cli.output import emit_object, output_options
from joulewise.cli.progress import progress

PAGES = ("paper", "today")
_PARTS_OF_ACCURACY = 3


@click.command(
    "report", help="Write two HTML pages that need no network, the paper's and today's, and print their paths."
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("report"), show_default=True, help="Folder to write in."
)
@click.option("--page", "pages", type=click.Choice(PAGES), multiple=True, help="Write only this page; by default both.")
@data_option
@output_options
def command(out: Path, pages: tuple[str, ...], data: Path | None, fmt: str, as_json: bool, output: Path | None) -> None:
    """Write the reports."""
    # charts take half a second to import
    from joulewise.report import paper, today  # noqa: PLC0415
    from joulewise.report.accuracy import accuracy_section  # noqa: PLC0415

    catalog = load(data)
    paths = {}
    for page in pages or PAGES:
        if page == "paper":
            with progress("report: paper", len(paper.STEPS)) as begin:
                paths[page] = str(paper.write_report(out, begin, catalog))
        else:
            with progress("report: today", len(today.STEPS) + _PARTS_OF_ACCURACY) as begin:
                paths[page] = str(today.write_today(out, begin, catalog, extra=[accuracy_section(begin)]))
    emit_object(paths, text="\n".join(paths.values()), fmt=fmt, as_json=as_json, output=output)
