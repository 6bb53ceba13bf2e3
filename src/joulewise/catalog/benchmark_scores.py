"""Language models: one row per model, and one row per score with the settings it was measured under."""

from __future__ import annotations

import polars as pl

from joulewise.catalog.catalog import Catalog
from joulewise.catalog.facts import condition
from joulewise.catalog.find import find_model
from joulewise.catalog.loading import load
from joulewise.errors import UnknownNameError

_ENDINGS = ("_percent", "_points")
_TEXTS = ("organisation", "licence", "access")
_NUMBERS = ("params", "active_params")


def benchmarks(catalog: Catalog | None = None) -> list[str]:
    """Return the names of the benchmarks of language models, as `scores` takes them: ``mmlu``, ``eci``, ..."""
    catalog = catalog or load()
    scored = _of_language(catalog).filter(
        pl.col("attribute").str.ends_with(_ENDINGS[0]) | pl.col("attribute").str.ends_with(_ENDINGS[1])
    )
    return sorted({_benchmark(a) for a in scored["attribute"]})


def scores(benchmark: str | None = None, catalog: Catalog | None = None) -> pl.DataFrame:
    """Return one row per score of a language model, without pooling any.

    Scores of one benchmark under different settings differ by tens of points: compare only rows with the
    same `harness`, and the same `settings` where you can.

    Parameters
    ----------
    benchmark : str, optional
        Only one of `benchmarks`.
    catalog : Catalog, optional
        By default the shipped one.

    Returns
    -------
    polars.DataFrame
        ``id, name, release_date, access, params [1], active_params [1], benchmark, score`` (in per cent or
        in the benchmark's own points)``, settings`` (all conditions)``, harness`` (blank where the source
        does not state it)``, source``.

    Raises
    ------
    UnknownNameError
        If the benchmark is unknown; with the nearest names.
    """
    catalog = catalog or load()
    known = benchmarks(catalog)
    if benchmark is not None and benchmark not in known:
        raise UnknownNameError("benchmark", benchmark, known)
    wanted = known if benchmark is None else [benchmark]
    attributes = [f"{name}{ending}" for name in wanted for ending in _ENDINGS]
    facts = _of_language(catalog).filter(pl.col("attribute").is_in(attributes) & ~pl.col("superseded"))
    found = facts.select(
        pl.col("entity").alias("id"),
        pl.col("attribute").str.replace(f"({'|'.join(_ENDINGS)})$", "").alias("benchmark"),
        pl.col("number").alias("score"),
        pl.col("conditions").alias("settings"),
        condition("harness").fill_null("").alias("harness"),
        "source",
    )
    models = language_models(catalog).select("id", "name", "release_date", "access", *_NUMBERS)
    columns = [*models.columns, "benchmark", "score", "settings", "harness", "source"]
    return (
        found.join(models, on="id", how="left", maintain_order="left")
        .select(columns)
        .sort("benchmark", "harness", "release_date", maintain_order=True, nulls_last=True)
    )


def language_models(catalog: Catalog | None = None) -> pl.DataFrame:
    """Return one row per language model, ordered by release date.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, organisation, release_date, params [1], active_params [1], licence, access``
        (``open-weights``, ``closed`` or null)``, flops_per_token [FLOP]`` (of a forward pass over the number of
        tokens that the fact states, 1,024 where the model takes them, per token)``, has_architecture`` (whether
        the table of architectures has a row for it).
    """
    catalog = catalog or load()
    cells = _of_language(catalog).filter(~pl.col("superseded"))
    first = cells.unique(["entity", "attribute"], keep="first", maintain_order=True)
    frame = catalog.entities.filter(collection="models", task="language").select("id", "name", "family")
    for attribute in (*_TEXTS, "release_date", *_NUMBERS):
        column = "number" if attribute in _NUMBERS else "value"
        values = first.filter(attribute=attribute).select(pl.col("entity").alias("id"), pl.col(column).alias(attribute))
        frame = frame.join(values, on="id", how="left", maintain_order="left")
    counted = (
        cells.filter((pl.col("attribute") == "flops") & (pl.col("kind") == "derived"))
        .unique("entity", keep="first", maintain_order=True)
        .with_columns(condition("input_tokens").cast(pl.Float64).alias("tokens"))
        .select(pl.col("entity").alias("id"), (pl.col("number") / pl.col("tokens")).alias("flops_per_token"))
    )
    found = [find_model(entity, catalog).architecture is not None for entity in frame["id"]]
    return (
        frame.join(counted, on="id", how="left", maintain_order="left")
        .with_columns(
            pl.col("release_date").str.to_date("%Y-%m-%d"),
            pl.Series("has_architecture", found, dtype=pl.Boolean),
        )
        .select(
            "id",
            "name",
            "family",
            "organisation",
            "release_date",
            *_NUMBERS,
            "licence",
            "access",
            "flops_per_token",
            "has_architecture",
        )
        .sort("release_date", maintain_order=True, nulls_last=True)
    )


def links(catalog: Catalog | None = None) -> pl.DataFrame:
    """Return the number of models that two benchmarks have in common, through which their scales can be linked.

    Returns
    -------
    polars.DataFrame
        ``benchmark, harness, other, other_harness, models, first, last`` (release dates of those models),
        for pairs of a benchmark and harness with at least one model in common, most first.
    """
    one = scores(catalog=catalog).select("id", "release_date", "benchmark", "harness").unique()
    pairs = one.join(one, on="id", suffix="_other").filter(
        (pl.col("benchmark") < pl.col("benchmark_other"))
        | ((pl.col("benchmark") == pl.col("benchmark_other")) & (pl.col("harness") < pl.col("harness_other")))
    )
    return (
        pairs.group_by(
            "benchmark",
            "harness",
            pl.col("benchmark_other").alias("other"),
            pl.col("harness_other").alias("other_harness"),
        )
        .agg(
            pl.len().alias("models"),
            pl.col("release_date").min().alias("first"),
            pl.col("release_date").max().alias("last"),
        )
        .sort(["models", "benchmark", "harness", "other", "other_harness"], descending=[True, *[False] * 4])
    )


def _of_language(catalog: Catalog) -> pl.DataFrame:
    ids = catalog.entities.filter(collection="models", task="language").select(pl.col("id").alias("entity"))
    return catalog.facts.filter(collection="models").join(ids, on="entity", how="semi", maintain_order="left")


def _benchmark(attribute: str) -> str:
    for ending in _ENDINGS:
        attribute = attribute.removesuffix(ending)
    return attribute
