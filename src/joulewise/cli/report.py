"""``joulewise report``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.cli.options import data_option
from joulewise.cli.output import emit_object, output_options
from joulewise.cli.progress import progress

PAGES = ("paper", "today")


@click.command(
    "report", help="Write the paper's story and today's, an HTML page each that needs no network; print their paths."
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("report"), show_default=True, help="Folder.")
@click.option(
    "--page", "pages", type=click.Choice(PAGES), multiple=True, help="Only this one; by default both are written."
)
@data_option
@output_options
def command(out: Path, pages: tuple[str, ...], data: Path | None, fmt: str, as_json: bool, output: Path | None) -> None:
    """Write the reports."""
    # charts take half a second to import
    from joulewise.report.page import STEPS, write_report  # noqa: PLC0415
    from joulewise.report.today import TODAY_STEPS, write_today  # noqa: PLC0415

    writers = {"paper": (STEPS, write_report), "today": (TODAY_STEPS, write_today)}
    paths = {}
    for page in pages or PAGES:
        steps, write = writers[page]
        with progress(f"report: {page}", len(steps)) as begin:
            paths[page] = str(write(out, begin, data))
    emit_object(paths, text="\n".join(paths.values()), fmt=fmt, as_json=as_json, output=output)
