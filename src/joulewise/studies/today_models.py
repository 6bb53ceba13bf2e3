"""Today's figures 1 to 6 and 15: parameters, FLOPs, scores and years of the models."""

from __future__ import annotations

import altair as alt
import polars as pl

from joulewise.charts import Axis, NamedFit, along, crowd, emphasised, fits, front, log_domain, span, stack, staircase
from joulewise.charts.theme import PALETTE
from joulewise.studies.points import LANGUAGE_TOKENS
from joulewise.studies.study import StudyChart
from joulewise.studies.today import LANGUAGE, LEADERS, VISION, Today, fit_of, leaders_name, subset_of
from joulewise.trends import correlate, pareto_front

TOOLTIP = (
    ("name", "Model"),
    ("release_date", "Released"),
    ("gflops", "GFLOPs"),
    ("params_m", "Parameters (M)"),
    ("score", "Score"),
)
MERGED = "A larger dot stands for several models"
NOT_THE_LINES = PALETTE[2:]
"""Hues of points that fitted lines do not have."""

_PAPER_UNTIL = 2021.5
_MIN_CORRELATED = 30  # of a kind of network, for its correlation to say something


def params_and_flops(today: Today) -> StudyChart:
    """Figure 1: parameters and FLOPs by architecture."""
    frame = today.vision.filter(pl.col("params").is_not_null())
    x = Axis("params_m", "Parameters (millions)", log_domain(frame["params_m"]), log=True)
    y = Axis("gflops", "GFLOPs of one forward pass", log_domain(frame["gflops"]), log=True)
    best = subset_of(frame, "flops", LEADERS[VISION])
    title = "Parameters and FLOPs, today"
    kinds = frame.filter(pl.col("architecture").is_not_null())
    layers = [
        crowd(kinds, x, y, colour=("architecture", "Architecture")),
        *emphasised(best, x, y, tooltip=TOOLTIP, label="label", among=kinds, colour="#888888"),
    ]
    said = []
    for kind in kinds["architecture"].unique(maintain_order=True).sort():
        rows = kinds.filter(architecture=kind)
        if rows.height < _MIN_CORRELATED:
            continue
        plain, logs = (correlate(rows["params"], rows["flops"], logs=yes) for yes in (False, True))
        said.append(f"{kind} (n = {plain.n}) r = {plain.r:.2f}, of logarithms {logs.r:.2f}")
    caption = (
        f"Parameters and FLOPs of {kinds.height} vision models. Pearson's correlation: {'; '.join(said)}. Rings: best "
        f"score of each year. {MERGED} of a kind."
    )
    return StudyChart(title, caption, stack(layers, title))


def accuracy_over_years(today: Today) -> StudyChart:
    """Figure 2: accuracy over the years, bubbles for FLOPs of the best of each year."""
    frame = today.vision.filter(pl.col("score").is_not_null())
    best = subset_of(frame, "score", "best-per-year")
    top = frame.sort("score").row(-1, named=True)
    caption = (
        f"ImageNet top-1 accuracy of {frame.height} models by the month of their training. Rings: the best of each "
        f"year, their area the FLOPs of one forward pass; the highest of all is {top['label']} "
        f"({top['score']:.2f}%) of {top['release_date'].year}. {MERGED}; {today.undated[VISION]} models without a date "
        f"or FLOPs are left out."
    )
    title = "ImageNet accuracy over the years, today"
    return StudyChart(
        title, caption, _score_over_years(frame, best, "Top-1 accuracy (%)", ("data", "Training data"), title)
    )


def vision_flops_over_years(today: Today) -> StudyChart:
    """Figure 3: FLOPs of vision models over the years, with both fits."""
    caption = "FLOPs of one forward pass by release."
    return flops_over_years(today, VISION, ("score", "Top-1 (%)"), caption)


def language_flops_over_years(today: Today) -> StudyChart:
    """Figure 6: FLOPs of language models over the years, with both fits."""
    caption = (
        f"FLOPs of one forward pass of {LANGUAGE_TOKENS:,} tokens, the length of the paper's largest model; the paper "
        f"took each source's own length. Models whose size is not public are not in it."
    )
    return flops_over_years(today, LANGUAGE, None, caption)


def accuracy_and_flops(today: Today) -> StudyChart:
    """Figure 4: accuracy against FLOPs with the Pareto front."""
    frame = today.vision.filter(pl.col("score").is_not_null())
    return score_against(
        frame, "gflops", "GFLOPs of one forward pass", "Top-1 accuracy (%)", "Accuracy and FLOPs, today", ""
    )


def score_and_flops(today: Today) -> StudyChart:
    """Figure 5: a score of language models against FLOPs."""
    return score_against(
        today.scores.points,
        "gflops",
        f"GFLOPs of one input of {LANGUAGE_TOKENS:,} tokens",
        today.scores.benchmark,
        "Language score and FLOPs, today",
        instead_of_glue(today),
    )


