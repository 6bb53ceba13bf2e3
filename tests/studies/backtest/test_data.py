import numpy as np
import polars as pl
import pytest

from joulewise.fits import fit_log_linear
from joulewise.studies.backtest.data import all_series, highest_of_years, rolling_joules
from joulewise.studies.inputs import Inputs
from joulewise.trends.backtest import rolling_backtest


def test_highest_of_each_calendar_year() -> None:
    frame = pl.DataFrame(
        {"name": list("abcd"), "year": [2021.1, 2021.9, 2022.5, 2023.0], "value": [3.0, 2.0, 9.0, 1.0]}
    )
    assert highest_of_years(frame)["name"].to_list() == ["a", "c", "d"]


def test_joules_from_many_dates_use_the_hardware_known_then() -> None:
    years = np.arange(2010.0, 2020.0)
    flops = 10 ** (0.3 * (years - 2010))
    # Efficiency doubles a year until 2015 and stands still after: fits before miss the break, and joules with them.
    efficiency = 2.0 ** np.minimum(years - 2010, 5)
    rows = rolling_joules(years, flops, years, efficiency, [2011.0, 2015.0])
    assert rows["cutoff"].unique().to_list() == [2015.0]
    now = fit_log_linear(years, efficiency)
    expected = np.log10(2.0 ** (years[5:] - 2010)) - np.log10(now.predict_many(years[5:])[:, 1])
    assert rows["error_log10"].to_numpy() == pytest.approx(expected)
    assert rolling_backtest(years, flops, [2015.0])["error_log10"].abs().max() == pytest.approx(0, abs=1e-9)


def test_series_begin_where_the_papers_data_end(inputs: Inputs) -> None:
    found = {one.id: one for one in all_series(inputs)}
    assert {"vision-flops-best", "language-joules-record", "efficiency-wall"} <= found.keys()
    for one in found.values():
        assert one.since["year"].min() > one.known["year"].max()  # type: ignore[operator]
    # The paper's last vision models are of 2021: the next year with a best is the first whole one.
    assert found["vision-flops-best"].since["year"].min() >= 2022  # type: ignore[operator]
    assert found["vision-joules-all"].hardware is not None
    assert found["efficiency-wall"].today.is_empty()
