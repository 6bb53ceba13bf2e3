"""``joulewise catalog`` and the editions, as typed."""

import json
import os
from pathlib import Path

import pytest

from tests.conftest import Run


def test_update_says_what_it_can_rebuild(joulewise: Run) -> None:
    shown = joulewise("catalog", "update", "--help")
    assert shown.returncode == 0
    assert "timm-counts" in shown.stdout


def test_alone_it_shows_its_commands(joulewise: Run) -> None:
    shown = joulewise("catalog")
    assert shown.returncode == 0
    assert "update" in shown.stdout


def test_an_unknown_derivation_is_one_line(joulewise: Run) -> None:
    done = joulewise("catalog", "update", "timm-count", "--check")
    assert done.returncode == 2
    assert done.stderr == "joulewise: unknown derivation 'timm-count' (did you mean timm-counts?)\n"


def test_without_timm_the_extra_is_named(joulewise: Run, tmp_path: Path) -> None:
    # A timm that is not there: a module of that name which cannot be found any further.
    (tmp_path / "timm.py").write_text("raise ModuleNotFoundError('timm')\n")
    done = joulewise("catalog", "update", "--check", env=_environment(tmp_path))
    assert done.returncode != 0
    assert "joulewise[timm]" in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def _environment(first: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(first), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}


def test_models_are_todays_unless_the_papers_are_asked_for(joulewise: Run) -> None:
    today = json.loads(joulewise("models", "--task", "vision", "--json").stdout)
    paper = json.loads(joulewise("models", "--task", "vision", "--edition", "paper", "--json").stdout)
    assert len(paper) == 95
    assert len(today) >= 95 + 1253
    assert list(paper[0])[:14] == [
        *("id", "name", "family", "task", "architecture", "release_date", "params", "flops", "convention"),
        *("input_tokens", "top1_percent", "glue_points", "score", "extra_data"),
    ]


@pytest.mark.parametrize("command", ["trend", "forecast"])
def test_trends_are_the_papers_unless_todays_are_asked_for(joulewise: Run, command: str) -> None:
    plain = joulewise(command, "--task", "vision", "--subset", "record", "--json")
    paper = joulewise(command, "--task", "vision", "--subset", "record", "--edition", "paper", "--json")
    assert plain.stdout == paper.stdout
    assert plain.returncode == 0


def test_todays_trend_reports_how_many_models_lack_a_date(joulewise: Run) -> None:
    shown = joulewise("trend", "--task", "vision", "--of", "score", "--edition", "today")
    assert "left out, as they have no date: " in shown.stdout
    value = json.loads(joulewise("trend", "--task", "vision", "--of", "score", "--edition", "today", "--json").stdout)
    assert value["n"] > 1300
    assert value["undated"] >= 1
