"""Wide tables: a user's rows are added to the shipped ones, or refused with their place."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from joulewise import catalog
from joulewise.catalog import find_model
from joulewise.catalog.reference_tables import shipped_tables
from joulewise.errors import DataError

COLUMNS = shipped_tables().architectures.columns
MINE = {
    **dict.fromkeys(COLUMNS, ""),
    **{"model": "me/My-Model-3B", "layers": "26", "hidden": "2304", "heads": "8", "kv_heads": "4", "head_dim": "256"},
    **{"ffn": "9216", "ffn_gated": "true", "vocab": "256000", "tied": "true", "max_context": "8192"},
    **{"family": "mine", "source": "my own", "licence": "MIT", "note": ""},
}


def write(folder: Path, rows: list[dict[str, str]], columns: list[str] | None = None) -> Path:
    with (folder / "architectures.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, columns or COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return folder


def test_a_users_architecture_is_found_by_its_names(tmp_path: Path) -> None:
    loaded = catalog.load(write(tmp_path, [MINE]))
    known = find_model("My-Model-3B", loaded)
    assert find_model("me/my model 3b-FP8", loaded) == replace(known, asked_format="fp8")
    assert known.entity is None
    assert known.kind == "language"
    assert known.architecture is not None
    assert (known.architecture["layers"], known.architecture["tied"], known.architecture["window"]) == (26, True, None)
    assert catalog.known_model("My-Model-3B") is None


def test_a_users_row_of_a_shipped_name_comes_first(tmp_path: Path) -> None:
    loaded = catalog.load(write(tmp_path, [{**MINE, "model": "Qwen/Qwen3-8B"}]))
    known = find_model("Qwen3-8B", loaded)
    assert known.architecture is not None
    assert (known.entity, known.architecture["layers"]) == ("qwen3-8b", 26)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layers": "many"}, r"row 2, layers: 'many' is not a whole number"),
        ({"layers": "2.5"}, r"row 2, layers: '2\.5' is not a whole number"),
        ({"layers": ""}, r"row 2, layers: is blank"),
        ({"tied": "yes"}, r"row 2, tied: 'yes' is not true or false"),
        ({"source": ""}, r"row 2, source: is blank"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, change: dict[str, str], said: str) -> None:
    folder = write(tmp_path, [{**MINE, **change}])
    for read in (catalog.load, catalog.check):
        with pytest.raises(DataError, match=rf"architectures\.csv, {said}$"):
            read(folder)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"architectures\.csv, row 1: missing column 'vocab'"):
        catalog.load(write(tmp_path, [MINE], [c for c in COLUMNS if c != "vocab"]))


def test_a_short_row_is_named(tmp_path: Path) -> None:
    (tmp_path / "grids.csv").write_text("entity,iso3,year,g_co2e_per_kwh\nAtlantis,ATL,2025\n")
    with pytest.raises(DataError, match=r"grids\.csv, row 2: 3 cells, but the header has 4"):
        catalog.load(tmp_path)


def test_a_users_configuration_is_found(tmp_path: Path) -> None:
    row = {"names": ["My-Hybrid"], "source": "my own", "licence": "MIT", "config": {"model_type": "nemotron_h"}}
    (tmp_path / "hybrid_architectures.json").write_text(json.dumps([row]))
    known = find_model("me/my-hybrid", catalog.load(tmp_path))
    assert known.configuration is not None
    assert known.configuration["config"] == {"model_type": "nemotron_h"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("{}", "is not a list of configurations"),
        ('[{"names": ["x"], "source": "s", "licence": "l"}]', "item 1: lacks 'config'"),
        ('[{"names": "x", "source": "s", "licence": "l", "config": {}}]', "item 1: lacks 'names', or it is not a list"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "encoder_decoders.json").write_text(text)
    with pytest.raises(DataError, match=said):
        catalog.load(tmp_path)


def test_every_shipped_row_has_its_source() -> None:
    tables = shipped_tables()
    assert tables.architectures["source"].null_count() == 0
    assert tables.generators["method"].null_count() == 0
    assert all(row["source"] and row["licence"] for row in tables.configurations)
