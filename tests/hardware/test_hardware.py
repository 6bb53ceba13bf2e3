"""Efficiencies and speed-ups against the paper's printed Tables 4, 8 and 9."""

from datetime import date

import pytest

from joulewise.catalog import PAPER, load
from joulewise.errors import InputError, UnknownNameError
from joulewise.hardware import (
    adapted_efficiencies,
    efficiencies,
    efficiency_at,
    efficiency_of,
    efficiency_trend,
    measured_throughputs,
    speed_ups,
)

PAPERS = load().edition(PAPER)
# The paper's Table 4.
TABLE_4 = {
    ("tesla-v100", "mixed"): (2.27, 2.64),
    ("a100", "tf32"): (1.75, 3.56),
    ("a100", "mixed"): (3.33, 4.67),
    ("t4", "mixed"): (2.70, 3.16),
}
# The adapted rows of its Table 9: TFLOPS and GFLOPS/W.
ADAPTED = {
    ("vision", "tesla-v100", "mixed"): (35.71, 119.03),
    ("vision", "t4", "mixed"): (21.85, 312.15),
    ("vision", "a100", "tf32"): (27.41, 68.52),
    ("vision", "a100", "mixed"): (52.35, 130.88),
    ("language", "tesla-v100", "mixed"): (41.44, 138.13),
    ("language", "t4", "mixed"): (25.58, 365.46),
    ("language", "a100", "tf32"): (55.85, 139.64),
    ("language", "a100", "mixed"): (73.29, 183.23),
}


def test_mean_speed_ups_are_table_4() -> None:
    rows = {(r["accelerator"], r["precision"], r["task"]): r for r in speed_ups().to_dicts()}
    assert len(rows) == 8
    for (accelerator, precision), printed in TABLE_4.items():
        for task, value in zip(("vision", "language"), printed, strict=True):
            row = rows[accelerator, precision, task]
            assert round(row["speed_up"], 2) == value
            assert row["speed_up_low"] < row["speed_up"] < row["speed_up_high"]


@pytest.mark.parametrize("key", ADAPTED)
def test_adapted_figures_are_table_9(key: tuple[str, str, str]) -> None:
    task, accelerator, precision = key
    row = (
        adapted_efficiencies(task, PAPERS).filter(id=accelerator, precision=precision, adapted=True).row(0, named=True)
    )
    tflops, gflops_per_w = ADAPTED[key]
    assert round(row["peak_flops_per_s"] / 1e12, 2) == tflops
    assert row["efficiency_flops_per_j"] / 1e9 == pytest.approx(gflops_per_w, abs=0.006)
    assert row["efficiency_low"] < row["efficiency_flops_per_j"] < row["efficiency_high"]


def test_table_9_has_32_points_a_task() -> None:
    assert adapted_efficiencies("vision", PAPERS).height == adapted_efficiencies("language", PAPERS).height == 32


def test_efficiency_is_peak_over_power() -> None:
    row = efficiencies().filter(id="a100", precision="fp16-tensor").row(0, named=True)
    assert row["efficiency_flops_per_j"] == pytest.approx(312e12 / 400)


def test_a100_speed_ups_are_relative_to_the_v100() -> None:
    rows = measured_throughputs().filter(accelerator="a100", model="efficientnet-b0", precision="mixed")
    assert rows["speed_up"][0] == pytest.approx(10239 / 2968)


def test_trend_grows_and_an_efficiency_lies_on_it() -> None:
    for task in ("vision", "language"):
        assert efficiency_trend(task, PAPERS).slope_interval.low > 0
    at = efficiency_at(date(2018, 1, 1), "vision", catalog=PAPERS)
    assert at.low < at.central < at.high
    line = efficiency_at(date(2018, 1, 1), "vision", band="trend", catalog=PAPERS)
    assert at.low < line.low < line.high < at.high


def test_a_precision_it_lacks_names_those_it_has() -> None:
    with pytest.raises(InputError, match=r"it has fp32, fp64\)$"):
        efficiency_of("GTX 580", "fp16")


def test_an_adapted_precision_needs_a_task() -> None:
    with pytest.raises(InputError, match="no figure at precision 'mixed'"):
        efficiency_of("a100", "mixed")
    assert efficiency_of("a100", "mixed", "vision").adapted


def test_dates_far_from_the_data() -> None:
    with pytest.raises(InputError, match="too far"):
        efficiency_at(date(1999, 12, 31), "vision")


def test_unknown_task() -> None:
    with pytest.raises(UnknownNameError, match="language"):
        adapted_efficiencies("languages")


def test_accelerators_of_today_leave_the_papers_trend_alone() -> None:
    for task in ("vision", "language"):
        assert efficiency_trend(task, PAPERS) == efficiency_trend(task, load().edition(PAPER))
        assert adapted_efficiencies(task, PAPERS).height == 32
        assert adapted_efficiencies(task).height > 100


def test_incomplete_rows_are_there_on_request() -> None:
    assert efficiencies(incomplete=True).height > efficiencies().height
    assert efficiencies()["efficiency_flops_per_j"].null_count() == 0
