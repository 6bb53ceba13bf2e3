"""Options that several commands share, and how their text is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

from joulewise.catalog import PAPER, Catalog, load
from joulewise.errors import InputError

EDITIONS = ("paper", "today")

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A folder of your own facts, of the same form as the shipped ones, to add.",
)
task_option = click.option("--task", required=True, help="vision or language.")


def edition_option(default: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add ``--edition``: the models that the paper's tables hold, or all of today's."""
    return click.option(
        "--edition",
        type=click.Choice(EDITIONS),
        default=default,
        show_default=True,
        help="The models of the paper's tables, or all of today's.",
    )


def load_edition(data: Path | None, edition: str) -> Catalog:
    """Load the catalogue with a user's folder, as the paper has it or as it is today."""
    loaded = load(data)
    return loaded.edition(PAPER) if edition == "paper" else loaded


def parse_years(text: str | None) -> tuple[int, int] | None:
    """Read ``2018`` or ``2018..2020`` as a first and a last year.

    Raises
    ------
    InputError
        If it is neither, or runs backwards.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d{4})(?:\.\.(\d{4}))?", text)
    if not found:
        raise InputError(f"{text!r} is no year or span of years", "write 2018 or 2018..2020")
    first, last = int(found[1]), int(found[2] or found[1])
    if first > last:
        raise InputError(f"the span {text!r} runs backwards", f"write {last}..{first}")
    return first, last


def parse_date(text: str | None) -> date | None:
    """Read ``2020-06-30``, ``2020-06`` or ``2020`` as a day, the first where none is given.

    Raises
    ------
    InputError
        If there is no such day.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text)
    try:
        if found:
            return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        pass
    raise InputError(f"{text!r} is no date", "write YYYY-MM-DD, YYYY-MM or YYYY")


def parse_size(text: str | None) -> tuple[int, int, int] | None:
    """Read ``3x224x224`` as channels, height and width.

    Raises
    ------
    InputError
        If it is none.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)x(\d+)x(\d+)", text)
    sizes = tuple(int(n) for n in found.groups()) if found else ()
    if len(sizes) != 3 or min(sizes) < 1:
        raise InputError(f"{text!r} is no input size", "write channels, height and width: 3x224x224")
    return sizes[0], sizes[1], sizes[2]


def parse_image(text: str | None) -> tuple[int, int] | None:
    """Read ``1024x1024`` as height and width.

    Raises
    ------
    InputError
        If it is none.
    """
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if not found or not all(map(int, found.groups())):
        raise InputError(f"{text!r} is no image size", "write height and width: 1024x1024")
    return int(found[1]), int(found[2])
