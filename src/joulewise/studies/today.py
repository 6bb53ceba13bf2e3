"""Everything today's figures are drawn from, derived once, and the fits through it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from joulewise.catalog import Catalog, models
from joulewise.fits import LogLinearFit, fit_log_linear
from joulewise.studies.points import (
    Carried,
    accelerator_points,
    carried_efficiency,
    language_points,
    model_points,
    short_name,
)
from joulewise.studies.scores import LanguageScores, language_scores
from joulewise.studies.series import SUBSET_NAMES
from joulewise.trends import select_subset

VISION, LANGUAGE = "vision", "language"
LEADERS = {VISION: "best-per-year", LANGUAGE: "record"}
"""The subset that the paper's second line goes through, by task."""


@dataclass(frozen=True)
class Today:
    """Today's points.

    Parameters
    ----------
    vision, language : polars.DataFrame
        Of `points.model_points` and `points.language_points`. ``label`` is a name short enough for a
        chart.
    accelerators : polars.DataFrame
        Of `points.accelerator_points`.
    carried : mapping of str to Carried
        By task.
    scores : LanguageScores
        On the benchmark that takes the place of GLUE.
    undated : mapping of str to int
        Models of a task that have no date or no FLOPs, and are in no figure.
    """

    vision: pl.DataFrame
    language: pl.DataFrame
    accelerators: pl.DataFrame
    carried: dict[str, Carried]
    scores: LanguageScores
    undated: dict[str, int]

    def models(self, task: str) -> pl.DataFrame:
        """Return the points of a task."""
        return self.vision if task == VISION else self.language


def todays_points(catalog: Catalog) -> Today:
    """Derive today's points from the whole catalogue."""
    vision = model_points(VISION, catalog).with_columns(label=short_name())
    language = language_points(catalog).with_columns(label=short_name())
    return Today(
        vision=vision,
        language=language,
        accelerators=accelerator_points(catalog),
        carried={task: carried_efficiency(task, catalog) for task in (VISION, LANGUAGE)},
        scores=language_scores(language, catalog),
        undated={
            task: models(task, catalog).height - frame.height
            for task, frame in ((VISION, vision), (LANGUAGE, language))
        },
    )


def subset_of(frame: pl.DataFrame, column: str, subset: str) -> pl.DataFrame:
    """Return the rows of a subset, see `trends.SUBSETS`, by the value of a column."""
    return select_subset(frame.with_columns(value=pl.col(column)), subset)


def fit_of(frame: pl.DataFrame, column: str, subset: str = "all") -> LogLinearFit:
    """Fit a column over the years, through a subset."""
    points = subset_of(frame, column, subset)
    return fit_log_linear(points["year"], points["value"])


def leaders_name(task: str) -> str:
    """Return in words which models the paper's second line of a task goes through."""
    return SUBSET_NAMES[LEADERS[task]]
