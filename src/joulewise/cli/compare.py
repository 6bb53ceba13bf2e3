"""``joulewise compare``, and the parts that ``joulewise frontier`` shares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import polars as pl

from joulewise.catalog import load
from joulewise.cli.options import data_option
from joulewise.cli.output import emit_rows, output_options
from joulewise.cli.workload import calibration_option, workload_options
from joulewise.energy.calibration.stored import load_calibration
from joulewise.energy.compare import compare
from joulewise.energy.rows import BOUNDS
from joulewise.errors import InputError

_COLUMNS = (
    "model",
    "accelerator",
    "n",
    "batch",
    "J/unit",
    "low",
    "high",
    "unit",
    "ms/unit",
    "bound",
    "mark",
)
_SHARED = ("precision", "prompt_tokens", "output_tokens", "image_size", "steps", "meter_scope", "engine", "task")


def grid_options(batches: str, counts: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the arguments of a grid of workloads, with the batch sizes and counts to try by default."""
    options = (
        click.argument("models", nargs=-1, required=True),
        click.option("--on", "accelerators", required=True, help="Accelerators, separated by commas."),
        click.option(
            "--batch-size",
            "batches",
            default=batches,
            show_default=True,
            help="Requests that run together, separated by commas.",
        ),
        click.option(
            "--count",
            "counts",
            default=counts,
            show_default=True,
            help="Accelerators that work together, separated by commas.",
        ),
        workload_options(*_SHARED),
        click.option(
            "--chart",
            "chart_file",
            type=click.Path(path_type=Path),
            help="Draw a chart to this .png, .svg or .html file.",
        ),
        calibration_option,
        data_option,
        output_options,
    )

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def grid_of(
    *,
    models: tuple[str, ...],
    accelerators: str,
    batches: str,
    counts: str,
    calibration: Path | None,
    data: Path | None,
    **workload: Any,
) -> pl.DataFrame:
    """Estimate a grid of workloads, given by `grid_options`."""
    return compare(
        models,
        [part.strip() for part in accelerators.split(",") if part.strip()],
        _numbers(batches, "--batch-size", BOUNDS["batch_size"]),
        [int(n) for n in _numbers(counts, "--count", BOUNDS["n_accelerators"], whole=True)],
        load_calibration(calibration),
        load(data),
        **{name: value for name, value in workload.items() if value is not None},
    )


def _numbers(text: str, option: str, bounds: tuple[float, float], *, whole: bool = False) -> list[float]:
    """Read numbers separated by commas.

    Raises
    ------
    InputError
        If one is not a number, or out of bounds.
    """
    found = []
    for part in text.split(","):
        try:
            value = float(part)
        except ValueError:
            value = float("nan")
        if not bounds[0] <= value <= bounds[1] or (whole and value != round(value)):
            kind = "a whole number" if whole else "a number"
            raise InputError(
                f"{option}: {part.strip()!r} is not {kind} between {bounds[0]:,g} and {bounds[1]:,.10g}",
                "write e.g. 1,8,64",
            )
        found.append(value)
    return found


def emit_grid(table: pl.DataFrame, *, fmt: str, as_json: bool, output: Path | None) -> None:
    """Print a grid: in full as data, the main columns as a table."""
    if as_json or fmt != "table":
        flags = pl.col("flags").list.join("|") if fmt == "csv" and not as_json else pl.col("flags")
        emit_rows(table.drop("row").with_columns(flags).to_dicts(), fmt=fmt, as_json=as_json, output=output)
        return
    marks = {"quickest": "quickest", "most_frugal": "most frugal"}
    rows = []
    for row in table.to_dicts():
        row["mark"] = ", ".join(t for k, t in marks.items() if row.get(k)) if row["fits"] else "does not fit"
        row |= {"n": row["n_accelerators"], "batch": row["batch_size"]}
        row |= {"J/unit": row["energy_per_unit_j"], "ms/unit": row["seconds_per_unit"] * 1e3}
        row |= {"low": row["energy_per_unit_j_low"], "high": row["energy_per_unit_j_high"]}
        rows.append({c: row[c] for c in _COLUMNS})
    least = ("low", "high", "unit", "bound")
    emit_rows(rows, fmt="table", as_json=False, output=output, columns=_COLUMNS, least=least)


def draw_grid(table: pl.DataFrame, title: str, file: Path, *, joined: bool) -> None:
    """Write the chart of a grid."""
    from joulewise.charts.export import save_chart  # noqa: PLC0415  (altair costs start-up time)
    from joulewise.charts.workloads import energy_against_time  # noqa: PLC0415

    save_chart(energy_against_time(table, title, joined=joined), file)


@click.command("compare", help="Compare MODELS on accelerators over batch sizes: joules and time per token or image.")
@grid_options(batches="1,8,64", counts="1")
def command(chart_file: Path | None, fmt: str, as_json: bool, output: Path | None, **grid: Any) -> None:
    """Print the grid, and draw it."""
    table = grid_of(**grid)
    if chart_file is not None:
        draw_grid(table, "Energy against time", chart_file, joined=False)
    emit_grid(table, fmt=fmt, as_json=as_json, output=output)
