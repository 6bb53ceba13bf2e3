import pytest

from joulewise.catalog import load
from joulewise.studies.outlook.scenarios import assumptions, scenarios_of, usage_year, yardsticks

VALUES = {
    "inferences_per_day": 10.0, "tokens": 500.0, "reasoning_share": 0.1, "reasoning_tokens": 8.0, "users": 1e9,
    "population": 8e9, "growth": 1.2, "pue": 1.5,
}  # fmt: skip


def test_tokens_of_each_scenario_by_hand() -> None:
    today, everyone, pace = scenarios_of(VALUES, 2025.5)["language"]
    # 500 tokens, a tenth of the answers eight times as long: 500 · (1 + 0.1 · 7) = 850.
    assert today.tokens_of_mean_inference == pytest.approx(850)
    assert today.tokens_per_s == pytest.approx(1e9 * 10 * 850 / 86400)
    assert everyone.tokens_per_s == pytest.approx(8 * today.tokens_per_s)
    assert pace.tokens_per_s == pytest.approx(8e9)
    assert (pace.growth_per_year, today.growth_per_year) == (1.0, 1.2)
    # Host and idle machines are 1.45 times the accelerators; images are measured with them.
    assert today.overhead == pytest.approx(1.45 * 1.5)
    (image,) = scenarios_of(VALUES, 2025.5)["vision"]
    assert image.overhead == 1.5


def test_assumptions_are_facts_unless_given() -> None:
    known = {one.name: one for one in assumptions(load(), {"users": 1e6, "tokens": 512.0})}
    assert known.keys() == VALUES.keys()
    assert (known["users"].value, known["users"].source) == (1e6, "given")
    # What is given as it is by default keeps its source.
    assert known["tokens"].source.startswith("assumed")
    # 18 billion messages a week of 700 million users.
    assert known["inferences_per_day"].value == pytest.approx(18e9 / 7 / 700e6)


def test_yardsticks_of_persons_come_first_and_rise() -> None:
    sticks = yardsticks(load())
    assert [one.scope for one in sticks] == sorted(one.scope for one in sticks)
    persons = [one.power_w for one in sticks if one.scope == "person"]
    assert persons == sorted(persons)
    assert usage_year(load()) == 2025.5