def score_over_years(today: Today) -> StudyChart:
    """Figure 15: a score of language models over the years."""
    frame = today.scores.points
    best = subset_of(frame, "score", "best-per-year")
    title = "Language score over the years, today"
    top = frame.sort("score").row(-1, named=True)
    caption = (
        f"{instead_of_glue(today)}{today.scores.benchmark} of {frame.height} models by release. Rings: the best of "
        f"each year, their area the FLOPs of {LANGUAGE_TOKENS:,} tokens; the highest is {top['label']} "
        f"({top['score']:.1f}). {MERGED}."
    )
    return StudyChart(title, caption, _score_over_years(frame, best, today.scores.benchmark, None, title))


def instead_of_glue(today: Today) -> str:
    """Return the sentence that says why GLUE is not drawn."""
    scores = today.scores
    if scores.benchmark.startswith("GLUE"):
        return f"No benchmark since GLUE has scored more of these models than its {scores.n_glue}. "
    return (
        f"The figure cannot be redrawn as it was: only {scores.n_glue} models have a GLUE score, the last of "
        f"{scores.last_glue_year}. In its place {scores.benchmark}, {scores.points.height} models scored by one source "
        f"in one setting. "
    )


def flops_over_years(today: Today, task: str, colour: tuple[str, str] | None, caption: str) -> StudyChart:
    """Draw FLOPs over the years with the fits of all and of the leaders."""
    frame = today.models(task)
    leaders = subset_of(frame, "flops", LEADERS[task])
    every, best = fit_of(frame, "flops"), fit_of(frame, "flops", LEADERS[task])
    x = Axis("year", "Release", span(frame["year"]), grid=False)
    y = Axis("gflops", "GFLOPs of one forward pass", log_domain(frame["gflops"]), log=True)
    named = [NamedFit("all models", every, "GFLOP", 1e9), NamedFit(leaders_name(task), best, "GFLOP", 1e9)]
    title = f"FLOPs of {task} models, today"
    caption += (
        f" The {leaders_name(task)} grow by {best.growth_per_year.central:.2f} a year (n = {best.n}, the last of "
        f"{int(best.last_year)}), all "
        f"{every.n} by {every.growth_per_year.central:.2f}. Bands: 95% of the trend. {MERGED}."
    )
    return StudyChart(title, caption, _with_fits(frame, leaders, named, x, y, colour, title))


def score_against(
    frame: pl.DataFrame, cost: str, cost_title: str, score_title: str, title: str, before: str
) -> StudyChart:
    """Draw a score against a cost with its Pareto front."""
    x = Axis(cost, cost_title, log_domain(frame[cost]), log=True)
    y = Axis("score", score_title, span(frame["score"]))
    on_front = pareto_front(frame, cost)
    layers = [
        crowd(frame, x, y, colour=("year", "Release")),
        front(on_front, x, y),
        *emphasised(
            on_front, x, y, tooltip=TOOLTIP, label="label", labelled=spread(on_front, "label"), colour="#888888",
            avoid=along(staircase(on_front, x, y), x, y), among=frame,
        ),
    ]  # fmt: skip
    recent = on_front.filter(pl.col("year") > _PAPER_UNTIL).height
    caption = (
        f"{before}{score_title} against {'joules' if cost == 'energy_j' else 'FLOPs'} for {frame.height} models; the "
        f"grey staircase is the Pareto front of {on_front.height}, {recent} of them from after the paper's data. "
        f"{MERGED}, coloured by their mean year."
    )
    return StudyChart(title, caption, stack(layers, title))


def spread(frame: pl.DataFrame, label: str, n: int = 14) -> list[str]:
    """Return up to `n` names evenly along a frame, its ends first: so many labels can be read."""
    names = frame[label].to_list()
    if len(names) <= n:
        return [*reversed(names)]
    step = (len(names) - 1) / (n - 1)
    return [names[-1], names[0], *(names[round(k * step)] for k in range(1, n - 1))]


def _with_fits(
    frame: pl.DataFrame,
    leaders: pl.DataFrame,
    named: list[NamedFit],
    x: Axis,
    y: Axis,
    colour: tuple[str, str] | None,
    title: str,
) -> alt.LayerChart:
    avoid = [place for one in named for place in along([(t, c) for t, _, c, _ in one.path()], x, y)]
    layers = [
        crowd(frame, x, y, colour=colour, palette=NOT_THE_LINES),
        *fits(named, x, y),
        *emphasised(leaders, x, y, tooltip=TOOLTIP, label="label", avoid=avoid, among=frame),
    ]
    return stack(layers, title)


def _score_over_years(
    frame: pl.DataFrame, best: pl.DataFrame, score_title: str, colour: tuple[str, str] | None, title: str
) -> alt.LayerChart:
    x = Axis("year", "Release", span(frame["year"], 0.08), grid=False)
    y = Axis("score", score_title, span(frame["score"], 0.1))
    layers = [
        crowd(frame, x, y, colour=colour, palette=(PALETTE[2], PALETTE[0])),
        *emphasised(best, x, y, size=("gflops", "GFLOPs"), tooltip=TOOLTIP, label="label", among=frame),
    ]
    return stack(layers, title)
