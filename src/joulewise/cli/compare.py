"""``joulewise compare`` and what it shares with ``joulewise frontier``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import polars as pl

from joulewise.cli.output import emit_rows, output_options
from joulewise.energy.compare import compare
from joulewise.errors import InputError
from joulewise.files import make_folder

_COLUMNS = (
    "model",
    "accelerator",
    "n_accelerators",
    "batch_size",
    "energy_j_per_unit",
    "low",
    "high",
    "unit",
    "ms_per_unit",
    "bound",
    "mark",
)


def workload_grid(command: Callable[..., None]) -> Callable[..., None]:
    """Add the arguments of a grid of workloads."""
    options = (
        click.argument("models", nargs=-1, required=True),
        click.option("--on", "accelerators", required=True, help="Accelerators, with commas between."),
        click.option("--precision", help="bf16, fp8, int8, mxfp4 ..."),
        click.option("--prompt-tokens", type=click.FloatRange(min=0, min_open=True), help="Of one request."),
        click.option("--output-tokens", type=click.FloatRange(min=0, min_open=True), help="Of one request."),
        click.option("--image", "image_size", help="Of generators: WxH, of a video WxHxFRAMESf."),
        click.option("--steps", type=click.IntRange(min=1), help="Of generators."),
        click.option("--chart", "chart_file", type=click.Path(path_type=Path), help="Draw it: a .png, .svg or .html."),
        output_options,
    )
    for option in reversed(options):
        command = option(command)
    return command


def numbers(text: str, option: str) -> list[float]:
    """Read numbers with commas between.

    Raises
    ------
    InputError
        If one is no positive number.
    """
    found = []
    for part in text.split(","):
        try:
            value = float(part)
        except ValueError:
            value = 0.0
        if not 0 < value < float("inf"):
            raise InputError(f"{option}: {part.strip()!r} is not a positive number", "write e.g. 1,8,64")
        found.append(value)
    return found


def names(text: str) -> list[str]:
    """Read names with commas between."""
    return [part.strip() for part in text.split(",") if part.strip()]


def show(table: pl.DataFrame, *, fmt: str, as_json: bool, output: Path | None) -> None:
    """Print a grid: in full as data, the chief columns as a table."""
    if as_json or fmt != "table":
        emit_rows(table.drop("row").to_dicts(), fmt=fmt, as_json=as_json, output=output)
        return
    marks = {"quickest": "quickest", "most_frugal": "most frugal"}
    rows = []
    for row in table.to_dicts():
        row["mark"] = ", ".join(t for k, t in marks.items() if row.get(k)) if row["fits"] else "does not fit"
        row |= {"energy_j_per_unit": row["energy_per_unit_j"], "ms_per_unit": row["seconds_per_unit"] * 1e3}
        row |= {"low": row["energy_per_unit_j_low"], "high": row["energy_per_unit_j_high"]}
        rows.append({c: row[c] for c in _COLUMNS})
    emit_rows(rows, fmt="table", as_json=False, output=output, columns=_COLUMNS)


def draw(table: pl.DataFrame, title: str, file: Path, *, joined: bool) -> None:
    """Write the chart of a grid."""
    from joulewise.charts.workloads import energy_against_time  # noqa: PLC0415  (altair costs start-up time)

    save_chart(energy_against_time(table, title, joined=joined), file)


def save_chart(chart: Any, file: Path) -> None:
    """Write a chart in the form that its name ends with.

    Raises
    ------
    InputError
        If that is none of .png, .svg and .html.
    """
    by_ending: dict[str, dict[str, Any]] = {".html": {"inline": True}, ".png": {"scale_factor": 2}, ".svg": {}}
    if file.suffix not in by_ending:
        raise InputError(f"a chart cannot be written as {file.name!r}", "end it with .png, .svg or .html")
    make_folder(file.parent)
    chart.save(str(file), **by_ending[file.suffix])


@click.command("compare", help="Compare MODELS on accelerators over batch sizes: joules and time per token or image.")
@workload_grid
@click.option("--batch-size", "batches", default="1,8,64", show_default=True, help="With commas between.")
@click.option("--count", default="1", show_default=True, help="Accelerators that work together; with commas between.")
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
    """Print the grid, and draw it."""
    table = compare(
        models,
        names(accelerators),
        numbers(batches, "--batch-size"),
        [int(n) for n in numbers(count, "--count")],
        **{k: v for k, v in workload.items() if v is not None},
    )
    if chart_file is not None:
        draw(table, "Energy against time", chart_file, joined=False)
    show(table, fmt=fmt, as_json=as_json, output=output)
