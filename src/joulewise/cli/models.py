"""``joulewise models``."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from joulewise.catalog import models
from joulewise.cli.lists import ListOptions, emit_list, keep_family, keep_years, list_options
from joulewise.cli.options import data_option, edition_option, load_edition, parse_years
from joulewise.cli.output import output_options

_SHOWN = ("name", "task", "release_date", "architecture", "params", "flops", "score", "extra_data")
_LEAST = ("extra_data", "architecture", "task")


@click.command("models", help="List models: FLOPs of one forward pass, parameters, score, date. TEXT filters by words.")
@list_options
@click.option("--task", help="Only models of this task: vision, language ...")
@edition_option("today")
@click.option("--year", help="Only models released in 2018, or in 2018..2020.")
@click.option("--family", help="Only models of this family, e.g. EfficientNet.")
@data_option
@output_options
def command(
    task: str | None,
    edition: str,
    year: str | None,
    family: str | None,
    data: Path | None,
    **options: Unpack[ListOptions],
) -> None:
    """List models."""
    frame = keep_family(keep_years(models(task, load_edition(data, edition)), parse_years(year)), family)
    emit_list(frame, options, searched=("id", "name", "family", "architecture"), shown=_SHOWN, least=_LEAST)
