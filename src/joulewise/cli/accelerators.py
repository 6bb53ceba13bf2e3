"""``joulewise accelerators``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.catalog import load
from joulewise.cli.lists import arrange, keep_family, keep_years, list_options, search
from joulewise.cli.options import data_option, parse_years
from joulewise.cli.output import emit_rows, output_options
from joulewise.hardware import adapted_efficiencies, efficiencies

_SHOWN = (
    "name",
    "segment",
    "release_date",
    "precision",
    "peak_flops_per_s",
    "tdp_w",
    "efficiency_flops_per_j",
)


@click.command(
    "accelerators",
    help="List accelerators, a row each precision: peak, TDP, efficiency. TEXT filters.",
)
@list_options
@click.option("--task", help="Efficiencies as vision or language networks get them, not the theoretical ones.")
@click.option("--year", help="Launched in 2018, or in 2018..2020.")
@click.option("--family", help="E.g. GeForce.")
@data_option
@output_options
def command(
    text: tuple[str, ...],
    task: str | None,
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
    """List accelerators."""
    catalog = load(data)
    frame = adapted_efficiencies(task, catalog) if task else efficiencies(catalog)
    frame = keep_family(keep_years(frame, parse_years(year)), family)
    frame = arrange(search(frame, text, ("id", "name", "family", "segment", "precision")), sort_by, reverse, limit)
    emit_rows(frame.to_dicts(), fmt=fmt, as_json=as_json, output=output, columns=_SHOWN)
