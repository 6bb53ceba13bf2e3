"""``joulewise sources``."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from joulewise.catalog import load, sources
from joulewise.cli.lists import ListOptions, emit_list, list_options
from joulewise.cli.options import data_option
from joulewise.cli.output import output_options


@click.command("sources", help="List the sources of the facts. TEXT filters by words.")
@list_options
@data_option
@output_options
def command(
    data: Path | None,
    **options: Unpack[ListOptions],
) -> None:
    """List sources."""
    emit_list(sources(load(data)), options, searched=("id", "citation", "url"), shown=("id", "facts", "citation"))
