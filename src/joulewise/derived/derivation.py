"""A derivation: a file of facts, and the function that computes its rows from the sourced facts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulewise.catalog import Catalog


def _ignore(_: str) -> None:
    pass


@dataclass(frozen=True)
class Steps:
    """Progress of a long derivation, and the results that it saves in case it is interrupted.

    Parameters
    ----------
    begin : callable
        Called with the name of each step as it begins.
    kept : Path or None
        File of the results so far, one JSON list per line; None: nothing may be written.
    """

    begin: Callable[[str], None] = field(default=_ignore)
    kept: Path | None = None

    def keep(self, *values: Any) -> None:
        """Add one result to the file, on a line of its own even if an earlier run was killed within a line."""
        if self.kept is None:
            return
        with self.kept.open("a+b") as file:
            file.seek(max(0, file.tell() - 1))
            torn = file.read() not in (b"", b"\n")
            file.write(b"\n" * torn + json.dumps(values).encode() + b"\n")

    def results(self) -> list[list[Any]]:
        """Return the results that earlier runs saved; a truncated line of a killed run is ignored."""
        if self.kept is None or not self.kept.exists():
            return []
        found = []
        for line in self.kept.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                values = json.loads(line)
            except ValueError:
                continue
            if isinstance(values, list):
                found.append(values)
        return found


@dataclass(frozen=True)
class Derivation:
    """A file of derived facts.

    Parameters
    ----------
    name : str
        Its name on the command line.
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
