"""``joulewise calibrate``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.catalog import measurements
from joulewise.catalog.records import read_rows
from joulewise.cli.output import emit_object, emit_text, output_options, table
from joulewise.cli.progress import progress
from joulewise.energy.calibrate import as_file, calibrate, save_calibration


@click.command(
    "calibrate",
    help="Fit the calibrated method to measurements. -o writes the file that 'estimate --calibration' takes.",
)
@click.option("--data", type=click.Path(path_type=Path), help="A CSV in the form of the shipped measurements.")
@output_options
def command(data: Path | None, fmt: str, as_json: bool, output: Path | None) -> None:
    """Fit; write the file, or print the parameters."""
    frame = measurements() if data is None else read_rows(data)
    with progress("calibrate", 4) as begin:
        fitted = calibrate(frame, begin)
    if output is not None:
        save_calibration(fitted, output)
        emit_text(f"{output}: fitted to {fitted.provenance['rows']} rows", None)
        return
    value = as_file(fitted)
    rows = [{"parameter": k, **v} for part in ("language", "generators", "wall") for k, v in value[part].items()]
    emit_object(
        value, text=table(rows, ["parameter", "value", "unit", "meaning"]), fmt=fmt, as_json=as_json, output=None
    )
