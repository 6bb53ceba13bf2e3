"""The accelerator and the number format of a row, for every kind of workload."""

from __future__ import annotations

from joulewise.catalog import AcceleratorSpec, Catalog, accelerator_spec
from joulewise.catalog.catalog import kept_with
from joulewise.energy.rows import BadCellError, WorkloadRow
from joulewise.errors import InputError
from joulewise.formats import FORMATS, format_named


def accelerator_of(row: WorkloadRow, catalog: Catalog) -> AcceleratorSpec:
    """Return the specification of a row's accelerator."""
    if row.accelerator is None:
        raise BadCellError("accelerator", "is blank; name one, e.g. H100")
    found = _found(catalog)
    if row.accelerator not in found:
        try:
            spec = accelerator_spec(row.accelerator, catalog)
        except InputError as error:
            raise BadCellError("accelerator", str(error)) from None
        if len(found) >= _MOST_NAMES:
            found.clear()
        found[row.accelerator] = spec
    return found[row.accelerator]


# A server may be asked for any number of names; beyond so many the memory of them starts afresh.
_MOST_NAMES = 10_000


@kept_with
def _found(_catalog: Catalog) -> dict[str, AcceleratorSpec]:
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
    """Return whether a row asks for the whole system."""
    return "wall" in (row.meter_scope or "").lower()


def runs_copies(row: WorkloadRow) -> bool:
    """Return whether each accelerator runs a copy of its own if it can, as in MLPerf's scenarios of throughput."""
    of_throughput = (row.task or "").endswith(("/Offline", "/Server"))
    return of_throughput and row.tensor_parallel is None and row.expert_parallel is None
