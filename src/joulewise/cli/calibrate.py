"""``joulewise calibrate``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.catalog.records import read_rows, records
from joulewise.cli.output import emit_text
from joulewise.cli.progress import progress
from joulewise.energy.calibrate import calibrate, save_calibration


@click.command("calibrate", help="Fit the calibrated method to measurements; write its parameters and intervals.")
@click.option("--data", type=click.Path(path_type=Path), help="A CSV in the form of the shipped measurements.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The JSON file to write.")
def command(data: Path | None, output: Path) -> None:
    """Fit, and say to how many rows."""
    frame = records("measurements/public") if data is None else read_rows(data)
    with progress("calibrate", 3) as begin:
        fitted = calibrate(frame, begin)
    save_calibration(fitted, output)
    emit_text(f"{output}: fitted to {fitted.provenance['rows']} rows", None)
