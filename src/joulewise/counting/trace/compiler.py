"""Keep torch's compiler out of a pass: it hides operators, and takes most of a second and 80 MB to load."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import CellType, FunctionType
from typing import Any

import torch
from torch._decomp import global_decomposition_table

# Where torch keeps a function as the compiler leaves it alone; it loads the compiler to make that.
_LEFT_ALONE = "__dynamo_disable"
# Modules of torch that have operators in Python.
_IN_PYTHON = ("torch._refs", "torch._decomp", "torch._prims", "torch._meta_registrations")


@contextmanager
def uncompiled() -> Iterator[None]:
    """Run what a network compiles as it is written; higher-order operators are compiled too when they are called."""
    compiled = torch.compile
    torch.compile = _as_written  # type: ignore[assignment]
    try:
        with warnings.catch_warnings(), _eager() if "torch._dynamo" in sys.modules else _not_loaded():
            warnings.filterwarnings("ignore", "flex_attention called without torch.compile")
            yield
    finally:
        torch.compile = compiled


def _as_written(function: Any = None, **_: Any) -> Any:
    return (lambda given: given) if function is None else function


@contextmanager
def _eager() -> Iterator[None]:
    with torch.compiler.set_stance("force_eager"):
        yield


@contextmanager
def _not_loaded() -> Iterator[None]:
    """Mark torch's own operators as left alone while no compiler is there to touch them."""
    marked = [function for function in _hidden_from_compiler() if not hasattr(function, _LEFT_ALONE)]
    for function in marked:
        setattr(function, _LEFT_ALONE, function)
    try:
        yield
    finally:
        for function in marked:
            delattr(function, _LEFT_ALONE)


@cache
def _hidden_from_compiler() -> tuple[Callable[..., Any], ...]:
    """Return the operators in Python, of which adds on meta tensors are one, that torch hides from its compiler."""
    tables: list[dict[Any, Any]] = [dict(table) for table in global_decomposition_table.values()]
    tables += [vars(module) for name, module in list(sys.modules.items()) if name.startswith(_IN_PYTHON)]
    todo = [function for table in tables for function in table.values()]
    seen: set[int] = set()
    found: list[Callable[..., Any]] = []
    while todo:
        function = todo.pop()
        if not isinstance(function, FunctionType) or id(function) in seen:
            continue
        seen.add(id(function))
        inside = [cell.cell_contents for cell in function.__closure__ or () if cell != CellType()]
        todo += inside
        if function.__code__.co_filename.endswith("_compile.py"):
            found += [f for f in inside if isinstance(f, FunctionType)]
    return tuple(found)
