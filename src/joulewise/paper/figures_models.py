"""Figures 1 to 6 and 15: parameters, FLOPs, scores and years of the models."""

from __future__ import annotations

import polars as pl

from joulewise.catalog import Catalog
from joulewise.charts import Axis, NamedFit, log_domain, points, span, stack
from joulewise.charts.altair import alt
from joulewise.paper.drawing import NAMED, TOOLTIP, Drawn, points_with_fits, score_against
from joulewise.paper.points import models_in_gflops
from joulewise.trends import correlate, trend


def params_and_flops(catalog: Catalog) -> Drawn:
    """Figure 1: parameters and FLOPs by architecture."""
    frame = models_in_gflops("vision", catalog)
    x = Axis("params_m", "Parameters (millions)", log_domain(frame["params_m"]), log=True)
    y = Axis("gflops", "GFLOPs of one forward pass", log_domain(frame["gflops"]), log=True)
    labelled = (*NAMED["vision"], *_best_of_each_year(catalog), "ZFNet-b", "ShuffleNet x1.0 (g=8)")

    def draw() -> alt.LayerChart:
        return stack(
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
    return "Parameters and FLOPs", caption, draw


def accuracy_over_years(catalog: Catalog) -> Drawn:
    """Figure 2: accuracy over the years, bubbles for FLOPs."""
    frame = models_in_gflops("vision", catalog)
    first, last = frame.row(0, named=True), frame.sort("score").row(-1, named=True)
    caption = (
        f"ImageNet top-1 accuracy of {frame.height} models by release date; the area of a bubble is "
        f"proportional to the FLOPs of one forward pass. The first is {first['name']} ({first['score']:.2f}%), the "
        f"best {last['name']} ({last['score']:.2f}%)."
    )
    return "ImageNet accuracy over the years", caption, lambda: _score_over_years(frame, catalog, "vision")


def vision_flops_over_years(catalog: Catalog) -> Drawn:
    """Figure 3: FLOPs of vision models over the years, with both fits."""
    frame = models_in_gflops("vision", catalog)
    every = trend("flops", "vision", catalog=catalog)
    best = trend("flops", "vision", "best-per-year", catalog=catalog)
    named = [
        NamedFit("all models", every.fit, "GFLOP", 1e9),
        NamedFit("best accuracy of each year", best.fit, "GFLOP", 1e9),
    ]

    def draw() -> alt.LayerChart:
        return points_with_fits(
            frame, *_year_and_gflops(frame), named, "FLOPs of vision models", colour=("score", "Top-1 (%)"),
            shape=("data", "Training data"), labelled=(*best.points["name"], *NAMED["vision"]),
        )  # fmt: skip

    caption = (
        f"FLOPs of one forward pass by release date. Growth a year: ×{best.fit.growth_per_year.central:.2f} for the "
        f"best accuracy of each year, ×{every.fit.growth_per_year.central:.2f} for all models. Bands: 95% of the trend."
    )
    return "FLOPs of vision models over the years", caption, draw


def accuracy_and_flops(catalog: Catalog) -> Drawn:
    """Figure 4: accuracy against FLOPs with the Pareto front."""
    draw, _, on_front = score_against("vision", "gflops", catalog)
    caption = (
        f"Top-1 accuracy against FLOPs; the grey staircase is the Pareto front of {on_front.height} models, "
        f"{on_front.filter(pl.col('data') == 'extra training data').height} of them with extra training data."
    )
    return "Accuracy against FLOPs", caption, draw


def glue_and_flops(catalog: Catalog) -> Drawn:
    """Figure 5: GLUE score against FLOPs."""
    draw, frame, on_front = score_against("language", "gflops", catalog)
    caption = (
        f"GLUE score against FLOPs for {frame.height} language models, with an input of 128 tokens; {on_front.height} "
        f"of them are on the Pareto front."
    )
    return "GLUE score against FLOPs", caption, draw


def language_flops_over_years(catalog: Catalog) -> Drawn:
    """Figure 6: FLOPs of language models over the years, with both fits."""
    frame = models_in_gflops("language", catalog).with_columns(
        pl.format("{} tokens", pl.col("input_tokens").cast(pl.Int64)).alias("input")
    )
    order = [f"{n} tokens" for n in sorted(frame["input_tokens"].cast(pl.Int64).unique())]
    frame = frame.sort(pl.col("input").cast(pl.Enum(order)))
    every = trend("flops", "language", catalog=catalog)
    record = trend("flops", "language", "record", catalog=catalog)
    named = [
        NamedFit("all models", every.fit, "GFLOP", 1e9),
        NamedFit("most demanding at release", record.fit, "GFLOP", 1e9),
    ]

    def draw() -> alt.LayerChart:
        return points_with_fits(
            frame, *_year_and_gflops(frame), named, "FLOPs of language models", colour=("input", "Input"),
            labelled=(*record.points["name"], *NAMED["language"], *frame["name"]),
        )  # fmt: skip

    caption = (
        f"FLOPs of one forward pass by release date, at the input length of each source. Growth a year: "
        f"×{record.fit.growth_per_year.central:.1f} for the most demanding at release (n = {record.fit.n}), "
        f"×{every.fit.growth_per_year.central:.2f} for all {every.fit.n}. Bands: 95% of the trend."
    )
    return "FLOPs of language models over the years", caption, draw


def glue_over_years(catalog: Catalog) -> Drawn:
    """Figure 15: GLUE score over the years, bubbles for FLOPs."""
    frame = models_in_gflops("language", catalog).filter(pl.col("score").is_not_null())
    best = frame.sort("score").row(-1, named=True)
    caption = (
        f"GLUE score of {frame.height} models by release date; the area of a bubble is proportional to the FLOPs of "
        f"one input of 128 tokens. "
        f"The highest is {best['name']} ({best['score']:.1f})."
    )
    return "GLUE score over the years", caption, lambda: _score_over_years(frame, catalog, "language")


def _score_over_years(frame: pl.DataFrame, catalog: Catalog, task: str) -> alt.LayerChart:
    x = Axis("year", "Release", span(frame["year"], 0.08), grid=False)
    title = "Top-1 accuracy (%)" if task == "vision" else "GLUE score"
    y = Axis("score", title, span(frame["score"], 0.1))
    colour = ("data", "Training data") if task == "vision" else ("architecture", "Architecture")
    named = (*_best_of_each_year(catalog), *NAMED["vision"]) if task == "vision" else NAMED["language"]
    # Large bubbles are drawn first, so that small ones on top of them can be pointed at.
    return stack(
        points(
            frame.sort("gflops", descending=True), x, y, colour=colour, size=("gflops", "GFLOPs"),
            tooltip=TOOLTIP, labelled=named,
        ),
        f"{title} over the years",
    )  # fmt: skip


def _year_and_gflops(frame: pl.DataFrame) -> tuple[Axis, Axis]:
    x = Axis("year", "Release", span(frame["year"]), grid=False)
    return x, Axis("gflops", "GFLOPs of one forward pass", log_domain(frame["gflops"]), log=True)


def _best_of_each_year(catalog: Catalog) -> tuple[str, ...]:
    """Return the names of the vision models with the best accuracy of their year."""
    return tuple(trend("flops", "vision", "best-per-year", catalog=catalog).points["name"])
