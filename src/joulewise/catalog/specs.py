"""Specifications of accelerators from their facts: rates, memory, bandwidth, power."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from joulewise.catalog.catalog import Catalog, kept_with
from joulewise.catalog.facts import condition
from joulewise.catalog.find import find_entity
from joulewise.catalog.loading import load
from joulewise.catalog.wide import accelerators, standing
from joulewise.errors import InputError

_NEEDED = {
    "memory_bytes": "its memory",
    "bandwidth_bytes_per_s": "its memory bandwidth",
    "tdp_w": "its thermal design power",
    "bf16_flops_per_s": "a rate in 16 bits or FP32",
}
# Two accelerators of a machine without a link communicate over its bus; for most cards that is this one.
_BUS_BYTES_PER_S = 32e9
_RANK = {"fp16-tensor": 0, "fp16": 1, "fp32": 1}
_RATES = {
    "fp16-tensor": "tensor_16",
    "fp16": "vector_16",
    "fp32": "vector_32",
    "fp8": "fp8_flops_per_s",
    "fp4": "fp4_flops_per_s",
    "int8": "int8_ops_per_s",
}


@dataclass(frozen=True)
class AcceleratorSpec:
    """Specification of an accelerator, from its facts; rates are dense.

    Parameters
    ----------
    id, name : str
    full_name : str
        The longest of its names, which states form and memory where any does: ``NVIDIA A100-SXM4-40GB``.
    die : str
        The chip design; the id of the accelerator where the design is unknown.
    memory_bytes, bandwidth_bytes_per_s, link_bytes_per_s, tdp_w : float
        Memory [B], its bandwidth [B/s], bandwidth of the link to others [B/s], thermal design power [W].
    bf16_flops_per_s : float
        Of matrix units, or the best rate in 16 bits or FP32 where it has none. [FLOP/s]
    fp8_flops_per_s, fp4_flops_per_s, int8_ops_per_s : float or None
        None where it has no such arithmetic. [FLOP/s, OP/s]
    release_date : str or None
    kind, segment : str or None
        ``gpu``, ``tpu``, ``npu`` or ``cpu``; ``desktop``, ``server`` or ``edge``.
    system : str
        The system it is built into; ``server`` where that is unknown.
    source, via : str
        Source of its figures, and the work in which they were read if that is another.
    sources : mapping of str to str
        Source of each figure that an estimate needs.
    note : str
        Assumptions behind its figures.
    """

    id: str
    name: str
    full_name: str
    die: str
    memory_bytes: float
    bandwidth_bytes_per_s: float
    link_bytes_per_s: float
    tdp_w: float
    bf16_flops_per_s: float
    fp8_flops_per_s: float | None
    fp4_flops_per_s: float | None
    int8_ops_per_s: float | None
    release_date: str | None
    kind: str | None
    segment: str | None
    system: str
    source: str
    via: str
    sources: Mapping[str, str]
    note: str

    def to_dict(self) -> dict[str, Any]:
        """Return every field by its name, as JSON holds it."""
        return asdict(self)


def accelerator_spec(name: str, catalog: Catalog | None = None) -> AcceleratorSpec:
    """Return the specification of an accelerator.

    Parameters
    ----------
    name : str
        Id, name or alias, with or without its maker's name. See `find.variants_of` for what else a short name may mean.
    catalog : Catalog, optional
        By default the shipped one.

    Raises
    ------
    UnknownNameError
        If there is no such accelerator; with the nearest names.
    InputError
        If a fact that every estimate needs is missing; with its name.
    """
    catalog = catalog or load()
    spec = _specs(catalog)[find_entity("accelerators", name, catalog)]
    missing = [what for key, what in _NEEDED.items() if spec[key] is None]
    if missing:
        raise InputError(f"{spec['name']} cannot be estimated on: the catalogue lacks {' and '.join(missing)}")
    return AcceleratorSpec(**spec)


@kept_with
def _specs(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """Return the fields of each accelerator's specification, None where the catalogue lacks one."""
    table = accelerators(catalog)
    longest = catalog.entities.filter(collection="accelerators").select(
        "id",
        full_name=pl.concat_str("name", "aliases", separator="|")
        .str.split("|")
        .list.eval(pl.element().sort_by(pl.element().str.len_chars(), descending=True, maintain_order=True))
        .list.first(),
    )
    rate = pl.coalesce("peak_flops_per_s", "peak_ops_per_s")
    rates = (
        table.filter(pl.col("precision").is_in(list(_RATES)))
        .with_columns(pl.col("precision").replace_strict(_RATES, default=None), rate.alias("rate"))
        .pivot("precision", index="id", values="rate")
    )
    wide = (
        table.unique("id", keep="first", maintain_order=True)
        .join(rates, on="id", how="left", maintain_order="left")
        .join(longest, on="id", how="left", maintain_order="left")
        .join(_texts(catalog), on="id", how="left", maintain_order="left")
        .join(_origins(catalog), on="id", how="left", maintain_order="left")
        .join(_doubts(catalog), on="id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("tensor_16", pl.max_horizontal("vector_16", "vector_32")).alias("bf16_flops_per_s"),
            pl.coalesce("die", "id").alias("die"),
            pl.col("link_bytes_per_s").fill_null(_BUS_BYTES_PER_S),
            pl.coalesce("system", pl.lit("server")).alias("system"),
            pl.col("release_date").dt.to_string("%Y-%m-%d"),
            pl.concat_str(
                pl.when(pl.col("link_bytes_per_s").is_null()).then(
                    pl.lit("link: unknown, that of PCIe 4.0 x16 assumed")
                ),
                pl.when(pl.col("tensor_16").is_null() & pl.max_horizontal("vector_16", "vector_32").is_not_null()).then(
                    pl.lit("rate: no matrix units known, the best of FP16 and FP32")
                ),
                "doubts",
                separator="; ",
                ignore_nulls=True,
            ).alias("note"),
        )
    )
    kept = (
        *("id", "name", "full_name", "die", "memory_bytes", "bandwidth_bytes_per_s", "link_bytes_per_s", "tdp_w"),
        *("bf16_flops_per_s", "fp8_flops_per_s", "fp4_flops_per_s", "int8_ops_per_s"),
        *("release_date", "kind", "segment", "system"),
        *("source", "via", "sources", "note"),
    )
    return {row["id"]: row for row in wide.select(kept).to_dicts()}


