"""``joulewise doctor``."""

from __future__ import annotations

from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import click

from joulewise.cli.output import emit_rows, emit_text, output_options
from joulewise.measure.meters import find_meters

_EXTRAS = {"torch": "torch", "timm": "timm", "hf": "transformers", "onnx": "onnx", "meter": "pynvml"}


@click.command("doctor", help="Say which energy meters and extras work here, and what would make the others work.")
@output_options
def command(fmt: str, as_json: bool, output: Path | None) -> None:
    """Print a row for each meter and extra."""
    _, findings = find_meters()
    rows = [{"what": "meter", **asdict(f)} for f in findings]
    for extra, module in _EXTRAS.items():
        there = find_spec(module) is not None
        remedy = "" if there else f"pip install joulewise[{extra}]"
        rows.append({"what": "extra", "name": extra, "works": there, "detail": module, "remedy": remedy})
    if as_json or fmt != "table":
        emit_rows(rows, fmt=fmt, as_json=as_json, output=output)
        return
    lines = []
    for row in rows:
        help_ = f": {row['remedy']}" if row["remedy"] else ""
        state = "works  " if row["works"] else "missing"
        lines.append(f"{state}  {row['what']} {row['name']} ({row['detail']}){help_}")
    if not any(f.works for f in findings):
        lines.append("No energy meter works here: measure refuses, unless --assume-tdp says what to assume.")
    emit_text("\n".join(lines), output)
