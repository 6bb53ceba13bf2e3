"""Load the catalogue from its files and from a user's folder of the same form."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from pathlib import Path

import polars as pl

from joulewise.catalog.catalog import Catalog, mark_superseded
from joulewise.catalog.check import RuleViolation, find_violations
from joulewise.catalog.reference_tables import holds_tables, shipped_tables, with_tables_of
from joulewise.catalog.tables import read_folder, shipped_folder, with_numbers
from joulewise.errors import DataError, InputError


def load(data: str | Path | None = None) -> Catalog:
    """Load the shipped catalogue, with the facts and rows of a user's folder added.

    The same content gives the same object; a folder that has changed is read again.

    Parameters
    ----------
    data : path, optional
        A folder of the same form as the shipped one: ``models/facts.csv``, ``models/entities.csv``,
        ``sources.csv``, ``architectures.csv`` and so on, each optional.

    Raises
    ------
    InputError
        If the folder does not exist.
    DataError
        If its rows break a rule; `DataError.problems` has one line each.
    """
    if data is None:
        return _shipped()
    folder = Path(data).resolve()
    return _with_folder(folder, _content_of(folder))


def check(data: str | Path | None = None) -> list[RuleViolation]:
    """Return the violations in the shipped facts, or in a user's folder together with them.

    Raises
    ------
    DataError
        If a file of the folder is malformed, or a reference table not of the form of the shipped one.
    """
    tables = read_folder(shipped_folder()) if data is None else _joined(Path(data))
    if data is not None:
        with_tables_of(Path(data))
    return find_violations(tables["entities"], tables["facts"], tables["sources"], tables["attributes"])


@cache
def _shipped() -> Catalog:
    tables = read_folder(shipped_folder())
    facts = mark_superseded(with_numbers(tables["facts"]))
    return Catalog(tables["entities"], facts, tables["sources"], tables["attributes"], shipped_tables())


@lru_cache(maxsize=8)
def _with_folder(folder: Path, _content: str) -> Catalog:
    tables = _joined(folder)
    violations = find_violations(tables["entities"], tables["facts"], tables["sources"], tables["attributes"])
    if violations:
        more = f" (and {len(violations) - 1} more; see joulewise check)" if len(violations) > 1 else ""
        raise DataError(f"{violations[0]}{more}", problems=map(str, violations))
    facts = mark_superseded(with_numbers(tables["facts"]))
    return Catalog(tables["entities"], facts, tables["sources"], tables["attributes"], with_tables_of(folder))


def _joined(data: Path) -> dict[str, pl.DataFrame]:
    added = read_folder(data)
    if not any(frame.height for frame in added.values()) and not holds_tables(data):
        raise InputError(
            f"the data folder {data} holds no rows",
            "it takes models/facts.csv, models/entities.csv, sources.csv, architectures.csv and so on",
        )
    if added["attributes"].height:
        raise InputError(
            f"{data / 'attributes.csv'}: attributes cannot be added by a data folder", "use the shipped ones"
        )
    return {name: pl.concat([frame, added[name]]) for name, frame in read_folder(shipped_folder()).items()}


def _content_of(folder: Path) -> str:
    """Return a digest of every data file of a folder, so that a changed file is noticed."""
    digest = hashlib.sha256()
    for file in sorted(f for pattern in ("*.csv", "*/*.csv", "*.json") for f in folder.glob(pattern)):
        digest.update(f"{file.relative_to(folder)}\0".encode())
        if file.is_file():
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
