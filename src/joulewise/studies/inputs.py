"""Models with their scores, as the studies of quality and energy need them."""

from __future__ import annotations

import polars as pl

from joulewise.catalog import Catalog, language_models, scores, vision_results

IMAGE_BENCHMARK = "ImageNet top-1"

LANGUAGE_BENCHMARKS = {"mmlu": "MMLU", "mmlu_pro": "MMLU-Pro", "gpqa_diamond": "GPQA-Diamond", "eci": "ECI"}
"""Benchmark of `catalog.scores` -> its name."""

FEWEST_SCORED = 25
"""Models of known size that one harness must have scored for its scores to be used."""


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
    """Return the open-weight language models with a score: a row a model and benchmark as one harness runs it.

    Of several scores of a model by one harness, as with more effort, the best counts. Models whose size is not public
    are left out: their energy would rest on a guess.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, release_date, benchmark, harness`` (with the number of shots; scores of two harnesses are
        never mixed), ``score, model`` (a name of the table of architectures, null where it has none), ``params,
        active_params``.
    """
    known = language_models(catalog).select(
        "id", "family", model=pl.when("has_architecture").then("name"), active=pl.coalesce("active_params", "params")
    )
    sized = pl.col("model").is_not_null() | pl.col("params").is_not_null()
    shots = pl.col("settings").str.extract(r"(?:^|; )shots=([^;]+)")
    snapshot = pl.col("settings").str.extract(r"(?:^|; )snapshot=([^;]+)")
    rows = (
        scores(catalog=catalog)
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
        .join(known, on="id", how="left", maintain_order="left")
        .sort("score", descending=True, maintain_order=True)
        .unique(["id", "benchmark", "harness"], keep="first", maintain_order=True)
    )
    group = ["benchmark", "harness"]
    return (
        rows.filter(sized.sum().over(group) >= FEWEST_SCORED)
        .sort("benchmark", "harness", "release_date", "id")
        .select("id", "name", "family", "release_date", *group, "score", "model", "params", active_params="active")
    )


def language_sizes(catalog: Catalog) -> pl.DataFrame:
    """Return the open-weight language models of known size, with a score or without.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, release_date, model, params, active_params`` as in `language_scores`.
    """
    return (
        language_models(catalog)
        .filter((pl.col("access") != "closed").fill_null(value=True))
        .filter(pl.col("has_architecture") | pl.col("params").is_not_null())
        .select(
            "id",
            "name",
            "family",
            "release_date",
            "params",
            model=pl.when("has_architecture").then("name"),
            active_params=pl.coalesce("active_params", "params"),
        )
    )
