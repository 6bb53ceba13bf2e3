"""`joulewise doctor` on extras: installed and working, or installed and broken."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.conftest import Run


def test_an_extra_that_does_not_import_does_not_work(joulewise: Run, tmp_path: Path) -> None:
    (tmp_path / "onnx.py").write_text("raise RuntimeError('built for another machine')")
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    rows = {r["name"]: r for r in json.loads(joulewise("doctor", "--json", env=env).stdout) if r["what"] == "extra"}
    assert rows["torch"]["works"]
    assert rows["torch"]["remedy"] == ""
    assert not rows["onnx"]["works"]
    assert "built for another machine" in rows["onnx"]["remedy"]
    assert "broken   extra onnx" in joulewise("doctor", env=env).stdout
