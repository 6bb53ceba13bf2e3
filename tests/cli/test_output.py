"""Standard output: strict data, and tables for any width of terminal."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import math
import os
import pty
import struct
import sys
import termios
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from joulewise.cli.output import _cells, _fitting, _grid, emit_object, emit_rows, emit_text, table
from joulewise.errors import WorkError

ROWS: list[dict[str, Any]] = [
    {"name": "a\x1b[31m", "when": date(2020, 1, 2), "energy_j": 1.5},
    {"name": "b", "when": None, "energy_j": None},
]


def on_terminal(columns: int, *args: str) -> str:
    """Run the installed command on a terminal with this number of columns, and return its output."""
    process, terminal = pty.fork()
    if not process:
        environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "NO_COLOR"}}
        os.execve(Path(sys.executable).parent / "joulewise", ["joulewise", *args], environment | {"TERM": "xterm"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        while True:
            try:
                more = screen.read(65_536)
            except OSError:  # Linux says so when the other end is closed
                more = b""
            if not more:
                break
            shown += more
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("fmt", ["json", "jsonl", "csv"])
@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_no_format_holds_a_number_that_is_not_finite(tmp_path: Path, fmt: str, number: float) -> None:
    out = tmp_path / "out"
    with pytest.raises(WorkError, match=rf"energy_j is {number}, not a finite number"):
        emit_rows([ROWS[1], {"energy_j": number}], fmt=fmt, as_json=False, output=out)
    with pytest.raises(WorkError, match=r"deep\.x is"):
        emit_object({"deep": {"x": number}}, text="", fmt="json", as_json=False, output=out)
    assert not out.exists()


def test_data_is_exact_in_every_format(tmp_path: Path) -> None:
    out = tmp_path / "out"
    emit_rows(ROWS, fmt="table", as_json=True, output=out)
    assert json.loads(out.read_text()) == [ROWS[0] | {"when": "2020-01-02"}, ROWS[1]]
    emit_rows(ROWS, fmt="csv", as_json=False, output=out)
    assert next(csv.DictReader(io.StringIO(out.read_text()))) == {
        "name": "a\x1b[31m",
        "when": "2020-01-02",
        "energy_j": "1.5",
    }
    emit_rows(ROWS, fmt="jsonl", as_json=False, output=out)
    assert [json.loads(line)["energy_j"] for line in out.read_text().splitlines()] == [1.5, None]


def test_no_cell_and_no_text_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert r"a\x1b[31m" in table(ROWS, ["name"])
    emit_text("\x1b[1mname\x1b[0m\n\x1b[31mred\x1b]0;x\x07", None)
    # Bold, which rich writes for a header, is left out where no terminal reads.
    assert capsys.readouterr().out == "name\n\\x1b[31mred\\x1b]0;x\\x07\n"


def test_a_narrow_terminal_gets_fewer_columns_and_says_which() -> None:
    shown = on_terminal(80, "accelerators", "--limit", "3")
    assert "joulewise: showing 3 of" in shown
    assert "joulewise: no room for kind, segment, release_date, peak_ops_per_s; a wider terminal or --format" in shown
    lines = [line for line in shown.splitlines() if not line.startswith("joulewise: ")]
    assert all(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) <= 80 for line in lines)
    assert "efficiency_" in shown
    assert "flops_per_j" in shown


@pytest.mark.parametrize("columns", range(60, 100, 3))
def test_no_column_that_is_shown_loses_a_digit(columns: int) -> None:
    # Of eight columns as many as have room are there, each with all of its number.
    rows = [{f"column{i}": 1234567.25 + i for i in range(8)}]
    fitting = _fitting(_cells(rows, list(rows[0])), (), columns)
    console = Console(file=io.StringIO(), width=columns)
    console.print(_grid(rows, fitting, folded=True))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert printed.count(".25") == len(fitting)
    assert max(map(len, printed.splitlines())) <= columns


def test_a_wide_terminal_gets_every_column() -> None:
    shown = on_terminal(200, "accelerators", "--limit", "3")
    assert "no room" not in shown
    assert all(name in shown for name in ("segment", "kind", "release_date", "efficiency_"))


def test_a_long_list_is_cut_on_a_terminal_alone() -> None:
    shown = on_terminal(120, "models", "--task", "vision")
    assert "joulewise: showing 50 of" in shown
    assert len(shown.splitlines()) < 60
    shown = on_terminal(120, "models", "--task", "vision", "--edition", "paper", "--json")
    assert len(json.loads(shown)) == 95


def test_what_a_user_names_stays_text_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "entities.csv").write_text("id,name,aliases,family,task\nevil,\x1b[2Jevil,,Evil,vision\n")
    shown = on_terminal(120, "models", "evil", "--data", str(tmp_path))
    assert "\x1b[2J" not in shown
    assert r"\x1b[2Jevil" in shown
