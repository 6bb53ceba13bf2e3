import polars as pl
import pytest

from joulewise.paper import compare_with_printed
from joulewise.paper.comparison import COLUMNS, VERDICTS
from joulewise.paper.points import paper_edition


@pytest.fixture(scope="module")
def comparison() -> pl.DataFrame:
    return compare_with_printed(paper_edition())


def test_hundreds_of_numbers_and_every_difference_has_a_reason(comparison: pl.DataFrame) -> None:
    assert comparison.columns == list(COLUMNS)
    assert comparison.height > 300
    assert set(comparison["verdict"]) == set(VERDICTS)
    differing = comparison.filter(verdict="differs")
    assert (differing["reason"] != "").all()
    assert differing.height < 20


def test_verdicts_agree_with_the_numbers(comparison: pl.DataFrame) -> None:
    for row in comparison.filter(pl.col("difference").is_not_null()).to_dicts():
        printed, ours = float(row["printed"]), float(row["ours"])
        assert row["difference"] == pytest.approx(ours - printed, abs=2e-5 * abs(printed))
        if row["verdict"] == "exact":
            assert ours == pytest.approx(printed, rel=1e-8)
        elif not row["reason"]:
            digits = len(row["printed"].partition(".")[2])
            if row["printed"] not in {"1040"}:
                assert abs(ours - printed) <= 0.5 * 10**-digits + 1e-6 * abs(printed)


@pytest.mark.parametrize(
    ("quantity", "verdict"),
    [
        ("Fig. 1: Pearson's correlation of parameters and FLOPs, CNNs", "rounds to it"),
        ("Fig. 1: Pearson's correlation of parameters and FLOPs, transformers", "rounds to it"),
        ("FLOPs of NoisyStudent-L2 by Eq. 4 [GFLOP]", "rounds to it"),
        ("FLOPs of FixEfficientNet-L2 by Eq. 3 [GFLOP]", "rounds to it"),
        ("FLOPs of FixEfficientNet-B7 by Eq. 3 [GFLOP]", "rounds to it"),
        ("FLOPs of FixEfficientNet-B0 by Eq. 3 [GFLOP]", "rounds to it"),
        ("FLOPs of ViT-G/14 by the transformer rule [GFLOP]", "differs"),
        ("somatic consumption of a person [J/s]", "rounds to it"),
        ("external consumption of a person [J/s]", "differs"),
        ("year of Meta Pseudo Labels L2", "differs"),
    ],
)
def test_the_numbers_that_take_looking(comparison: pl.DataFrame, quantity: str, verdict: str) -> None:
    assert comparison.filter(quantity=quantity)["verdict"].to_list() == [verdict]


def test_all_of_table_4_and_of_the_adapted_tflops_agree(comparison: pl.DataFrame) -> None:
    adapted = comparison.filter(
        (pl.col("where") == "Table 4") | (pl.col("where").str.contains(r"Table 9, row (29|3\d)"))
    )
    assert adapted.height == 8 + 8 * 4
    assert "differs" not in set(adapted["verdict"])
