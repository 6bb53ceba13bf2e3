"""Read a data folder into frames of text and numbers; each row has its file and line."""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path

import polars as pl

from joulewise.errors import DataError, InputError
from joulewise.units import UNITS, decimal_exponent

COLLECTIONS = ("models", "accelerators", "references")

ENTITY_COLUMNS = ("id", "name", "aliases", "family", "task")
FACT_COLUMNS = (
    "entity",
    "attribute",
    "value",
    "low",
    "high",
    "unit",
    "conditions",
    "kind",
    "source",
    "via",
    "locator",
    "supersedes",
    "note",
)
SOURCE_COLUMNS = ("id", "citation", "url", "date", "licence", "note")
ATTRIBUTE_COLUMNS = ("attribute", "collection", "type", "dimension", "base_unit", "min", "max", "definition")


def shipped_folder() -> Path:
    """Return the folder of the data that joulewise ships."""
    return Path(str(resources.files("joulewise"))) / "data"


def read_csv(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    """Read one CSV file as text, blanks as empty strings, with `file` and `row` added.

    `row` is the line in the file, the header being 1, for files without line breaks inside cells.

    Raises
    ------
    DataError
        If the file is not a CSV, or does not have the expected columns.
    """
    return _filled(_raw(path, columns), pl.lit(str(path)))


def _raw(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    """Read one CSV file as text, blanks as null, with `row` added."""
    try:
        frame = pl.read_csv(path, infer_schema=False, row_index_name="row", row_index_offset=2)
    except pl.exceptions.NoDataError:
        raise DataError(f"{path}: the file is empty; its first line must be {','.join(columns)}") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = broken_row(path) or f": {str(error).splitlines()[0]}"
        raise DataError(f"{path}{reason}") from None
    missing = [column for column in columns if column not in frame.columns]
    surplus = [column for column in frame.columns if column not in (*columns, "row")]
    if missing or surplus:
        wrong = [f"missing column {c!r}" for c in missing] + [f"unknown column {c!r}" for c in surplus]
        if len(missing) == len(columns):
            wrong = ["is not the header of this table"]
        raise DataError(f"{path}, row 1: {', '.join(wrong)}; the columns are {','.join(columns)}")
    return frame.select(*columns, "row")


def _filled(frame: pl.DataFrame, file: pl.Expr | pl.Series) -> pl.DataFrame:
    """Return rows with blanks as empty strings, and `file` and `row` last."""
    texts = pl.col(pl.String).fill_null("")
    return frame.select(texts, file.alias("file"), pl.col("row").cast(pl.Int64))


def broken_row(path: Path) -> str | None:
    """Return a description of the first malformed line of a file, or None.

    The text follows the file's name: ``, row 3: 12 cells, but the header has 13``.
    """
    row = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            width = len(next(lines, []))
            row = lines.line_num + 1
            for cells in lines:
                if not cells:
                    return f", row {row}: is blank; take the line out"
                if len(cells) != width:
                    return f", row {row}: {len(cells)} cells, but the header has {width}"
                row = lines.line_num + 1
    except UnicodeDecodeError as error:
        return f", near row {row}: is not UTF-8 text ({error.reason})"
    except csv.Error as error:
        return f", row {row}: {error}"
    except OSError as error:
        return f": {error.strerror}"
    return None


def _looks_broken(path: Path, width: int) -> bool:
    """Return whether a line without quotes has another number of cells: fast, and exact where no cell is quoted."""
    read = pl.read_csv(
        path,
        separator="\x1f",
        quote_char=None,
        has_header=False,
        new_columns=["line"],
        infer_schema=False,
        truncate_ragged_lines=True,
    )
    lines = read["line"].fill_null("")
    odd = lines.str.count_matches(",", literal=True) != width - 1
    return bool((odd & ~lines.str.contains('"', literal=True)).any())


def read_folder(folder: Path) -> dict[str, pl.DataFrame]:
    """Read every table of a data folder: ``entities``, ``facts``, ``sources`` and ``attributes``.

    A table is the file of its name, then those with an ending after a hyphen, by name: ``facts.csv``,
    ``facts-timm.csv``. A missing file gives an empty frame, so that a user's folder may contain only its
    additions.

    Raises
    ------
    InputError
        If there is no such folder.
    DataError
        If a file is malformed.
    """
    if not folder.is_dir():
        raise InputError(f"no such data folder: {folder}")
    entities = [
        _read_all(folder / c, "entities", ENTITY_COLUMNS).with_columns(collection=pl.lit(c)) for c in COLLECTIONS
    ]
    facts = [_read_all(folder / c, "facts", FACT_COLUMNS).with_columns(collection=pl.lit(c)) for c in COLLECTIONS]
    return {
        "entities": pl.concat(entities),
        "facts": pl.concat(facts),
        "sources": _read_all(folder, "sources", SOURCE_COLUMNS),
        "attributes": _read_all(folder, "attributes", ATTRIBUTE_COLUMNS),
    }


def with_numbers(facts: pl.DataFrame) -> pl.DataFrame:
    """Add `number`, `number_low`, `number_high`: value and bounds in the base unit of the dimension.

    A decimal prefix is read as an exponent, so that 1.42 GFLOP is 1.42e9 to the last bit; a value that has an
    exponent of its own is multiplied.
    """
    exponents = {unit: decimal_exponent(factor) for unit, (_, factor) in UNITS.items()}
    suffix = {unit: f"e{power or 0}" for unit, power in exponents.items()}
    rest = {unit: factor if exponents[unit] is None else 1.0 for unit, (_, factor) in UNITS.items()}
    by_unit = pl.col("unit").replace_strict(suffix, default=None, return_dtype=pl.String)
    factor = pl.col("unit").replace_strict(rest, default=None, return_dtype=pl.Float64)
    whole = {unit: factor for unit, (_, factor) in UNITS.items()}
    whole_factor = pl.col("unit").replace_strict(whole, default=None, return_dtype=pl.Float64)
    return facts.with_columns(
        pl.when(pl.col(text).str.contains("(?i)e"))
        .then(pl.col(text).cast(pl.Float64, strict=False) * whole_factor)
        .otherwise(pl.concat_str(text, by_unit).cast(pl.Float64, strict=False) * factor)
        .alias(number)
        for text, number in (("value", "number"), ("low", "number_low"), ("high", "number_high"))
    )


def _read_all(folder: Path, table: str, columns: tuple[str, ...]) -> pl.DataFrame:
    files = [folder / f"{table}.csv", *sorted(folder.glob(f"{table}-*.csv"))]
    there = [file for file in files if file.exists()]
    frames = [_raw(file, columns) for file in there]
    # A short row would be read with blank last cells. A test checks the shipped files for that.
    if shipped_folder() not in (folder, folder.parent):
        for file in there:
            problem = broken_row(file) if _looks_broken(file, len(columns)) else None
            if problem:
                raise DataError(f"{file}{problem}")
    empty = pl.DataFrame(schema={**dict.fromkeys(columns, pl.String), "row": pl.UInt32})
    names = pl.concat(
        [pl.Series([], dtype=pl.String)]
        + [pl.repeat(str(file), len(frame), eager=True) for file, frame in zip(there, frames, strict=True)]
    )
    # Once for all files: separately for each it takes several times as long.
    return _filled(pl.concat([empty, *frames]), names)
