from datetime import date

import polars as pl

from joulewise.catalog import load
from joulewise.studies.inputs import (
    FEWEST_SCORED,
    FIXED,
    Inputs,
    benchmark_title,
    open_language_models,
    score_with_unit,
    scored_images,
    scored_language_models,
    unit_of,
)
from tests.studies.frames import scored


def test_no_model_runs_on_an_accelerator_that_is_not_out() -> None:
    launched = {"H100": date(2022, 9, 20), "H200": date(2024, 11, 18), "V100": date(2017, 7, 1)}
    for models in scored().values():
        priced = models.energy
        for name, day in launched.items():
            rows = priced.filter(accelerator=name)
            assert rows.height
            assert rows["release_date"].min() >= day  # type: ignore[operator]


def test_a_model_that_does_not_fit_is_not_priced_there() -> None:
    # 65 billion parameters of two bytes are 130 GB: more than eight V100 of 16 GB, less than two H100.
    rows = scored()["language"].energy.filter(id="x-65b")
    assert "V100" not in rows["accelerator"]
    assert rows.filter(accelerator=FIXED)["n_accelerators"][0] in {2, 4, 8}


def test_work_is_counted_as_for_the_estimate() -> None:
    # 512 tokens read and 512 written: 2 FLOPs a parameter each, and attention; given per 1,000 tokens of the answer.
    row = scored()["language"].energy.filter(id="y-7b", accelerator=FIXED).row(0, named=True)
    bare = 2 * 7e9 * 1024 * 1000 / 512
    assert bare < row["flops"] < 1.1 * bare


def test_an_image_network_counts_once_per_weight_and_size() -> None:
    rows = scored_images(load())
    assert not rows["id"].is_duplicated().any()
    assert rows["id"].str.contains("@").all()
    assert rows["score"].is_between(0, 100).all()


def test_scores_of_a_harness_are_used_only_if_it_scored_enough_models() -> None:
    rows = scored_language_models(load())
    sized = rows.filter(pl.col("model").is_not_null() | pl.col("params").is_not_null())
    assert (sized.group_by("benchmark", "harness").len()["len"] >= FEWEST_SCORED).all()
    assert not rows.select("id", "benchmark", "harness").is_duplicated().any()


def test_every_scored_model_of_known_size_is_among_the_open_ones() -> None:
    catalog = load()
    rows = scored_language_models(catalog)
    sized = rows.filter(pl.col("model").is_not_null() | pl.col("params").is_not_null())
    assert set(sized["id"]) <= set(open_language_models(catalog)["id"])


def test_each_part_is_derived_once(inputs: Inputs) -> None:
    assert inputs.carried is inputs.carried
    assert inputs.scored["vision"].energy is inputs.scored["vision"].energy


def test_words_for_units_scores_and_harnesses() -> None:
    assert (unit_of("vision"), unit_of("language")) == ("image", "1,000 tokens")
    assert (score_with_unit(80.0, "vision"), score_with_unit(76.23, "language", ".3g")) == ("80%", "76.2")
    assert (benchmark_title("MMLU", "HELM"), benchmark_title("MMLU", None)) == ("MMLU (HELM)", "MMLU")
