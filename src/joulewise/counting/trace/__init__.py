"""Count a PyTorch module by the operators it dispatches, where possible without data or weights."""

from joulewise.counting.trace.module import count_module

__all__ = ["count_module"]
