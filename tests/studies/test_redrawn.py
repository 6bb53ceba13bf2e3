import numpy as np
import pytest
from joulewise.studies.today import fit_of, todays_points
from joulewise.studies.today_models import spread

from joulewise.catalog import load
from joulewise.paper import FIGURES
from joulewise.paper.points import paper_edition
from joulewise.studies.study import Study
from joulewise.trends import trend


def test_each_figure_stands_beside_its_original(redrawn: Study) -> None:
    assert list(redrawn.charts) == [f"{figure}-{when}" for figure in FIGURES for when in ("2021", "today")]


def test_growth_then_is_what_the_paper_command_says(redrawn: Study) -> None:
    row = redrawn.tables["growth"].filter(figure="fig3", subset="best score of each year").row(0, named=True)
    paper = trend("flops", "vision", "best-per-year", catalog=paper_edition()).fit
    assert row["growth_per_year_2021"] == pytest.approx(paper.growth_per_year.central)
    assert row["n_2021"] == paper.n == 10


def test_growth_now_is_that_of_todays_points(redrawn: Study) -> None:
    vision = redrawn.tables["vision"]
    row = redrawn.tables["growth"].filter(figure="fig3", subset="all models").row(0, named=True)
    slope = np.polyfit(vision["year"].to_numpy(), np.log10(vision["flops"].to_numpy()), 1)[0]
    assert row["growth_per_year_today"] == pytest.approx(10**slope)
    assert row["n_today"] == vision.height > 1000


def test_fifteen_hundred_points_are_thinned(redrawn: Study) -> None:
    spec = redrawn.charts["fig3-today"].chart.to_dict()
    largest = max(len(rows) for rows in spec["datasets"].values())
    assert largest < redrawn.tables["vision"].height


def test_a_figure_that_cannot_be_as_it_was_says_so(redrawn: Study) -> None:
    for figure in ("fig5", "fig12", "fig15"):
        assert "GLUE" in redrawn.charts[f"{figure}-today"].caption
    assert "measured" in redrawn.charts["fig8-today"].caption


def test_subsets_are_fitted_by_the_column() -> None:
    today = todays_points(load())
    assert fit_of(today.vision, "flops", "best-per-year").n == today.vision["year"].floor().n_unique()


def test_spread_takes_names_evenly_ends_first() -> None:
    frame = todays_points(load()).vision.head(50)
    shown = spread(frame, "label", n=5)
    names = frame["label"].to_list()
    assert shown[:2] == [names[-1], names[0]]
    assert len(shown) == 5
    assert spread(frame.head(3), "label") == names[:3][::-1]
