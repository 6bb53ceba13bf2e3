"""Counting a PyTorch module by the operators it dispatches, on no data and no weights where that can be."""

from joulewise.counting.trace.module import count_module

__all__ = ["count_module"]
