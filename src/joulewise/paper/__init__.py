"""The paper recomputed: its tables, its figures, and every number it prints compared with ours."""

from joulewise.paper.build import write_paper
from joulewise.paper.comparison import compare_with_printed
from joulewise.paper.figures import FIGURES, Figure
from joulewise.paper.tables import TABLES

__all__ = ["FIGURES", "TABLES", "Figure", "compare_with_printed", "write_paper"]
