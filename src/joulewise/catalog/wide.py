"""Wide tables, derived from the facts: one row a model, or an accelerator and precision."""

from __future__ import annotations

import polars as pl

from joulewise.catalog.facts import Catalog, load
from joulewise.errors import UnknownNameError

TASKS = ("vision", "language")
SCORE_OF_TASK = {"vision": "top1_percent", "language": "glue_points"}


def models(task: str | None = None, catalog: Catalog | None = None) -> pl.DataFrame:
    """Return one row a model, dated first to last.

    Parameters
    ----------
    task : {"vision", "language"}, optional
        Only models of one task.
    catalog : Catalog, optional
        By default the shipped one.

    Returns
    -------
    polars.DataFrame
        ``id, name, family, task, architecture, release_date, params [1], flops [FLOP] (one forward pass
        of one input), convention, input_tokens, top1_percent [%], glue_points, score`` (the task's own),
        ``extra_data``.

    Raises
    ------
    UnknownNameError
        If the task is not known.
    """
    if task is not None and task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    catalog = catalog or load()
    numbers = ("params", "flops", "input_tokens", "top1_percent", "glue_points")
    frame = _wide(catalog, "models", numbers, ("architecture", "extra_data"))
    convention = (
        _cells(catalog, "models")
        .filter(attribute="flops")
        .select(
            pl.col("entity").alias("id"),
            pl.col("conditions").str.extract(r"convention=([^;]+)").alias("convention"),
        )
    )
    score = pl.coalesce(pl.when(pl.col("task") == t).then(pl.col(column)) for t, column in SCORE_OF_TASK.items())
    frame = (
        frame.join(convention, on="id", how="left")
        .with_columns(score.alias("score"))
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
        )
        .sort("release_date", maintain_order=True, nulls_last=True)
    )
    return frame.filter(task=task) if task else frame


def accelerators(catalog: Catalog | None = None) -> pl.DataFrame:
    """Return one row an accelerator and precision, dated first to last.

    Rates are dense, and accumulate in FP32 where the accelerator does so at another rate than in FP16. An
    accelerator without any rate has one row, without a precision.

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
    """Return one row a source: its citation, and in ``facts`` how many rest on it."""
    catalog = catalog or load()
    used = catalog.facts.select(pl.col("source").str.split("; ").alias("id")).explode("id").group_by("id").len("facts")
    return (
        catalog.source_table.select("id", "citation", "url", "date", "licence", "note")
        .join(used, on="id", how="left")
        .with_columns(pl.col("facts").fill_null(0))
        .sort("id")
    )


def _cells(catalog: Catalog, collection: str, by_condition: str | None = None) -> pl.DataFrame:
    """Return the fact that stands for each cell: the first listed that no other corrects.

    Rates with sparsity, or accumulated in fewer bits, are facts but stand for no cell.
    """
    special = pl.col("conditions").str.contains(r"(?:^|; )(?:sparsity|accumulate)=")
    facts = catalog.facts.filter((pl.col("collection") == collection) & ~pl.col("superseded") & ~special)
    key = ["entity", "attribute"]
    if by_condition:
        facts = facts.with_columns(pl.col("conditions").str.extract(by_condition + r"=([^;]+)").alias(by_condition))
        key.append(by_condition)
    return facts.unique(key, keep="first", maintain_order=True)


def _wide(catalog: Catalog, collection: str, numbers: tuple[str, ...], texts: tuple[str, ...]) -> pl.DataFrame:
    cells = _cells(catalog, collection)
    frame = catalog.entities.filter(collection=collection).select("id", "name", "family", "task")
    for attribute in (*numbers, *texts, "release_date"):
        column = "number" if attribute in numbers else "value"
        values = cells.filter(attribute=attribute).select(pl.col("entity").alias("id"), pl.col(column).alias(attribute))
        frame = frame.join(values, on="id", how="left", maintain_order="left")
    return frame.with_columns(pl.col("release_date").str.to_date("%Y-%m-%d"))


def _spread(
    catalog: Catalog, collection: str, cells: pl.DataFrame, numbers: tuple[str, ...], texts: tuple[str, ...]
) -> pl.DataFrame:
    """Return one row an entity with a column for each attribute, of cells that have one fact each."""
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
