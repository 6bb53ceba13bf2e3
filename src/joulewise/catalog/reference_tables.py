"""Wide reference tables: one row from one publication, so that a row's source is that of every cell in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from joulewise.catalog.tables import broken_row, read_csv, shipped_folder
from joulewise.errors import DataError

CONFIGURATION_FILES = ("encoder_decoders.json", "hybrid_architectures.json")
# Number of rows that determine the type of a column: longer tables have no blank columns.
_TYPED_BY = 1000
_CONFIGURATION_KEYS = {"names": list, "source": str, "licence": str, "config": dict}


@dataclass(frozen=True, eq=False)
class ReferenceTables:
    """The wide tables of a catalogue.

    Parameters
    ----------
    architectures : DataFrame
        The configuration of language models, with `source` and `licence` of each.
    generators : DataFrame
        Work of one pass of the denoisers of image and video generators.
    sample_networks : DataFrame
        Work of networks that take one sample at a time, as measured at the wall.
    grids : DataFrame
        Carbon intensity of electricity by country and year. [g CO2e/kWh]
    embodied : DataFrame
        Emissions of making an accelerator. [kg CO2e]
    configurations : tuple of mapping
        Hybrids and encoder-decoders, for whose layers `architectures` has no columns: ``names``, ``config`` (the
        keys of the model's own ``config.json`` that decide its work), ``source``, ``licence``, ``file``.
    """

    architectures: pl.DataFrame
    generators: pl.DataFrame
    sample_networks: pl.DataFrame
    grids: pl.DataFrame
    embodied: pl.DataFrame
    configurations: tuple[Mapping[str, Any], ...]


_TABLES = tuple(f.name for f in fields(ReferenceTables) if f.name != "configurations")


@cache
def shipped_tables() -> ReferenceTables:
    """Return the wide tables that joulewise ships."""
    folder = shipped_folder()
    frames = {name: pl.read_csv(folder / f"{name}.csv", infer_schema_length=_TYPED_BY) for name in _TABLES}
    return ReferenceTables(**frames, configurations=_read_configurations(folder))


@cache
def measurements() -> pl.DataFrame:
    """Return the public measurements of inference energy that joulewise ships, one row per measurement."""
    return pl.read_csv(shipped_folder() / "measurements" / "public.csv", infer_schema_length=None)


def with_tables_of(folder: Path) -> ReferenceTables:
    """Return the shipped tables with the rows of a user's folder before them, so that these are found first.

    Raises
    ------
    DataError
        If a table of the folder is not of the form of the shipped one: with file, row and column.
    """
    shipped = shipped_tables()
    added = {name: _read_table(folder / f"{name}.csv", getattr(shipped, name)) for name in _TABLES}
    frames = {name: pl.concat([frame, getattr(shipped, name)]) for name, frame in added.items() if frame.height}
    return replace(shipped, **frames, configurations=(*_read_configurations(folder), *shipped.configurations))


def holds_tables(folder: Path) -> bool:
    """Return whether a folder has a file of any wide table."""
    files = (*(f"{name}.csv" for name in _TABLES), *CONFIGURATION_FILES)
    return any((folder / file).exists() for file in files)


def _read_table(path: Path, form: pl.DataFrame) -> pl.DataFrame:
    """Read a table in the form of the shipped one: same columns and types, and no blank where that has none."""
    if not path.exists():
        return form.clear()
    problem = broken_row(path)
    if problem:
        raise DataError(f"{path}{problem}")
    texts = read_csv(path, tuple(form.columns))
    typed = []
    for column, dtype in form.schema.items():
        blank = texts.filter(pl.col(column) == "")
        if blank.height and not form[column].null_count():
            raise DataError(f"{path}, row {blank['row'][0]}, {column}: is blank")
        text = pl.when(pl.col(column) != "").then(column)
        values = texts.select(
            text.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
            if dtype == pl.Boolean
            else text.cast(dtype, strict=False)
        ).to_series()
        wrong = texts.filter(values.is_null() & (pl.col(column) != ""))
        if wrong.height:
            wanted = {pl.Boolean: "true or false", pl.Int64: "a whole number"}.get(type(dtype), "a number")
            raise DataError(f"{path}, row {wrong['row'][0]}, {column}: {wrong[column][0]!r} is not {wanted}")
        typed.append(values.alias(column))
    return pl.DataFrame(typed)


def _read_configurations(folder: Path) -> tuple[Mapping[str, Any], ...]:
    found: list[Mapping[str, Any]] = []
    for name in CONFIGURATION_FILES:
        path = folder / name
        if not path.exists():
            continue
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            raise DataError(f"{path} is not JSON: {error}") from None
        if not isinstance(rows, list):
            raise DataError(f"{path} is not a list of configurations")
        for number, row in enumerate(rows, 1):
            for key, kind in _CONFIGURATION_KEYS.items():
                if not isinstance(row, dict) or not isinstance(row.get(key), kind):
                    raise DataError(f"{path}, item {number}: lacks {key!r}, or it is not a {kind.__name__}")
            found.append({**row, "file": name})
    return tuple(found)
