"""``joulewise sources``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.catalog import load, sources
from joulewise.cli.lists import arrange, list_options, search
from joulewise.cli.options import data_option
from joulewise.cli.output import emit_rows, output_options


@click.command("sources", help="List the sources that the facts rest on. TEXT filters.")
@list_options
@data_option
@output_options
def command(
    text: tuple[str, ...],
    data: Path | None,
    sort_by: str | None,
    reverse: bool,
    limit: int | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """List sources."""
    frame = search(sources(load(data)), text, ("id", "citation", "url"))
    rows = arrange(frame, sort_by, reverse, limit).to_dicts()
    emit_rows(rows, fmt=fmt, as_json=as_json, output=output, columns=("id", "facts", "citation"))
