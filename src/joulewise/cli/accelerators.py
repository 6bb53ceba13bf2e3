"""``joulewise accelerators``."""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl

from joulewise.catalog import PAPER, load
from joulewise.cli.lists import arrange, keep_family, keep_years, list_options, search
from joulewise.cli.options import data_option, parse_years
from joulewise.cli.output import emit_rows, output_options
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

EDITIONS = ("today", "paper")


@click.command(
    "accelerators",
    help="List accelerators, a row each precision: peak, TDP, efficiency. TEXT filters.",
)
@list_options
@click.option("--task", help="Efficiencies as vision or language networks get them, not the theoretical ones.")
@click.option("--year", help="Launched in 2018, or in 2018..2020.")
@click.option("--family", help="E.g. GeForce.")
@click.option("--kind", help="gpu, tpu, npu or cpu; or desktop, server or edge.")
@click.option("--edition", default="today", help="All of today, or only what the paper's tables hold: paper.")
@data_option
@output_options
def command(
    text: tuple[str, ...],
    task: str | None,
    year: str | None,
    family: str | None,
    kind: str | None,
    edition: str,
    data: Path | None,
    sort_by: str | None,
    reverse: bool,
    limit: int | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """List accelerators."""
    if edition not in EDITIONS:
        raise UnknownNameError("edition", edition, EDITIONS)
    catalog = load(data) if edition == "today" else load(data).edition(PAPER)
    frame = adapted_efficiencies(task, catalog) if task else efficiencies(catalog, incomplete=True)
    frame = _keep_kind(keep_family(keep_years(frame, parse_years(year)), family), kind)
    columns = ("id", "name", "family", "manufacturer", "kind", "segment", "precision")
    frame = arrange(search(frame, text, columns), sort_by, reverse, limit)
    emit_rows(frame.to_dicts(), fmt=fmt, as_json=as_json, output=output, columns=_SHOWN)


def _keep_kind(frame: pl.DataFrame, kind: str | None) -> pl.DataFrame:
    """Keep one kind of processor, or one market."""
    if kind is None:
        return frame
    known = [*frame["kind"].drop_nulls().unique().sort(), *frame["segment"].drop_nulls().unique().sort()]
    if kind.lower() not in known:
        raise UnknownNameError("kind", kind, known)
    return frame.filter((pl.col("kind") == kind.lower()) | (pl.col("segment") == kind.lower()))
