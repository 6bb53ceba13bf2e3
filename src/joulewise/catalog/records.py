"""Reading a CSV that someone wrote by hand."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import polars as pl

from joulewise.errors import InputError


def read_rows(file: Path | None) -> pl.DataFrame:
    """Read someone's CSV, every cell as text, from a file or (None) from standard input.

    Raises
    ------
    InputError
        If it cannot be read, is empty or ragged: with the row.
    """
    where = str(file) if file else "standard input"
    try:
        text = file.read_text(encoding="utf-8-sig") if file else sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InputError(f"{where} is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise InputError(f"cannot read {where}: {error.strerror}") from None
    if not text.strip():
        raise InputError(f"{where} is empty", "a header and a row each, e.g. model,accelerator")
    lines = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = [name.strip() for name in next(lines)]
        twice = [name for name in header if header.count(name) > 1]
        if twice:
            raise InputError(f"{where}: the column {twice[0]!r} is there twice")
        rows = []
        for number, row in enumerate(lines, 1):
            if not row:
                continue
            if len(row) != len(header):
                raise InputError(f"{where}, row {number}: {len(row)} cells, but the header has {len(header)}")
            rows.append(row)
    except csv.Error as error:
        raise InputError(f"{where}, line {lines.line_num}: {error}") from None
    return pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
