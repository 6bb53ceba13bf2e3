import numpy as np
import polars as pl
import pytest
from joulewise.studies.paths import error_per_year

from joulewise.catalog import load
from joulewise.errors import InputError
from joulewise.studies import outlook, run_study
from joulewise.studies.study import Study
from tests.studies.frames import IMAGES, LANGUAGE


def _study(**given: float) -> Study:
    return outlook.study_of(IMAGES, LANGUAGE, load(), **given)  # type: ignore[arg-type]


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


def test_knobs_act_in_proportion(study: Study) -> None:
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


def test_everyone_is_as_many_times_more_as_there_are_people(study: Study) -> None:
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


def test_each_knob_tells_where_it_is_from(study: Study) -> None:
    sources = dict(study.tables["knobs"].select("knob", "source").iter_rows())
    assert "chatterji2025" in sources["users"]
    assert sources["tokens"].startswith("assumed")
    given = dict(_study(tokens=100).tables["knobs"].select("knob", "source").iter_rows())
    assert given["tokens"] == "given"


def test_errors_of_earlier_fits_against_polyfit() -> None:
    # Doubling for five years, then flat; a point a year, so each is the middle of its year.
    years, values = np.arange(2010.0, 2021.0), 2.0 ** np.minimum(np.arange(11.0), 5)
    off = []
    for n in range(5, 11):
        line = np.polyfit(years[:n], np.log10(values[:n]), 1)
        ahead = years[n:] - years[n - 1]
        # Cut off at the start of a year, the first point after it is one year ahead.
        errors = np.abs(np.log10(values[n:]) - np.polyval(line, years[n:])) / ahead
        off += [e for e, h in zip(errors, ahead, strict=True) if h <= 3 * (years[n - 1] - years[0])]
    rate, tested = error_per_year(pl.DataFrame({"year": years, "value": values}))
    assert tested == len(off)
    assert rate == pytest.approx(np.quantile(off, 0.9))


def test_a_steady_series_has_no_error() -> None:
    years = np.arange(2010.0, 2021.0)
    rate, _ = error_per_year(pl.DataFrame({"year": years, "value": 1.5 ** (years - 2010)}))
    assert rate == pytest.approx(0, abs=1e-9)


def test_too_few_years_have_no_error() -> None:
    assert error_per_year(pl.DataFrame({"year": [2010.0, 2011.0, 2012.0], "value": [1.0, 2.0, 3.0]})) == (None, 0)


def test_what_cannot_be() -> None:
    with pytest.raises(InputError, match="cannot forecast until 2020"):
        _study(until=2020)
    with pytest.raises(InputError, match="can be carried on to 2099"):
        _study(until=2099)
    with pytest.raises(InputError, match="between 0 and 1"):
        _study(reasoning_share=2)
    with pytest.raises(InputError, match="takes no tokens"):
        run_study("frontier", load(), tokens=3)


def test_the_sentences_follow_the_knobs(study: Study) -> None:
    assert {f.text for f in study.findings} != {f.text for f in _study(tokens=4096).findings}
