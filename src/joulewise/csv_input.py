"""Tables from users: CSV as programs write it, and frames of other libraries.

A CSV may be delimited by commas, semicolons or tabs, in UTF-8 (with or without a byte-order mark) or UTF-16 (with
one), with line ends of any system. Where semicolons delimit, as spreadsheets write in much of Europe, ``0,5`` is read
as 0.5. Every cell is returned as text; the caller interprets it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import polars.selectors as cs

from joulewise.errors import InputError, reason

_DELIMITERS = (",", ";", "\t")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_OTHER_FILES = {b"PK\x03\x04": "a workbook or zip file", b"PAR1": "a Parquet file", b"\x1f\x8b": "a gzip file"}
# 0,5 and 1.234,5 have a decimal comma. In a file with decimal commas 1.234 is ambiguous: 1234 or a fraction.
_DECIMAL_COMMA = r"^\s*[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+([eE][+-]?\d+)?\s*$"
_AMBIGUOUS = r"^\s*[+-]?\d{1,3}(\.\d{3})+\s*$"


def read_rows(file: Path | None) -> pl.DataFrame:
    """Read a CSV, every cell as text, from a file or (None) from standard input.

    Returns
    -------
    polars.DataFrame
        One string column per name of the header, blank cells as ``""``; blank lines are left out.

    Raises
    ------
    InputError
        If it cannot be read, is empty or is not a table: with the row (the first below the header is row 1) and column.
    """
    where = str(file) if file else "standard input"
    text = _decoded(_content(file, where), where)
    if not text.strip():
        raise InputError(f"{where} is empty", "a header, then one row per line, e.g. model,accelerator")
    text, delimiter = _delimiter(text)
    header, rows = _cells(text, delimiter, where)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    return _with_decimal_points(frame, where) if delimiter == ";" else frame


def read_lines() -> Iterator[tuple[int, str]]:
    """Yield the number and text of each line of standard input that is not blank.

    Raises
    ------
    InputError
        If standard input is closed, or a line is not text.
    """
    text = _decoded(_content(None, "standard input"), "standard input")
    for number, line in enumerate(io.StringIO(text), 1):
        if "\0" in line:
            raise InputError(f"standard input, line {number}: holds a NUL byte")
        if line.strip():
            yield number, line.strip()


def frame_of(table: object) -> pl.DataFrame:
    """Return a table of any library as a Polars frame.

    Parameters
    ----------
    table : polars.DataFrame, or any object with ``__arrow_c_stream__``
        The Arrow PyCapsule interface: a pyarrow table, a pandas frame (2.2 or later, with pyarrow installed), and
        others. Neither library is imported here.

    Raises
    ------
    InputError
        If it is not a table, or cannot be converted.
    """
    if isinstance(table, pl.DataFrame):
        return table
    kind = f"{type(table).__module__.partition('.')[0]} {type(table).__name__}"
    if not hasattr(table, "__arrow_c_stream__"):
        hint = "give a polars.DataFrame, a pyarrow.Table, or a pandas.DataFrame of pandas 2.2 or later"
        raise InputError(f"a table is expected, not a {kind.removeprefix('builtins ')}", hint)
    try:
        frame = pl.DataFrame(table)
    except ImportError:
        hint = "pip install pyarrow, or give polars.DataFrame(frame.to_dict('list'))"
        raise InputError(f"a {kind} is converted by pyarrow, which is not installed", hint) from None
    # Each library raises its own errors for columns of mixed types, duplicate names ...
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(f"the {kind} cannot be converted: {lines[0]}") from None
    return frame.with_columns(cs.categorical().cast(pl.String), cs.enum().cast(pl.String))


def _content(file: Path | None, where: str) -> bytes:
    try:
        if file is not None:
            return file.read_bytes()
        if sys.stdin is None:
            raise InputError("standard input is closed", "give a file, or pipe the table in")
        return sys.stdin.buffer.read()
    except OSError as error:
        raise InputError(f"cannot read {where}: {reason(error)}") from None
    except ValueError:
        raise InputError(f"cannot read {where}: its name holds a NUL byte") from None


def _decoded(content: bytes, where: str) -> str:
    for start, what in _OTHER_FILES.items():
        if content.startswith(start):
            raise InputError(f"{where} is {what}, not CSV", "save it as CSV in UTF-8")
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"line {line}: byte 0x{content[error.start]:02x} is not {encoding.removesuffix('-sig').upper()}"
        raise InputError(f"{where}, {found}", "save the file as UTF-8") from None


def _delimiter(text: str) -> tuple[str, str]:
    """Return the text from its header on, and the delimiter that gives the header the most columns."""
    # Some spreadsheets state the delimiter in a separate first line.
    said = re.match(r"sep=([,;\t])\r?\n", text)
    if said:
        return text[said.end() :], said[1]
    text = text.lstrip("\r\n")
    widths = {}
    for delimiter in _DELIMITERS:
        try:
            widths[delimiter] = len(next(csv.reader(_lines(text), delimiter=delimiter, strict=True)))
        except (csv.Error, StopIteration):
            widths[delimiter] = 0
    return text, max(_DELIMITERS, key=widths.__getitem__)


def _lines(text: str) -> io.StringIO:
    # Without translation of line ends, so that csv sees those within quotes; lone carriage returns end lines too.
    return io.StringIO(text, newline="")


def _cells(text: str, delimiter: str, where: str) -> tuple[list[str], list[list[str]]]:
    lines = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(lines)]
        rows = [row for row in lines if row]
    except csv.Error as error:
        why = "a quote is never closed" if "unexpected end" in str(error) else str(error)
        raise InputError(f"{where}, line {lines.line_num}: {why}") from None
    if "\0" in text:
        raise InputError(f"{where}, {_first_nul([header, *rows])}: holds a NUL byte", "save the file as UTF-8")
    _check_header(header, where)
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            hint = f"put a cell that holds {delimiter!r} in quotes" if len(row) > len(header) else None
            raise InputError(f"{where}, row {number}: {len(row)} cells, but the header has {len(header)}", hint)
    return header, rows


def _first_nul(rows: list[list[str]]) -> str:
    row, column = next((n, i) for n, row in enumerate(rows) for i, cell in enumerate(row, 1) if "\0" in cell)
    return f"row {row}, column {column}" if row else f"header, column {column}"


def _check_header(header: list[str], where: str) -> None:
    for number, name in enumerate(header, 1):
        if not name:
            raise InputError(f"{where}, header: column {number} has no name", "name it, or take it out")
        first = header.index(name) + 1
        if first != number:
            raise InputError(f"{where}, header: columns {first} and {number} are both {name!r}", "rename one")


def _with_decimal_points(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """Return a table of a spreadsheet with decimal commas as one with decimal points."""
    comma = frame.select(pl.all().str.contains(_DECIMAL_COMMA))
    if not comma.select(pl.any_horizontal(pl.all().any())).item():
        return frame
    for column in frame.columns:
        odd = frame[column].str.contains(_AMBIGUOUS).arg_max() if len(frame) else None
        if odd is not None and re.match(_AMBIGUOUS, frame[column][odd]):
            cell = frame[column][odd].strip()
            raise InputError(
                f"{where}, row {odd + 1}, column {column!r}: {cell!r} may be {cell.replace('.', '')} or a fraction, "
                "as other cells have decimal commas",
                "write it without a separator of thousands",
            )
    fixed = pl.all().str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True).str.strip_chars()
    return frame.with_columns(pl.when(pl.all().str.contains(_DECIMAL_COMMA)).then(fixed).otherwise(pl.all()))
