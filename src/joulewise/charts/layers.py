"""The layers of a chart: points, fitted lines with their bands, Pareto fronts, reference lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from joulewise.charts.altair import alt
from joulewise.charts.axes import Axis, x_px, y_px
from joulewise.charts.encodings import (
    bubble_area,
    colour_of,
    colour_scale,
    kinds_of,
    line_legend,
    max_of,
    size_of,
    tooltip_of,
)
from joulewise.charts.labels import Dot, Label, LabelRequest, label_layers, place_labels
from joulewise.charts.theme import HEIGHT, WIDTH
from joulewise.fits import Band, LogLinearFit
from joulewise.units import significant

DOT_AREA = 62.0
_LABEL_ROOM_PX = 15.0
_DASHES = ([1, 0], [7, 4], [2, 3], [9, 3, 2, 3])


@dataclass(frozen=True)
class NamedFit:
    """A fitted line for a chart.

    Parameters
    ----------
    name : str
        The points that it was fitted to, for the legend.
    fit : LogLinearFit
    unit : str
        Unit of the axis.
    per_unit : float
        Base units per unit of the axis: 1e9 for GFLOP.
    until : float, optional
        Decimal year to extrapolate to; by default the last of the data.
    band : {"trend", "single"}
    """

    name: str
    fit: LogLinearFit
    unit: str
    per_unit: float = 1.0
    until: float | None = None
    band: Band = "trend"

    @property
    def legend(self) -> str:
        """The name, the equation, the growth with its interval, and R squared."""
        growth = self.fit.growth_per_year
        intercept = self.fit.intercept_log10 - np.log10(self.per_unit)
        return (
            f"{self.name}: 10^({intercept:.3f} {'+' if self.fit.slope_log10 >= 0 else '−'} "
            f"{abs(self.fit.slope_log10):.4f}·(year − {self.fit.reference_year:.0f})) {self.unit}; "
            f"×{significant(growth.central)} a year ({significant(growth.low)} to {significant(growth.high)}), "
            f"n = {self.fit.n}, R² = {self.fit.r2:.2f}"
        )

    def path(self) -> list[tuple[float, float, float, float]]:
        """Return points along the line, in the axis's unit: (year, low, central, high)."""
        end = self.fit.last_year if self.until is None else self.until
        years = np.linspace(self.fit.first_year, end, 60)
        values = self.fit.predict_many(years, self.band) / self.per_unit
        return [(float(t), *map(float, row)) for t, row in zip(years, values, strict=True)]  # type: ignore[misc]


def points(
    frame: pl.DataFrame,
    x: Axis,
    y: Axis,
    *,
    colour: tuple[str, str] | None = None,
    size: tuple[str, str] | None = None,
    shape: tuple[str, str] | None = None,
    tooltip: Sequence[tuple[str, str]] = (),
    label: str = "name",
    labelled: Sequence[str] = (),
    avoid: Sequence[tuple[float, float]] = (),
) -> list[alt.Chart]:
    """Return a layer of points, and the labels of those named in `labelled`.

    Parameters
    ----------
    colour, size, shape : (column, title), optional
        A numeric colour column is read as years or percent; size is shown by area.
    tooltip : sequence of (column, title)
    label : str
        Column of the labels' text.
    labelled : sequence of str
        The texts to show, the most important first.
    avoid : sequence of (x, y)
        Places in the axes' units that labels should not cover: those along other lines of the chart.
    """
    encodings: dict[str, Any] = {"x": x.x(), "y": y.y()}
    if colour:
        encodings["color"] = colour_of(frame, *colour)
    if size:
        encodings["size"] = size_of(frame, *size)
    if shape:
        kinds = sorted(kinds_of(frame, shape[0]))
        shapes = ["circle", "triangle-up", "square", "diamond"][: len(kinds)]
        encodings["shape"] = alt.Shape(
            shape[0], type="nominal", title=shape[1], scale=alt.Scale(domain=kinds, range=shapes)
        )
    if tooltip:
        encodings["tooltip"] = [tooltip_of(frame, column, title) for column, title in tooltip]
    mark: dict[str, Any] = {"filled": True, "opacity": 0.85, "strokeWidth": 0.8, "clip": True}
    if not size:
        mark["size"] = DOT_AREA
    dots = alt.Chart(frame).mark_point(**mark).encode(**encodings)
    return [dots, *label_layers(labels_of(frame, x, y, size, label, labelled, avoid), x, y)]


def labels_of(
    frame: pl.DataFrame,
    x: Axis,
    y: Axis,
    size: tuple[str, str] | None,
    label: str,
    labelled: Sequence[str],
    avoid: Sequence[tuple[float, float]],
) -> list[Label]:
    """Return the labels of the rows of `frame` whose text, one of `labelled`, found a place; see `points`."""
    rank = {text: i for i, text in reversed(list(enumerate(labelled)))}
    largest = max_of(frame[size[0]]) if size else 1.0
    requests, obstacles = [], [Dot(x_px(x, a), y_px(y, b), 2.0, is_point=False) for a, b in avoid]
    for row in frame.filter(pl.col(x.field).is_not_null() & pl.col(y.field).is_not_null()).to_dicts():
        area = bubble_area(row[size[0]], largest) if size else DOT_AREA
        dot = Dot(x_px(x, row[x.field]), y_px(y, row[y.field]), math.sqrt(area / math.pi))
        if row[label] in rank:
            requests.append(LabelRequest(row[x.field], row[y.field], row[label], dot))
        else:
            obstacles.append(dot)
    return place_labels(sorted(requests, key=lambda one: rank[one.text]), obstacles)


