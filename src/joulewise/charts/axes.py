"""Axes with their domain fixed here, so that labels can be placed by pixel before the chart is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from joulewise.charts.altair import alt
from joulewise.charts.theme import HEIGHT, WIDTH

_FEW_DECADES = 2


@dataclass(frozen=True)
class Axis:
    """One axis: its column, its title with the unit, its domain, and whether it is logarithmic."""

    field: str
    title: str
    domain: tuple[float, float]
    log: bool = False
    grid: bool = True

    @property
    def ticks(self) -> list[float]:
        """Decades of a logarithmic axis, with 2 and 5 between them where they are few; none for a linear axis."""
        if not self.log:
            return []
        first, last = (
            math.ceil(math.log10(self.domain[0]) - 1e-9),
            math.floor(math.log10(self.domain[1]) + 1e-9),
        )
        if last - first < _FEW_DECADES:
            fine = [m * 10.0**k for k in range(first - 1, last + 1) for m in (1, 2, 5)]
            return [t for t in fine if self.domain[0] <= t <= self.domain[1]]
        every = 1 + (last - first) // 9
        return [10.0**k for k in range(first, last + 1, every)]

    @property
    def scale(self) -> alt.Scale:
        """The scale, with exactly this domain."""
        return alt.Scale(type="log" if self.log else "linear", domain=list(self.domain), nice=False, clamp=False)

    def _axis(self, label_format: str) -> alt.Axis:
        # d3's "," shows 0.1, 1, 10, 1,000 alike without an exponent.
        if self.log:
            return alt.Axis(values=self.ticks, format=",", grid=self.grid)
        # Whole steps where labels are whole: else a short span of years would name each twice.
        least = 1 if label_format == "d" else alt.Undefined
        return alt.Axis(format=label_format, grid=self.grid, tickCount=10, tickMinStep=least)

    def x(self) -> alt.X:
        """Return the horizontal encoding; a linear axis shows years or percent, without separators."""
        return alt.X(self.field, type="quantitative", title=self.title, scale=self.scale, axis=self._axis("d"))

    def y(self) -> alt.Y:
        """Return the vertical encoding."""
        return alt.Y(self.field, type="quantitative", title=self.title, scale=self.scale, axis=self._axis(",f"))

    def position(self, value: float) -> float:
        """Return the position of a value, from 0 at the start of the domain to 1 at its end."""
        low, high = self.domain
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        return (value - low) / (high - low)

    def position_in_frame(self) -> pl.Expr:
        """Return the expression that gives `position` for each row of a frame with the axis's field."""
        low, high, value = pl.lit(self.domain[0]), pl.lit(self.domain[1]), pl.col(self.field)
        if self.log:
            low, high, value = low.log10(), high.log10(), value.log10()
        return (value - low) / (high - low)


def x_px(axis: Axis, value: float) -> float:
    """Return the pixel of a value on the horizontal axis, from the left."""
    return axis.position(value) * WIDTH


def y_px(axis: Axis, value: float) -> float:
    """Return the pixel of a value on the vertical axis, from the top."""
    return (1 - axis.position(value)) * HEIGHT


def log_domain(values: Iterable[float | None], margin: float = 1.6) -> tuple[float, float]:
    """Return the smallest and largest value, widened by a factor on either side."""
    known = [v for v in values if v is not None]
    return min(known) / margin, max(known) * margin


def span(values: Iterable[float | None], margin: float = 0.05) -> tuple[float, float]:
    """Return the smallest and largest value, widened by a share of their distance on either side."""
    known = [v for v in values if v is not None]
    low, high = min(known), max(known)
    room = (high - low or abs(high) or 1.0) * margin
    return low - room, high + room
