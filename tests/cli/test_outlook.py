"""The options of the study outlook, and both pages, from the command line."""

import json
from pathlib import Path

from tests.conftest import Run


def test_options_are_recorded_and_take_effect(joulewise: Run) -> None:
    done = joulewise("study", "outlook", "--tokens", "100", "--until", "2030", "--json")
    study = json.loads(done.stdout)
    knobs = {row["knob"]: row for row in study["tables"]["knobs"]}
    assert knobs["tokens"] == {"knob": "tokens", "value": 100, "source": "given"}
    assert max(row["year"] for row in study["tables"]["forecast"]) == 2030


def test_an_option_of_another_study(joulewise: Run) -> None:
    done = joulewise("study", "frontier", "--users", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert "takes no users" in done.stderr


def test_options_out_of_range(joulewise: Run) -> None:
    done = joulewise("study", "outlook", "--reasoning-share", "2")
    assert done.returncode == 2
    assert "between 0 and 1" in done.stderr


def test_one_page_alone(joulewise: Run, tmp_path: Path) -> None:
    done = joulewise("report", "--page", "paper", "--out", str(tmp_path), "--json")
    assert json.loads(done.stdout) == {"paper": str(tmp_path / "joulewise-report.html")}
    assert not (tmp_path / "joulewise-today.html").exists()
