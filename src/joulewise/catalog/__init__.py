"""Facts on models, accelerators and energy use, each with its source.

The canonical form is long: one fact a row, with value, unit, conditions, kind, source and locator.
The wide tables (`models`, `accelerators`) are derived from it, and `source_of` gives back the fact
behind any of their cells.
"""

from joulewise.catalog.check import Problem
from joulewise.catalog.facts import PAPER, Catalog, Fact, Source, check, load, source_of
from joulewise.catalog.scores import benchmarks, language_models, links, scores, undated_language_models
from joulewise.catalog.wide import SCORE_OF_TASK, TASKS, accelerators, models, sources

__all__ = [
    "PAPER",
    "SCORE_OF_TASK",
    "TASKS",
    "Catalog",
    "Fact",
    "Problem",
    "Source",
    "accelerators",
    "benchmarks",
    "check",
    "language_models",
    "links",
    "load",
    "models",
    "scores",
    "source_of",
    "sources",
    "undated_language_models",
]
