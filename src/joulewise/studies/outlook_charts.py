"""The charts of the outlook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from joulewise.charts import Axis, reference_lines, stack
from joulewise.charts.bands import band_lines
from joulewise.studies.paths import Path
from joulewise.studies.study import StudyChart
from joulewise.studies.words import watts
from joulewise.units import SECONDS_PER_YEAR, significant

if TYPE_CHECKING:
    from joulewise.studies.outlook import Yardstick

_ROOM = 12.0
_BAND_TEXT = (
    "Bands: 95% for a single model about its trend, and around it the wider of that and nine of ten errors of earlier "
    "fits of the same series. No band covers that use or the trend may change."
)


def charts(
    paths: Sequence[Path], table: pl.DataFrame, sticks: Sequence[Yardstick], until: int
) -> dict[str, StudyChart]:
    """Return a chart of the watts per person for each task, and of the world's terawatt-hours."""
    names = {path.id: path.name for path in paths}
    found = {}
    for task, scenario in _scenarios_of(table).items():
        chosen = scenario[1] if len(scenario) > 1 else scenario[0]
        rows = table.filter(task=task, scenario=chosen).with_columns(line=pl.col("path").replace_strict(names))
        title = f"{task.capitalize()}: watts per person to {until}, {chosen}"
        found[f"{task}-per-person"] = _chart(
            rows, "per_person_w", "Watts per person", "Goes through",
            [(f"{s.name}: {watts(s.power_w)}", s.power_w) for s in sticks if s.scope == "person"],
            title, f"Joules of an inference carried on, times inferences: {chosen}. {_BAND_TEXT}",
        )  # fmt: skip
        path = rows["path"][0]
        world = table.filter(task=task, path=path).with_columns(line=pl.col("scenario"))
        title = f"{task.capitalize()}: terawatt-hours of the world to {until}"
        found[f"{task}-world"] = _chart(
            world, "twh", "Terawatt-hours a year", "Use",
            [(f"{s.name}: {_twh(s.power_w)}", _twh_of(s.power_w)) for s in sticks if s.scope == "world"],
            title, f"{names[path].capitalize()}, in each scenario of use. {_BAND_TEXT}",
        )  # fmt: skip
    return found


def _chart(
    rows: pl.DataFrame,
    column: str,
    y_title: str,
    legend: str,
    lines: Sequence[tuple[str, float]],
    title: str,
    caption: str,
) -> StudyChart:
    x = Axis("year", "Year", (float(str(rows["year"].min())), float(str(rows["year"].max()))), grid=False)
    ends = [*rows[column], *[value for _, value in lines]]
    y = Axis(column, y_title, (min(ends) / _ROOM, max(ends) * _ROOM), log=True)
    bands = [(f"{column}_{band}_low", f"{column}_{band}_high") for band in ("tested", "single")]
    clipped = rows.with_columns(pl.col(name).clip(*y.domain) for pair in bands for name in pair)
    layers = band_lines(clipped, x, y, colour=("line", legend), bands=bands)
    if lines:
        layers += reference_lines(lines, y)
    return StudyChart(title, caption, stack(layers, title))


def _scenarios_of(table: pl.DataFrame) -> dict[str, list[str]]:
    return {
        str(task): rows["scenario"].unique(maintain_order=True).to_list()
        for (task,), rows in table.group_by("task", maintain_order=True)
    }


def _twh_of(power_w: float) -> float:
    return power_w * SECONDS_PER_YEAR / 3.6e15


def _twh(power_w: float) -> str:
    return f"{significant(_twh_of(power_w), 3)} TWh"
