"""``joulewise models``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.catalog import models
from joulewise.cli.lists import arrange, keep_family, keep_years, list_options, search
from joulewise.cli.options import data_option, edition_option, load_edition, parse_years
from joulewise.cli.output import emit_rows, output_options

_SHOWN = ("name", "task", "release_date", "architecture", "params", "flops", "score", "extra_data")


@click.command("models", help="List models: FLOPs of one forward pass, parameters, score, date. TEXT filters.")
@list_options
@click.option("--task", help="vision, language, ...: one of those that models have.")
@edition_option("today")
@click.option("--year", help="Released in 2018, or in 2018..2020.")
@click.option("--family", help="E.g. EfficientNet.")
@data_option
@output_options
def command(
    text: tuple[str, ...],
    task: str | None,
    edition: str,
    year: str | None,
    family: str | None,
    data: Path | None,
    sort_by: str | None,
    reverse: bool,
    limit: int | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """List models."""
    frame = keep_family(keep_years(models(task, load_edition(data, edition)), parse_years(year)), family)
    frame = arrange(search(frame, text, ("id", "name", "family", "architecture")), sort_by, reverse, limit)
    emit_rows(frame.to_dicts(), fmt=fmt, as_json=as_json, output=output, columns=_SHOWN)
