import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulewise.errors import InputError
from joulewise.impact.scenario import Scenario, per_person_w, power_w, twh_per_year

scenarios = st.builds(
    Scenario,
    name=st.just("any"),
    users=st.floats(1.0, 1e9),
    population=st.just(8e9),
    inferences_per_user_day=st.floats(0.01, 1e5),
    tokens_per_inference=st.floats(1.0, 1e5),
    reasoning_share=st.floats(0.0, 1.0),
    reasoning_multiplier=st.floats(1.0, 100.0),
    growth_per_year=st.floats(0.5, 3.0),
    overhead=st.floats(1.0, 3.0),
)


def test_by_hand() -> None:
    # 1,000 people ask 10 times a day for 100 tokens; half of the answers reason and are five times as long.
    asked = Scenario("hand", 1000, 2000, 10, 100, 0.5, 5.0, overhead=1.5)
    assert asked.tokens_of_mean_inference == 300
    assert asked.tokens_per_s == pytest.approx(1000 * 10 * 300 / 86400)
    power = power_w(2.0, asked, 2025.0)
    assert power == pytest.approx(2 * 1.5 * 3e6 / 86400)
    assert per_person_w(power, asked) == pytest.approx(2 * 1.5 * 3e6 / 86400 / 2000)


def test_a_gigawatt_for_a_year() -> None:
    assert twh_per_year(1e9) == pytest.approx(8.766)  # 8,766 hours


def test_the_papers_pace() -> None:
    # One inference of a joule a second and person is a watt a person.
    paper = Scenario("paper", 8e9, 8e9, 86400)
    assert per_person_w(power_w(1.0, paper, 2030.0), paper) == pytest.approx(1.0)


@given(scenarios, st.floats(1e-6, 1e3), st.floats(1.0, 10.0))
def test_in_proportion(scenario: Scenario, energy_j: float, factor: float) -> None:
    years = np.array([2025.0, 2030.0])
    once = power_w([energy_j, energy_j], scenario, years)
    assert power_w([energy_j * factor] * 2, scenario, years) == pytest.approx(once * factor)
    assert once[1] / once[0] == pytest.approx(scenario.growth_per_year**5)
    assert once[0] * 86400 == pytest.approx(
        energy_j * scenario.users * scenario.inferences_per_user_day * scenario.tokens_of_mean_inference
        * scenario.overhead
    )  # fmt: skip


@given(scenarios)
def test_reasoning_lies_between_none_and_all(scenario: Scenario) -> None:
    plain = scenario.tokens_per_inference
    assert plain * (1 - 1e-9) <= scenario.tokens_of_mean_inference
    assert scenario.tokens_of_mean_inference <= plain * scenario.reasoning_multiplier * (1 + 1e-9)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"users": 0}, "users 0 is not between 1 and 1e.11"),
        ({"users": 3}, "more than"),
        ({"inferences_per_user_day": float("nan")}, "inferences per user day nan is not between"),
        ({"tokens_per_inference": 5e-324}, "tokens per inference 4.94066e-324 is not between 0.001 and"),
        ({"growth_per_year": 1e10}, "growth per year 1e.10 is not between 0.01 and 100"),
        ({"reasoning_share": 1.1}, "reasoning share 1.1 is not between 0 and 1"),
        ({"reasoning_multiplier": 0.5}, "reasoning multiplier 0.5 is not between 1 and"),
        ({"overhead": 0.9}, "overhead 0.9 is not between 1 and 20"),
    ],
)
def test_what_cannot_be(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Scenario(**({"name": "wrong", "users": 1, "population": 2, "inferences_per_user_day": 1} | wrong))  # type: ignore[arg-type]
