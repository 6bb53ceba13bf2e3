from datetime import date

import polars as pl
import pytest

from joulewise.catalog import load
from joulewise.studies.inputs import Inputs, ScoredModels
from joulewise.studies.quality.data import CONTEMPORARY, METHODS, Staircase, left_out, longest, staircases
from tests.studies.frames import IMAGES, scored


@pytest.fixture(scope="module")
def lines(inputs: Inputs) -> list[Staircase]:
    return [line for task, models in scored().items() for line in staircases(models, inputs.carried[task])]


def test_every_line_only_falls_and_reaches_its_score(lines: list[Staircase]) -> None:
    assert {line.method for line in lines} == set(METHODS)
    assert {line.task for line in lines} == {"vision", "language"}
    for line in lines:
        assert line.steps["energy_j"].is_sorted(descending=True)
        assert line.steps["release_date"].is_sorted()
        assert line.steps["score"].min() >= line.level  # type: ignore[operator]


def test_a_level_that_nothing_reaches_has_no_line(lines: list[Staircase]) -> None:
    assert {line.level for line in lines if line.task == "vision"} == {75.0, 80.0, 85.0}


def _staircase(rows: list[tuple[str, date, str, float]], until: date) -> Staircase:
    """A staircase of models on accelerators of 1 TFLOP/J and 4 TFLOP/J, each of 1 TFLOP."""
    peak = {"old": 1e12, "new": 4e12}
    frame = pl.DataFrame(
        [
            {
                "id": model, "name": model, "family": model[0], "score": 80.0, "release_date": day,
                "accelerator": accelerator, "energy_j": energy, "flops": 1e12, "peak_flops_per_j": peak[accelerator],
            }
            for model, day, accelerator, energy in rows
        ]
    )  # fmt: skip
    return Staircase("vision", "ImageNet top-1", 80.0, CONTEMPORARY, frame, until, frame)


def test_a_staircase_by_hand() -> None:
    line = _staircase(
        [
            ("a", date(2018, 1, 1), "old", 16.0),
            ("b", date(2019, 1, 1), "old", 20.0),
            ("a", date(2020, 1, 1), "new", 4.0),
            ("b", date(2022, 1, 1), "new", 2.0),
        ],
        until=date(2024, 1, 1),
    )
    # b on the old accelerator took more than a had already reached.
    assert line.steps["energy_j"].to_list() == [16.0, 4.0, 2.0]
    assert line.models == 2
    assert line.goal == "≥ 80%"
    # A factor of 8 is three halvings: in four years to the last step, in six to the end of the data.
    assert line.rate.factor == 8.0
    assert line.rate.overall_years == pytest.approx(2.0, rel=1e-3)
    # 16 J to 2 J at the same work: the peak makes a quarter of it, utilisation the other half.
    assert line.change is not None
    assert 10**line.change.algorithms == pytest.approx(1.0)
    assert 10**line.change.hardware == pytest.approx(1 / 4)
    assert 10**line.change.utilisation == pytest.approx(1 / 2)
    # a on both: 16 to 4; b on both: 20 to 2. The model: 16 to 20 and 4 to 2, the mean in logarithms.
    assert line.swapped is not None
    assert 10**line.swapped.accelerator == pytest.approx((4 / 16 * 2 / 20) ** 0.5)
    assert 10**line.swapped.model == pytest.approx((20 / 16 * 2 / 4) ** 0.5)


def test_one_step_has_nothing_to_split() -> None:
    line = _staircase([("a", date(2018, 1, 1), "old", 16.0)], until=date(2019, 1, 1))
    assert line.change is None
    assert line.swapped is None


def test_the_longest_staircase_spans_the_most_time() -> None:
    short = _staircase([("a", date(2018, 1, 1), "old", 9.0), ("b", date(2019, 1, 1), "old", 1.0)], date(2019, 1, 1))
    long = _staircase([("a", date(2018, 1, 1), "old", 9.0), ("b", date(2019, 2, 1), "old", 8.0)], date(2019, 2, 1))
    assert longest([short, long]) is long
    assert longest([]) is None


def test_models_without_date_or_work_are_counted_as_left_out() -> None:
    frame = IMAGES.with_columns(
        release_date=pl.when(pl.col("id") != "a-1").then("release_date"),
        flops=pl.when(pl.col("id") != "a-2").then("flops"),
    )
    assert left_out(ScoredModels("vision", frame, frame, load())) == {
        "task": "vision",
        "models": 9,
        "undated": 1,
        "not_priced": 1,
    }
