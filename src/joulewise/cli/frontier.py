"""``joulewise frontier``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from joulewise.cli.compare import draw, names, numbers, show, workload_grid
from joulewise.energy.compare import compare, frontier
from joulewise.errors import InputError


@click.command(
    "frontier",
    help="The best trade of energy against waiting time for MODELS, over batch sizes and numbers of accelerators: "
    "every set-up listed is quicker or more frugal than all others.",
)
@workload_grid
@click.option("--batch-size", "batches", default="1,2,4,8,16,32,64,128,256,512", show_default=True, help="To try.")
@click.option("--count", default="1,2,4,8", show_default=True, help="Numbers of accelerators to try.")
def command(
    models: tuple[str, ...],
    accelerators: str,
    batches: str,
    count: str,
    chart_file: Path | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
    **workload: Any,
) -> None:
    """Print the frontier, and draw it."""
    table = compare(
        models,
        names(accelerators),
        numbers(batches, "--batch-size"),
        [int(n) for n in numbers(count, "--count")],
        **{k: v for k, v in workload.items() if v is not None},
    )
    best = frontier(table)
    if best.is_empty():
        raise InputError("nothing fits the accelerators", "try more of them, or a smaller --precision")
    if chart_file is not None:
        draw(best, "Best energy for a waiting time", chart_file, joined=True)
    show(best, fmt=fmt, as_json=as_json, output=output)
