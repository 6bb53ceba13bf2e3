import polars as pl
import pytest

from joulewise.catalog import load
from joulewise.errors import InputError
from joulewise.studies import run_study
from joulewise.studies.outlook import crossings_of, study_of
from joulewise.studies.outlook.scenarios import Yardstick
from joulewise.studies.study import Study
from tests.studies.frames import scored


def _study(until: int = 2035, **given: float) -> Study:
    return study_of(scored(), load(), given, until)


@pytest.fixture(scope="module")
def study() -> Study:
    return _study()


def _twh(study: Study, scenario: str = "as many users as in 2025") -> float:
    rows = study.tables["forecast"].filter(path="language-all", scenario=scenario)
    return float(rows["twh"][-1])


def test_bands_lie_inside_one_another(study: Study) -> None:
    table = study.tables["forecast"]
    assert table["year"].max() == 2035
    for name in ("per_person_w", "twh"):
        low = [f"{name}_{band}_low" for band in ("tested", "single", "trend")]
        high = [f"{name}_{band}_high" for band in ("trend", "single", "tested")]
        for a, b in zip([*low, name, *high], [*low[1:], name, *high], strict=False):
            assert (table[a] <= table[b] * (1 + 1e-9)).all()


def test_the_outlook_is_proportional_to_its_assumptions(study: Study) -> None:
    base = _twh(study)
    assert _twh(_study(inferences_per_day=2 * 18e9 / 7 / 700e6)) == pytest.approx(2 * base)
    assert _twh(_study(tokens=1024)) == pytest.approx(2 * base)
    assert _twh(_study(pue=1.5)) == pytest.approx(1.5 * base)
    # No reasoning at all: 1 / (1 + share * 7) of the tokens.
    share = study.tables["knobs"].filter(knob="reasoning_share")["value"][0]
    assert _twh(_study(reasoning_share=0)) == pytest.approx(base / (1 + 7 * share))
    assert _twh(_study(users=1.4e9)) == pytest.approx(2 * base)


def test_the_share_of_reasoning_gives_their_share_of_tokens(study: Study) -> None:
    # Half of all tokens, eight times as long: one answer in nine.
    assert study.tables["knobs"].filter(knob="reasoning_share")["value"][0] == pytest.approx(1 / 9)


def test_everyone_uses_in_proportion_to_the_number_of_people(study: Study) -> None:
    knobs = dict(study.tables["knobs"].select("knob", "value").iter_rows())
    ratio = _twh(study, "everyone like a user of 2025") / _twh(study)
    assert ratio == pytest.approx(knobs["population"] / knobs["users"])


def test_yardsticks_by_hand(study: Study) -> None:
    sticks = {row["id"]: row for row in study.tables["yardsticks"].to_dicts()}
    assert sticks["human-body"]["power_w"] == pytest.approx(2000 * 4184 / 86400)
    assert sticks["world-electricity"]["scope"] == "world"
    assert sticks["household-us"]["scope"] == "person"


def test_a_crossing_is_the_first_year_above() -> None:
    study = _study(inferences_per_day=3e4, growth=1.2)
    table, crossed = study.tables["forecast"], study.tables["crossings"]
    met = crossed.filter(pl.col("central").is_not_null())
    assert met.height
    for row in met.to_dicts():
        column = "per_person_w" if row["kind"] == "person" else "twh"
        one = table.filter(path=row["path"], scenario=row["scenario"])
        assert (one.filter(pl.col("year") < row["central"])[column] < row["goal"]).all()
        assert one.filter(year=row["central"])[column][0] >= row["goal"]
        assert row["earliest"] <= row["central"]


def test_each_assumption_states_its_source(study: Study) -> None:
    sources = dict(study.tables["knobs"].select("knob", "source").iter_rows())
    assert "chatterji2025" in sources["users"]
    assert sources["tokens"].startswith("assumed")
    given = dict(_study(tokens=100).tables["knobs"].select("knob", "source").iter_rows())
    assert given["tokens"] == "given"


def test_impossible_options_are_refused() -> None:
    with pytest.raises(InputError, match="cannot forecast until 2020"):
        _study(until=2020)
    with pytest.raises(InputError, match="can be extrapolated to 2099"):
        _study(until=2099)
    with pytest.raises(InputError, match="between 0 and 1"):
        _study(reasoning_share=2)
    with pytest.raises(InputError, match="takes no tokens"):
        run_study("frontier", load(), tokens=3)


def test_the_sentences_follow_the_assumptions(study: Study) -> None:
    assert {f.text for f in study.findings} != {f.text for f in _study(tokens=4096).findings}


def test_crossings_by_hand() -> None:
    # 1 TWh a year is a mean power of 3.6e15 J over 365.25 days: 114.0772 MW.
    forecast = pl.DataFrame(
        {
            "path": "p", "scenario": "s", "year": [2030, 2031, 2032],
            "per_person_w": [5.0, 10.0, 20.0], "per_person_w_tested_low": [1.0, 2.0, 4.0],
            "per_person_w_tested_high": [25.0, 50.0, 100.0],
            "twh": [1.0, 2.0, 4.0], "twh_tested_low": [0.5, 1.0, 2.0], "twh_tested_high": [2.0, 4.0, 8.0],
        }
    )  # fmt: skip
    sticks = [
        Yardstick("lamp", "Lamp", 10.0, "person", "made up"),
        Yardstick("grid", "Grid", 2 * 114.0771e6, "world", "made up"),
    ]
    lamp, grid = crossings_of(forecast, sticks)
    assert (lamp.goal, lamp.earliest, lamp.central, lamp.latest) == (10.0, 2030, 2031, None)
    assert (lamp.last_share, lamp.last_share_low, lamp.last_share_high) == (2.0, 0.4, 10.0)
    assert grid.goal == pytest.approx(2.0, rel=1e-5)
    assert (grid.earliest, grid.central, grid.latest) == (2030, 2031, 2032)
