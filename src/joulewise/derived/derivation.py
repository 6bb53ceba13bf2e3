"""What a derivation is: a file of facts, and the function that computes its rows from the sourced ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from joulewise.catalog import Catalog


def _ignore(_: str) -> None:
    pass


@dataclass(frozen=True)
class Steps:
    """What a long derivation tells and keeps while it runs.

    Parameters
    ----------
    begin : callable
        Told the name of each step as it begins.
    kept : Path or None
        Where it may keep what is done, so that an interrupted run goes on; None: nothing may be written.
    """

    begin: Callable[[str], None] = field(default=_ignore)
    kept: Path | None = None


@dataclass(frozen=True)
class Derivation:
    """A file of derived facts.

    Parameters
    ----------
    name : str
        What to call it on the command line.
    file : str
        Below the data folder, e.g. ``models/facts-timm-counts.csv``. All of its rows are derived.
    holds : str
        One line of help.
    rows : callable
        From the catalogue (without this file's facts being used) and `Steps` to rows, each a mapping of the columns
        of a fact, in the order of the file; columns left out are blank. The same catalogue gives the same rows.
    total : callable
        From the catalogue to the number of steps, for the progress.
    """

    name: str
    file: str
    holds: str
    rows: Callable[[Catalog, Steps], Iterable[Mapping[str, str]]]
    total: Callable[[Catalog], int]
