"""Outliers: facts of the right form that look wrong. Each must be explained in a reviewed file or corrected.

A rule is a function of the catalogue that returns a `RuleViolation` for each outlier, with the entity and the attribute
that look wrong. To add one, write it and list it in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import polars as pl

from joulewise.catalog.catalog import Catalog
from joulewise.catalog.check import RuleViolation
from joulewise.catalog.disagree import disagreements
from joulewise.catalog.loading import load
from joulewise.catalog.model_outliers import model_outliers
from joulewise.catalog.tables import read_csv, shipped_folder
from joulewise.catalog.wide import accelerators

Rule = Callable[[Catalog], list[RuleViolation]]

EXPLANATION_COLUMNS = ("collection", "entity", "attribute", "reason")

BYTES_PER_FLOP = (8e-4, 0.25)
"""Plausible memory bandwidth over the best rate in 16 bits or FP32, from chips that read little to cards of 2008."""
SWEEPS_PER_S = 200.0
"""Largest number of times per second that a whole off-chip memory can be read."""
EFFICIENCY_FACTOR = 20.0
"""Plausible efficiency at one precision, over the median of accelerators launched within two years."""
STEP = (0.9, 2.2)
"""Plausible rate of a format over that of the format with twice the bits: 1 or 2; 4 suggests a rate with sparsity."""
STEPS = (("int8", "fp16-tensor"), ("fp8", "fp16-tensor"), ("fp4", "fp8"), ("fp16-tensor", "tf32"), ("int4", "int8"))

_NEIGHBOURS, _NEIGHBOUR_DAYS = 4, 731


def unexplained(
    catalog: Catalog | None = None, rules: Iterable[Rule] | None = None, reasons: pl.DataFrame | None = None
) -> list[RuleViolation]:
    """Return the outliers without an explanation, and the explanations without an outlier.

    Parameters
    ----------
    catalog : Catalog, optional
        By default the shipped one.
    rules : iterable of functions, optional
        By default `RULES`.
    reasons : DataFrame, optional
        In the form of `explanations`, which is the default.
    """
    found = outliers(catalog, rules)
    reasons = explanations() if reasons is None else reasons
    explained = {(r["collection"], r["entity"], r["attribute"]) for r in reasons.to_dicts()}
    present = {(p.collection, p.entity, p.attribute) for p in found}
    idle = [
        RuleViolation(
            r["file"],
            r["row"],
            "entity",
            f"{r['entity']} {r['attribute']} is not an outlier",
        )
        for r in reasons.to_dicts()
        if (r["collection"], r["entity"], r["attribute"]) not in present
    ]
    return [p for p in found if (p.collection, p.entity, p.attribute) not in explained] + idle


def outliers(catalog: Catalog | None = None, rules: Iterable[Rule] | None = None) -> list[RuleViolation]:
    """Return every outlier, explained or not, in the order of the rules."""
    catalog = catalog or load()
    return [problem for rule in (RULES if rules is None else rules) for problem in rule(catalog)]


def explanations(folder: Path | None = None) -> pl.DataFrame:
    """Return the reviewed reasons: ``collection, entity, attribute, reason``, with ``file`` and ``row``."""
    files = sorted((folder or shipped_folder()).glob("explanations*.csv"))
    return pl.concat(read_csv(file, EXPLANATION_COLUMNS) for file in files)


def bandwidth_to_rate(catalog: Catalog) -> list[RuleViolation]:
    """Return accelerators whose memory is too fast or too slow for their arithmetic."""
    table = _best_rate(catalog).with_columns(ratio=pl.col("bandwidth_bytes_per_s") / pl.col("rate"))
    low, high = BYTES_PER_FLOP
    return [
        _problem(catalog, row["id"], "bandwidth_bytes_per_s", f"{row['ratio']:.3g} bytes per FLOP of its best rate")
        for row in table.filter(~pl.col("ratio").is_between(low, high)).to_dicts()
    ]


def bandwidth_to_memory(catalog: Catalog) -> list[RuleViolation]:
    """Return accelerators that could read their whole memory more often than any off-chip memory allows."""
    table = accelerators(catalog).unique("id", keep="first", maintain_order=True)
    table = table.with_columns(ratio=pl.col("bandwidth_bytes_per_s") / pl.col("memory_bytes"))
    return [
        _problem(catalog, row["id"], "memory_bytes", f"could be read {row['ratio']:.4g} times per second")
        for row in table.filter(pl.col("ratio") > SWEEPS_PER_S).to_dicts()
    ]


def efficiency_of_its_year(catalog: Catalog) -> list[RuleViolation]:
    """Return efficiencies far from the median of contemporary accelerators at the same precision."""
    rate = pl.coalesce("peak_flops_per_s", "peak_ops_per_s")
    table = (
        accelerators(catalog)
        .with_columns(efficiency=rate / pl.col("tdp_w"))
        .filter(pl.col("efficiency").is_not_null(), pl.col("release_date").is_not_null())
        .select("id", "precision", "release_date", "efficiency", is_flops=pl.col("peak_flops_per_s").is_not_null())
    )
    days = (pl.col("release_date") - pl.col("release_date_near")).dt.total_days().abs()
    medians = (
        table.join(table, on="precision", suffix="_near")
        .filter((days <= _NEIGHBOUR_DAYS) & (pl.col("id") != pl.col("id_near")))
        .group_by("id", "precision")
        .agg(pl.len(), pl.col("efficiency_near").median().alias("median"))
        .filter(pl.col("len") >= _NEIGHBOURS)
    )
    found = table.join(medians, on=["id", "precision"], maintain_order="left").with_columns(
        factor=pl.col("efficiency") / pl.col("median")
    )
    return [
        _problem(
            catalog,
            row["id"],
            "peak_flops_per_s" if row["is_flops"] else "peak_ops_per_s",
            f"{row['factor']:.3g} times the median efficiency at {row['precision']} within two years",
            row["precision"],
        )
        for row in found.filter(~pl.col("factor").is_between(1 / EFFICIENCY_FACTOR, EFFICIENCY_FACTOR)).to_dicts()
    ]


def rates_by_format(catalog: Catalog) -> list[RuleViolation]:
    """Return rates that are not a plausible multiple of the rate in wider numbers, such as rates with sparsity."""
    table = accelerators(catalog).filter(pl.col("precision").is_not_null())
    rates = table.select("id", "precision", rate=pl.coalesce("peak_flops_per_s", "peak_ops_per_s"))
    found = []
    for narrow, wide in STEPS:
        pairs = rates.filter(precision=narrow).join(rates.filter(precision=wide), on="id", suffix="_wide")
        ratios = pairs.with_columns(ratio=pl.col("rate") / pl.col("rate_wide"))
        found += [
            _problem(
                catalog,
                row["id"],
                "peak_ops_per_s" if narrow.startswith("int") else "peak_flops_per_s",
                f"the rate at {narrow} is {row['ratio']:.3g} times that at {wide}",
                narrow,
            )
            for row in ratios.filter(~pl.col("ratio").is_between(*STEP)).sort("id").to_dicts()
        ]
    return found


def sources_of_accelerators_agree(catalog: Catalog) -> list[RuleViolation]:
    """Return cells of accelerators on which sources differ without a fact that says why one is wrong."""
    return [
        RuleViolation(
            row["file"],
            row["row"],
            "value",
            f"{row['entity']} {row['attribute']}{' at ' + row['conditions'] if row['conditions'] else ''}: "
            f"{row['value']} {row['unit']} of {row['source']}, but {row['other']} {row['other_unit']} "
            f"of {row['other_source']}",
            "accelerators",
            row["entity"],
            row["attribute"],
        )
        for row in disagreements("accelerators", catalog).filter(~pl.col("corrected")).to_dicts()
    ]


RULES: tuple[Rule, ...] = (
    bandwidth_to_rate,
    bandwidth_to_memory,
    efficiency_of_its_year,
    rates_by_format,
    sources_of_accelerators_agree,
    model_outliers,
)


def _best_rate(catalog: Catalog) -> pl.DataFrame:
    """Return one row per accelerator with ``rate``, its best in 16 bits or FP32, and its bandwidth."""
    usual = pl.col("precision").is_in(["fp16-tensor", "fp16", "fp32"])
    return (
        accelerators(catalog)
        .group_by("id", maintain_order=True)
        .agg(pl.col("peak_flops_per_s").filter(usual).max().alias("rate"), pl.first("bandwidth_bytes_per_s"))
        .drop_nulls()
    )


def _problem(catalog: Catalog, entity: str, attribute: str, message: str, precision: str = "") -> RuleViolation:
    """Return an outlier at the row of the fact in use."""
    rows = catalog.facts.filter(
        pl.col("entity") == entity,
        pl.col("attribute") == attribute,
        ~pl.col("superseded"),
        pl.col("conditions").str.contains(f"precision={precision}", literal=True) if precision else pl.lit(True),
    )
    file, row = rows.select("file", "row").row(0) if rows.height else ("", 0)
    return RuleViolation(file, row, "value", f"{entity} {attribute}: {message}", "accelerators", entity, attribute)
