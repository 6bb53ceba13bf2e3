"""Lists of models, accelerators and sources, filtered, sorted and limited in the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

import click
import polars as pl

from joulewise.cli.main import complain
from joulewise.cli.options import bounded_int
from joulewise.cli.output import emit_rows, to_terminal
from joulewise.errors import InputError, UnknownNameError

_ROWS_ON_TERMINAL = 50
_MOST_ROWS = 1_000_000


class ListOptions(TypedDict):
    """Options that `list_options` and `output_options` add to a command."""

    text: tuple[str, ...]
    sort_by: str | None
    reverse: bool
    limit: int | None
    fmt: str
    as_json: bool
    output: Path | None


def list_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add free text, ``--sort``, ``--reverse`` and ``--limit`` to a command; `output_options` is to be added too."""
    for option in (
        click.option(
            "--limit",
            type=bounded_int(1, _MOST_ROWS),
            help=f"Show at most this many rows; a table on a terminal shows {_ROWS_ON_TERMINAL} by default.",
        ),
        click.option("--reverse", is_flag=True, help="Sort from greatest to least."),
        click.option("--sort", "sort_by", help="Sort by this column."),
        click.argument("text", nargs=-1),
    ):
        command = option(command)
    return command


def emit_list(
    frame: pl.DataFrame,
    options: ListOptions,
    *,
    searched: tuple[str, ...],
    shown: Sequence[str],
    least: Sequence[str] = (),
) -> None:
    """Search, sort, cut and print a list.

    Parameters
    ----------
    frame : polars.DataFrame
    options : ListOptions
    searched : tuple of str
        Columns in which the free text is looked for.
    shown, least : sequence of str
        Columns of the table, and those that a narrow terminal leaves out, least important first.

    Raises
    ------
    UnknownNameError
        If there is no column of the name to sort by.
    InputError
        If the list is to be reversed but not sorted.
    """
    fmt = "json" if options["as_json"] else options["fmt"]
    limit = options["limit"]
    if limit is None and fmt == "table" and to_terminal(options["output"]):
        limit = _ROWS_ON_TERMINAL
    found = search(frame, options["text"], searched)
    rows = arrange(found, options["sort_by"], options["reverse"], limit).to_dicts()
    emit_rows(rows, fmt=fmt, as_json=False, output=options["output"], columns=shown, least=least)


def search(frame: pl.DataFrame, words: tuple[str, ...], columns: tuple[str, ...]) -> pl.DataFrame:
    """Keep the rows that have every word in one of the columns, whether in upper or lower case."""
    for word in words:
        frame = frame.filter(
            pl.any_horizontal(
                pl.col(c).fill_null("").str.to_lowercase().str.contains(word.lower(), literal=True) for c in columns
            )
        )
    return frame


def keep_family(frame: pl.DataFrame, family: str | None) -> pl.DataFrame:
    """Keep one family.

    Raises
    ------
    UnknownNameError
        If there is no such family.
    """
    if family is None:
        return frame
    kept = frame.filter(pl.col("family").str.to_lowercase() == family.lower())
    if not kept.height:
        raise UnknownNameError("family", family, frame["family"].unique().sort())
    return kept


def keep_years(frame: pl.DataFrame, years: tuple[int, int] | None) -> pl.DataFrame:
    """Keep the rows released in a span of years."""
    if years is None:
        return frame
    return frame.filter(pl.col("release_date").dt.year().is_between(*years))


def arrange(frame: pl.DataFrame, sort_by: str | None, reverse: bool, limit: int | None) -> pl.DataFrame:
    """Sort by a column and cut to a limit; a cut is reported on stderr.

    Raises
    ------
    UnknownNameError
        If there is no such column.
    """
    if sort_by is not None and sort_by not in frame.columns:
        raise UnknownNameError("column", sort_by, frame.columns)
    if reverse and sort_by is None:
        raise InputError("--reverse needs a column", "give --sort too")
    if sort_by is not None:
        frame = frame.sort(sort_by, descending=reverse, nulls_last=True, maintain_order=True)
    if limit is not None and frame.height > limit:
        complain(f"showing {limit} of {frame.height} rows; raise --limit for more")
        frame = frame.head(limit)
    return frame
