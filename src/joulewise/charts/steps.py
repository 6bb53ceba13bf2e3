"""Staircases over time, one line per level, and bars of the parts that add up to a change."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from joulewise.charts.altair import alt
from joulewise.charts.axes import Axis
from joulewise.charts.encodings import colour_by_kind, kinds_of, line_legend
from joulewise.charts.theme import HEIGHT, WIDTH

_BAR_PX = 26.0
_DASHES = ([1, 0], [3, 3], [7, 3])


def step_path(corners: Sequence[tuple[float, float]], until: float) -> list[tuple[float, float]]:
    """Return the corners of a line that keeps its value until the next step, and its last value until the end.

    Parameters
    ----------
    corners : sequence of (x, y)
        By rising x.
    until : float
        Where the line ends, at or after the last corner.
    """
    path: list[tuple[float, float]] = []
    for x, y in corners:
        if path:
            path.append((x, path[-1][1]))
        path.append((x, y))
    if path and until > path[-1][0]:
        path.append((until, path[-1][1]))
    return path


def step_lines(
    paths: pl.DataFrame, x: Axis, y: Axis, *, colour: tuple[str, str], dash: tuple[str, str] | None = None
) -> alt.Chart:
    """Return a layer of lines through the corners of `step_path`.

    Parameters
    ----------
    paths : polars.DataFrame
        The axes' fields, and the columns of `colour` and `dash`, in the order of drawing.
    colour, dash : (column, title)
        Columns of text; one line per combination.
    """
    encodings = {
        "x": x.x(),
        "y": y.y(),
        "order": alt.Order("_order", type="quantitative"),
        "color": colour_by_kind(paths, *colour, legend=line_legend()),
    }
    if dash:
        kinds = kinds_of(paths, dash[0])
        encodings["strokeDash"] = alt.StrokeDash(
            dash[0],
            type="nominal",
            title=dash[1],
            scale=alt.Scale(domain=kinds, range=list(_DASHES[: len(kinds)])),
            legend=line_legend(),
        )
    chart: alt.Chart = (
        alt.Chart(paths.with_row_index("_order")).mark_line(strokeWidth=2.2, clip=True).encode(**encodings)
    )
    return chart


def step_dots(
    steps: pl.DataFrame, x: Axis, y: Axis, *, colour: tuple[str, str], tooltip: Sequence[alt.Tooltip]
) -> alt.Chart:
    """Return a layer with a dot at each step, in the colours of `step_lines` and without a legend."""
    chart: alt.Chart = (
        alt.Chart(steps)
        .mark_point(filled=True, size=55, opacity=0.95, clip=True)
        .encode(x=x.x(), y=y.y(), color=colour_by_kind(steps, *colour, legend=None), tooltip=list(tooltip))
    )
    return chart


def parts_chart(parts: pl.DataFrame, *, x_title: str, title: str) -> alt.LayerChart:
    """Return stacked bars of the parts of a change, with their sum: savings to the right, costs to the left.

    Parameters
    ----------
    parts : polars.DataFrame
        ``row`` (what changed), ``part`` and ``value``, the rows and parts in the order to show.
    x_title, title : str
    """
    rows = parts["row"].unique(maintain_order=True).to_list()
    totals = parts.group_by("row", maintain_order=True).agg(pl.col("value").sum())
    right = parts.filter(pl.col("value") > 0).group_by("row").agg(pl.col("value").sum().alias("end"))
    totals = totals.join(right, on="row", how="left").with_columns(pl.col("end").fill_null(0.0))
    y = alt.Y("row", type="nominal", title=None, sort=rows, axis=alt.Axis(labelLimit=340, grid=False))
    bars = (
        alt.Chart(parts)
        .mark_bar(height={"band": 0.62})
        .encode(
            x=alt.X("value", type="quantitative", title=x_title, stack=True),
            y=y,
            color=colour_by_kind(parts, "part", "Part", legend=alt.Legend(orient="bottom", direction="horizontal")),
            tooltip=[alt.Tooltip("row:N"), alt.Tooltip("part:N"), alt.Tooltip("value:Q", format=".2f")],
        )
    )
    sums = (
        alt.Chart(totals)
        .mark_text(align="left", dx=5)
        .encode(x=alt.X("end:Q"), y=y, text=alt.Text("value:Q", format=".1f"))
    )
    zero = alt.Chart(pl.DataFrame({"value": [0.0]})).mark_rule().encode(x=alt.X("value:Q"))
    height = min(HEIGHT, max(90.0, _BAR_PX * len(rows)))
    return alt.LayerChart(layer=[bars, zero, sums], width=WIDTH - 120, height=height, title=title)
