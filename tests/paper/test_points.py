import pytest

from joulewise.paper.points import accelerators_in_tflops, models_in_gflops, paper_edition


def test_models_in_the_units_of_tables_2_and_7() -> None:
    # As printed: AlexNet has 1.42 GFLOPs and 61.0 M parameters, and was published on 1 June 2012.
    row = models_in_gflops("vision", paper_edition()).filter(id="alexnet").row(0, named=True)
    assert (row["gflops"], row["params_m"]) == (1.42, 61.0)
    assert row["year"] == pytest.approx(2012 + 152 / 366)
    assert row["data"] == "ImageNet-1k only"
    assert row["source"]


def test_accelerators_in_the_units_of_table_8() -> None:
    # As printed: the V100 has 15.7 TFLOPS at FP32 and a TDP of 300 W.
    rows = accelerators_in_tflops(paper_edition())
    row = rows.filter(id="tesla-v100", precision="fp32").row(0, named=True)
    assert (row["tflops"], row["tdp_w"], row["precision_name"]) == (15.7, 300.0, "FP32")
    assert row["gflops_per_w"] == pytest.approx(15700 / 300)


def test_a_task_gets_measured_speed_ups() -> None:
    rows = accelerators_in_tflops(paper_edition(), "vision")
    adapted = rows.filter("adapted")
    assert set(adapted["source"]) == {"desislavov2021, derived from Tables 3 and 8"}
    # Table 4: whole vision networks run 2.27 times as fast on a V100 in mixed precision.
    v100 = adapted.filter(id="tesla-v100", precision="mixed").row(0, named=True)
    assert v100["tflops"] == pytest.approx(15.7 * 2.27, rel=2e-3)
