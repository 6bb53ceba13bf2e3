"""Frames in, Altair charts out; and their export to SVG, PNG and offline HTML."""

from joulewise.charts.axes import Axis, log_domain, span
from joulewise.charts.export import write_chart
from joulewise.charts.labels import place_labels
from joulewise.charts.layers import NamedFit, along, fits, front, points, reference_lines, stack, staircase

__all__ = [
    "Axis",
    "NamedFit",
    "along",
    "fits",
    "front",
    "log_domain",
    "place_labels",
    "points",
    "reference_lines",
    "span",
    "stack",
    "staircase",
    "write_chart",
]
