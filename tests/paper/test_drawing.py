import pytest

from joulewise.charts import Axis, NamedFit
from joulewise.fits import fit_log_linear
from joulewise.paper.drawing import along_fits, score_against
from joulewise.paper.points import paper_edition


def test_labels_keep_clear_of_a_line() -> None:
    fit = fit_log_linear([2010.0, 2011.0, 2012.0], [1.0, 10.0, 100.0])
    x, y = Axis("year", "Year", (2010.0, 2012.0)), Axis("value", "Value", (1.0, 100.0), log=True)
    places = along_fits([NamedFit("tenfold a year", fit, "J")], x, y)
    assert len(places) > 50
    for year, value in places:
        assert value == pytest.approx(10 ** (year - 2010), rel=1e-3)


@pytest.mark.parametrize(("task", "cost"), [("vision", "gflops"), ("language", "energy_j")])
def test_a_front_is_of_the_models_drawn(task: str, cost: str) -> None:
    draw, drawn, on_front = score_against(task, cost, paper_edition())
    assert draw().to_dict()["layer"]
    assert set(on_front["name"]) <= set(drawn["name"])
    assert on_front[cost].is_sorted()
    assert on_front["score"].is_sorted()
    assert drawn["score"].max() == on_front["score"][-1]
