from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulewise.errors import InputError
from joulewise.trends.staircase import halving, running_minimum, standing

DAY = date(2015, 1, 1)
rows = st.lists(st.tuples(st.integers(0, 2000), st.floats(1e-3, 1e6)), min_size=1, max_size=40)


def _frame(pairs: list[tuple[int, float]]) -> pl.DataFrame:
    return pl.DataFrame(
        {"release_date": [DAY + timedelta(days=d) for d, _ in pairs], "cost": [float(v) for _, v in pairs]}
    )


@given(rows)
def test_the_staircase_is_the_least_so_far(pairs: list[tuple[int, float]]) -> None:
    steps = running_minimum(_frame(pairs), "cost")
    costs, days = steps["cost"].to_list(), steps["release_date"].to_list()
    assert all(a > b for a, b in pairwise(costs))
    assert all(a < b for a, b in pairwise(days))
    for day, _ in pairs:
        on = DAY + timedelta(days=day)
        held = standing(steps, on)
        assert held is not None
        assert held["cost"] == min(v for d, v in pairs if d <= day)


@given(rows, st.randoms())
def test_order_and_worse_models_do_not_matter(pairs: list[tuple[int, float]], random: object) -> None:
    steps = running_minimum(_frame(pairs), "cost")
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    worse = [(d + 1, v) for d, v in pairs]
    assert running_minimum(_frame(shuffled + worse), "cost").equals(steps)
    assert running_minimum(steps, "cost").equals(steps)


def test_there_is_no_step_before_the_first() -> None:
    assert standing(running_minimum(_frame([(10, 1.0)]), "cost"), DAY) is None


def test_unknown_costs_and_dates_are_left_out() -> None:
    frame = pl.DataFrame(
        {"release_date": [DAY, None, DAY + timedelta(days=3)], "cost": [None, 1.0, 2.0]},
        schema={"release_date": pl.Date, "cost": pl.Float64},
    )
    assert running_minimum(frame, "cost")["cost"].to_list() == [2.0]


@given(st.floats(0.3, 5.0), st.integers(5, 30))
def test_a_cost_that_halves_steadily_is_found(years: float, n: int) -> None:
    # Every model is a step, so the line, the whole span and every draw agree with the closed form.
    pairs = [(int(i * 100), 2.0 ** (-(i * 100 / 365.25) / years)) for i in range(n)]
    found = halving(_frame(pairs), "cost", DAY + timedelta(days=100 * (n - 1)))
    assert found.n == n
    assert found.fitted_years == pytest.approx(years, rel=2e-3)
    assert found.overall_years == pytest.approx(years, rel=5e-3)
    if found.bootstrap_years:
        assert found.bootstrap_years[0] == pytest.approx(years, rel=1e-2)


def test_a_standstill_lengthens_the_overall_time_but_not_the_line() -> None:
    pairs = [(0, 8.0), (365, 4.0), (730, 2.0)]
    short = halving(_frame(pairs), "cost", DAY + timedelta(days=730))
    long = halving(_frame(pairs), "cost", DAY + timedelta(days=1461))
    assert short.fitted_years == long.fitted_years
    assert short.overall_years == pytest.approx(1.0, rel=1e-2)
    assert long.overall_years == pytest.approx(2.0, rel=1e-2)


def test_one_step_has_no_rate() -> None:
    found = halving(_frame([(0, 1.0), (50, 2.0)]), "cost", DAY + timedelta(days=400))
    assert (found.n, found.factor, found.fit, found.overall_years, found.bootstrap_years) == (1, 1.0, None, None, None)
    assert found.fitted_years is None
    assert found.fitted_interval is None


def test_drawing_families_is_wider_than_drawing_models() -> None:
    # Two families far apart, ten like models each: which families are drawn decides the slope.
    frame = pl.concat(
        [
            _frame([(i * 30 + shift, start * 0.9**i) for i in range(10)]).with_columns(pl.lit(name).alias("family"))
            for name, start, shift in (("a", 1000.0, 0), ("b", 100.0, 300), ("c", 1.0, 600), ("d", 0.9, 900))
        ]
    )
    until = DAY + timedelta(days=1500)
    rows, families = halving(frame, "cost", until), halving(frame, "cost", until, cluster="family")
    assert rows.bootstrap_years is not None
    assert families.bootstrap_years is not None
    width = [b[1] - b[0] for b in (rows.bootstrap_years, families.bootstrap_years)]
    assert width[1] > width[0]


def test_what_cannot_be() -> None:
    with pytest.raises(InputError, match="at least one"):
        halving(_frame([(0, 1.0)]).clear(), "cost", DAY)
    with pytest.raises(InputError, match="after the end"):
        halving(_frame([(10, 1.0)]), "cost", DAY)
