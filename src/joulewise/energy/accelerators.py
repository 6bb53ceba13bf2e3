"""The accelerator and the number format of a row, for every kind of workload."""

from __future__ import annotations

import re

from joulewise.catalog import Catalog
from joulewise.energy.known import accelerator_spec

AcceleratorSpec = object
from joulewise.energy.rows import BadCellError, WorkloadRow
from joulewise.errors import InputError

# Name of a number format -> bytes per weight, and the format whose arithmetic rates apply.
_FORMATS = {
    "bf16": (2.0, "bf16"),
    "bfloat16": (2.0, "bf16"),
    "fp16": (2.0, "bf16"),
    "float16": (2.0, "bf16"),
    "float16/bfloat16": (2.0, "bf16"),
    "fp32": (4.0, "bf16"),
    "float32": (4.0, "bf16"),
    "fp8": (1.0, "fp8"),
    "int8": (1.0, "bf16"),
    "mxfp4": (0.53125, "mxfp4"),
    "fp4": (0.5, "mxfp4"),
    "nf4": (0.53125, "mxfp4"),
    "int4": (0.5, "mxfp4"),
}


def accelerator_of(row: WorkloadRow, catalog: Catalog) -> AcceleratorSpec:
    """Return the specification of a row's accelerator."""
    if row.accelerator is None:
        raise BadCellError("accelerator", "is blank; name one, e.g. H100")
    try:
        return accelerator_spec(row.accelerator, catalog)
    except InputError as error:
        raise BadCellError("accelerator", str(error)) from None


def weight_format(name: str, spec: AcceleratorSpec) -> tuple[float, str]:
    """Return the bytes per weight of a number format, and the format whose arithmetic rates apply.

    MLPerf names several formats at once: the first, as in ``int8,fp16``, is that of most of the work.
    """
    key = re.split(r"[ ,]", name.lower())[0]
    if key not in _FORMATS:
        raise BadCellError("precision", f"{name!r} is not one of {', '.join(_FORMATS)}")
    weight_bytes, arithmetic = _FORMATS[key]
    if arithmetic == "fp8" and spec.fp8_flops_per_s is None:
        raise BadCellError("precision", f"{spec.name} has no fp8 arithmetic; bf16 or int8 would do")
    return weight_bytes, arithmetic


def is_at_wall(row: WorkloadRow) -> bool:
    """Return whether a row asks for the whole system."""
    return "wall" in (row.meter_scope or "").lower()


def runs_copies(row: WorkloadRow) -> bool:
    """Return whether each accelerator runs a copy of its own if it can, as in MLPerf's scenarios of throughput."""
    of_throughput = (row.task or "").endswith(("/Offline", "/Server"))
    return of_throughput and row.tensor_parallel is None and row.expert_parallel is None