def _texts(catalog: Catalog) -> pl.DataFrame:
    """Return chip design and system by accelerator."""
    return (
        standing(catalog, "accelerators")
        .filter(pl.col("attribute").is_in(["die", "system"]))
        .unique(["entity", "attribute"], keep="first", maintain_order=True)
        .pivot("attribute", index="entity", values="value")
        .rename({"entity": "id"})
    )


def _origins(catalog: Catalog) -> pl.DataFrame:
    """Return the sources of each needed figure, and of all figures: addresses, or citations where there is none."""
    shown = pl.when(pl.col("url") != "").then("url").otherwise("citation")
    cited = dict(catalog.source_table.select("id", shown.alias("shown")).iter_rows())
    rank = condition("precision").replace_strict(_RANK, default=None, return_dtype=pl.Int64)
    # Like the rate itself: that of matrix units, otherwise the greatest.
    needed = (
        standing(catalog, "accelerators")
        .filter(pl.col("attribute").is_in([*_NEEDED, "peak_flops_per_s"]))
        .with_columns(rank=rank)
        .unique(["entity", "attribute", "rank", "conditions"], keep="first", maintain_order=True)
        .filter((pl.col("attribute") != "peak_flops_per_s") | pl.col("rank").is_not_null())
        .sort("rank", "number", descending=[False, True], nulls_last=True, maintain_order=True)
        .unique(["entity", "attribute"], keep="first", maintain_order=True)
    )
    rows: dict[str, dict[str, str]] = {}
    via: dict[str, set[str]] = {}
    for row in needed.select("entity", "attribute", "source", "via").to_dicts():
        name = "bf16_flops_per_s" if row["attribute"] == "peak_flops_per_s" else row["attribute"]
        rows.setdefault(row["entity"], {})[name] = "; ".join(cited[s] for s in row["source"].split("; "))
        via.setdefault(row["entity"], set()).update([cited[row["via"]]] if row["via"] else [])
    return pl.DataFrame(
        {
            "id": list(rows),
            "source": ["; ".join(dict.fromkeys(of.values())) for of in rows.values()],
            "via": ["; ".join(sorted(via[entity])) for entity in rows],
            "sources": [{name: of.get(name) for name in _NEEDED} for of in rows.values()],
        }
    )


def _doubts(catalog: Catalog) -> pl.DataFrame:
    """Return notes on power, memory and bandwidth that are assumed or doubtful, by accelerator."""
    attributes = {"tdp_w": "power", "memory_bytes": "memory", "bandwidth_bytes_per_s": "bandwidth"}
    doubted = (
        standing(catalog, "accelerators")
        .filter(pl.col("attribute").is_in(list(attributes)))
        .unique(["entity", "attribute"], keep="first", maintain_order=True)
        .filter((pl.col("kind") == "assumed") | pl.col("note").str.contains("doubtful"))
    )
    what = pl.col("attribute").replace_strict(attributes, default=None)
    return doubted.group_by(pl.col("entity").alias("id"), maintain_order=True).agg(
        pl.concat_str(what, pl.col("note"), separator=": ").str.join("; ").alias("doubts")
    )
