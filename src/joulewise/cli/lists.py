"""Filtering and sorting of lists, the same for models, accelerators and sources."""

from __future__ import annotations

from collections.abc import Callable

import click
import polars as pl

from joulewise.cli.main import complain
from joulewise.errors import InputError, UnknownNameError


def list_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add free text, ``--sort``, ``--reverse`` and ``--limit`` to a command."""
    for option in (
        click.option("--limit", type=click.IntRange(min=1), help="At most so many rows."),
        click.option("--reverse", is_flag=True, help="Greatest first."),
        click.option("--sort", "sort_by", help="Column to sort by."),
        click.argument("text", nargs=-1),
    ):
        command = option(command)
    return command


def search(frame: pl.DataFrame, words: tuple[str, ...], columns: tuple[str, ...]) -> pl.DataFrame:
    """Keep the rows that have every word in one of the columns, upper and lower case alike."""
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
    """Keep what was released in a span of years."""
    if years is None:
        return frame
    return frame.filter(pl.col("release_date").dt.year().is_between(*years))


def arrange(frame: pl.DataFrame, sort_by: str | None, reverse: bool, limit: int | None) -> pl.DataFrame:
    """Sort by a column and cut to a limit; a cut is told on stderr.

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
