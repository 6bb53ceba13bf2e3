from datetime import date

import polars as pl
import pytest

from joulewise.studies import frontier
from joulewise.studies.study import Study
from tests.studies.frames import IMAGES, LANGUAGE, images


@pytest.fixture(scope="module")
def study() -> Study:
    return frontier.study_of(IMAGES, LANGUAGE)


def test_a_front_holds_what_none_beats(study: Study) -> None:
    for one in [*frontier.all_fronts("vision", IMAGES), *frontier.all_fronts("language", LANGUAGE)]:
        for day in one.days:
            front = one.of(day)
            assert front["energy_j"].is_sorted()
            assert front["score"].is_sorted()
            assert (front["release_date"] <= day).all()
        # At the last day nothing that is out beats a member of the front.
        final = one.of(one.days[-1])
        for row in one.points.to_dicts():
            ahead = final.filter((pl.col("energy_j") <= row["energy_j"]) & (pl.col("score") >= row["score"]))
            assert ahead.height


def test_fronts_only_advance(study: Study) -> None:
    table = study.tables["years"]
    for _, rows in table.group_by("benchmark", "mode", maintain_order=True):
        assert rows["best_score"].is_sorted()
        assert rows["least_energy_j"].is_sorted(descending=True)
        assert rows["first_best_score_energy_j"].is_sorted(descending=True)


def test_better_hardware_moves_the_front_of_the_time_alone(study: Study) -> None:
    table = study.tables["years"].filter(benchmark="ImageNet top-1")
    first, last = (table.filter(mode="of-the-time").row(i, named=True) for i in (0, -1))
    assert last["first_best_score_energy_j"] < first["first_best_score_energy_j"]


def test_too_few_models_have_no_front() -> None:
    assert frontier.all_fronts("vision", IMAGES.head(2)) == []


def test_the_sentences_follow_the_data(study: Study) -> None:
    better = pl.concat([IMAGES, images([("new-1", date(2025, 7, 1), 91.25, 1e9)])], how="vertical_relaxed")
    assert not any("91.25%" in f.text for f in study.findings)
    assert any("91.25%" in f.text for f in frontier.study_of(better, LANGUAGE).findings)
