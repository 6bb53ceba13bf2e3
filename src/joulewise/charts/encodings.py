"""Encodings that every chart shares: colour, size and tooltip by the type of a column, and the legends of lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl

from joulewise.charts.altair import alt
from joulewise.charts.theme import PALETTE, YEAR_RANGE

BUBBLE_AREAS = (26.0, 1500.0)
"""Areas of the smallest and the largest bubble. [px²]"""


def colour_scale(kinds: Sequence[str], palette: Sequence[str] = PALETTE) -> alt.Scale:
    """Return a scale with one hue per kind, in the order given, so that several layers agree."""
    return alt.Scale(domain=list(kinds), range=list(palette[: len(kinds)]))


def colour_by_kind(
    frame: pl.DataFrame, column: str, title: str, *, legend: alt.Legend | None, palette: Sequence[str] = PALETTE
) -> alt.Color:
    """Return a colour encoding with one hue per text of a column, in the order of their first rows."""
    kinds = kinds_of(frame, column)
    return alt.Color(column, type="nominal", title=title, scale=colour_scale(kinds, palette), legend=legend)


def colour_of(frame: pl.DataFrame, column: str, title: str, palette: Sequence[str] = PALETTE) -> alt.Color:
    """Return a colour encoding: from early to late for numbers, one hue per kind for text."""
    if frame.schema[column].is_numeric():
        return alt.Color(
            column,
            type="quantitative",
            title=title,
            scale=alt.Scale(range=list(YEAR_RANGE), interpolate="lab"),
            legend=alt.Legend(format="d", gradientLength=160, values=_whole_steps(frame[column])),
        )
    scale = colour_scale(kinds_of(frame, column), palette)
    return alt.Color(column, type="nominal", title=title, scale=scale)


def kinds_of(frame: pl.DataFrame, column: str) -> list[str]:
    """Return the texts of a column, each once, in the order of their first rows."""
    return frame[column].drop_nulls().unique(maintain_order=True).to_list()


def line_legend(*, stacked: bool = False, symbol_size: int = 400) -> alt.Legend:
    """Return a legend below the plot whose symbols are strokes, its entries in a row or `stacked`."""
    return alt.Legend(
        orient="bottom",
        direction="vertical" if stacked else "horizontal",
        columns=1 if stacked else alt.Undefined,
        symbolType="stroke",
        symbolSize=symbol_size,
    )


def tooltip_of(frame: pl.DataFrame, column: str, title: str) -> alt.Tooltip:
    """Return a tooltip formatted by the column's type."""
    if frame.schema[column] == pl.Date:
        return alt.Tooltip(column, type="temporal", title=title, format="%-d %B %Y")
    if frame.schema[column].is_numeric():
        return alt.Tooltip(column, type="quantitative", title=title, format=",.4~g")
    return alt.Tooltip(column, type="nominal", title=title)


def size_of(frame: pl.DataFrame, column: str, title: str) -> alt.Size:
    """Return a size encoding by area, which the eye compares."""
    largest = max_of(frame[column])
    top = 10.0 ** math.floor(math.log10(largest))
    return alt.Size(
        column,
        type="quantitative",
        title=title,
        scale=alt.Scale(type="linear", domain=[0, largest], range=list(BUBBLE_AREAS)),
        legend=alt.Legend(values=[top / 10, top, min(5 * top, largest)], format=",.0f", symbolStrokeWidth=1),
    )


def bubble_area(value: float, largest: float) -> float:
    """Return the area in which `size_of` draws a value. [px²]"""
    smallest_area, largest_area = BUBBLE_AREAS
    return smallest_area + (largest_area - smallest_area) * value / largest


def max_of(series: pl.Series) -> float:
    """Return the largest number of a series."""
    return float(str(series.max()))


def _whole_steps(series: pl.Series) -> list[int]:
    """Return at most eight round numbers within the range of a series, at even steps."""
    first, last = math.ceil(float(str(series.min()))), math.floor(max_of(series))
    step = next(s for s in (1, 2, 5, 10, 20) if (last - first) / s <= 7)
    return list(range(-(-first // step) * step, last + 1, step))
