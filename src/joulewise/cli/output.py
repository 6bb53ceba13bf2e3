"""Print to stdout, or to the file of ``-o``: only data, in one of four formats."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from joulewise.cli.main import complain
from joulewise.errors import WorkError
from joulewise.files import dump_json, require_finite, write_text
from joulewise.text import printable
from joulewise.units import significant, with_prefix

if TYPE_CHECKING:
    from rich.table import Table

FORMATS = ("table", "json", "jsonl", "csv")
Row = Mapping[str, Any]

_ANY_WIDTH = 100_000
# On a terminal: maximum width of a cell before it folds, of a name before it takes two lines, and space between
# columns and at both edges of the table.
_WIDEST_CELL = 24
_LONG_NAME = 12
_GAP = 3
_EDGES = 2
_FEWEST_COLUMNS = 2
# The two control sequences that rich writes here: bold for a header, and its end.
_BOLD = re.compile("(\x1b\\[[01]m)")

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
        click.option(
            "-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of standard output."
        ),
        click.option("--json", "as_json", is_flag=True, help="Same as --format json."),
        click.option(
            "--format",
            "fmt",
            type=click.Choice(FORMATS),
            default="table",
            show_default=True,
            help="Output format.",
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
    least: Sequence[str] = (),
) -> None:
    """Print rows in the format asked for.

    Parameters
    ----------
    rows : sequence of mappings
    columns : sequence of str
        Columns of the table format, where it does not show all.
    narrow : callable, optional
        A row in fewer columns, for a terminal that is too narrow for the table.
    least : sequence of str
        Columns that such a terminal leaves out, the least important first; after them the last of `columns`.
    """
    fmt = "json" if as_json else fmt
    if fmt == "json":
        _emit(dump_json([*rows]), output)
    elif fmt == "jsonl":
        _emit("".join(f"{dump_json(row, indent=None)}\n" for row in rows), output)
    elif fmt == "csv":
        _emit(printable(_csv(rows), keep="\n\t") if to_terminal(output) else _csv(rows), output)
    else:
        columns = columns or (list(rows[0]) if rows else [])
        _emit(table(rows, columns, narrow, least=least, plain=output is not None), output)


def emit_object(value: Row, *, text: str, fmt: str, as_json: bool, output: Path | None) -> None:
    """Print one result: as `text` in the table format, else as data."""
    if as_json or fmt == "json":
        _emit(dump_json(value), output)
    elif fmt == "table":
        emit_text(text, output)
    else:
        flat = {key: item for key, item in value.items() if not isinstance(item, list | dict)}
        emit_rows([flat if fmt == "csv" else value], fmt=fmt, as_json=False, output=output)


def emit_text(text: str, output: Path | None) -> None:
    """Print text for a reader, with a line break at its end and without control characters."""
    parts = [printable(part, keep="\n\t") if i % 2 == 0 else part for i, part in enumerate(_BOLD.split(text))]
    _emit("".join(parts if output is None else parts[::2]), output)


def to_terminal(output: Path | None) -> bool:
    """Return whether output goes to a terminal rather than to a file or a pipe."""
    return output is None and sys.stdout is not None and sys.stdout.isatty()


def table(
    rows: Sequence[Row],
    columns: Sequence[str],
    narrow: Callable[[Row], Row] | None = None,
    *,
    least: Sequence[str] = (),
    plain: bool = False,
) -> str:
    """Return rows as aligned text, numbers with SI prefixes and their unit.

    A terminal gets the columns that it has room for, and a line on stderr names the others; a pipe, or a file
    (`plain`), gets every cell whole.
    """
    from rich.console import Console  # noqa: PLC0415  (rich costs start-up time that data formats need not pay)

    if not rows:
        return "nothing found"
    terminal = Console()
    if terminal.is_terminal and not plain:
        if narrow and _width(_cells(rows, columns), _ANY_WIDTH) > terminal.width:
            rows = [narrow(row) for row in rows]
            columns = list(rows[0])
        cells = _fitting(_cells(rows, columns), least, terminal.width)
        hidden = [column for column in columns if column not in cells]
        if hidden:
            complain(f"no room for {', '.join(hidden)}; a wider terminal or --format csv shows all columns")
        with terminal.capture() as capture:
            terminal.print(_grid(rows, cells, folded=True))
        return capture.get()
    wide = Console(file=StringIO(), width=_ANY_WIDTH, no_color=True, force_terminal=False)
    with wide.capture() as capture:
        wide.print(_grid(rows, _cells(rows, columns), folded=False))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _cells(rows: Sequence[Row], columns: Sequence[str]) -> dict[str, list[str]]:
    return {column: [printable(_cell(column, row.get(column)), keep="\n") for row in rows] for column in columns}


def _fitting(cells: dict[str, list[str]], least: Sequence[str], width: int) -> dict[str, list[str]]:
    """Return the columns that fit a terminal: the least important are left out, then the last, but two stay."""
    order = [*(c for c in least if c in cells), *reversed([c for c in cells if c not in least])]
    kept = dict(cells)
    for column in order:
        if len(kept) <= _FEWEST_COLUMNS or _width(kept, _WIDEST_CELL) <= width:
            break
        del kept[column]
    return kept


def _width(cells: Mapping[str, list[str]], widest: int) -> int:
    """Return the width of a table in which a cell is folded when it is wider than `widest`."""
    return sum(_column_width(name, texts, widest) + _GAP for name, texts in cells.items()) - _GAP + _EDGES


def _column_width(name: str, texts: Sequence[str], widest: int) -> int:
    from rich.cells import cell_len  # noqa: PLC0415

    return max(*map(len, _folded(name).split("\n")), min(widest, max(map(cell_len, texts))))


def _folded(name: str) -> str:
    """Return a column's name on two lines if it is long: broken after the underscore nearest its middle."""
    breaks = [i + 1 for i, character in enumerate(name) if character == "_"]
    if len(name) <= _LONG_NAME or not breaks:
        return name
    middle = min(breaks, key=lambda i: abs(i - len(name) / 2))
    return f"{name[:middle]}\n{name[middle:]}"


def _grid(rows: Sequence[Row], cells: Mapping[str, list[str]], *, folded: bool) -> Table:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    grid = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column, texts in cells.items():
        numeric = any(isinstance(row.get(column), int | float) for row in rows)
        grid.add_column(
            _folded(column) if folded else column,
            justify="right" if numeric else "left",
            overflow="fold",
            min_width=_column_width(column, texts, _WIDEST_CELL) if folded else None,
        )
    for line in zip(*cells.values(), strict=True):
        # Text, as rich would interpret square brackets in a string as markup.
        grid.add_row(*map(Text, line))
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
    require_finite(rows)
    writer.writerows(rows)
    return buffer.getvalue()


def _emit(text: str, output: Path | None) -> None:
    if text and not text.endswith("\n"):
        text += "\n"
    if output is not None:
        write_text(output, text)
    elif sys.stdout is None:
        raise WorkError("standard output is closed", "leave it open, or write to a file with -o")
    else:
        click.echo(text, nl=False)
