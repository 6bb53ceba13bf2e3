import numpy as np
import polars as pl
import pytest

from joulewise.catalog import find_model, load, measurements
from joulewise.hardware import efficiency_trend
from joulewise.paper.points import paper_edition
from joulewise.studies.inputs import Inputs
from joulewise.studies.points import (
    LANGUAGE_TOKENS,
    carried_efficiency,
    peak_efficiencies,
    short_name,
    tensor_share,
    wall_efficiencies,
)


def test_the_share_of_the_tensor_peak_by_hand_from_the_papers_tables() -> None:
    # Mixed precision of Tables 3 and 8: FP32 peak times mean speed-up over the tensor peak, of V100, T4 and A100
    # (whose speed-ups are the V100's FP32 times).
    shares = [15.7 * 2.2745 / 125, 8.1 * 2.6976 / 65, 15.7 * 3.3344 / 312]
    share, n = tensor_share("vision", paper_edition())
    assert n == 3
    assert share.central == pytest.approx(float(np.prod(shares)) ** (1 / 3), rel=1e-3)
    assert share.low < min(shares) < share.central < max(shares) < share.high


@pytest.mark.parametrize("task", ["vision", "language"])
def test_the_extrapolation_begins_with_the_papers_trend(task: str) -> None:
    carried = carried_efficiency(task, peak_efficiencies(load()), paper_edition())
    known = carried.points.filter(~pl.col("basis").str.starts_with("16-bit"))
    assert known.height == efficiency_trend(task, paper_edition()).n == 32
    assert carried.points.filter(pl.col("basis").str.starts_with("16-bit"))["year"].min() > known["year"].max()  # type: ignore[operator]


def test_models_with_joules_are_flops_over_the_efficiency_of_their_year(inputs: Inputs) -> None:
    rows, fit = inputs.models["vision"], inputs.carried["vision"].fit
    row = rows.filter(id="alexnet").row(0, named=True)
    assert row["energy_j"] == pytest.approx(row["flops"] / fit.predict(row["year"]).central)
    assert row["gflops"] == pytest.approx(1.42)


def test_language_models_are_scaled_to_one_length(inputs: Inputs) -> None:
    rows = inputs.models["language"]
    assert rows["input_tokens"].unique().to_list() == [float(LANGUAGE_TOKENS)]
    turing = rows.filter(id="turing-nlg")
    assert turing["flops"][0] == pytest.approx(3.6e13 * LANGUAGE_TOKENS / 1024)


def test_each_accelerator_is_once_in_a_group_at_its_highest_peak() -> None:
    rows = peak_efficiencies(load())
    assert rows.select("id", "group").is_duplicated().sum() == 0
    v100 = rows.filter(id="tesla-v100", group="16-bit tensor").row(0, named=True)
    assert v100["efficiency_per_j"] == pytest.approx(v100["peak_per_s"] / v100["tdp_w"])
    assert v100["pj_per_op"] == pytest.approx(1e12 / v100["efficiency_per_j"])
    assert rows["year"].is_sorted()


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("eva_giant_patch14_560.m30m_ft_in22k_in1k", "eva_giant_patch14_560"),
        ("meta-llama/Llama-3.1-8B", "Llama-3.1-8B"),
        ("ViT-G/14", "ViT-G/14"),
        ("Llama 3.1 8B", "Llama 3.1 8B"),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert pl.DataFrame({"name": [name]}).select(short_name().alias("short"))["short"].to_list() == [short]


def test_at_the_wall_it_is_flops_over_measured_joules() -> None:
    rows = wall_efficiencies("resnet50", load())
    row = rows.row(0, named=True)
    measured = measurements().filter(pl.col("url") == row["url"])["energy_j_per_unit"].to_list()
    assert row["energy_j_per_sample"] in measured
    flops = float((find_model("resnet50").sample_network or {})["flops"])
    assert row["efficiency_per_j"] == pytest.approx(flops / row["energy_j_per_sample"])
    assert wall_efficiencies("nonet", load()).is_empty()
