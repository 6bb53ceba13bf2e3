"""Everything that goes to stdout, or to the file of ``-o``: data only, in one of four formats."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from joulewise.files import write_text
from joulewise.units import significant, with_prefix

if TYPE_CHECKING:
    from rich.table import Table

FORMATS = ("table", "json", "jsonl", "csv")
Row = Mapping[str, Any]

_ANY_WIDTH = 100_000

_UNIT_OF_COLUMN = {
    "flops": "FLOP",
    "peak_flops_per_s": "FLOP/s",
    "peak_ops_per_s": "OP/s",
    "efficiency_flops_per_j": "FLOP/J",
    "energy_j": "J",
    "energy_j_low": "J",
    "energy_j_high": "J",
    "tdp_w": "W",
    "power_w": "W",
    "power_w_low": "W",
    "power_w_high": "W",
}


def output_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--format``, ``--json`` and ``-o`` to a command."""
    for option in (
        click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file."),
        click.option("--json", "as_json", is_flag=True, help="Short for --format json."),
        click.option(
            "--format",
            "fmt",
            type=click.Choice(FORMATS),
            default="table",
            show_default=True,
            help="How to print.",
        ),
    ):
        command = option(command)
    return command


def emit_rows(
    rows: Sequence[Row],
    *,
    fmt: str,
    as_json: bool,
    output: Path | None,
    columns: Sequence[str] = (),
    narrow: Callable[[Row], Row] | None = None,
) -> None:
    """Print rows in the format asked for.

    Parameters
    ----------
    rows : sequence of mappings
    columns : sequence of str
        What the table format shows, where that is less than everything.
    narrow : callable, optional
        A row in fewer columns, for a terminal that is too narrow for the table.
    """
    fmt = "json" if as_json else fmt
    if fmt == "json":
        text = to_json([*rows])
    elif fmt == "jsonl":
        text = "".join(f"{json.dumps(_plain(row), ensure_ascii=False)}\n" for row in rows)
    elif fmt == "csv":
        text = _csv(rows)
    else:
        columns = columns or (list(rows[0]) if rows else [])
        text = table(rows, columns, narrow, plain=output is not None)
    emit_text(text, output)


def emit_object(value: Row, *, text: str, fmt: str, as_json: bool, output: Path | None) -> None:
    """Print one result: as `text` in the table format, else as data."""
    if as_json or fmt == "json":
        emit_text(to_json(value), output)
    elif fmt == "table":
        emit_text(text, output)
    else:
        flat = {key: item for key, item in value.items() if not isinstance(item, list | dict)}
        emit_rows([flat if fmt == "csv" else value], fmt=fmt, as_json=False, output=output)


def emit_text(text: str, output: Path | None) -> None:
    """Print text as it is, with a line break at its end."""
    if text and not text.endswith("\n"):
        text += "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)


def to_json(value: Any) -> str:
    """Return JSON: dates as text, what is not a number or infinite as null."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False)


def table(
    rows: Sequence[Row],
    columns: Sequence[str],
    narrow: Callable[[Row], Row] | None = None,
    *,
    plain: bool = False,
) -> str:
    """Return rows as aligned text, numbers with SI prefixes and their unit.

    A terminal gets the width it has; a pipe, or a file (`plain`), gets every cell whole.
    """
    from rich.console import Console  # noqa: PLC0415  (rich costs start-up time that data formats need not pay)
    from rich.measure import Measurement  # noqa: PLC0415

    if not rows:
        return "nothing found"
    grid = _grid(rows, columns)
    terminal = Console()
    if terminal.is_terminal and not plain:
        if (
            narrow
            and Measurement.get(terminal, terminal.options.update(width=_ANY_WIDTH), grid).maximum > terminal.width
        ):
            fewer = [narrow(row) for row in rows]
            grid = _grid(fewer, list(fewer[0]))
        with terminal.capture() as capture:
            terminal.print(grid)
        return capture.get()
    wide = Console(file=StringIO(), width=_ANY_WIDTH, no_color=True, force_terminal=False)
    with wide.capture() as capture:
        wide.print(grid)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _grid(rows: Sequence[Row], columns: Sequence[str]) -> Table:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    grid = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = any(isinstance(row.get(column), int | float) for row in rows)
        grid.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        # Text: of a string rich would take what stands in square brackets for its own marks.
        grid.add_row(*[Text(_cell(column, row.get(column))) for column in columns])
    return grid


def _cell(column: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column == "params":
        return with_prefix(value, "", 4).strip().replace("k", "K").replace("G", "B")
    if isinstance(value, float) and column in _UNIT_OF_COLUMN:
        return with_prefix(value, _UNIT_OF_COLUMN[column], 4).strip()
    if isinstance(value, float):
        return f"{value:.15g}" if value == round(value, 2) else significant(value, 4)
    return str(value)


def _csv(rows: Iterable[Row]) -> str:
    import csv  # noqa: PLC0415

    rows = list(rows)
    if not rows:
        return ""
    buffer = StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows([_plain(row) for row in rows])
    return buffer.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
