"""``joulewise report``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.cli.options import data_option
from joulewise.cli.output import emit_object, output_options
from joulewise.cli.progress import progress

PAGES = ("paper", "today")
_PARTS_OF_ACCURACY = 3


@click.command(
    "report", help="Write the paper's story and today's as HTML pages that need no network, and print their paths."
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
    from joulewise.report.accuracy import accuracy_section  # noqa: PLC0415
    from joulewise.report.page import STEPS, write_report  # noqa: PLC0415
    from joulewise.report.today import TODAY_STEPS, write_today  # noqa: PLC0415

    paths = {}
    for page in pages or PAGES:
        if page == "paper":
            with progress("report: paper", len(STEPS)) as begin:
                paths[page] = str(write_report(out, begin, data))
        else:
            with progress("report: today", len(TODAY_STEPS) + _PARTS_OF_ACCURACY) as begin:
                paths[page] = str(write_today(out, begin, data, extra=[accuracy_section(begin)]))
    emit_object(paths, text="\n".join(paths.values()), fmt=fmt, as_json=as_json, output=output)
