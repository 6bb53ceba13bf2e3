"""``joulewise doctor``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.cli.output import emit_rows, emit_text, output_options
from joulewise.cli.progress import progress
from joulewise.doctor import EXTRAS, Checkup, checkup


@click.command("doctor", help="Show which energy meters and extras work here, and how to make the others work.")
@output_options
def command(fmt: str, as_json: bool, output: Path | None) -> None:
    """Print one row per meter and extra."""
    with progress("importing extras", len(EXTRAS)) as begin:
        found = checkup(begin)
    if as_json or fmt != "table":
        rows = [{"what": part.removesuffix("s"), **row} for part, rows in found.to_dict().items() for row in rows]
        emit_rows(rows, fmt=fmt, as_json=as_json, output=output)
    else:
        emit_text(_text(found), output)


def _text(found: Checkup) -> str:
    lines = [_line(m.works, False, f"meter {m.name} ({m.detail})", m.remedy) for m in found.meters]
    lines += [_line(e.works, e.installed, f"extra {e.name} ({e.package})", e.remedy) for e in found.extras]
    if not any(meter.works for meter in found.meters):
        lines.append("No energy meter works here: measure refuses to run, unless --assume-tdp gives a power to assume.")
    return "\n".join(lines)


def _line(works: bool, broken: bool, what: str, remedy: str) -> str:
    state = "works" if works else "broken" if broken else "missing"
    return f"{state:7}  {what}" + (f": {remedy}" if remedy else "")
