"""Data of today's figures, the fits through them, and their comparison with the paper's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from joulewise.catalog import Catalog, models
from joulewise.catalog.wide import standing
from joulewise.fits import LogLinearFit, fit_log_linear
from joulewise.hardware import efficiency_trend
from joulewise.impact import Reference, references
from joulewise.studies.inputs import Inputs
from joulewise.studies.points import LANGUAGE, SUBSET_NAMES, TASKS, VISION, Carried, short_name
from joulewise.trends import select_subset, trend

LEADERS = {VISION: "best-per-year", LANGUAGE: "record"}
"""The subset that the paper's second line goes through, by task."""

# Attribute of the catalogue -> benchmark; ties go to the first.
BENCHMARKS = {
    "eci_points": "Epoch Capabilities Index",
    "mmlu_percent": "MMLU (%)",
    "mmlu_pro_percent": "MMLU-Pro (%)",
    "gpqa_diamond_percent": "GPQA-Diamond (%)",
    "glue_points": "GLUE score",
}


@dataclass(frozen=True)
class BenchmarkScores:
    """Language models with a score on one benchmark, in place of GLUE, on which nothing new is scored.

    Parameters
    ----------
    benchmark : str
        Its name, with the unit.
    points : polars.DataFrame
        Rows of the language models with ``score`` on it.
    n_glue : int
        Number of models that have a GLUE score.
    last_glue_year : int
        Release year of the latest of them.
    """

    benchmark: str
    points: pl.DataFrame
    n_glue: int
    last_glue_year: int


@dataclass(frozen=True)
class Today:
    """Today's points.

    Parameters
    ----------
    models : mapping of str to polars.DataFrame
        By task: `points.dated_vision_models` or `points.dated_language_models`, with ``label``, a short name.
    accelerators : polars.DataFrame
        From `points.peak_efficiencies`.
    carried : mapping of str to Carried
        By task.
    scores : BenchmarkScores
        On the benchmark that replaces GLUE.
    undated : mapping of str to int
        Number of models of a task without a date or FLOPs, which are in no figure.
    references : sequence of Reference
        Human energy use, of the paper.
    """

    models: Mapping[str, pl.DataFrame]
    accelerators: pl.DataFrame
    carried: Mapping[str, Carried]
    scores: BenchmarkScores
    undated: Mapping[str, int]
    references: Sequence[Reference]


@dataclass(frozen=True)
class Growth:
    """One line of the paper's figures, fitted to its data and today's; doubling times are negative where it falls."""

    figure: str
    quantity: str
    task: str
    subset: str
    n_2021: int
    growth_per_year_2021: float
    growth_per_year_2021_low: float
    growth_per_year_2021_high: float
    doubling_time_years_2021: float
    r2_2021: float
    n_today: int
    growth_per_year_today: float
    growth_per_year_today_low: float
    growth_per_year_today_high: float
    doubling_time_years_today: float
    r2_today: float

    @property
    def disjoint(self) -> bool:
        """Whether the two 95% intervals do not overlap."""
        return (
            self.growth_per_year_today_high < self.growth_per_year_2021_low
            or self.growth_per_year_today_low > self.growth_per_year_2021_high
        )


def todays_points(inputs: Inputs) -> Today:
    """Return today's points from the whole catalogue."""
    labelled = {task: frame.with_columns(label=short_name()) for task, frame in inputs.models.items()}
    return Today(
        models=labelled,
        accelerators=inputs.peaks,
        carried=inputs.carried,
        scores=most_scored_benchmark(labelled[LANGUAGE], inputs.catalog),
        undated={task: models(task, inputs.catalog).height - labelled[task].height for task in TASKS},
        references=references(inputs.paper),
    )


def most_scored_benchmark(language: pl.DataFrame, catalog: Catalog) -> BenchmarkScores:
    """Return the language models scored on the benchmark that one source scored most of them on.

    Scores of different harnesses or settings are not comparable and never pooled: the scores used share one source
    and one set of conditions.
    """
    known = (
        standing(catalog, "models")
        .filter(pl.col("attribute").is_in(list(BENCHMARKS)) & pl.col("number").is_not_null())
        .filter(pl.col("entity").is_in(language["id"].to_list()))
        .select("entity", "attribute", "source", "conditions", "number")
    )
    groups = known.group_by("attribute", "source", "conditions", maintain_order=True).agg(n=pl.col("entity").n_unique())
    best = groups.sort("n", descending=True, maintain_order=True).row(0, named=True)
    chosen = known.filter(attribute=best["attribute"], source=best["source"], conditions=best["conditions"])
    scored = chosen.unique("entity", keep="first").select(pl.col("entity").alias("id"), pl.col("number").alias("score"))
    glue = language.filter(pl.col("glue_points").is_not_null())
    return BenchmarkScores(
        benchmark=BENCHMARKS[best["attribute"]],
        points=language.drop("score").join(scored, on="id", maintain_order="left"),
        n_glue=glue.height,
        last_glue_year=int(float(str(glue["year"].max()))),
    )


def subset_of(frame: pl.DataFrame, column: str, subset: str) -> pl.DataFrame:
    """Return the rows of a subset, see `trends.SUBSETS`, by the value of a column."""
    return select_subset(frame.with_columns(value=pl.col(column)), subset)


def fit_of(frame: pl.DataFrame, column: str, subset: str = "all") -> LogLinearFit:
    """Fit a column over the years, through a subset."""
    points = subset_of(frame, column, subset)
    return fit_log_linear(points["year"], points["value"])


def leaders_name(task: str) -> str:
    """Return the name of the models that the paper's second line of a task goes through."""
    return SUBSET_NAMES[LEADERS[task]]


def growth_then_and_now(today: Today, paper: Catalog) -> list[Growth]:
    """Return every line that the paper's figures fit, on its data and on today's."""
    found = []
    for figure, quantity, column, task in (
        ("fig3", "flops", "flops", VISION),
        ("fig6", "flops", "flops", LANGUAGE),
        ("fig9", "energy", "energy_j", VISION),
        ("fig10", "energy", "energy_j", LANGUAGE),
    ):
        what = f"{'FLOPs' if quantity == 'flops' else 'joules'} of {task} models"
        for subset in ("all", LEADERS[task]):
            name = "all models" if subset == "all" else leaders_name(task)
            then = trend(quantity, task, subset, catalog=paper).fit
            found.append(_growth(figure, what, task, name, then, fit_of(today.models[task], column, subset)))
    for task, carried in today.carried.items():
        what = f"efficiency of hardware for {task}"
        found.append(_growth("fig8", what, task, "all accelerators", efficiency_trend(task, paper), carried.fit))
    return found


def _growth(figure: str, quantity: str, task: str, subset: str, then: LogLinearFit, now: LogLinearFit) -> Growth:
    of_then = (then.n, *_ends(then), then.doubling_time_years, then.r2)
    of_now = (now.n, *_ends(now), now.doubling_time_years, now.r2)
    return Growth(figure, quantity, task, subset, *of_then, *of_now)


def _ends(fit: LogLinearFit) -> tuple[float, float, float]:
    growth = fit.growth_per_year
    return growth.central, growth.low, growth.high
