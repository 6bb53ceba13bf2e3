import csv
from pathlib import Path

import polars as pl
import pytest

from joulewise.counting.many import COLUMNS, count_many
from joulewise.counting.options import InferenceOptions
from joulewise.errors import InputError, WorkError

CONFIG = (
    '{"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, '
    '"num_attention_heads": 4, "vocab_size": 100}'
)


def _rows(path: Path) -> list[dict[str, str]]:
    return _rows_of(path.read_bytes())


def _rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(content.decode("utf-8", "surrogateescape").splitlines()))


def test_good_rows_stay_and_bad_ones_say_why(tmp_path: Path) -> None:
    good, bad, out = tmp_path / "a.json", tmp_path / "b.json", tmp_path / "counts.csv"
    good.write_text(CONFIG)
    bad.write_text("[]")
    seen: list[str] = []
    assert count_many(
        [str(good), str(bad)], out, InferenceOptions(prompt_tokens=8), workers=1, progress=seen.append
    ) == (2, 1)
    rows = {row["target"]: row for row in _rows(out)}
    assert set(rows) == set(seen) == {str(good), str(bad)}
    assert int(rows[str(good)]["flops"]) == 2 * int(rows[str(good)]["macs"]) > 0
    assert rows[str(good)]["error"] == ""
    assert "JSON array" in rows[str(bad)]["error"]
    assert rows[str(bad)]["flops"] == ""


def test_existing_counts_are_not_repeated(tmp_path: Path) -> None:
    good, out = tmp_path / "a.json", tmp_path / "counts.csv"
    good.write_text(CONFIG)
    out.write_text(",".join(COLUMNS) + f"\n{good},1,2,1,2,0,0,0,,x,0,\n")
    assert count_many([str(good)], out, workers=1) == (0, 0)
    assert len(_rows(out)) == 1


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "notes.csv"
    out.write_text("mine\n1\n")
    with pytest.raises(InputError, match="does not hold counts"):
        count_many(["x.json"], out)
    assert out.read_text() == "mine\n1\n"


def test_parquet_has_the_same_rows_and_can_be_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "counts.parquet"
    targets = []
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(CONFIG)
        targets.append(str(tmp_path / f"{name}.json"))
    assert count_many(targets[:1], out, InferenceOptions(prompt_tokens=8), workers=1) == (1, 0)
    assert count_many(targets, out, InferenceOptions(prompt_tokens=8), workers=1) == (1, 0)
    frame = pl.read_parquet(out)
    assert frame["target"].to_list() == targets
    assert frame["flops"][0] == frame["flops"][1] > 0
    assert frame.schema["flops"] == pl.Int64
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "b.json", "counts.parquet"]


def test_a_row_cut_short_is_counted_again(tmp_path: Path) -> None:
    out, targets = tmp_path / "counts.csv", []
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(CONFIG)
        targets.append(str(tmp_path / f"{name}.json"))
    options = InferenceOptions(prompt_tokens=8)
    assert count_many(targets, out, options, workers=1) == (2, 0)
    whole = out.read_bytes()
    for cut in (len(whole) - 1, len(whole) - 9, whole.index(b"\n") + 3, 20):
        out.write_bytes(whole[:cut])
        left = len(out.read_bytes().splitlines()) - 2
        assert count_many(targets, out, options, workers=1) == (2 - max(left, 0), 0)
        rows = _rows(out)
        assert sorted(row["target"] for row in rows) == targets
        assert {row["flops"] for row in rows} == {_rows_of(whole)[0]["flops"]}


def test_rows_of_another_shape_are_an_error_with_their_number(tmp_path: Path) -> None:
    out = tmp_path / "counts.csv"
    out.write_text(",".join(COLUMNS) + "\na,1,2\n")
    with pytest.raises(InputError, match=r"counts.csv, row 1: 3 cells, but the header has 12"):
        count_many(["x.json"], out)


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    out = tmp_path / "counts.csv"

    def meanwhile(_: str) -> None:
        with pytest.raises(WorkError, match=r"another run is writing .*counts\.csv"):
            count_many(["b.json"], out, workers=1)

    assert count_many(["a.json"], out, workers=1, progress=meanwhile) == (1, 1)
    assert [row["target"] for row in _rows(out)] == ["a.json"]


def test_a_name_that_is_not_utf8_is_not_counted_twice(tmp_path: Path) -> None:
    out = tmp_path / "counts.csv"
    assert count_many(["a\udcff.json"], out, workers=1) == (1, 1)
    assert count_many(["a\udcff.json"], out, workers=1) == (0, 0)


def test_another_parquet_file_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "counts.parquet"
    out.write_text("mine")
    with pytest.raises(InputError, match="is not a Parquet file"):
        count_many(["x.json"], out)
    pl.DataFrame({"mine": [1]}).write_parquet(out)
    with pytest.raises(InputError, match="does not hold counts"):
        count_many(["x.json"], out)


def test_a_process_that_dies_harms_no_other_target(tmp_path: Path) -> None:
    out, dies = tmp_path / "counts.csv", tmp_path / "dies.py"
    dies.write_text("import os\ndef make():\n    os._exit(0)\n")
    targets = [f"{dies}:make"]
    for name in "abcde":
        (tmp_path / f"{name}.json").write_text(CONFIG)
        targets.append(str(tmp_path / f"{name}.json"))
    assert count_many(targets, out, InferenceOptions(prompt_tokens=8), workers=1) == (6, 1)
    rows = {row["target"]: row["error"] for row in _rows(out)}
    assert rows == dict.fromkeys(targets, "") | {targets[0]: "the process died, perhaps because memory ran out"}
