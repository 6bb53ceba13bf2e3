import json

import numpy as np
import pytest

from joulewise.catalog import PAPER, load
from joulewise.errors import InputError
from joulewise.impact import forecast, references
from joulewise.impact.people import NEVER
from joulewise.units import decimal_year

PAPERS = load().edition(PAPER)


def test_references_are_the_papers_100_and_10000() -> None:
    somatic, external = references()
    assert somatic.power_w == pytest.approx(2000 * 4184 / 86400)
    assert external.power_w == pytest.approx(79897 * 3.6e6 / (365.25 * 86400))
    assert round(somatic.power_w, -2) == 100
    assert round(np.log10(external.power_w)) == 4


def test_power_is_rate_times_the_trend() -> None:
    one, ten = (
        forecast("vision", until=2030, catalog=PAPERS),
        forecast("vision", until=2030, rate_per_s=10, catalog=PAPERS),
    )
    assert (ten.years["power_w"] / one.years["power_w"]).to_list() == pytest.approx([10] * one.years.height)
    row = one.years.filter(year=2025).row(0, named=True)
    assert row["power_w"] == pytest.approx(one.trend.fit.predict(2025).central)
    assert row["power_w_low"] < row["power_w"] < row["power_w_high"]


def test_a_crossing_lies_where_the_line_does() -> None:
    result = forecast("vision", until=2040, catalog=PAPERS)
    for crossing in result.crossings:
        assert crossing.central is not None
        at = result.trend.fit.year_of(crossing.reference.power_w)
        assert decimal_year(crossing.central) == pytest.approx(at, abs=2 / 365)
        assert crossing.earliest is not None
        assert crossing.earliest < crossing.central


def test_a_higher_rate_crosses_earlier() -> None:
    slow, fast = (forecast("vision", until=2040, rate_per_s=r, catalog=PAPERS).crossings[0].central for r in (1, 10))
    assert slow is not None
    assert fast is not None
    assert fast < slow


def test_never_within_the_horizon_is_an_answer() -> None:
    assert forecast("vision", "all", until=2025, catalog=PAPERS).crossings[1].central is None


@pytest.mark.parametrize(("task", "leaders"), [("vision", "best-per-year"), ("language", "record")])
def test_each_task_has_leaders_to_carry_on(task: str, leaders: str) -> None:
    assert forecast(task, catalog=PAPERS).trend.subset == leaders


def test_a_forecast_as_data() -> None:
    result = forecast("vision", until=2022, catalog=PAPERS)
    value = result.to_dict()
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert [year["year"] for year in value["years"]] == list(range(2012, 2023))
    body, everything = value["crossings"]
    assert body["central"] == NEVER
    assert body["earliest"] == str(result.crossings[0].earliest)
    assert everything["power_w"] == pytest.approx(79897 * 3.6e6 / (365.25 * 86400))
    assert "points" not in value["trend"]


def test_a_population_adds_up() -> None:
    result = forecast("vision", until=2022, population=8e9, catalog=PAPERS)
    row = result.years.filter(year=2022).row(0, named=True)
    hours = 365.25 * 24
    assert row["energy_twh"] == pytest.approx(row["power_w"] * 8e9 * hours / 1e12)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"until": 2010}, "cannot forecast until 2010"),
        ({"until": 3000}, "cannot forecast until 3000"),
        ({"rate_per_s": 0}, "rate must be above zero"),
        ({"rate_per_s": float("nan")}, "rate must be above zero"),
        ({"population": -1}, "population must be above zero"),
    ],
)
def test_what_makes_no_forecast(options: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        forecast("vision", **options, catalog=PAPERS)  # type: ignore[arg-type]
