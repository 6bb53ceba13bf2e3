import numpy as np
import polars as pl
import pytest
from statsmodels.api import OLS, add_constant

from joulewise.paper.points import paper_edition
from joulewise.studies.backtest import judge, trusted_years
from joulewise.studies.study import Study
from joulewise.trends import trend


@pytest.mark.parametrize(
    ("series", "of", "task", "subset"),
    [
        ("vision-flops-all", "flops", "vision", "all"),
        ("vision-flops-best", "flops", "vision", "best-per-year"),
        ("vision-joules-best", "energy", "vision", "best-per-year"),
        ("efficiency-vision", "efficiency", "vision", "all"),
    ],
)
def test_what_is_tested_is_the_papers_own_fit(backtest: Study, series: str, of: str, task: str, subset: str) -> None:
    paper = trend(of, task, subset, catalog=paper_edition()).fit
    row = backtest.tables["verdicts"].filter(series=series).row(0, named=True)
    assert row["n_known"] == paper.n
    assert row["growth_per_year"] == pytest.approx(paper.growth_per_year.central)
    assert row["known_until"] == pytest.approx(paper.last_year)
    later = backtest.tables["points"].filter(series=series)
    assert later["year"].min() > paper.last_year  # type: ignore[operator]


def test_predictions_and_their_band_agree_with_statsmodels(backtest: Study) -> None:
    known = trend("flops", "vision", "best-per-year", catalog=paper_edition()).points
    later = backtest.tables["points"].filter(series="vision-flops-best")
    peer = OLS(np.log10(known["value"].to_numpy()), add_constant(known["year"].to_numpy())).fit()
    frame = peer.get_prediction(add_constant(later["year"].to_numpy(), has_constant="add")).summary_frame(alpha=0.05)
    assert np.log10(later["predicted"].to_numpy()) == pytest.approx(frame["mean"].to_numpy())
    assert np.log10(later["single_low"].to_numpy()) == pytest.approx(frame["obs_ci_lower"].to_numpy())
    assert np.log10(later["trend_high"].to_numpy()) == pytest.approx(frame["mean_ci_upper"].to_numpy())


def test_verdicts_follow_from_the_points(backtest: Study) -> None:
    for row in backtest.tables["verdicts"].to_dicts():
        points = backtest.tables["points"].filter(series=row["series"])
        assert row["n_since"] == points.height
        assert row["single_coverage"] == pytest.approx(points["in_single_band"].mean())
        assert row["median_doublings"] == pytest.approx(float(np.median(np.log2(points["ratio"].to_numpy()))))
        if row["verdict"].startswith("held"):
            assert 0.5 <= 2 ** row["median_doublings"] <= 2
        if row["verdict"].startswith("broke"):
            assert row["single_coverage_high"] < 0.95


def test_trusted_years_end_at_the_first_miss() -> None:
    frame = pl.DataFrame({"horizon_years": [1, 2, 3, 4], "median_abs_centre_factor": [1.1, 1.9, 2.1, 1.0]})
    assert trusted_years(frame) == 2
    assert trusted_years(frame, factor=3) == 4
    assert trusted_years(frame.filter(pl.col("horizon_years") > 1)) == 0


def test_every_horizon_is_from_cutoffs_since_2015(backtest: Study) -> None:
    horizons = backtest.tables["horizons"]
    assert (horizons["n"] > 0).all()
    assert horizons["horizon_years"].min() == 1
    assert set(backtest.tables["trust"]["series"]) == set(horizons["series"])


@pytest.mark.parametrize(
    ("doublings", "coverage_high", "n", "band_span", "verdict"),
    [
        (0.9, 0.97, 20, 50.0, "held"),
        (-1.0, 0.90, 20, 50.0, "held, with more scatter than its band"),
        (1.1, 0.90, 20, 50.0, "broke, above the line"),
        (-1.1, 0.90, 3, 50.0, "broke, below the line"),
        (1.1, 0.97, 20, 99.0, "missed, within its band"),
        (1.1, 0.97, 20, 101.0, "missed, within a band so wide that it says little"),
        (0.0, 0.97, 4, 50.0, "too few to say"),
    ],
)
def test_verdicts_by_hand(doublings: float, coverage_high: float, n: int, band_span: float, verdict: str) -> None:
    assert judge(doublings, coverage_high, 0.95, n, band_span) == verdict
