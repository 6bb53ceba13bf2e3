"""Models with their scores, as the studies of quality and energy need them."""

from __future__ import annotations

import polars as pl

from joulewise.catalog import Catalog, models, vision_results
from joulewise.catalog.records import architecture

IMAGE_BENCHMARK = "ImageNet top-1"

LANGUAGE_BENCHMARKS = {
    "mmlu_percent": "MMLU",
    "mmlu_pro_percent": "MMLU-Pro",
    "gpqa_diamond_percent": "GPQA-Diamond",
    "eci_points": "ECI",
}
"""Attribute of the catalogue -> benchmark."""

FEWEST_SCORED = 10
"""Models that one harness must have scored for its scores to be used."""


def image_scores(catalog: Catalog) -> pl.DataFrame:
    """Return the networks with an accuracy on ImageNet: a row a network, its weights and test resolution.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, release_date`` (of the weights), ``benchmark, harness, score [%], flops,
        activation_values, params, kind`` (of the calibrated method).
    """
    frame = vision_results(catalog)
    return frame.select(
        # A weight counts once for each size of its image.
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


def language_scores(catalog: Catalog) -> pl.DataFrame:
    """Return the language models with a score: a row a model and benchmark as one harness runs it.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, release_date, benchmark, harness`` (source and settings, which must not be mixed),
        ``score, model`` (a name of the table of architectures, null where it has none), ``params, active_params``.
    """
    scores = catalog.facts.filter(
        pl.col("attribute").is_in(list(LANGUAGE_BENCHMARKS))
        & (pl.col("collection") == "models")
        & ~pl.col("superseded")
        & pl.col("number").is_not_null()
    ).select(
        pl.col("entity").alias("id"),
        benchmark=pl.col("attribute").replace_strict(LANGUAGE_BENCHMARKS, return_dtype=pl.String),
        harness=pl.concat_str(
            pl.when(pl.col("conditions") != "").then("conditions"), "source", separator="; ", ignore_nulls=True
        ),
        score="number",
    )
    enough = pl.len().over("benchmark", "harness") >= FEWEST_SCORED
    known = models("language", catalog).select(
        "id",
        "name",
        "family",
        "release_date",
        model=pl.col("name").map_elements(_with_architecture, return_dtype=pl.String),
        params=pl.col("params"),
        active_params=pl.coalesce("active_params", "params"),
    )
    return (
        scores.unique(["id", "benchmark", "harness"], keep="first", maintain_order=True)
        .filter(enough)
        .join(known, on="id", maintain_order="left")
        .select(
            "id", "name", "family", "release_date", "benchmark", "harness", "score", "model", "params", "active_params"
        )
    )


def _with_architecture(name: str) -> str | None:
    return name if architecture(name) is not None else None
