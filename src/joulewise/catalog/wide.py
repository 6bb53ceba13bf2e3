"""Wide tables derived from the facts: one row per model, or per accelerator and precision."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from joulewise.catalog.catalog import Catalog
from joulewise.catalog.facts import condition
from joulewise.catalog.loading import load
from joulewise.errors import UnknownNameError

TASKS = ("vision", "language")
SCORE_OF_TASK = {"vision": "top1_percent", "language": "glue_points"}


def models(task: str | None = None, catalog: Catalog | None = None) -> pl.DataFrame:
    """Return one row per model, ordered by release date.

    Parameters
    ----------
    task : str, optional
        Only models of one task, one of those among the entities: ``vision``, ``language``, ...
    catalog : Catalog, optional
        By default the shipped one.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, task, architecture, release_date, params [1], flops [FLOP] (one forward pass
        of one input), convention, input_tokens, top1_percent [%], glue_points, score`` (the task's own),
        ``extra_data, architecture_date, image_px [px]`` (side of the image that the score and the FLOPs hold for),
        ``active_params [1], licence``. A weight scored at several sizes has the row of its best score.

    Raises
    ------
    UnknownNameError
        If the task is not known.
    """
    catalog = catalog or load()
    tasks = catalog.entities.filter(collection="models")["task"].unique(maintain_order=True).to_list()
    if task is not None and task not in tasks:
        raise UnknownNameError("task", task, tasks)
    numbers = ("params", "flops", "input_tokens", "top1_percent", "glue_points", "test_resolution_px", "active_params")
    texts = ("architecture", "extra_data", "architecture_date", "licence")
    frame = _wide(catalog, "models", numbers, texts, extra={"convention": ("flops", "conditions")})
    score = pl.coalesce(pl.when(pl.col("task") == t).then(pl.col(column)) for t, column in SCORE_OF_TASK.items())
    frame = (
        frame.with_columns(
            score.alias("score"),
            pl.col("convention").str.extract(r"convention=([^;]+)"),
            pl.col("architecture_date").str.to_date("%Y-%m-%d"),
            pl.col("test_resolution_px").cast(pl.Int64).alias("image_px"),
        )
        .select(
            "id",
            "name",
            "family",
            "task",
            "architecture",
            "release_date",
            "params",
            "flops",
            "convention",
            "input_tokens",
            "top1_percent",
            "glue_points",
            "score",
            "extra_data",
            "architecture_date",
            "image_px",
            "active_params",
            "licence",
        )
        .sort("release_date", maintain_order=True, nulls_last=True)
    )
    return frame.filter(task=task) if task else frame


def undated(task: str | None = None, catalog: Catalog | None = None) -> int:
    """Return how many models have no release date and are therefore in no trend over time."""
    return models(task, catalog)["release_date"].null_count()


def vision_results(catalog: Catalog | None = None) -> pl.DataFrame:
    """Return one row per set of weights and image size, for every ImageNet score that states the size.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, architecture_date`` (month of the network), ``release_date`` (month of the training
        recipe; it dates accuracy), ``date_basis`` (of the latter), ``extra_data, params [1],
        image_px [px], top1_percent [%], flops [FLOP], activation_values [1]`` (both of one image of that size),
        ``network_kind``; in the order of the catalogue, the best score of a weight first. Months are written as
        their first day.
    """
    catalog = catalog or load()
    texts = ("architecture_date", "extra_data", "network_kind")
    weights = _wide(catalog, "models", ("params",), texts, extra={"date_basis": ("release_date", "note")}).drop("task")
    sized = ("top1_percent", "flops", "activation_values")
    frame = (
        standing(catalog, "models")
        .filter(pl.col("attribute").is_in(sized))
        .select(
            pl.col("entity").alias("id"),
            condition("image_px").alias("image_px"),
            *(pl.when(pl.col("attribute") == name).then("number").alias(name) for name in sized),
        )
        .filter(pl.col("image_px").is_not_null())
        .group_by("id", "image_px", maintain_order=True)
        .agg(pl.col(name).drop_nulls().first() for name in sized)
        .filter(pl.col("top1_percent").is_not_null())
    )
    return (
        frame.join(weights, on="id", how="left", maintain_order="left")
        .with_columns(pl.col("date_basis").str.extract(r"^basis: ([^;]+)"))
        .select(
            "id",
            "name",
            "family",
            pl.col("architecture_date").str.to_date("%Y-%m-%d"),
            "release_date",
            "date_basis",
            "extra_data",
            "params",
            pl.col("image_px").cast(pl.Int64),
            "top1_percent",
            "flops",
            "activation_values",
            "network_kind",
        )
    )


def accelerators(catalog: Catalog | None = None) -> pl.DataFrame:
    """Return one row per accelerator and precision, ordered by release date.

    Rates are dense, and those with accumulation in FP32 where it differs from FP16. An accelerator without any rate has
    one row, without a precision.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, manufacturer, segment`` (desktop, server or edge), ``release_date, tdp_w [W],
        precision`` (integer ones too: ``int8``, ``int4``), ``peak_flops_per_s [FLOP/s]`` (null for integers),
        ``kind`` (gpu, tpu, npu or cpu), ``memory_bytes [B], bandwidth_bytes_per_s [B/s], link_bytes_per_s [B/s],
        price_usd [USD], process_nm [nm], peak_ops_per_s [OP/s]`` (of integers).
    """
    catalog = catalog or load()
    numbers = ("tdp_w", "memory_bytes", "bandwidth_bytes_per_s", "link_bytes_per_s", "price_usd", "process_nm")
    cells = _cells(catalog, "accelerators", by_condition="precision")
    frame = _spread(catalog, "accelerators", cells, numbers, ("segment", "manufacturer", "kind", "release_date"))
    rates = cells.filter(pl.col("attribute").is_in(["peak_flops_per_s", "peak_ops_per_s"])).select(
        pl.col("entity").alias("id"),
        "precision",
        *[
            pl.when(pl.col("attribute") == rate).then("number").alias(rate)
            for rate in ("peak_flops_per_s", "peak_ops_per_s")
        ],
    )
    return (
        frame.with_columns(pl.col("release_date").str.to_date("%Y-%m-%d"))
        .join(rates, on="id", how="left", maintain_order="left_right")
        .select(
            "id",
            "name",
            "family",
            "manufacturer",
            "segment",
            "release_date",
            "tdp_w",
            "precision",
            "peak_flops_per_s",
            "kind",
            *numbers[1:],
            "peak_ops_per_s",
        )
        .sort("release_date", maintain_order=True, nulls_last=True)
    )


def sources(catalog: Catalog | None = None) -> pl.DataFrame:
    """Return one row per source: its citation, and in ``facts`` how many facts cite it."""
    catalog = catalog or load()
    used = catalog.facts.select(pl.col("source").str.split("; ").alias("id")).explode("id").group_by("id").len("facts")
    return (
        catalog.source_table.select("id", "citation", "url", "date", "licence", "note")
        .join(used, on="id", how="left")
        .with_columns(pl.col("facts").fill_null(0))
        .sort("id")
    )


def _cells(catalog: Catalog, collection: str, by_condition: str) -> pl.DataFrame:
    """Return the fact in use for each cell, also by a condition: the first listed one that no other corrects."""
    facts = standing(catalog, collection).with_columns(condition(by_condition).alias(by_condition))
    return facts.unique(["entity", "attribute", by_condition], keep="first", maintain_order=True)


def standing(catalog: Catalog, collection: str) -> pl.DataFrame:
    """Return the facts that may fill a cell: rates with sparsity, or accumulated in fewer bits, may not."""
    dense = condition("sparsity").is_null() & condition("accumulate").is_null()
    return catalog.facts.filter((pl.col("collection") == collection) & ~pl.col("superseded") & dense)


def _wide(
    catalog: Catalog,
    collection: str,
    numbers: tuple[str, ...],
    texts: tuple[str, ...],
    extra: Mapping[str, tuple[str, str]],
) -> pl.DataFrame:
    """Return one row per entity with the value in use for each attribute, null where there is none.

    `extra` names further columns: an attribute, and the column of its fact to take instead of the value.
    """
    columns = {name: (name, "number") for name in numbers}
    columns |= {name: (name, "value") for name in (*texts, "release_date")} | dict(extra)
    # One pass for all columns: a join for each costs ten times as much.
    values = (
        standing(catalog, collection)
        .select(
            pl.col("entity").alias("id"),
            *(pl.when(pl.col("attribute") == fact).then(of).alias(name) for name, (fact, of) in columns.items()),
        )
        .group_by("id")
        .agg(pl.col(name).drop_nulls().first() for name in columns)
    )
    return (
        catalog.entities.filter(collection=collection)
        .select("id", "name", "family", "task")
        .join(values, on="id", how="left", maintain_order="left")
        .with_columns(pl.col("release_date").str.to_date("%Y-%m-%d"))
    )


def _spread(
    catalog: Catalog, collection: str, cells: pl.DataFrame, numbers: tuple[str, ...], texts: tuple[str, ...]
) -> pl.DataFrame:
    """Return one row per entity and one column per attribute, from cells that have one fact each."""
    frame = catalog.entities.filter(collection=collection).select("id", "name", "family", "task")
    for attributes, values in ((numbers, "number"), (texts, "value")):
        wide = (
            cells.filter(pl.col("attribute").is_in(list(attributes)))
            .select(
                pl.col("entity").alias("id"),
                *[pl.when(pl.col("attribute") == a).then(values).alias(a) for a in attributes],
            )
            .group_by("id", maintain_order=True)
            .agg(pl.col(a).drop_nulls().first() for a in attributes)
        )
        frame = frame.join(wide, on="id", how="left", maintain_order="left")
    return frame
