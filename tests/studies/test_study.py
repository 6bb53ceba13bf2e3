import json
import re
from importlib import import_module
from inspect import signature

import pytest

from joulewise.errors import InputError, UnknownNameError
from joulewise.studies import STUDIES, run_study
from joulewise.studies.study import Study


@pytest.mark.parametrize("name", STUDIES)
def test_every_number_of_a_sentence_is_in_the_numbers_behind_it(name: str, studies: dict[str, Study]) -> None:
    study = studies[name]
    for finding in study.findings:
        assert finding.text.endswith(".")
        assert finding.numbers, finding.text
        assert "nan" not in finding.text.lower().split()
        assert "None" not in finding.text


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_data_that_json_can_hold(name: str, studies: dict[str, Study]) -> None:
    study = studies[name]
    value = study.to_dict()
    assert value["name"] == name
    text = json.dumps(value, default=str)
    assert json.loads(text)["findings"][0]["text"] == study.findings[0].text
    tables = value["tables"]
    assert isinstance(tables, dict)
    assert tables.keys() == study.tables.keys()


@pytest.mark.parametrize("name", STUDIES)
def test_every_chart_has_a_title_a_caption_and_a_specification(name: str, studies: dict[str, Study]) -> None:
    study = studies[name]
    for key, chart in study.charts.items():
        assert re.fullmatch(r"[a-z0-9-]+", key)
        assert chart.title[0].isupper()
        assert chart.caption.endswith(".")
        assert chart.draw().to_dict()["layer"]


def test_an_unknown_study_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="backtest"):
        run_study("backtests")


def test_an_option_of_another_study_names_that_study() -> None:
    with pytest.raises(InputError, match="the study frontier takes no users") as caught:
        run_study("frontier", users=3)
    assert caught.value.hint == "it is an option of outlook"
    with pytest.raises(InputError, match="takes no user") as caught:
        run_study("outlook", user=3)
    assert "users" in str(caught.value.hint)


def test_the_options_of_the_registry_are_those_of_the_functions() -> None:
    for name, entry in STUDIES.items():
        parameters = signature(import_module(entry.module).study).parameters
        assert {option.name for option in entry.options} <= parameters.keys(), name
    keywords = [p.name for p in signature(import_module(STUDIES["outlook"].module).study).parameters.values()]
    assert sorted(keywords) == sorted(["inputs", *(option.name for option in STUDIES["outlook"].options)])
