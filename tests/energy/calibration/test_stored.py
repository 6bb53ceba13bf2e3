"""Calibrations as files: written, read again, and refused in one line where they are not one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from joulewise.catalog import measurements
from joulewise.energy.calibration.fit import calibrate
from joulewise.energy.calibration.stored import Calibration, load_calibration, save_calibration
from joulewise.energy.single import estimate
from joulewise.errors import DataError, WorkError


def test_a_calibration_on_part_of_the_data_is_written_and_read(tmp_path: Path) -> None:
    some = measurements().filter(pl.col("source").is_in(["ML.ENERGY v1 (legacy)"]))
    fitted = calibrate(some)
    save_calibration(fitted, tmp_path / "c.json")
    again = load_calibration(tmp_path / "c.json")
    name = "eager_layer_s"
    assert again.parameters["language"][name] == pytest.approx(fitted.parameters["language"][name], rel=1e-3)
    assert again.parameters["generator"] == load_calibration().parameters["generator"]
    assert again.provenance["rows"] == len(some)


def _file(folder: Path, **changes: Any) -> Path:
    value = load_calibration().to_dict() | changes
    file = folder / "c.json"
    file.write_text(json.dumps(value), encoding="utf-8")
    return file


def test_a_changed_file_gives_a_changed_estimate(tmp_path: Path) -> None:
    before = estimate("Qwen3-8B", "H100", calibration=load_calibration(_file(tmp_path))).energy_j
    language = load_calibration().to_dict()["language"]
    language["current_layer_s"]["value"] *= 3
    after = estimate("Qwen3-8B", "H100", calibration=load_calibration(_file(tmp_path, language=language))).energy_j
    assert after > before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "it has no 'language'"),
        ("", "Expecting value"),
        ("[1, 2]", "not numbers by name"),
        ('{"language": 3}', "not numbers by name"),
        ("[" * 100_000, "recursion"),
        ("\0", "Expecting value"),
    ],
)
def test_what_is_no_calibration_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(DataError, match="not a calibration") as caught:
        load_calibration(tmp_path / "bad.json")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [("language", "link_s", float("nan")), ("wall", "compute", -1.0), ("generators", "request_s", float("inf"))],
)
def test_a_parameter_that_is_not_positive_is_named(tmp_path: Path, section: str, name: str, value: float) -> None:
    values = load_calibration().to_dict()[section]
    values[name]["value"] = value
    with pytest.raises(DataError, match=f"{section}, {name}: .* is not a positive number"):
        load_calibration(_file(tmp_path, **{section: values}))


def test_an_interval_lies_around_its_estimate(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"language: 1\.2 and 2\.0 do not enclose 1"):
        load_calibration(
            _file(tmp_path, intervals_90=load_calibration().to_dict()["intervals_90"] | {"language": [1.2, 2]})
        )


def test_a_fit_that_failed_is_not_written(tmp_path: Path) -> None:
    shipped = load_calibration()
    language = {**shipped.parameters["language"], "link_s": float("nan")}
    failed = Calibration({**shipped.parameters, "language": language}, shipped.intervals, shipped.provenance)
    with pytest.raises(WorkError, match=r"language\.link_s"):
        save_calibration(failed, tmp_path / "c.json")
    assert not (tmp_path / "c.json").exists()


@pytest.mark.parametrize("value", [1e300, 1e-300])
def test_a_parameter_that_no_fit_could_give(tmp_path: Path, value: float) -> None:
    values = load_calibration().to_dict()["language"]
    values["bandwidth.GH100"]["value"] = value
    with pytest.raises(DataError, match=r"bandwidth.GH100: .* is not within 10,000 times of what is usual"):
        load_calibration(_file(tmp_path, language=values))