def fits(named: Sequence[NamedFit], x: Axis, y: Axis) -> list[alt.Chart]:
    """Return the bands and lines of fits, with their equations in the legend below the plot."""
    lines, bands = [], []
    for one in named:
        for year, low, central, high in one.path():
            bands.append({x.field: year, "low": low, "high": high, "fit": one.legend})
            lines.append({x.field: year, y.field: central, "fit": one.legend})
    legends = [one.legend for one in named]
    scale = colour_scale(legends)
    legend = line_legend(stacked=True, symbol_size=500)
    colour = alt.Color("fit", type="nominal", title=None, scale=scale, legend=legend)
    dash = alt.StrokeDash("fit", type="nominal", scale=alt.Scale(domain=legends, range=list(_DASHES[: len(legends)])))
    band = (
        alt.Chart(pl.DataFrame(bands))
        .mark_area(opacity=0.13, clip=True)
        .encode(
            x=x.x(),
            y=alt.Y("low", type="quantitative", scale=y.scale, title=y.title),
            y2="high",
            color=alt.Color("fit", type="nominal", scale=scale, legend=None),
        )
    )
    line = (
        alt.Chart(pl.DataFrame(lines))
        .mark_line(strokeWidth=2.2, clip=True)
        .encode(x=x.x(), y=y.y(), color=colour, strokeDash=dash)
    )
    return [band, line]


def front(frame: pl.DataFrame, x: Axis, y: Axis) -> alt.Chart:
    """Return a staircase through the rows of a Pareto front."""
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_line(interpolate="step-after", color="#8a8f98", strokeWidth=2.2, clip=True)
        .encode(x=x.x(), y=y.y())
    )
    return chart


def along(path: Sequence[tuple[float, float]], x: Axis, y: Axis, step_px: float = 6.0) -> list[tuple[float, float]]:
    """Return places every few pixels along a path of straight lines within the axes, for labels to avoid."""
    found = []
    for (x0, y0), (x1, y1) in pairwise(path):
        ends = [(x_px(x, x0), y_px(y, y0)), (x_px(x, x1), y_px(y, y1))]
        steps = max(1, int(math.dist(*ends) // step_px))
        for k in range(steps + 1):
            share = k / steps
            found.append((_between(x, x0, x1, share), _between(y, y0, y1, share)))
    return [(a, b) for a, b in found if 0 <= x.position(a) <= 1 and 0 <= y.position(b) <= 1]


def staircase(frame: pl.DataFrame, x: Axis, y: Axis) -> list[tuple[float, float]]:
    """Return the corners of the line that `front` draws."""
    corners: list[tuple[float, float]] = []
    for a, b in frame.select(x.field, y.field).iter_rows():
        if corners:
            corners.append((a, corners[-1][1]))
        corners.append((a, b))
    return corners


def reference_lines(lines: Sequence[tuple[str, float]], y: Axis) -> list[alt.Chart]:
    """Return horizontal lines at named values, each name above its line, on the left where two are close."""
    rows: list[dict[str, Any]] = []
    taken: float | None = None
    for name, value in sorted(lines, key=lambda line: line[1]):
        at = y_px(y, value)
        close = taken is not None and abs(at - taken) < _LABEL_ROOM_PX
        taken = taken if close else at
        rows.append({y.field: value, "name": name, "side": "left" if close else "right"})
    base = alt.Chart(pl.DataFrame(rows)).encode(y=y.y())
    rule = base.mark_rule(strokeDash=[4, 3], strokeWidth=1.4)
    text = alt.Text("name", type="nominal")
    right = base.transform_filter(alt.datum.side == "right").mark_text(align="right", baseline="bottom", dx=-6, dy=-3)
    left = base.transform_filter(alt.datum.side == "left").mark_text(align="left", baseline="bottom", dx=6, dy=-3)
    return [rule, right.encode(x=alt.value(WIDTH), text=text), left.encode(x=alt.value(0), text=text)]


def stack(layers: Sequence[alt.Chart], title: str) -> alt.LayerChart:
    """Stack layers into a chart of the common size, the first at the bottom."""
    chart: alt.LayerChart = (
        alt.layer(*layers)
        .resolve_scale(color="independent", strokeDash="independent", size="independent", shape="independent")
        .properties(width=WIDTH, height=HEIGHT, title=title)
    )
    return chart


def _between(axis: Axis, start: float, end: float, share: float) -> float:
    if axis.log:
        return float(start * (end / start) ** share)
    return start + (end - start) * share
