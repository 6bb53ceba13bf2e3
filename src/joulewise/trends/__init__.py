"""Trends of compute, energy, efficiency and quality over the years."""

from joulewise.trends.correlation import Correlation, correlate
from joulewise.trends.pareto import pareto_front
from joulewise.trends.subsets import SUBSETS, select_subset
from joulewise.trends.trend import QUANTITIES, Trend, trend

__all__ = [
    "QUANTITIES",
    "SUBSETS",
    "Correlation",
    "Trend",
    "correlate",
    "pareto_front",
    "select_subset",
    "trend",
]
