"""The accelerator and the number format of a row, for every kind of workload."""

from __future__ import annotations

from dataclasses import dataclass

from joulewise.catalog import AcceleratorSpec, Catalog, accelerator_spec, variants_of
from joulewise.catalog.catalog import kept_with
from joulewise.energy.reading import BadCellError
from joulewise.energy.rows import WorkloadRow
from joulewise.errors import InputError
from joulewise.formats import FORMATS, format_named


@dataclass(frozen=True)
class Chosen:
    """An accelerator by a name, and the others that the name may mean as well."""

    spec: AcceleratorSpec
    variants: tuple[str, ...]


def accelerator_of(row: WorkloadRow, catalog: Catalog) -> AcceleratorSpec:
    """Return the specification of a row's accelerator."""
    if row.accelerator is None:
        raise BadCellError("accelerator", "is blank; name one, e.g. H100")
    try:
        return accelerator_named(row.accelerator, catalog).spec
    except InputError as error:
        raise BadCellError("accelerator", str(error)) from None


def accelerator_named(name: str, catalog: Catalog) -> Chosen:
    """Return the accelerator that a name means, looked up once per catalogue.

    Raises
    ------
    InputError
        If it is not known, or lacks a figure that every estimate needs.
    """
    found = _found(catalog)
    if name not in found:
        chosen = Chosen(accelerator_spec(name, catalog), variants_of(name, catalog))
        if len(found) >= _MOST_NAMES:
            found.clear()
        found[name] = chosen
    return found[name]


# A server may be asked for any number of names; the cache is emptied when it reaches this size.
_MOST_NAMES = 10_000


@kept_with
def _found(_catalog: Catalog) -> dict[str, Chosen]:
    return {}


def weight_format(name: str, spec: AcceleratorSpec) -> tuple[float, str]:
    """Return the bytes per weight of a number format, and the format whose arithmetic rates apply."""
    try:
        found = format_named(name)
    except InputError as error:
        served = ", ".join(f.name for f in FORMATS.values() if f.arithmetic)
        raise BadCellError("precision", f"{error}; one of {served}") from None
    if found.arithmetic is None:
        raise BadCellError("precision", f"no engine serves models in {found.name}; bf16 or fp8 would do")
    if found.arithmetic == "fp8" and spec.fp8_flops_per_s is None:
        raise BadCellError("precision", f"{spec.name} has no fp8 arithmetic; bf16 or int8 would do")
    return found.bytes, found.arithmetic


def is_at_wall(row: WorkloadRow) -> bool:
    """Return whether a row asks for the whole system.

    Raises
    ------
    BadCellError
        If the scope is one word and not a known one; measured rows describe theirs in several.
    """
    scope = (row.meter_scope or "").lower()
    if scope and " " not in scope and scope not in ("wall", "accelerators"):
        raise BadCellError("meter_scope", f"{row.meter_scope!r} is not one of accelerators, wall")
    return "wall" in scope


def runs_copies(row: WorkloadRow) -> bool:
    """Return whether each accelerator runs a copy of the model where it fits, as in MLPerf's throughput scenarios."""
    of_throughput = (row.task or "").endswith(("/Offline", "/Server"))
    return of_throughput and row.tensor_parallel is None and row.expert_parallel is None
