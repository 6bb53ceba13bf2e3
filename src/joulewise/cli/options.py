"""Options that several commands share, and how their text is read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from joulewise.catalog import PAPER, Catalog, load
from joulewise.errors import InputError

EDITIONS = ("paper", "today")
LARGEST_IMAGE_PX = 16_384
"""Longest side of an image that is counted or measured. [px]"""

_MOST_CHANNELS = 4096
_LONGEST_BOUNDS = 12

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Add the facts of this folder, which has the form of the shipped data.",
)
task_option = click.option("--task", required=True, help="vision or language.")


# A type with a parameter for the type checker; releases of click before 8.5 have none.
if TYPE_CHECKING:
    _NumberType = click.ParamType[float]
else:
    _NumberType = click.ParamType


class Bounded(_NumberType):
    """A number between two bounds, both included; see `bounded_float` and `bounded_int`."""

    name = "number"

    def __init__(self, low: float, high: float, unit: str, *, whole: bool) -> None:
        self.low, self.high, self.unit, self.whole = low, high, unit, whole

    @property
    def bounds(self) -> str:
        """The bounds in words, e.g. ``between 0.1 and 86,400 s``."""
        return f"between {_shown(self.low)} and {_shown(self.high)}{self.unit and ' '}{self.unit}"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002
        """Return the bounds as the help shows them, where they are short."""
        bounds = f"{_shown(self.low)}..{_shown(self.high)}"
        return bounds if len(bounds) <= _LONGEST_BOUNDS else "NUMBER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | int:
        """Read a number; anything else, or one out of bounds, is a usage error that names option and bounds."""
        names = param.opts if param else ["the number"]
        named = next((name for name in names if name.startswith("--")), names[0])
        try:
            number = (int if self.whole else float)(value)
        except ValueError:
            kind = "a whole number" if self.whole else "a number"
            raise click.UsageError(f"{named} must be {kind} {self.bounds}, not {value!r}", ctx) from None
        if not self.low <= number <= self.high:
            raise click.UsageError(f"{named} must be {self.bounds}, not {value}", ctx)
        return number


def bounded_float(low: float, high: float, unit: str = "") -> Bounded:
    """Return the type of an option that takes a number from `low` to `high`; NaN and infinity are refused."""
    return Bounded(low, high, unit, whole=False)


def bounded_int(low: int, high: int) -> Bounded:
    """Return the type of an option that takes a whole number from `low` to `high`."""
    return Bounded(low, high, "", whole=True)


def _shown(bound: float) -> str:
    if bound != math.floor(bound) or bound >= 1e15:
        return f"{bound:g}"
    # Like years: without a comma up to four digits.
    return f"{int(bound):,}" if bound >= 10_000 else f"{int(bound)}"


def edition_option(default: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add ``--edition``: the models and accelerators of the paper's tables, or all of today's."""
    return click.option(
        "--edition",
        type=click.Choice(EDITIONS),
        default=default,
        show_default=True,
        help="Only the entries of the paper's tables, or all of today's.",
    )


def load_edition(data: Path | None, edition: str) -> Catalog:
    """Load the catalogue with a user's folder, in the paper's edition or today's."""
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
        raise InputError(f"{text!r} is not a year or a span of years", "write 2018 or 2018..2020")
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
    raise InputError(f"{text!r} is not a date", "write YYYY-MM-DD, YYYY-MM or YYYY")


def parse_size(text: str | None) -> tuple[int, int, int] | None:
    """Read ``3x224x224`` as channels, height and width.

    Raises
    ------
    InputError
        If it is not of that form, or too large.
    """
    if text is None:
        return None
    channels, height, width = _lengths(text, 3, "an input size", "channels, height and width: 3x224x224")
    if channels > _MOST_CHANNELS:
        raise InputError(f"an input has {_MOST_CHANNELS:,} channels at most, not {channels:,}")
    return channels, height, width


def parse_image(text: str | None) -> tuple[int, int] | None:
    """Read ``1024x1024`` as height and width.

    Raises
    ------
    InputError
        If it is not of that form, or too large.
    """
    if text is None:
        return None
    height, width = _lengths(text, 2, "an image size", "height and width: 1024x1024")
    return height, width


def _lengths(text: str, n: int, what: str, form: str) -> list[int]:
    """Read `n` positive whole numbers with an ``x`` between them, the last two an image's height and width."""
    if not re.fullmatch(rf"[0-9]{{1,9}}(x[0-9]{{1,9}}){{{n - 1}}}", text) or 0 in map(int, text.split("x")):
        raise InputError(f"{text!r} is not {what}", f"write {form}")
    lengths = [int(part) for part in text.split("x")]
    if max(lengths[-2:]) > LARGEST_IMAGE_PX:
        raise InputError(f"an image has {LARGEST_IMAGE_PX:,} px a side at most, not {max(lengths[-2:]):,} px")
    return lengths
