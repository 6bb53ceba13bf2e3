"""Rebuild the files of derived facts, or report what would change in them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path

from joulewise.catalog import Catalog, load
from joulewise.catalog.tables import FACT_COLUMNS, shipped_folder
from joulewise.derived.derivation import Derivation, Steps
from joulewise.derived.language_models import LANGUAGE_COUNTS
from joulewise.derived.model_joules import MODEL_JOULES
from joulewise.derived.timm_networks import TIMM_COUNTS
from joulewise.errors import DataError, InputError, UnknownNameError
from joulewise.files import write_text

DERIVATIONS: tuple[Derivation, ...] = (TIMM_COUNTS, LANGUAGE_COUNTS, MODEL_JOULES)
"""In the order in which they are rebuilt."""

Progress = Callable[[str, int], AbstractContextManager[Callable[[str], None]]]


@dataclass(frozen=True)
class FileChange:
    """Differences between a rebuilt file and the one before.

    Parameters
    ----------
    name : str
        Of the derivation.
    file : str
        Below the data folder.
    rows : int
        Facts in the rebuilt file.
    added, removed : int
        Lines that only the rebuilt file has, and lines that only the file before had.
    lines : tuple of str
        Those lines, each after a ``-`` or a ``+``.
    written : bool
    """

    name: str
    file: str
    rows: int
    added: int
    removed: int
    lines: tuple[str, ...]
    written: bool

    def to_dict(self) -> dict[str, object]:
        """Return the fields as data that JSON can hold."""
        return asdict(self) | {"lines": list(self.lines)}


def update(
    names: Iterable[str] = (),
    *,
    write: bool = True,
    folder: Path | None = None,
    catalog: Catalog | None = None,
    progress: Progress = lambda _title, _total: nullcontext(lambda _step: None),
) -> list[FileChange]:
    """Rebuild the derived facts from the sourced ones.

    Parameters
    ----------
    names : iterable of str
        Of `DERIVATIONS`; by default all.
    write : bool
        Whether to write the files; otherwise only what would change is returned.
    folder : Path, optional
        The data folder to write in and to compare with; by default the shipped one.
    catalog : Catalog, optional
        By default the shipped one.
    progress : callable
        From a title and a number of steps to a context that gives a function to call at each.

    Returns
    -------
    list of FileChange
        One per derivation; an unchanged file is not written.

    Raises
    ------
    UnknownNameError
        If there is no such derivation.
    MissingExtraError
        If one needs an extra that is not installed.
    InputError
        If there is no such folder to write in.
    DataError
        If a network cannot be counted.
    """
    known = {derivation.name: derivation for derivation in DERIVATIONS}
    chosen = list(names) or list(known)
    for name in chosen:
        if name not in known:
            raise UnknownNameError("derivation", name, known)
    catalog = catalog or load()
    return [_rebuild(known[name], catalog, folder or shipped_folder(), write, progress) for name in chosen]


def as_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """Return facts as the text of a file.

    Raises
    ------
    DataError
        If a row has a column that facts do not have.
    """
    text = StringIO()
    writer = csv.DictWriter(text, FACT_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    try:
        writer.writerows(rows)
    except ValueError as error:
        raise DataError(f"a derived fact has an unknown column: {error}") from None
    return text.getvalue()


def _rebuild(derivation: Derivation, catalog: Catalog, folder: Path, write: bool, progress: Progress) -> FileChange:
    file = folder / derivation.file
    # Before, not after minutes of counting.
    if write and not file.parent.is_dir():
        raise InputError(f"no such folder: {file.parent}", "give a data folder, with its folder for models")
    kept = file.with_name(f"{file.name}.partial") if write else None
    with progress(derivation.name, derivation.total(catalog)) as begin:
        text = as_csv(derivation.rows(catalog, Steps(begin, kept)))
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    if write and text != old:
        write_text(file, text)
    if kept is not None:
        kept.unlink(missing_ok=True)
    before, after = set(old.splitlines()), set(text.splitlines())
    added = [line for line in text.splitlines() if line not in before]
    removed = [line for line in old.splitlines() if line not in after]
    return FileChange(
        name=derivation.name,
        file=derivation.file,
        rows=max(0, len(text.splitlines()) - 1),
        added=len(added),
        removed=len(removed),
        lines=(*(f"-{line}" for line in removed), *(f"+{line}" for line in added)),
        written=write and text != old,
    )
