"""``joulewise calibrate``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.cli.options import data_option
from joulewise.cli.output import emit_object, emit_text, output_options, table
from joulewise.cli.progress import progress
from joulewise.cli.validate import measured_option, measured_rows
from joulewise.energy.calibration.fit import calibrate
from joulewise.energy.calibration.stored import save_calibration
from joulewise.energy.kinds import KINDS


@click.command(
    "calibrate",
    help="Fit the calibrated method to measurements. -o writes the file that 'estimate --calibration' takes.",
)
@measured_option
@data_option
@output_options
def command(measured: Path | None, data: Path | None, fmt: str, as_json: bool, output: Path | None) -> None:
    """Fit; write the file, or print the parameters."""
    frame, catalog = measured_rows(measured, data)
    with progress("calibrate", len(KINDS)) as begin:
        fitted = calibrate(frame, begin, catalog)
    if output is not None:
        save_calibration(fitted, output)
        emit_text(f"{output}: fitted to {fitted.provenance['rows']} rows", None)
        return
    value = fitted.to_dict()
    rows = [{"parameter": k, **v} for kind in KINDS.values() for k, v in value[kind.section].items()]
    emit_object(
        value, text=table(rows, ["parameter", "value", "unit", "meaning"]), fmt=fmt, as_json=as_json, output=None
    )
