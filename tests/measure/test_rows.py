"""A measurement as a row: its columns, what its energy covers, and how it is added to a file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from joulewise.catalog import load, measurements
from joulewise.csv_input import read_rows
from joulewise.energy.calibration.fit import calibrate
from joulewise.energy.calibration.validate import validate
from joulewise.energy.language.measured import measured
from joulewise.errors import InputError
from joulewise.interval import Interval
from joulewise.measure.rows import TOKEN, append_row, row_of
from joulewise.measure.run import ASSUMED, Measurement

BOTH = Measurement(
    energy=Interval(90.0, 100.0, 110.0),
    seconds=2.0,
    idle_w={"H100 #0": 10.0, "package-0": 5.0},
    energy_j={"H100 #0": 80.0, "package-0": 20.0},
    scopes={"H100 #0": "gpu", "package-0": "cpu"},
    readings=5,
    runs_per_reading=3,
    warm_up_runs=4,
    steady=True,
    narrow=True,
    method="nvml energy counter, powercap",
)
ABOUT = {
    "model": "Qwen/Qwen3-14B",
    "accelerator": "H100",
    "batch_size": 8,
    "prompt_tokens": 512,
    "output_tokens": 25,
    "precision": "bf16",
    "engine": "transformers 5.0 (eager)",
}


def test_a_row_has_the_columns_of_the_shipped_ones_and_the_accelerators_energy() -> None:
    row = row_of(BOTH, 200.0, TOKEN, ABOUT)
    assert list(row) == measurements().columns
    assert row["energy_j_per_unit"] == pytest.approx(0.4)
    assert row["avg_power_w"] == pytest.approx(40.0)
    assert row["throughput"] == pytest.approx(100.0)
    assert (row["tier"], row["n_accelerators"]) == ("A-gpu", 1)
    assert "all_devices_j_per_unit=0.5" in row["notes"]
    assert "energy_j_low=0.36;energy_j_high=0.44" in row["notes"]
    assert "GPUs only" in row["meter_scope"]
    assert row == row_of(BOTH, 200.0, TOKEN, ABOUT)


def test_rows_are_added_under_the_existing_header(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    row = row_of(BOTH, 200.0, TOKEN, ABOUT)
    append_row(file, row)
    append_row(file, {**row, "model": "other, with a comma"})
    lines = file.read_text().splitlines()
    assert len(lines) == 3
    assert lines[0] == ",".join(measurements().columns)
    wide = tmp_path / "wide.csv"
    wide.write_text("mine," + ",".join(reversed(list(row))) + "\nx" + "," * len(row))  # no line break at its end
    append_row(wide, row)
    with wide.open(newline="") as text:
        kept = list(csv.DictReader(text))
    assert [r["mine"] for r in kept] == ["x", ""]
    assert kept[1]["model"] == "Qwen/Qwen3-14B"


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe\x00"])
def test_another_file_is_left_as_it_was(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"other\.csv"):
        append_row(file, row_of(BOTH, 1.0, "inference", {}))
    assert file.read_bytes() == content


def test_rows_can_be_compared_with_and_fitted_to_once_they_have_two_families(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    append_row(file, row_of(BOTH, 200.0, TOKEN, ABOUT))
    rows = measured(read_rows(file), load())
    assert rows is not None
    assert rows.energy_j.tolist() == [pytest.approx(0.4)]
    for use in (validate, calibrate):
        with pytest.raises(InputError, match="1 measured rows of language models, all of the family 'qwen3'"):
            use(read_rows(file))
    append_row(file, row_of(BOTH, 200.0, TOKEN, {**ABOUT, "model": "meta-llama/Llama-3.1-8B-Instruct"}))
    checked = validate(read_rows(file))
    assert checked["measured_j"].to_list() == [pytest.approx(0.4)] * 2
    assert (checked["calibrated"] > 0).all()
    assert calibrate(read_rows(file)).provenance["rows"] == 2


def test_an_assumed_power_is_no_measurement(tmp_path: Path) -> None:
    made = {"method": ASSUMED, "idle_w": {}, "energy_j": {"assumed": 100.0}, "scopes": {"assumed": "assumed"}}
    row = row_of(Measurement(**{**BOTH.__dict__, **made}), 200.0, TOKEN, ABOUT)
    assert row["tier"] == "estimated"
    assert "not measured" in row["meter_scope"]
    append_row(tmp_path / "rows.csv", row)
    assert measured(read_rows(tmp_path / "rows.csv"), load()) is None
