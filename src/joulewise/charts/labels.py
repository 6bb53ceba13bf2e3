"""Names beside points, placed so that none lies on another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl

from joulewise.charts.axes import Axis
from joulewise.charts.theme import HEIGHT, LABEL_PX, WIDTH

_CHAR_PX = 0.56 * LABEL_PX  # mean width of a letter of a sans-serif face
_LINE_PX = LABEL_PX + 2
_MARGIN_PX = 3.0

# A label that would cover two things, or one and mislead besides, is better left out.
_WORST_COST = 4.0

_Box = tuple[float, float, float, float]

# (alignment, baseline, side in x, side in y), the best place first.
_SIDES = (
    ("left", "middle", 1, 0),
    ("right", "middle", -1, 0),
    ("center", "bottom", 0, -1),
    ("center", "top", 0, 1),
    ("left", "bottom", 1, -1),
    ("right", "bottom", -1, -1),
    ("left", "top", 1, 1),
    ("right", "top", -1, 1),
)


@dataclass(frozen=True)
class Dot:
    """Something drawn that a label should not cover: its centre and radius [px], a data point or not."""

    x: float
    y: float
    radius: float
    is_point: bool = True


@dataclass(frozen=True)
class Wanted:
    """A point that wants a label: its row, the text, and the dot that it is drawn as."""

    row: Mapping[str, Any]
    text: str
    dot: Dot


def place_labels(wanted: Sequence[Wanted], obstacles: Sequence[Dot]) -> list[dict[str, Any]]:
    """Give each point a place for its label; points for which there is none are left out.

    Greedy: the first choose first. A label may not touch another one or leave the plot; of the places
    left, the one that covers the least is taken, the nearer the better.

    Parameters
    ----------
    wanted : sequence of Wanted
    obstacles : sequence of Dot
        Everything else that is drawn.

    Returns
    -------
    list of dict
        The rows that got a label, with ``_text``, ``_align``, ``_baseline``, ``_dx`` and ``_dy``.
    """
    dots = [*obstacles, *[one.dot for one in wanted]]
    taken: list[_Box] = []
    placed = []
    for one in wanted:
        best = _best_place(one, dots, taken)
        if best is not None:
            box, style = best
            taken.append(box)
            placed.append({**one.row, "_text": one.text, **style})
    return placed


def label_layers(placed: list[dict[str, Any]], x: Axis, y: Axis) -> list[alt.Chart]:
    """Return one text layer for each way in which labels stand beside their points."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in placed:
        groups.setdefault((row["_align"], row["_baseline"], row["_dx"], row["_dy"]), []).append(row)
    layers = []
    for (align, baseline, dx, dy), rows in groups.items():
        frame = pl.DataFrame([{k: row[k] for k in (x.field, y.field, "_text")} for row in rows])
        layers.append(
            alt.Chart(frame)
            .mark_text(align=align, baseline=baseline, dx=dx, dy=dy)
            .encode(x=x.x(), y=y.y(), text=alt.Text("_text", type="nominal"))
        )
    return layers


def _best_place(one: Wanted, dots: Sequence[Dot], taken: Sequence[_Box]) -> tuple[_Box, dict[str, Any]] | None:
    width = len(one.text) * _CHAR_PX
    others = [dot for dot in dots if dot is not one.dot]
    best: tuple[float, _Box, dict[str, Any]] | None = None
    for rank, extra in enumerate((4.0, 10.0, 17.0)):
        distance = one.dot.radius + extra
        for side, (align, baseline, sx, sy) in enumerate(_SIDES):
            slant = 0.75 if sx and sy else 1.0
            dx, dy = round(sx * distance * slant, 1), round(sy * distance * slant, 1)
            left = one.dot.x + dx - {"left": 0.0, "center": width / 2, "right": width}[align]
            top = one.dot.y + dy - {"top": 0.0, "middle": _LINE_PX / 2, "bottom": _LINE_PX}[baseline]
            box = (left - _MARGIN_PX, top, left + width + _MARGIN_PX, top + _LINE_PX)
            if box[0] < 0 or box[1] < 0 or box[2] > WIDTH or box[3] > HEIGHT:
                continue
            if any(_touch(box, other) for other in taken):
                continue
            gaps = [_gap(box, dot) for dot in others]
            covered = sum(gap < 0 for gap in gaps)
            # A reader gives a name to the nearest point: another nearer than its own misleads.
            misleading = any(gap < extra - 1 for gap, dot in zip(gaps, others, strict=True) if dot.is_point)
            cost = 2.0 * covered + 2.0 * misleading + rank + side * 0.05
            if cost > _WORST_COST:
                continue
            if best is None or cost < best[0]:
                best = (cost, box, {"_align": align, "_baseline": baseline, "_dx": dx, "_dy": dy})
    return (best[1], best[2]) if best else None


def _gap(box: _Box, dot: Dot) -> float:
    nearest_x, nearest_y = min(max(dot.x, box[0]), box[2]), min(max(dot.y, box[1]), box[3])
    return math.dist((dot.x, dot.y), (nearest_x, nearest_y)) - dot.radius


def _touch(a: _Box, b: _Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
