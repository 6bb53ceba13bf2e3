"""Names next to points, placed so that none overlaps another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from joulewise.charts.altair import alt
from joulewise.charts.axes import Axis
from joulewise.charts.theme import HEIGHT, LABEL_PX, WIDTH

_CHAR_PX = 0.56 * LABEL_PX  # mean width of a letter of a sans-serif face
_LINE_PX = LABEL_PX + 2
_MARGIN_PX = 3.0

# A label that would cover two dots, or cover one and mislead, is left out.
_WORST_COST = 4.0

Floats = NDArray[np.float64]
_Box = tuple[float, float, float, float]
"""Left, top, right, bottom. [px]"""

_Side = tuple[Literal["left", "center", "right"], Literal["top", "middle", "bottom"], int, int]

# (alignment, baseline, side in x, side in y), the best place first.
_SIDES: tuple[_Side, ...] = (
    ("left", "middle", 1, 0),
    ("right", "middle", -1, 0),
    ("center", "bottom", 0, -1),
    ("center", "top", 0, 1),
    ("left", "bottom", 1, -1),
    ("right", "bottom", -1, -1),
    ("left", "top", 1, 1),
    ("right", "top", -1, 1),
)
_EXTRA_PX = (4.0, 10.0, 17.0)
"""Distances between the edge of a dot and its label, the nearest first."""


@dataclass(frozen=True)
class Dot:
    """A drawn object that a label should not cover: its centre and radius [px], and whether it is a data point."""

    x: float
    y: float
    radius: float
    is_point: bool = True


@dataclass(frozen=True)
class LabelRequest:
    """A point that asks for a label: its values on the axes, the text, and the dot that it is drawn as."""

    x: float
    y: float
    text: str
    dot: Dot


@dataclass(frozen=True)
class Place:
    """Placement of a label next to its point: alignment and baseline of the text, and its offset. [px]"""

    align: Literal["left", "center", "right"]
    baseline: Literal["top", "middle", "bottom"]
    dx: float
    dy: float


@dataclass(frozen=True)
class Label:
    """A label with its place."""

    x: float
    y: float
    text: str
    place: Place


def place_labels(requests: Sequence[LabelRequest], obstacles: Sequence[Dot]) -> list[Label]:
    """Give each point a place for its label; points without a free place are left out.

    The algorithm is greedy: earlier requests choose first. A label may not touch another one or leave the plot; of the
    remaining places, the one that covers the fewest dots is taken, the nearer the better.

    Parameters
    ----------
    requests : sequence of LabelRequest
    obstacles : sequence of Dot
        Everything else that is drawn.
    """
    dots = _as_arrays([*obstacles, *[request.dot for request in requests]])
    taken: list[_Box] = []
    labels = []
    for i, request in enumerate(requests, start=len(obstacles)):
        best = _best_place(request, i, dots, taken)
        if best is not None:
            box, place = best
            taken.append(box)
            labels.append(Label(request.x, request.y, request.text, place))
    return labels


def label_layers(labels: Sequence[Label], x: Axis, y: Axis) -> list[alt.Chart]:
    """Return one text layer per placement of labels next to their points."""
    by_place: dict[Place, list[Label]] = {}
    for label in labels:
        by_place.setdefault(label.place, []).append(label)
    return [
        alt.Chart(pl.DataFrame([{x.field: one.x, y.field: one.y, "_text": one.text} for one in alike]))
        .mark_text(align=place.align, baseline=place.baseline, dx=place.dx, dy=place.dy)
        .encode(x=x.x(), y=y.y(), text=alt.Text("_text", type="nominal"))
        for place, alike in by_place.items()
    ]


@dataclass(frozen=True)
class _Dots:
    """Dots as arrays."""

    x: Floats
    y: Floats
    radius: Floats
    is_point: NDArray[np.bool_]

    def gaps(self, box: _Box) -> Floats:
        """Return the distance of each dot's edge from a box, negative where the box covers it. [px]"""
        across = np.clip(self.x, box[0], box[2]) - self.x
        down = np.clip(self.y, box[1], box[3]) - self.y
        return np.asarray(np.hypot(across, down) - self.radius)


def _as_arrays(dots: Sequence[Dot]) -> _Dots:
    x, y, radius = (np.array([getattr(dot, name) for dot in dots], dtype=np.float64) for name in ("x", "y", "radius"))
    return _Dots(x, y, radius, np.array([dot.is_point for dot in dots], dtype=np.bool_))


def _best_place(request: LabelRequest, own: int, dots: _Dots, taken: Sequence[_Box]) -> tuple[_Box, Place] | None:
    """Return the place of least cost with the box that it fills, or None where each costs too much.

    The dot of the request itself, number `own`, is ignored.
    """
    width = len(request.text) * _CHAR_PX
    best: tuple[float, _Box, Place] | None = None
    for rank, extra in enumerate(_EXTRA_PX):
        distance = request.dot.radius + extra
        for side, (align, baseline, sx, sy) in enumerate(_SIDES):
            slant = 0.75 if sx and sy else 1.0
            dx, dy = round(sx * distance * slant, 1), round(sy * distance * slant, 1)
            left = request.dot.x + dx - {"left": 0.0, "center": width / 2, "right": width}[align]
            top = request.dot.y + dy - {"top": 0.0, "middle": _LINE_PX / 2, "bottom": _LINE_PX}[baseline]
            box = (left - _MARGIN_PX, top, left + width + _MARGIN_PX, top + _LINE_PX)
            if box[0] < 0 or box[1] < 0 or box[2] > WIDTH or box[3] > HEIGHT:
                continue
            if any(_touch(box, other) for other in taken):
                continue
            gaps = dots.gaps(box)
            gaps[own] = np.inf
            covered = int((gaps < 0).sum())
            # Readers attach a name to the nearest point, so a label nearer to another point misleads.
            misleading = bool((gaps[dots.is_point] < extra - 1).any())
            cost = 2.0 * covered + 2.0 * misleading + rank + side * 0.05
            if cost <= _WORST_COST and (best is None or cost < best[0]):
                best = (cost, box, Place(align, baseline, dx, dy))
    return (best[1], best[2]) if best else None


def _touch(a: _Box, b: _Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
