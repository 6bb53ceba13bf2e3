import json
import re

import pytest

from joulewise.errors import UnknownNameError
from joulewise.studies import run_study
from joulewise.studies.study import Study

MINE = ("backtest", "redrawn", "hardware")


@pytest.mark.parametrize("name", MINE)
def test_every_number_of_a_sentence_is_in_the_numbers_behind_it(name: str, request: pytest.FixtureRequest) -> None:
    study: Study = request.getfixturevalue(name)
    for finding in study.findings:
        assert finding.text.endswith(".")
        assert finding.numbers, finding.text
        assert "nan" not in finding.text.lower().split()
        assert "None" not in finding.text


@pytest.mark.parametrize("name", MINE)
def test_a_study_is_data_that_json_can_hold(name: str, request: pytest.FixtureRequest) -> None:
    study: Study = request.getfixturevalue(name)
    value = study.as_dict()
    assert value["name"] == name
    text = json.dumps(value, default=str)
    assert json.loads(text)["findings"][0]["text"] == study.findings[0].text
    assert value["tables"].keys() == study.tables.keys()


@pytest.mark.parametrize("name", MINE)
def test_every_chart_has_a_title_a_caption_and_a_specification(name: str, request: pytest.FixtureRequest) -> None:
    study: Study = request.getfixturevalue(name)
    for key, chart in study.charts.items():
        assert re.fullmatch(r"[a-z0-9-]+", key)
        assert chart.title[0].isupper()
        assert chart.caption.endswith(".")
        assert chart.chart.to_dict()["layer"]


def test_an_unknown_study_is_told_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="backtest"):
        run_study("backtests")
