"""Charts of the study ``outlook``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from joulewise.charts import Axis, reference_lines, stack
from joulewise.charts.altair import alt
from joulewise.charts.bands import band_lines
from joulewise.impact.scenario import Scenario, per_person_w, power_w, twh_per_year
from joulewise.studies.outlook.data import BACKTEST_SHARE, EnergyTrend
from joulewise.studies.outlook.scenarios import Yardstick
from joulewise.studies.study import StudyChart
from joulewise.studies.wording import capital, per_cent, watts

_BANDS = ("tested", "single")
_ROOM = 12.0
_DOTS = 60
_STEPS = 80
_BAND_TEXT = (
    "Bands: a single model about its trend, and around it the same with the errors of earlier fits of the series "
    f"({per_cent(BACKTEST_SHARE)} of them). No band covers a change of use or of the trend."
)


def charts(
    trends: Sequence[EnergyTrend],
    scenarios: Mapping[str, Sequence[Scenario]],
    sticks: Sequence[Yardstick],
    until: int,
) -> dict[str, StudyChart]:
    """Return charts of the watts per person and of the world's terawatt-hours, for each task that has a trend."""
    drawn = {}
    for task in dict.fromkeys(trend.task for trend in trends):
        own, use = [trend for trend in trends if trend.task == task], list(scenarios[task])
        chosen = use[1] if len(use) > 1 else use[0]
        title = f"{capital(task)}: watts per person to {until}, {chosen.name}"
        drawn[f"{task}-per-person"] = _chart(
            [(trend.name, trend, chosen) for trend in own], "person", "Watts per person", "Goes through", sticks, until,
            title, f"Joules per inference times the number of inferences: {chosen.name}. Dots: the models that each "
            f"line goes through, where they are few. {_BAND_TEXT}",
        )  # fmt: skip
        title = f"{capital(task)}: terawatt-hours of the world to {until}"
        drawn[f"{task}-world"] = _chart(
            [(one.name, own[0], one) for one in use], "world", "Terawatt-hours a year", "Use", sticks, until,
            title, f"{capital(own[0].name)}, in each scenario of use. {_BAND_TEXT}",
        )  # fmt: skip
    return drawn


def _chart(
    lines: Sequence[tuple[str, EnergyTrend, Scenario]],
    scope: str,
    y_title: str,
    legend: str,
    sticks: Sequence[Yardstick],
    until: int,
    title: str,
    caption: str,
) -> StudyChart:
    rows = pl.concat([_line(name, trend, scenario, scope, until) for name, trend, scenario in lines])
    known = pl.concat([_known(name, trend, scenario, scope) for name, trend, scenario in lines])
    marks = [(f"{s.name}: {_shown(s.power_w, scope)}", _scaled(s.power_w, scope)) for s in sticks if s.scope == scope]
    x = Axis("year", "Year", (float(str(rows["year"].min())), float(until)), grid=False)
    ends = [*rows["value"], *[value for _, value in marks]]
    y = Axis("value", y_title, (min(ends) / _ROOM, max(ends) * _ROOM), log=True)
    bands = [(f"{band}_low", f"{band}_high") for band in _BANDS]
    clipped = rows.with_columns(pl.col(name).clip(*y.domain) for pair in bands for name in pair)

    def draw() -> alt.LayerChart:
        layers = band_lines(clipped, x, y, colour=("line", legend), bands=bands, known=known)
        if marks:
            layers += reference_lines(marks, y)
        return stack(layers, title)

    return StudyChart(title, caption, draw)


def _line(name: str, trend: EnergyTrend, scenario: Scenario, scope: str, until: int) -> pl.DataFrame:
    years = np.linspace(trend.fit.first_year, float(until), _STEPS)
    energy = trend.energy_j(years)
    columns = {"value": energy["central"]} | {
        f"{b}_{end}": energy[f"{b}_{end}"] for b in _BANDS for end in ("low", "high")
    }
    return pl.DataFrame(
        {"year": years}
        | {key: _scope(power_w(value, scenario, years), scenario, scope) for key, value in columns.items()}
    ).with_columns(line=pl.lit(name))


def _known(name: str, trend: EnergyTrend, scenario: Scenario, scope: str) -> pl.DataFrame:
    points = trend.points.head(0) if trend.points.height > _DOTS else trend.points
    power = power_w(points["value"].to_numpy(), scenario, points["year"].to_numpy())
    return points.select("name", "year", pl.Series("value", _scope(power, scenario, scope)), line=pl.lit(name))


def _scope(power: np.ndarray, scenario: Scenario, scope: str) -> np.ndarray:
    return per_person_w(power, scenario) if scope == "person" else twh_per_year(power)


def _scaled(power: float, scope: str) -> float:
    return power if scope == "person" else float(twh_per_year(power))


def _shown(power: float, scope: str) -> str:
    return watts(power) if scope == "person" else f"{_scaled(power, scope):,.0f} TWh"
