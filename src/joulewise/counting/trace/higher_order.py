"""Run operators that take functions, `torch.cond`, `scan` and `flex_attention` among them, as plain torch code."""

from __future__ import annotations

from typing import Any

import torch
from torch._C import DispatchKey
from torch._ops import HigherOrderOperator


def run_plainly(operator: HigherOrderOperator, *args: Any, **kwargs: Any) -> Any:
    """Run the branch that is taken, each step of a loop, and attention as matrix products around its function."""
    if operator.name() == "cond":
        return _cond(*args)
    if operator.name() == "scan":
        return _scan(*args)
    if DispatchKey.CompositeExplicitAutograd not in operator.py_kernels:
        raise TypeError(f"the operator {operator.name()} cannot be counted")
    return operator.py_kernels[DispatchKey.CompositeExplicitAutograd](*args, **kwargs)


def _cond(chosen: Any, if_true: Any, if_false: Any, operands: Any) -> Any:
    return (if_true if chosen else if_false)(*operands)


def _scan(combine: Any, initial: Any, series: Any, others: Any) -> Any:
    carried, made = list(initial), []
    for step in range(series[0].shape[0]):
        out = combine(*carried, *(x[step] for x in series), *others)
        carried, each = list(out[: len(carried)]), out[len(carried) :]
        made.append(each)
    return [*carried, *(torch.stack(values) for values in zip(*made, strict=True))]
