"""Compute and energy of deep learning inference, with a source or an error bar behind every figure."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Public name -> module that holds it. Resolved on first use, so that `import joulewise` stays quick.
_PUBLIC = {
    "Interval": "joulewise.interval",
    "JoulewiseError": "joulewise.errors",
    "Workload": "joulewise.counting.workload",
    "count": "joulewise.counting.targets",
    "estimate": "joulewise.energy.single",
    "estimate_table": "joulewise.energy.table",
    "estimate_paper": "joulewise.energy",
    "footprint": "joulewise.impact.footprint",
    "forecast": "joulewise.impact",
    "meter": "joulewise.measure",
    "trend": "joulewise.trends",
}
_MODULES = {"catalog", "charts", "counting", "energy", "hardware", "impact", "measure", "paper", "trends"}

__all__ = sorted([*_PUBLIC, *_MODULES, "__version__"])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    if name in _MODULES:
        return import_module(f"joulewise.{name}")
    raise AttributeError(f"module 'joulewise' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
