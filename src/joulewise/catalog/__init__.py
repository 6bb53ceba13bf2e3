"""Facts on models, accelerators and energy use, each with its source.

The canonical form is long: one fact a row, with value, unit, conditions, kind, source and locator.
The wide tables (`models`, `accelerators`) are derived from it, and `source_of` gives back the fact
behind any of their cells.
"""

from joulewise.catalog.check import Problem
from joulewise.catalog.disagree import disagreements
from joulewise.catalog.facts import PAPER, Catalog, Fact, Source, check, load, source_of
from joulewise.catalog.scores import benchmarks, language_models, links, scores, undated_language_models
from joulewise.catalog.strict import outliers, unexplained
from joulewise.catalog.wide import SCORE_OF_TASK, TASKS, accelerators, models, sources, undated, vision_results

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
    "disagreements",
    "language_models",
    "links",
    "load",
    "models",
    "outliers",
    "scores",
    "source_of",
    "sources",
    "undated",
    "undated_language_models",
    "unexplained",
    "vision_results",
]
