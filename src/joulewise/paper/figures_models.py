"""Figures 1 to 6 and 15: parameters, FLOPs, scores and years of the models."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
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
    span,
    stack,
    staircase,
)
from joulewise.paper.points import model_points
from joulewise.trends import correlate, pareto_front, trend

Drawn = tuple[str, str, alt.LayerChart]

TOOLTIP = (
    ("name", "Model"),
    ("release_date", "Released"),
    ("gflops", "GFLOPs"),
    ("params_m", "Parameters (M)"),
    ("score", "Score"),
    ("source", "Source of FLOPs"),
)
# Models that the paper's text speaks of by name.
NAMED_VISION = (
    "AlexNet", "ViT-G/14", "Meta Pseudo Labels L2", "NoisyStudent-L2", "EfficientNet-B1", "NoisyStudent-B1",
    "FixEfficientNet-L2", "FixEfficientNet-B7", "FixEfficientNet-B0", "EfficientNet-B7",
)  # fmt: skip
NAMED_LANGUAGE = (
    "ELECTRA-Large", "MobileBERT", "SqueezeBERT", "BERT-Large", "ELMo", "BERT-Base", "GPT-1", "ELECTRA-Small",
    "ELECTRA-Base", "MobileBERT-tiny", "BERT-of-Theseus 6/768",
)  # fmt: skip


def params_and_flops(catalog: Catalog) -> Drawn:
    """Figure 1: parameters and FLOPs by architecture."""
    frame = model_points("vision", catalog)
    x = Axis("params_m", "Parameters (millions)", log_domain(frame["params_m"]), log=True)
    y = Axis("gflops", "GFLOPs of one forward pass", log_domain(frame["gflops"]), log=True)
    labelled = (*NAMED_VISION, *_best(catalog, "flops", "vision"), "ZFNet-b", "ShuffleNet x1.0 (g=8)")
    chart = stack(
        points(
            frame, x, y, colour=("architecture", "Architecture"), shape=("data", "Training data"),
            tooltip=TOOLTIP, labelled=labelled,
        ),
        "Parameters and FLOPs",
    )  # fmt: skip
    said = []
    for kind in ("CNN", "Transformer"):
        rows = frame.filter(architecture=kind)
        plain = correlate(rows["params"].to_numpy(), rows["flops"].to_numpy())
        logs = correlate(rows["params"].to_numpy(), rows["flops"].to_numpy(), logs=True)
        said.append(
            f"{kind}s (n = {plain.n}) r = {plain.r:.3f} ({plain.r_low:.3f} to {plain.r_high:.3f}), "
            f"of logarithms {logs.r:.3f}"
        )
    caption = f"Parameters and FLOPs of {frame.height} vision models. Pearson's correlation: {'; '.join(said)}."
    return "Parameters and FLOPs", caption, chart


def accuracy_over_years(catalog: Catalog) -> Drawn:
    """Figure 2: accuracy over the years, bubbles for FLOPs."""
    frame = model_points("vision", catalog)
    first, last = frame.row(0, named=True), frame.sort("score").row(-1, named=True)
    caption = (
        f"ImageNet top-1 accuracy of {frame.height} models by release; the area of a bubble is the FLOPs of one "
        f"forward pass. From {first['name']} ({first['score']:.2f}%) to {last['name']} ({last['score']:.2f}%)."
    )
    return "ImageNet accuracy over the years", caption, _score_over_years(frame, catalog, "vision")


def vision_flops_over_years(catalog: Catalog) -> Drawn:
    """Figure 3: FLOPs of vision models over the years, with both fits."""
    frame = model_points("vision", catalog)
    every, best = (
        trend("flops", "vision", catalog=catalog),
        trend("flops", "vision", "best-per-year", catalog=catalog),
    )
    x = Axis("year", "Release", span(frame["year"]), grid=False)
    y = Axis("gflops", "GFLOPs of one forward pass", log_domain(frame["gflops"]), log=True)
    named = [
        NamedFit("all models", every.fit, "GFLOP", 1e9),
        NamedFit("best accuracy of each year", best.fit, "GFLOP", 1e9),
    ]
    chart = stack(
        [
            *fits(named, x, y),
            *points(
                frame, x, y, colour=("score", "Top-1 (%)"), shape=("data", "Training data"), tooltip=TOOLTIP,
                labelled=(*best.points["name"], *NAMED_VISION), avoid=along_fits(named, x, y),
            ),
        ],
        "FLOPs of vision models",
    )  # fmt: skip
    caption = (
        f"FLOPs of one forward pass by release. The best of each year grow by {best.fit.growth_per_year.central:.2f} "
        f"a year, all models by {every.fit.growth_per_year.central:.2f}. Bands: 95% of the trend."
    )
    return "FLOPs of vision models over the years", caption, chart


def accuracy_and_flops(catalog: Catalog) -> Drawn:
    """Figure 4: accuracy against FLOPs with the Pareto front."""
    frame = model_points("vision", catalog)
    chart, on_front = score_against(
        frame, "gflops", "GFLOPs of one forward pass", "Top-1 accuracy (%)", "Accuracy and FLOPs"
    )
    caption = (
        f"Top-1 accuracy against FLOPs; the grey staircase is the Pareto front of {on_front.height} models, "
        f"{on_front.filter(pl.col('data') == 'extra training data').height} of them with extra training data."
    )
    return "Accuracy against FLOPs", caption, chart


def glue_and_flops(catalog: Catalog) -> Drawn:
    """Figure 5: GLUE score against FLOPs."""
    frame = model_points("language", catalog).filter(pl.col("score").is_not_null())
    chart, on_front = score_against(
        frame, "gflops", "GFLOPs of one input of 128 tokens", "GLUE score", "GLUE and FLOPs"
    )
    caption = (
        f"GLUE score against FLOPs for {frame.height} language models, an input of 128 tokens; the Pareto front has "
        f"{on_front.height} of them."
    )
    return "GLUE score against FLOPs", caption, chart


def language_flops_over_years(catalog: Catalog) -> Drawn:
    """Figure 6: FLOPs of language models over the years, with both fits."""
    frame = model_points("language", catalog).with_columns(
        pl.format("{} tokens", pl.col("input_tokens").cast(pl.Int64)).alias("input")
    )
    every, record = (
        trend("flops", "language", catalog=catalog),
        trend("flops", "language", "record", catalog=catalog),
    )
    x = Axis("year", "Release", span(frame["year"]), grid=False)
    y = Axis("gflops", "GFLOPs of one forward pass", log_domain(frame["gflops"]), log=True)
    named = [
        NamedFit("all models", every.fit, "GFLOP", 1e9),
        NamedFit("most demanding at release", record.fit, "GFLOP", 1e9),
    ]
    order = [f"{n} tokens" for n in sorted(frame["input_tokens"].cast(pl.Int64).unique())]
    frame = frame.sort(pl.col("input").cast(pl.Enum(order)))
    chart = stack(
        [
            *fits(named, x, y),
            *points(frame, x, y, colour=("input", "Input"), tooltip=TOOLTIP,
                    labelled=(*record.points["name"], *NAMED_LANGUAGE, *frame["name"]),
                    avoid=along_fits(named, x, y)),
        ],
        "FLOPs of language models",
    )  # fmt: skip
    caption = (
        f"FLOPs of one forward pass by release, at the input length of each source. The most demanding at their "
        f"release grow by {record.fit.growth_per_year.central:.1f} a year (n = {record.fit.n}), all {every.fit.n} by "
        f"{every.fit.growth_per_year.central:.2f}. Bands: 95% of the trend."
    )
    return "FLOPs of language models over the years", caption, chart


def glue_over_years(catalog: Catalog) -> Drawn:
    """Figure 15: GLUE score over the years, bubbles for FLOPs."""
    frame = model_points("language", catalog).filter(pl.col("score").is_not_null())
    best = frame.sort("score").row(-1, named=True)
    caption = (
        f"GLUE score of {frame.height} models by release; bubbles are FLOPs of one input of 128 tokens. "
        f"The highest is {best['name']} ({best['score']:.1f})."
    )
    return "GLUE score over the years", caption, _score_over_years(frame, catalog, "language")


def score_against(
    frame: pl.DataFrame, cost: str, cost_title: str, score_title: str, title: str
) -> tuple[alt.LayerChart, pl.DataFrame]:
    """Return a chart of score against a cost with its Pareto front, and the front."""
    x = Axis(cost, cost_title, log_domain(frame[cost]), log=True)
    y = Axis("score", score_title, span(frame["score"]))
    on_front = pareto_front(frame, cost)
    task = frame["task"][0]
    named = NAMED_VISION if task == "vision" else NAMED_LANGUAGE
    tooltip = (*TOOLTIP, ("energy_j", "Joules")) if cost == "energy_j" else TOOLTIP
    shape = ("data", "Training data") if task == "vision" else None
    layers = [
        front(on_front, x, y),
        *points(
            frame, x, y, colour=("year", "Release"), shape=shape, tooltip=tooltip,
            labelled=(*on_front["name"].reverse(), *named), avoid=along(staircase(on_front, x, y), x, y),
        ),
    ]  # fmt: skip
    return stack(layers, title), on_front


def along_fits(named: Sequence[NamedFit], x: Axis, y: Axis) -> list[tuple[float, float]]:
    """Return places along fitted lines that labels should keep clear."""
    paths = ([(year, central) for year, _, central, _ in one.path()] for one in named)
    return [place for path in paths for place in along(path, x, y)]


def _score_over_years(frame: pl.DataFrame, catalog: Catalog, task: str) -> alt.LayerChart:
    x = Axis("year", "Release", span(frame["year"], 0.08), grid=False)
    title = "Top-1 accuracy (%)" if task == "vision" else "GLUE score"
    y = Axis("score", title, span(frame["score"], 0.1))
    colour = ("data", "Training data") if task == "vision" else ("architecture", "Architecture")
    named = (*_best(catalog, "flops", task), *NAMED_VISION) if task == "vision" else NAMED_LANGUAGE
    # Large bubbles first, so that the small lie on them and can be pointed at.
    return stack(
        points(
            frame.sort("gflops", descending=True), x, y, colour=colour, size=("gflops", "GFLOPs"),
            tooltip=TOOLTIP, labelled=named,
        ),
        f"{title} over the years",
    )  # fmt: skip


def _best(catalog: Catalog, of: str, task: str) -> tuple[str, ...]:
    if task != "vision":
        return ()
    return tuple(trend(of, task, "best-per-year", catalog=catalog).points["name"])
