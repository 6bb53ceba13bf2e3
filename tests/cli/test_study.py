"""``joulewise study``, as a user runs it."""

import csv
import json
from io import StringIO
from pathlib import Path

from tests.conftest import Run


def test_a_study_as_json(joulewise: Run) -> None:
    done = joulewise("study", "backtest", "--json")
    value = json.loads(done.stdout)
    assert value.keys() == {"name", "title", "findings", "tables", "charts"}
    assert value["name"] == "backtest"
    assert all(finding["text"] and finding["numbers"] for finding in value["findings"])
    assert len(value["tables"]["verdicts"]) > 5
    assert done.stderr == ""


def test_a_study_in_words_names_its_tables_and_charts(joulewise: Run) -> None:
    text = joulewise("study", "hardware").stdout
    assert text.startswith("Work per joule of accelerators\n- ")
    assert "tables (--table NAME): efficiency (" in text
    assert "charts (--chart FILE): by-precision" in text


def test_one_table_as_csv(joulewise: Run) -> None:
    done = joulewise("study", "hardware", "--table", "doubling", "--format", "csv")
    rows = list(csv.DictReader(StringIO(done.stdout)))
    assert {row["subset"] for row in rows} == {"leaders", "all"}


def test_one_chart_and_all_charts(joulewise: Run, tmp_path: Path) -> None:
    done = joulewise("study", "hardware", "--chart", str(tmp_path / "one.svg"), "--only", "limits", "--json")
    assert done.returncode == 0
    assert (tmp_path / "one.svg").read_text().startswith("<svg")
    joulewise("study", "hardware", "--chart", str(tmp_path / "all.png"), "--json")
    drawn = sorted(path.name for path in tmp_path.glob("all-*.png"))
    assert drawn == ["all-by-kind.png", "all-by-precision.png", "all-doubling.png", "all-limits.png"]


def test_what_is_not_there_is_said_with_the_nearest_name(joulewise: Run, tmp_path: Path) -> None:
    for args, said in (
        (("backtests",), "unknown study 'backtests' (did you mean backtest?)"),
        (("hardware", "--table", "doublings"), "did you mean doubling?"),
        (("hardware", "--chart", str(tmp_path / "x.svg"), "--only", "limit"), "did you mean limits?"),
        (("hardware", "--chart", str(tmp_path / "x.pdf")), "end it with .png, .svg or .html"),
    ):
        done = joulewise("study", *args)
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stdout == ""
