"""``joulewise report``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.cli.options import data_option
from joulewise.cli.output import emit_object, output_options
from joulewise.cli.progress import progress


@click.command("report", help="Write the whole story as one HTML page that needs no network; print its path.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("report"), show_default=True, help="Folder.")
@data_option
@output_options
def command(out: Path, data: Path | None, fmt: str, as_json: bool, output: Path | None) -> None:
    """Write the report."""
    from joulewise.report.page import STEPS, write_report  # noqa: PLC0415  (charts take half a second to import)

    with progress("report", len(STEPS)) as begin:
        path = write_report(out, begin, data)
    emit_object({"path": str(path)}, text=str(path), fmt=fmt, as_json=as_json, output=output)
