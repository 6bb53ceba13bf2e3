"""Data that the studies derive from a catalogue, each part computed once, when first needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from joulewise.catalog import Catalog, condition, language_models, scores, vision_results
from joulewise.energy.grid import FIXED, LADDER, OUTPUT_TOKENS, PER_TOKENS, image_joules, language_joules
from joulewise.paper.points import paper_edition
from joulewise.studies.points import (
    LANGUAGE,
    TASKS,
    VISION,
    Carried,
    carried_efficiency,
    dated_language_models,
    dated_vision_models,
    peak_efficiencies,
)

__all__ = [
    "FIXED",
    "LADDER",
    "OUTPUT_TOKENS",
    "PER_TOKENS",
    "Inputs",
    "ScoredModels",
    "benchmark_title",
    "open_language_models",
    "score_with_unit",
    "scored_images",
    "scored_language_models",
    "unit_of",
]

IMAGE_BENCHMARK = "ImageNet top-1"

LANGUAGE_BENCHMARKS = {"mmlu": "MMLU", "mmlu_pro": "MMLU-Pro", "gpqa_diamond": "GPQA-Diamond", "eci": "ECI"}
"""Benchmark of `catalog.scores` -> its name."""

FEWEST_SCORED = 25
"""Minimum number of models of known size that a harness must have scored for its scores to be used."""


@dataclass(frozen=True)
class ScoredModels:
    """Models of one task with their scores, and their energy by the calibrated method.

    Parameters
    ----------
    task : {"vision", "language"}
    scores : polars.DataFrame
        One row per model, benchmark and harness; see `scored_images` and `scored_language_models`.
    models : polars.DataFrame
        Every model of known work, scored or not; the scored ones among them.
    catalog : Catalog
        With the accelerators and the shapes of the models.
    """

    task: str
    scores: pl.DataFrame
    models: pl.DataFrame
    catalog: Catalog

    @cached_property
    def dated(self) -> pl.DataFrame:
        """The rows of `scores` with a release date and a score."""
        return self.scores.filter(pl.col("release_date").is_not_null() & pl.col("score").is_not_null())

    @cached_property
    def energy(self) -> pl.DataFrame:
        """Joules of each dated model on each accelerator: one row per model and accelerator, dated by the later."""
        known = self.models.filter(pl.col("release_date").is_not_null()).unique("id", keep="first", maintain_order=True)
        price = image_joules if self.task == VISION else language_joules
        return price(known, catalog=self.catalog)


@dataclass(frozen=True)
class Inputs:
    """Data that several studies need from a catalogue.

    Parameters
    ----------
    catalog : Catalog
    """

    catalog: Catalog

    @cached_property
    def paper(self) -> Catalog:
        """The paper's edition of the shipped catalogue, whatever `catalog` is."""
        return paper_edition()

    @cached_property
    def peaks(self) -> pl.DataFrame:
        """Accelerators at their peaks; see `points.peak_efficiencies`."""
        return peak_efficiencies(self.catalog)

    @cached_property
    def carried(self) -> Mapping[str, Carried]:
        """Efficiency that networks reach, by task; see `points.carried_efficiency`."""
        return {task: carried_efficiency(task, self.peaks, self.paper) for task in TASKS}

    @cached_property
    def models(self) -> Mapping[str, pl.DataFrame]:
        """Dated models with FLOPs and the paper's joules, by task; see `points.dated_vision_models`."""
        return {
            VISION: dated_vision_models(self.catalog, self.carried[VISION].fit),
            LANGUAGE: dated_language_models(self.catalog, self.carried[LANGUAGE].fit),
        }

    @cached_property
    def scored(self) -> Mapping[str, ScoredModels]:
        """Scored models with calibrated joules, by task."""
        catalog = self.catalog
        images, language = scored_images(catalog), scored_language_models(catalog)
        return {
            VISION: ScoredModels(VISION, images, images, catalog),
            LANGUAGE: ScoredModels(LANGUAGE, language, open_language_models(catalog), catalog),
        }


