"""The data package describes what is shipped: each file, each column, its type, its keys."""

import json
from functools import cache
from typing import Any

import polars as pl
import pytest

from joulewise.catalog.tables import shipped_folder

TYPES = {"string": pl.String, "integer": pl.Int64, "number": pl.Float64}


@cache
def _resources() -> dict[str, dict[str, Any]]:
    package = json.loads((shipped_folder() / "datapackage.json").read_text(encoding="utf-8"))
    return {resource["name"]: resource for resource in package["resources"]}


def _paths(resource: dict[str, Any]) -> list[str]:
    path = resource["path"]
    return [path] if isinstance(path, str) else path


@cache
def _frame(name: str) -> pl.DataFrame:
    """Return all files of a table, every cell as text, blanks as null."""
    read = [pl.read_csv(shipped_folder() / path, infer_schema=False) for path in _paths(_resources()[name])]
    return pl.concat(read)


TABLES = [name for name, resource in _resources().items() if resource["format"] == "csv"]


def test_every_shipped_file_is_listed_once() -> None:
    listed = [path for resource in _resources().values() for path in _paths(resource)]
    shipped = {file.relative_to(shipped_folder()).as_posix() for file in shipped_folder().rglob("*") if file.is_file()}
    assert sorted(listed) == sorted(shipped - {"datapackage.json"})


def test_the_files_of_a_table_are_in_the_order_that_says_which_fact_stands() -> None:
    for resource in _resources().values():
        first, *others = _paths(resource)
        assert others == sorted(others)
        assert all(path.startswith(first.removesuffix(".csv") + "-") for path in others)


def test_each_says_what_it_is_and_whose() -> None:
    for resource in _resources().values():
        assert resource["title"]
        assert resource["description"]
        assert all(licence["name"] for licence in resource["licenses"])
        assert all(source["title"] for source in resource["sources"])


@pytest.mark.parametrize("table", TABLES)
def test_columns_have_the_names_and_types_listed(table: str) -> None:
    fields = _resources()[table]["schema"]["fields"]
    for path in _paths(_resources()[table]):
        header = (shipped_folder() / path).read_text(encoding="utf-8").splitlines()[0]
        assert header.split(",") == [field["name"] for field in fields], path
    frame = _frame(table)
    for field in fields:
        column, rules = frame[field["name"]], field.get("constraints", {})
        if field["type"] == "boolean":
            assert set(column.drop_nulls()) <= {"true", "false"}, field
        else:
            column.cast(TYPES[field["type"]])
        if rules.get("required"):
            assert not column.null_count(), field
        if "enum" in rules:
            assert set(column.drop_nulls()) <= set(rules["enum"]), field


@pytest.mark.parametrize("table", TABLES)
def test_keys_are_unique_and_foreign_keys_resolve(table: str) -> None:
    schema = _resources()[table]["schema"]
    if "primaryKey" in schema:
        assert not _frame(table).select(schema["primaryKey"]).is_duplicated().any()
    for key in schema.get("foreignKeys", []):
        reference = key["reference"]
        there = set(_frame(reference["resource"])[reference["fields"]])
        assert set(_frame(table)[key["fields"]].drop_nulls()) <= there, key
