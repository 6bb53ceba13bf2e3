"""``joulewise doctor``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from joulewise.cli.output import emit_rows, emit_text, output_options
from joulewise.cli.progress import progress
from joulewise.errors import JoulewiseError, MissingExtraError
from joulewise.extras import import_extra
from joulewise.measure.meters import find_meters

_EXTRAS = {"torch": "torch", "timm": "timm", "hf": "transformers", "onnx": "onnx", "meter": "pynvml"}


@click.command("doctor", help="Say which energy meters and extras work here, and what would make the others work.")
@output_options
def command(fmt: str, as_json: bool, output: Path | None) -> None:
    """Print a row for each meter and extra."""
    _, findings = find_meters()
    rows = [{"what": "meter", **asdict(f)} for f in findings]
    with progress("importing extras", len(_EXTRAS)) as begin:
        for extra, module in _EXTRAS.items():
            begin(extra)
            remedy = _remedy(extra, module)
            rows.append({"what": "extra", "name": extra, "works": not remedy, "detail": module, "remedy": remedy})
    if as_json or fmt != "table":
        emit_rows(rows, fmt=fmt, as_json=as_json, output=output)
        return
    lines = []
    for row in rows:
        help_ = f": {row['remedy']}" if row["remedy"] else ""
        state = "works  " if row["works"] else "broken " if "installed but" in row["remedy"] else "missing"
        lines.append(f"{state}  {row['what']} {row['name']} ({row['detail']}){help_}")
    if not any(f.works for f in findings):
        lines.append("No energy meter works here: measure refuses, unless --assume-tdp says what to assume.")
    emit_text("\n".join(lines), output)


def _remedy(extra: str, module: str) -> str:
    """Return what would make an extra work; blank if it does. To be there is not enough: its versions may not fit."""
    try:
        import_extra(module, extra, "doctor")
    except MissingExtraError:
        return f"pip install joulewise[{extra}]"
    except JoulewiseError as error:
        return str(error)
    return ""
