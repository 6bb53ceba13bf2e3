"""``joulewise accelerators``."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click
import polars as pl

from joulewise.cli.lists import ListOptions, emit_list, keep_family, keep_years, list_options
from joulewise.cli.options import data_option, edition_option, load_edition, parse_years
from joulewise.cli.output import output_options
from joulewise.errors import UnknownNameError
from joulewise.hardware import adapted_efficiencies, efficiencies

_SHOWN = (
    "name",
    "kind",
    "segment",
    "release_date",
    "precision",
    "peak_flops_per_s",
    "peak_ops_per_s",
    "tdp_w",
    "efficiency_flops_per_j",
)

_LEAST = ("segment", "kind", "peak_ops_per_s", "release_date")


@click.command(
    "accelerators",
    help="List accelerators, one row per precision, with peak, TDP and efficiency. TEXT filters by words.",
)
@list_options
@click.option("--task", help="Show the efficiency that vision or language networks reach, not the theoretical one.")
@click.option("--year", help="Only those launched in 2018, or in 2018..2020.")
@click.option("--family", help="Only this family, e.g. GeForce.")
@click.option("--kind", help="Only gpu, tpu, npu or cpu; or desktop, server or edge.")
@edition_option("today")
@data_option
@output_options
def command(
    task: str | None,
    year: str | None,
    family: str | None,
    kind: str | None,
    edition: str,
    data: Path | None,
    **options: Unpack[ListOptions],
) -> None:
    """List accelerators."""
    catalog = load_edition(data, edition)
    frame = adapted_efficiencies(task, catalog) if task else efficiencies(catalog, incomplete=True)
    frame = _keep_kind(keep_family(keep_years(frame, parse_years(year)), family), kind)
    searched = ("id", "name", "family", "manufacturer", "kind", "segment", "precision")
    emit_list(frame, options, searched=searched, shown=_SHOWN, least=_LEAST)


def _keep_kind(frame: pl.DataFrame, kind: str | None) -> pl.DataFrame:
    """Keep one kind of processor, or one market."""
    if kind is None:
        return frame
    known = [*frame["kind"].drop_nulls().unique().sort(), *frame["segment"].drop_nulls().unique().sort()]
    if kind.lower() not in known:
        raise UnknownNameError("kind", kind, known)
    return frame.filter((pl.col("kind") == kind.lower()) | (pl.col("segment") == kind.lower()))
