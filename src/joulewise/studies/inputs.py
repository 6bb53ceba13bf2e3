"""Models with their scores, as the studies of quality and energy need them."""

from __future__ import annotations

import polars as pl

from joulewise.catalog import Catalog, vision_results

IMAGE_BENCHMARK = "ImageNet top-1"

LANGUAGE_COLUMNS = {
    "id": pl.String,
    "name": pl.String,
    "family": pl.String,
    "release_date": pl.Date,
    "benchmark": pl.String,
    "harness": pl.String,
    "score": pl.Float64,
    "model": pl.String,
    "params": pl.Float64,
    "active_params": pl.Float64,
}


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


def language_scores(catalog: Catalog) -> pl.DataFrame:  # noqa: ARG001
    """Return the language models with a score: a row a model and benchmark as one harness runs it.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, release_date, benchmark, harness, score, model`` (a name of the table of
        architectures, null where it has none), ``params, active_params``.
    """
    return pl.DataFrame(schema=LANGUAGE_COLUMNS)
