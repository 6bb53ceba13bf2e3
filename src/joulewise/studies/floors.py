"""Joules per operation: of the best data sheets, of what was measured, of circuits, and the floors beneath them."""

from __future__ import annotations

import polars as pl

from joulewise.catalog import Catalog
from joulewise.hardware.limits import landauer_op_j
from joulewise.studies.wall import wall_efficiencies

# Group of precisions -> the format whose bits are counted, where the group has more than one.
FORMAT_OF_GROUP = {
    "FP64": "FP64",
    "FP32": "FP32",
    "TF32 tensor": "TF32",
    "16-bit tensor": "FP16",
    "FP8 tensor": "FP8",
    "FP4 tensor": "FP4",
    "INT8": "INT8",
    "INT4": "INT4",
}
_GROUP_OF_OP = {
    "fp32": "FP32",
    "fp16": "16-bit tensor",
    "fp8": "FP8 tensor",
    "fp4": "FP4 tensor",
    "int8": "INT8",
    "int4": "INT4",
}
_SCHEMA = {
    "name": pl.String,
    "basis": pl.String,
    "group": pl.String,
    "joules_per_op": pl.Float64,
    "year": pl.Float64,
    "landauer_joules_per_op": pl.Float64,
    "times_landauer": pl.Float64,
    "source": pl.String,
}
_MEASURED = {"resnet50": "ResNet-50", "bert-99": "BERT-Large"}


def distances(points: pl.DataFrame, catalog: Catalog, temperature_k: float) -> pl.DataFrame:
    """Return what an operation takes, half a multiply-add, beside the least it could.

    Parameters
    ----------
    points : polars.DataFrame
        Of `points.accelerator_points`.
    temperature_k : float
        Of the least energy to erase a bit. [K]

    Returns
    -------
    polars.DataFrame
        ``name, basis`` (``data sheet``: peak over TDP, the best of each group; ``measured at the wall``, a whole
        system with a whole network; ``measured chip``; ``arithmetic unit``, ``memory`` and ``estimated limit``),
        ``group, joules_per_op, year, landauer_joules_per_op, times_landauer`` and ``source``.
    """
    best = points.sort("efficiency_per_j", descending=True).unique("group", keep="first", maintain_order=True)
    rows = [
        _row(row["name"], "data sheet", row["group"], 1 / row["efficiency_per_j"], row["year"], temperature_k, source)
        for row in best.to_dicts()
        if row["group"] in FORMAT_OF_GROUP
        for source in [_source(row, catalog)]
    ]
    for network, name in _MEASURED.items():
        measured = wall_efficiencies(network).filter(pl.col("precision").is_in(["int8", "fp16", "fp8"]))
        for row in measured.unique("precision", keep="first", maintain_order=True).to_dicts():
            group = {"int8": "INT8", "fp16": "16-bit tensor", "fp8": "FP8 tensor"}[row["precision"]]
            title = f"{name} on {row['name']}"
            rows.append(
                _row(
                    title,
                    "measured at the wall",
                    group,
                    row["pj_per_op"] / 1e12,
                    row["year"],
                    temperature_k,
                    row["url"],
                )
            )
    rows += _facts(catalog, temperature_k)
    return pl.DataFrame(rows, schema=_SCHEMA)


def _row(
    name: str, basis: str, group: str, joules: float, year: float | None, temperature_k: float, source: str
) -> dict[str, object]:
    least = landauer_op_j(FORMAT_OF_GROUP[group], temperature_k)
    return {
        "name": name,
        "basis": basis,
        "group": group,
        "joules_per_op": joules,
        "year": year,
        "landauer_joules_per_op": least,
        "times_landauer": joules / least,
        "source": source,
    }


def _source(row: dict[str, object], catalog: Catalog) -> str:
    attribute = "peak_ops_per_s" if str(row["group"]).startswith("INT") else "peak_flops_per_s"
    known = catalog.facts_of(str(row["id"]), attribute, precision=str(row["precision"]))
    return known[0].cited if known else catalog.facts_of(str(row["id"]), "peak_flops_per_s")[0].cited


def _facts(catalog: Catalog, temperature_k: float) -> list[dict[str, object]]:
    """Return the reference facts on arithmetic as rows; a multiply-add is two operations."""
    known = catalog.facts.filter(
        (pl.col("collection") == "references")
        & pl.col("attribute").is_in(["energy_per_op_j", "efficiency_limit_flops_per_j"])
        & ~pl.col("superseded")
        & pl.col("number").is_not_null()
    )
    rows: list[dict[str, object]] = []
    for fact in known.to_dicts():
        number = float(fact["number"])
        of = dict(part.split("=", 1) for part in fact["conditions"].split("; ") if part)
        name, op = catalog.name_of(fact["entity"]), str(of.get("op") or of.get("precision", ""))
        group = _GROUP_OF_OP.get(op.split("-", maxsplit=1)[0])
        if fact["attribute"] == "efficiency_limit_flops_per_j":
            joules, basis = 1 / number, "estimated limit"
        elif op.endswith("multiply-add"):
            joules, basis = number / 2, "arithmetic unit"
        else:
            joules, basis = number, "measured chip" if of.get("scope") == "chip" else "arithmetic unit"
        volts = f" at {of['voltage_v']} V" if "voltage_v" in of else ""
        title = f"{name}, {op}{volts}"
        if group is None:
            basis = "memory" if "-read" in op else basis
            rows.append({"name": title, "basis": basis, "joules_per_op": joules, "source": fact["source"]})
        else:
            rows.append(_row(title, basis, group, joules, None, temperature_k, fact["source"]))
    return rows
