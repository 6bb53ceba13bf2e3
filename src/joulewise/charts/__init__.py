"""Frames in, Altair charts out; and their export to SVG, PNG and offline HTML."""

from joulewise.charts.axes import Axis, log_domain, span
from joulewise.charts.crowd import crowd, emphasised, merge_close
from joulewise.charts.export import save_chart, write_chart
from joulewise.charts.labels import place_labels
from joulewise.charts.layers import NamedFit, along, fits, front, points, reference_lines, stack, staircase

__all__ = [
    "Axis",
    "NamedFit",
    "along",
    "crowd",
    "emphasised",
    "fits",
    "front",
    "log_domain",
    "merge_close",
    "place_labels",
    "points",
    "reference_lines",
    "save_chart",
    "span",
    "stack",
    "staircase",
    "write_chart",
]
