from datetime import date

import polars as pl
import pytest

from joulewise.catalog import load
from joulewise.studies.frontier import study_of
from joulewise.studies.frontier.data import Fronts, fronts_of, history
from joulewise.studies.inputs import ScoredModels
from joulewise.studies.study import Study
from tests.studies.frames import IMAGES, images, scored


@pytest.fixture(scope="module")
def study() -> Study:
    return study_of(scored())


def test_no_model_on_a_front_is_beaten() -> None:
    for one in [fronts for models in scored().values() for fronts in fronts_of(models)]:
        for day in one.days:
            front = one.at(day)
            assert front["energy_j"].is_sorted()
            assert front["score"].is_sorted()
            assert (front["release_date"] <= day).all()
        # At the last day nothing that is out beats a member of the front.
        final = one.at(one.days[-1])
        for row in one.points.to_dicts():
            ahead = final.filter((pl.col("energy_j") <= row["energy_j"]) & (pl.col("score") >= row["score"]))
            assert ahead.height


def test_fronts_only_advance(study: Study) -> None:
    table = study.tables["years"]
    for _, rows in table.group_by("benchmark", "mode", maintain_order=True):
        assert rows["best_score"].is_sorted()
        assert rows["least_energy_j"].is_sorted(descending=True)
        assert rows["first_best_score_energy_j"].is_sorted(descending=True)


def test_newer_hardware_lowers_the_front_of_contemporary_accelerators(study: Study) -> None:
    table = study.tables["years"].filter(benchmark="ImageNet top-1")
    first, last = (table.filter(mode="of-the-time").row(i, named=True) for i in (0, -1))
    assert last["first_best_score_energy_j"] < first["first_best_score_energy_j"]


def test_too_few_models_have_no_front() -> None:
    few = IMAGES.head(2)
    assert list(fronts_of(ScoredModels("vision", few, few, load()))) == []


def test_the_sentences_follow_the_data(study: Study) -> None:
    better = pl.concat([IMAGES, images([("new-1", date(2025, 7, 1), 91.25, 1e9)])], how="vertical_relaxed")
    assert not any("91.25%" in f.text for f in study.findings)
    assert any("91.25%" in f.text for f in study_of(scored(better)).findings)


def test_the_history_of_a_front_by_hand() -> None:
    first, last = date(2022, 12, 31), date(2023, 6, 1)
    columns = {
        "id": ["a", "b", "a", "c"], "name": ["a", "b", "a", "c"], "release_date": [date(2022, 1, 1)] * 4,
        "score": [60.0, 70.0, 60.0, 75.0], "energy_j": [1.0, 8.0, 1.0, 2.0], "accelerator": ["H100"] * 4,
        "as_of": [first, first, last, last],
    }  # fmt: skip
    rows = history(Fronts("language", "MMLU", "fixed", pl.DataFrame(columns), pl.DataFrame(columns)))
    assert [(row.as_of, row.models, row.least_energy_j, row.best_score_energy_j) for row in rows] == [
        (first, 2, 1.0, 8.0),
        (last, 2, 1.0, 2.0),
    ]
    # 70 points took 8 J at first, and 2 J since a model with 75 points does.
    assert [row.first_best_score_energy_j for row in rows] == [8.0, 2.0]
