from datetime import date

import polars as pl
import pytest

from joulewise.catalog import load
from joulewise.energy.pricing import FIXED, image_joules, language_joules
from joulewise.studies import constant_quality
from joulewise.studies.quality_lines import METHODS, Line, quality_lines
from joulewise.studies.study import Study
from tests.studies.frames import IMAGES, LANGUAGE, images


@pytest.fixture(scope="module")
def study() -> Study:
    return constant_quality.study_of(IMAGES, LANGUAGE, load())


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return quality_lines(IMAGES, LANGUAGE, load())


def test_every_line_only_falls_and_reaches_its_score(lines: list[Line]) -> None:
    assert {line.method for line in lines} == set(METHODS)
    assert {line.task for line in lines} == {"vision", "language"}
    for line in lines:
        assert line.steps["energy_j"].is_sorted(descending=True)
        assert line.steps["release_date"].is_sorted()
        assert line.steps["score"].min() >= line.level  # type: ignore[operator]


def test_the_parts_of_every_fall_sum_to_it(study: Study) -> None:
    parts = study.tables["decomposition"]
    assert parts.height > 10
    summed = parts.select(
        off=pl.col("algorithms_log10") + pl.col("hardware_log10") + pl.col("utilisation_log10") - pl.col("total_log10")
    )["off"]
    assert summed.abs().max() <= 1e-12  # type: ignore[operator]
    swapped = parts.drop_nulls("model_log10")
    assert swapped.height > 5
    off = swapped["model_log10"] + swapped["accelerator_log10"] - swapped["total_log10"]
    assert off.abs().max() <= 1e-12  # type: ignore[operator]


def test_on_one_accelerator_hardware_has_no_part(study: Study) -> None:
    fixed = study.tables["decomposition"].filter(method="fixed")
    assert fixed["hardware_log10"].abs().max() == 0
    assert fixed["accelerator_log10"].drop_nulls().abs().max() == 0


def test_the_papers_method_leaves_nothing_to_utilisation(study: Study) -> None:
    paper = study.tables["decomposition"].filter(method="paper")
    assert paper["utilisation_log10"].abs().max() <= 1e-12  # type: ignore[operator]


def test_no_model_runs_on_an_accelerator_that_is_not_out() -> None:
    launched = {"H100": date(2022, 9, 20), "H200": date(2024, 11, 18), "V100": date(2017, 7, 1)}
    for priced in (image_joules(IMAGES), language_joules(LANGUAGE)):
        for name, day in launched.items():
            rows = priced.filter(accelerator=name)
            assert rows.height
            assert rows["release_date"].min() >= day  # type: ignore[operator]


def test_a_model_that_does_not_fit_is_not_priced_there() -> None:
    # 65 billion parameters of two bytes are 130 GB: more than eight V100 of 16 GB, less than two H100.
    rows = language_joules(LANGUAGE).filter(id="x-65b")
    assert "V100" not in rows["accelerator"]
    assert rows.filter(accelerator=FIXED)["n_accelerators"][0] in {2, 4, 8}


def test_work_is_counted_as_for_the_estimate() -> None:
    # 512 tokens read and 512 written: 2 FLOPs a parameter each, and attention; told per 1,000 tokens of the answer.
    row = language_joules(LANGUAGE).filter(id="y-7b", accelerator=FIXED).row(0, named=True)
    bare = 2 * 7e9 * 1024 * 1000 / 512
    assert bare < row["flops"] < 1.1 * bare


def test_the_sentences_follow_the_data(study: Study) -> None:
    assert any("c-1" in f.text for f in study.findings)
    better = pl.concat([IMAGES, images([("new-1", date(2025, 7, 1), 79.0, 1e8)])], how="vertical_relaxed")
    changed = constant_quality.study_of(better, LANGUAGE, load())
    assert any("new-1" in f.text for f in changed.findings)
    assert [f.text for f in changed.findings] != [f.text for f in study.findings]


def test_what_is_left_out_is_counted() -> None:
    undated = IMAGES.with_columns(
        release_date=pl.when(pl.col("id") != "a-1").then("release_date"),
        flops=pl.when(pl.col("id") != "a-2").then("flops"),
    )
    left = constant_quality.study_of(undated, LANGUAGE, load()).tables["left-out"].row(0, named=True)
    assert (left["models"], left["undated"], left["not_priced"]) == (IMAGES.height, 1, 1)


def test_a_level_that_nothing_reaches_has_no_line(lines: list[Line]) -> None:
    assert {line.level for line in lines if line.task == "vision"} == {75.0, 80.0, 85.0}
