"""``joulewise frontier``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from joulewise.cli.compare import draw_grid, emit_grid, grid_of, grid_options
from joulewise.energy.compare import frontier
from joulewise.errors import InputError


@click.command(
    "frontier",
    help="Find the best trade-offs between energy and waiting time for MODELS, over batch sizes and numbers of "
    "accelerators: no other configuration is both faster and uses less energy than one of those listed.",
)
@grid_options(batches="1,2,4,8,16,32,64,128,256,512", counts="1,2,4,8")
def command(chart_file: Path | None, fmt: str, as_json: bool, output: Path | None, **grid: Any) -> None:
    """Print the frontier, and draw it."""
    best = frontier(grid_of(**grid))
    if best.is_empty():
        raise InputError("nothing fits the accelerators", "try more of them, or a --precision with fewer bits")
    if chart_file is not None:
        draw_grid(best, "Best energy for a waiting time", chart_file, joined=True)
    emit_grid(best, fmt=fmt, as_json=as_json, output=output)
