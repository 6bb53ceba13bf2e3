from datetime import date

import polars as pl
import pytest

from joulewise.studies.inputs import Inputs
from joulewise.studies.quality import study_of
from joulewise.studies.study import Study
from tests.studies.frames import IMAGES, images, scored


@pytest.fixture(scope="module")
def study(inputs: Inputs) -> Study:
    return study_of(scored(), inputs.carried)


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


def test_the_sentences_follow_the_data(study: Study, inputs: Inputs) -> None:
    assert any("c-1" in f.text for f in study.findings)
    better = pl.concat([IMAGES, images([("new-1", date(2025, 7, 1), 79.0, 1e8)])], how="vertical_relaxed")
    changed = study_of(scored(better), inputs.carried)
    assert any("new-1" in f.text for f in changed.findings)
    assert [f.text for f in changed.findings] != [f.text for f in study.findings]


def test_what_is_left_out_is_counted(inputs: Inputs) -> None:
    undated = IMAGES.with_columns(
        release_date=pl.when(pl.col("id") != "a-1").then("release_date"),
        flops=pl.when(pl.col("id") != "a-2").then("flops"),
    )
    left = study_of(scored(undated), inputs.carried).tables["left-out"].row(0, named=True)
    assert (left["models"], left["undated"], left["not_priced"]) == (IMAGES.height, 1, 1)
