"""``joulewise validate``."""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl

from joulewise.catalog import Catalog, load, measurements
from joulewise.cli.options import data_option
from joulewise.cli.output import emit_rows, output_options
from joulewise.cli.progress import progress
from joulewise.csv_input import read_rows
from joulewise.energy.calibration.scores import scores
from joulewise.energy.calibration.validate import validate, worst_rows
from joulewise.energy.kinds import KINDS
from joulewise.errors import InputError
from joulewise.extras import import_extra

_COLUMNS = {
    "models": "models",
    "group": "group",
    "method": "method",
    "rows": "rows",
    "median_error_percent": "median %",
    "p90_error_percent": "p90 %",
    "within_2x_percent": "within 2x %",
    "median_bias_percent": "bias %",
    "coverage_percent": "coverage %",
    "interval_ratio": "high/low",
}


measured_option = click.option(
    "--measured",
    type=click.Path(path_type=Path),
    help="A CSV of measurements in the form of the shipped ones, which it replaces.",
)


def measured_rows(file: Path | None, data: Path | None) -> tuple[pl.DataFrame, Catalog]:
    """Return the shipped measurements, or those of a file, and the catalogue with a folder of facts."""
    if data is not None and data.is_file():
        raise InputError(
            f"{data} is a file, and --data takes a folder of facts", "measurements are given by --measured"
        )
    catalog = load(data)
    return (measurements() if file is None else read_rows(file)), catalog


@click.command(
    "validate",
    help="Compare the energy of every method with measurements, always on model families that the fit has not "
    "seen. 'calibrated' leaves out whole families; 'one-row' also corrects by one other row of the same configuration; "
    "'lineage-out' leaves out all models of a developer; 'accelerator-out' leaves out a chip design.",
)
@measured_option
@click.option(
    "--by",
    type=click.Choice(["source", "kind", "task", "model_family", "accelerator_die"]),
    help="Print scores per group.",
)
@click.option(
    "--rows", is_flag=True, help="Print one row per measurement with every method's estimate, instead of scores."
)
@click.option(
    "--worst", type=click.IntRange(min=1), help="Print the N rows with the largest errors, each with the likely reason."
)
@click.option(
    "--chart",
    type=click.Path(path_type=Path),
    help="Draw predicted against measured energy to this .png, .svg or .html file.",
)
@data_option
@output_options
def command(
    measured: Path | None,
    by: str | None,
    rows: bool,
    worst: int | None,
    chart: Path | None,
    data: Path | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """Print scores, or rows."""
    chosen = [name for name, value in (("--by", by), ("--rows", rows or None), ("--worst", worst)) if value is not None]
    if len(chosen) > 1:
        raise InputError(f"{' and '.join(chosen)} are given", "each is another table: give one of them")
    if chart is not None:
        # Before the work, which takes a while.
        import_extra("vl_convert", "report", "--chart")
        from joulewise.charts.export import check_chart_name  # noqa: PLC0415  (altair costs start-up time)

        check_chart_name(chart)
    frame, catalog = measured_rows(measured, data)
    with progress("validate", len(KINDS)) as begin:
        checked = validate(frame, begin, catalog)
    if chart is not None:
        from joulewise.charts.export import save_chart  # noqa: PLC0415
        from joulewise.charts.workloads import predicted_against_measured  # noqa: PLC0415

        save_chart(predicted_against_measured(checked), chart)
    if rows or worst:
        if worst:
            checked = worst_rows(checked, worst, frame)
        emit_rows(checked.fill_nan(None).to_dicts(), fmt=fmt, as_json=as_json, output=output)
        return
    found = [each.to_dict() for each in scores(checked, by)]
    if fmt == "table" and not as_json:
        shown = [
            {title: round(v, 1) if isinstance(v := row.get(key), float) else v for key, title in _COLUMNS.items()}
            for row in found
        ]
        emit_rows(shown, fmt=fmt, as_json=False, output=output)
        return
    emit_rows(found, fmt=fmt, as_json=as_json, output=output)
