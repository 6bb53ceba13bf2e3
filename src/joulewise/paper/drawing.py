"""Charts that several of the paper's figures share: points over the years with fits, and score against cost."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from joulewise.catalog import Catalog
from joulewise.charts import (
    Axis,
    NamedFit,
    along,
    fits,
    front,
    log_domain,
    points,
    reference_lines,
    span,
    stack,
    staircase,
)
from joulewise.charts.altair import Draw, alt
from joulewise.paper.points import models_in_gflops
from joulewise.trends import pareto_front

Drawn = tuple[str, str, Draw]
"""Title and caption of a figure, and the function that draws its chart."""

TOOLTIP = (
    ("name", "Model"),
    ("release_date", "Released"),
    ("gflops", "GFLOPs"),
    ("params_m", "Parameters (M)"),
    ("score", "Score"),
    ("source", "Source of FLOPs"),
)
# Models that the paper's text names.
NAMED = {
    "vision": (
        "AlexNet", "ViT-G/14", "Meta Pseudo Labels L2", "NoisyStudent-L2", "EfficientNet-B1", "NoisyStudent-B1",
        "FixEfficientNet-L2", "FixEfficientNet-B7", "FixEfficientNet-B0", "EfficientNet-B7",
    ),
    "language": (
        "ELECTRA-Large", "MobileBERT", "SqueezeBERT", "BERT-Large", "ELMo", "BERT-Base", "GPT-1", "ELECTRA-Small",
        "ELECTRA-Base", "MobileBERT-tiny", "BERT-of-Theseus 6/768",
    ),
}  # fmt: skip


def along_fits(named: Sequence[NamedFit], x: Axis, y: Axis) -> list[tuple[float, float]]:
    """Return places along fitted lines that labels should keep clear."""
    paths = ([(year, central) for year, _, central, _ in one.path()] for one in named)
    return [place for path in paths for place in along(path, x, y)]


def points_with_fits(
    frame: pl.DataFrame,
    x: Axis,
    y: Axis,
    named: Sequence[NamedFit],
    title: str,
    *,
    labelled: Sequence[str],
    label: str = "name",
    colour: tuple[str, str] | None = None,
    shape: tuple[str, str] | None = None,
    tooltip: Sequence[tuple[str, str]] = TOOLTIP,
    lines: Sequence[tuple[str, float]] = (),
) -> alt.LayerChart:
    """Draw points over the years with fitted lines, and reference lines where given, labels clear of all of them.

    Parameters
    ----------
    frame : polars.DataFrame
        With the fields of the axes and the columns of the other arguments.
    named : sequence of NamedFit
    labelled : sequence of str
        The names that are labelled, the most important first.
    lines : sequence of (str, float)
        Text and value of horizontal reference lines.
    """
    across = [place for _, value in lines for place in along([(t, value) for t in x.domain], x, y)]
    layers = [
        *fits(named, x, y),
        *points(
            frame, x, y, colour=colour, shape=shape, tooltip=tooltip, label=label, labelled=labelled,
            avoid=[*along_fits(named, x, y), *across],
        ),
        *(reference_lines(lines, y) if lines else ()),
    ]  # fmt: skip
    return stack(layers, title)


def score_against(task: str, cost: str, catalog: Catalog) -> tuple[Draw, pl.DataFrame, pl.DataFrame]:
    """Draw the score of a task against a cost, with its Pareto front.

    Parameters
    ----------
    task : {"vision", "language"}
    cost : {"gflops", "energy_j"}
    catalog : Catalog

    Returns
    -------
    tuple
        The function that draws the chart, the models drawn, and those of them on the front.
    """
    frame = models_in_gflops(task, catalog).filter(pl.col("score").is_not_null())
    vision, joules = task == "vision", cost == "energy_j"
    unit = "forward pass" if vision else "input of 128 tokens"
    x = Axis(cost, f"{'Joules' if joules else 'GFLOPs'} of one {unit}", log_domain(frame[cost]), log=True)
    y = Axis("score", "Top-1 accuracy (%)" if vision else "GLUE score", span(frame["score"]))
    on_front = pareto_front(frame, cost)
    title = f"{'Accuracy' if vision else 'GLUE'} and {'joules' if joules else 'FLOPs'}"

    def draw() -> alt.LayerChart:
        layers = [
            front(on_front, x, y),
            *points(
                frame, x, y, colour=("year", "Release"), shape=("data", "Training data") if vision else None,
                tooltip=(*TOOLTIP, ("energy_j", "Joules")) if joules else TOOLTIP,
                labelled=(*on_front["name"].reverse(), *NAMED[task]), avoid=along(staircase(on_front, x, y), x, y),
            ),
        ]  # fmt: skip
        return stack(layers, title)

    return draw, frame, on_front
