"""The report on this machine's meters and extras, as data."""

import json
import sys

import pytest

from joulewise.doctor import EXTRAS, checkup


def test_meters_and_extras_as_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    begun: list[str] = []
    found = checkup(begun.append)
    assert begun == [extra.name for extra in found.extras] == list(EXTRAS)
    value = found.to_dict()
    assert json.loads(json.dumps(value)) == value
    assert [meter["name"] for meter in value["meters"]] == [meter.name for meter in found.meters]
    onnx = next(extra for extra in value["extras"] if extra["name"] == "onnx")
    assert onnx == {"name": "onnx", "works": False, "detail": "onnx", "remedy": "pip install joulewise[onnx]"}
    assert not next(extra for extra in found.extras if extra.name == "onnx").installed