def scored_images(catalog: Catalog) -> pl.DataFrame:
    """Return the networks with an ImageNet accuracy: one row per weight and test resolution.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, release_date`` (of the weights), ``benchmark, harness, score [%], flops,
        activation_values, params, kind`` (of the calibrated method).
    """
    return vision_results(catalog).select(
        # Each test resolution of a weight is a separate candidate.
        pl.format("{}@{}", "id", "image_px").alias("id"),
        "name",
        "family",
        "release_date",
        benchmark=pl.lit(IMAGE_BENCHMARK),
        harness=pl.lit(None, pl.String),
        score="top1_percent",
        flops="flops",
        activation_values="activation_values",
        params="params",
        kind="network_kind",
    )


def scored_language_models(catalog: Catalog) -> pl.DataFrame:
    """Return the open-weight language models with a score: one row per model, benchmark and harness.

    Where one harness scored a model several times, as with more effort, the best score counts. Only harnesses that
    scored at least `FEWEST_SCORED` models of known size are used.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, release_date, benchmark, harness`` (with the number of shots; scores of different
        harnesses are never mixed), ``score, model`` (a name of the table of architectures, null where it has none),
        ``params, active_params``.
    """
    sized = pl.col("model").is_not_null() | pl.col("params").is_not_null()
    shots, snapshot = condition("shots"), condition("snapshot")
    rows = (
        scores(catalog=catalog)
        .rename({"settings": "conditions"})
        .filter(
            pl.col("benchmark").is_in(list(LANGUAGE_BENCHMARKS)) & (pl.col("access") != "closed").fill_null(value=True)
        )
        .with_columns(
            pl.col("benchmark").replace_strict(LANGUAGE_BENCHMARKS, return_dtype=pl.String),
            harness=pl.when(snapshot.is_not_null())
            .then(pl.format("snapshot {}", snapshot))
            .when(shots.is_not_null())
            .then(pl.format("{}, {}-shot", "harness", shots))
            .otherwise("harness")
            .str.replace_all(r" \(", ", ")
            .str.replace_all(")", "", literal=True),
        )
        .join(language_models(catalog).select("id", "family", *_work()), on="id", how="left", maintain_order="left")
        .sort("score", descending=True, maintain_order=True)
        .unique(["id", "benchmark", "harness"], keep="first", maintain_order=True)
    )
    group = ["benchmark", "harness"]
    return (
        rows.filter(sized.sum().over(group) >= FEWEST_SCORED)
        .sort("benchmark", "harness", "release_date", "id")
        .select("id", "name", "family", "release_date", *group, "score", "model", "params", "active_params")
    )


def open_language_models(catalog: Catalog) -> pl.DataFrame:
    """Return the open-weight language models of known size, scored or not.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, release_date, model, params, active_params`` as in `scored_language_models`.
    """
    return (
        language_models(catalog)
        .filter((pl.col("access") != "closed").fill_null(value=True))
        .filter(pl.col("has_architecture") | pl.col("params").is_not_null())
        .select("id", "name", "family", "release_date", "params", *_work())
    )


def _work() -> tuple[pl.Expr, pl.Expr]:
    """Return the columns that the calibrated method reads of a row of `catalog.language_models`."""
    return (
        pl.when("has_architecture").then("name").alias("model"),
        pl.coalesce("active_params", "params").alias("active_params"),
    )


def unit_of(task: str) -> str:
    """Return the unit of work that the calibrated energy of a task is given for."""
    return "image" if task == VISION else f"{PER_TOKENS:,} tokens"


def score_with_unit(score: float, task: str, form: str = "g") -> str:
    """Return a score with its unit: a percentage for vision, plain otherwise."""
    return f"{score:{form}}{'%' if task == VISION else ''}"


def benchmark_title(benchmark: str, harness: str | None) -> str:
    """Return a benchmark with its harness in brackets."""
    return f"{benchmark} ({harness})" if harness else benchmark
