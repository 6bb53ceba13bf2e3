import numpy as np
import polars as pl
import pytest

from joulewise.paper import FIGURES
from joulewise.paper.points import paper_edition
from joulewise.studies.inputs import Inputs
from joulewise.studies.redrawn.charts import spread
from joulewise.studies.redrawn.data import fit_of, most_scored_benchmark
from joulewise.studies.study import Study
from joulewise.trends import trend


def test_each_figure_has_its_original(redrawn: Study) -> None:
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
    assert row["n_today"] == vision.height


def test_fifteen_hundred_points_are_thinned(redrawn: Study) -> None:
    spec = redrawn.charts["fig3-today"].draw().to_dict()
    largest = max(len(rows) for rows in spec["datasets"].values())
    assert largest < redrawn.tables["vision"].height


def test_a_figure_that_cannot_be_as_it_was_says_so(redrawn: Study) -> None:
    for figure in ("fig5", "fig12", "fig15"):
        assert "GLUE" in redrawn.charts[f"{figure}-today"].caption
    assert "measured" in redrawn.charts["fig8-today"].caption


def test_subsets_are_fitted_by_the_column(inputs: Inputs) -> None:
    vision = inputs.models["vision"]
    assert fit_of(vision, "flops", "best-per-year").n == vision["year"].floor().n_unique()


def test_the_benchmark_is_one_that_one_source_scored_in_one_setting(inputs: Inputs) -> None:
    language = inputs.models["language"]
    scores = most_scored_benchmark(language, inputs.catalog)
    assert scores.points["id"].is_in(language["id"].to_list()).all()
    assert not scores.points["id"].is_duplicated().any()
    assert scores.points.height > scores.n_glue
    assert scores.last_glue_year == 2020


def test_spread_takes_names_evenly_ends_first() -> None:
    frame = pl.DataFrame({"label": list("abcdefghi")})
    assert spread(frame, "label", n=5) == ["i", "a", "c", "e", "g"]
    assert spread(frame.head(3), "label") == ["c", "b", "a"]
