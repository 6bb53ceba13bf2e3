"""Facts on models, accelerators and energy use, each with its source.

The canonical form is long: one fact per row, with value, unit, conditions, kind, source and locator. The wide tables
(`models`, `accelerators`) are derived from it, and `source_of` returns the fact behind any of their cells. `find_model`
and `accelerator_spec` look one model or accelerator up by any of its names.
"""

from joulewise.catalog.benchmark_scores import benchmarks, language_models, links, scores
from joulewise.catalog.catalog import Catalog
from joulewise.catalog.check import RuleViolation
from joulewise.catalog.disagree import disagreements
from joulewise.catalog.facts import PAPER, Fact, Source, condition
from joulewise.catalog.find import KnownModel, find_entity, find_model, known_model, source_of, variants_of
from joulewise.catalog.loading import check, load
from joulewise.catalog.reference_tables import measurements
from joulewise.catalog.specs import AcceleratorSpec, accelerator_spec
from joulewise.catalog.strict import outliers, unexplained
from joulewise.catalog.wide import SCORE_OF_TASK, TASKS, accelerators, models, sources, undated, vision_results

__all__ = [
    "PAPER",
    "SCORE_OF_TASK",
    "TASKS",
    "AcceleratorSpec",
    "Catalog",
    "Fact",
    "KnownModel",
    "RuleViolation",
    "Source",
    "accelerator_spec",
    "accelerators",
    "benchmarks",
    "check",
    "condition",
    "disagreements",
    "find_entity",
    "find_model",
    "known_model",
    "language_models",
    "links",
    "load",
    "measurements",
    "models",
    "outliers",
    "scores",
    "source_of",
    "sources",
    "undated",
    "unexplained",
    "variants_of",
    "vision_results",
]
