"""Extrapolated lines with bands around them, one hue per line."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from joulewise.charts.altair import alt
from joulewise.charts.axes import Axis
from joulewise.charts.encodings import colour_scale, kinds_of, line_legend


def band_lines(
    frame: pl.DataFrame,
    x: Axis,
    y: Axis,
    *,
    colour: tuple[str, str],
    bands: Sequence[tuple[str, str]],
    known: pl.DataFrame | None = None,
) -> list[alt.Chart]:
    """Return the areas of the bands, the lines, and the points that they were fitted to.

    Parameters
    ----------
    frame : polars.DataFrame
        The axes' fields, the column of `colour` (text) and those of `bands`.
    colour : (column, title)
    bands : sequence of (low, high)
        Columns, the widest band first; each is drawn over those before it.
    known : polars.DataFrame, optional
        The points that the lines were fitted to: the axes' fields, the column of `colour` and ``name``.
    """
    column, title = colour
    kinds = kinds_of(frame, column)
    scale = colour_scale(kinds)
    layers = [
        alt.Chart(frame)
        .mark_area(opacity=0.11, clip=True)
        .encode(
            x=x.x(),
            y=alt.Y(low, type="quantitative", scale=y.scale, title=y.title),
            y2=high,
            color=alt.Color(column, type="nominal", scale=scale, legend=None),
        )
        for low, high in bands
    ]
    legend = line_legend(stacked=True)
    line = (
        alt.Chart(frame)
        .mark_line(strokeWidth=2.4, clip=True)
        .encode(
            x=x.x(),
            y=y.y(),
            color=alt.Color(column, type="nominal", title=title, scale=scale, legend=legend),
            tooltip=[
                alt.Tooltip(f"{column}:N", title=title),
                alt.Tooltip(f"{x.field}:Q", title=x.title, format="d"),
                alt.Tooltip(f"{y.field}:Q", title=y.title, format=".3g"),
            ],
        )
    )
    if known is None:
        return [*layers, line]
    dots = (
        alt.Chart(known)
        .mark_point(filled=True, size=42, opacity=0.9, clip=True)
        .encode(
            x=x.x(),
            y=y.y(),
            color=alt.Color(column, type="nominal", scale=scale, legend=None),
            tooltip=[alt.Tooltip("name:N", title="Model"), alt.Tooltip(f"{y.field}:Q", title=y.title, format=".3g")],
        )
    )
    return [*layers, line, dots]
