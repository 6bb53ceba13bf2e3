"""The paper recomputed: its tables, its figures, and every number it prints beside ours."""

from joulewise.paper.build import write_paper
from joulewise.paper.comparison import compare
from joulewise.paper.figures import FIGURES, Figure
from joulewise.paper.tables import TABLES

__all__ = ["FIGURES", "TABLES", "Figure", "compare", "write_paper"]
