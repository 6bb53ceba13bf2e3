import json
import math
from datetime import date
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulewise.catalog import PAPER, load, models
from joulewise.errors import InputError, UnknownNameError
from joulewise.trends import correlate, pareto_front, select_subset, trend

PAPERS = load().edition(PAPER)


def test_best_of_each_year_is_what_the_paper_names() -> None:
    names = trend("flops", "vision", "best-per-year", catalog=PAPERS).points["name"].to_list()
    assert len(names) == 10
    assert names[0] == "AlexNet"
    assert names[-3:] == ["NoisyStudent-L2", "Meta Pseudo Labels L2", "ViT-G/14"]


def test_a_trend_as_data() -> None:
    found = trend("energy", "vision", "best-per-year")
    value = found.to_dict()
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert value["points"][0]["name"] == "AlexNet"
    assert value["points"][0]["date"] == "2012-06-01"
    # A growth of g in a year doubles in log 2 / log g years, and the slower bound of one is that of the other.
    for growth, doubling in (("", ""), ("_low", "_high"), ("_high", "_low")):
        years = math.log(2) / math.log(value[f"growth_per_year{growth}"])
        assert value[f"doubling_time_years{doubling}"] == pytest.approx(years)
    flat = trend("efficiency", "vision", "best-per-year", start=2016).to_dict()
    assert flat["doubling_time_years_low"] is None or flat["growth_per_year_low"] > 1


def test_yearly_means_as_data_have_no_date() -> None:
    assert trend("flops", "vision", "yearly-mean").to_dict()["points"][0].keys() == {"name", "year", "value", "score"}


def test_record_setters_of_language() -> None:
    # Read off Table 7: each has more FLOPs than every earlier model.
    assert trend("flops", "language", "record", catalog=PAPERS).points["value"].to_list() == pytest.approx(
        [54e9, 79e9, 3400e9, 18000e9, 36000e9, 740000e9]
    )


def test_yearly_means_by_hand() -> None:
    points = trend("flops", "vision", "yearly-mean", catalog=PAPERS).points
    assert points["value"][1] == pytest.approx((4.96e9 + 2.34e9) / 2)  # the two ZFNets of 2013
    assert points["name"][1] == "mean of 2 in 2013"


def test_years_bound_the_points() -> None:
    points = trend("flops", "vision", start=2015, end=2016, catalog=PAPERS).points
    assert set(points["date"].dt.year()) == {2015, 2016}
    assert points.height == 13


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("flop", "vision"), "did you mean flops"),
        (("flops", "vison"), "did you mean vision"),
        (("flops", "vision", "records"), "did you mean record"),
    ],
)
def test_unknown_names(arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(UnknownNameError, match=said):
        trend(*arguments)


def test_too_few_points_and_years_out_of_order() -> None:
    with pytest.raises(InputError, match="at least 3 points, not 1"):
        trend("flops", "vision", end=2012, catalog=PAPERS)
    with pytest.raises(InputError, match="after the last"):
        trend("flops", "vision", start=2020, end=2012)


rows = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=40)


@settings(max_examples=60)
@given(rows)
def test_pareto_front_is_what_none_dominates(pairs: list[tuple[int, int]]) -> None:
    frame = pl.DataFrame(pairs, schema=["cost", "score"], orient="row")
    expected = {
        p for p in pairs if not any((q[0] <= p[0] and q[1] > p[1]) or (q[0] < p[0] and q[1] >= p[1]) for q in pairs)
    }
    got = pareto_front(frame, "cost")
    assert set(got.iter_rows()) == expected
    assert got["score"].is_sorted()


def test_pareto_front_as_of_a_day() -> None:
    front = pareto_front(models("vision"), "flops", as_of=date(2015, 12, 31))
    assert "NoisyStudent-B7" not in front["name"]
    assert front["name"].to_list()[-1] == "Inception V3"


@settings(max_examples=60)
@given(st.lists(st.floats(1, 100), min_size=1, max_size=30))
def test_records_rise(values: list[float]) -> None:
    frame = pl.DataFrame(
        {"name": "x", "year": [2000.0 + i for i in range(len(values))], "value": values, "score": values}
    )
    records = select_subset(frame, "record")["value"].to_list()
    assert records[0] == values[0]
    assert records[-1] == max(values)
    assert all(a < b for a, b in pairwise(records))


def test_correlation_by_hand_and_its_interval() -> None:
    # r = 0.6 exactly; Fisher's interval for n = 5 from tables: z = 0.6931 +- 1.96 / sqrt(2).
    got = correlate([1, 2, 3, 4, 5], [2, 1, 4, 3, 3.0])
    assert got.r == pytest.approx(0.5547002)
    assert got.r_low < got.r < got.r_high
    assert correlate([1, 10, 100, 1000], [2, 20, 200, 2000], logs=True).r == pytest.approx(1)


@pytest.mark.parametrize(
    ("x", "y", "logs", "said"),
    [
        ([1, 2, 3], [1, 2, 3], False, "at least 4"),
        ([1] * 4, [1, 2, 3, 4], False, "vary"),
        ([0, 1, 2, 3], [1, 2, 3, 4], True, "above zero"),
    ],
)
def test_correlations_that_do_not_exist(x: list[float], y: list[float], logs: bool, said: str) -> None:
    with pytest.raises(InputError, match=said):
        correlate(x, y, logs=logs)
