"""Read a row as samples through a single-pass network: an image network or encoder, counted or from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joulewise.energy.accelerators import accelerator_of, is_at_wall, weight_format
from joulewise.energy.flags import Flag, Flagged, assumed
from joulewise.energy.models import model_of
from joulewise.energy.reading import BadCellError, Facts, Reading
from joulewise.energy.rows import WorkloadRow
from joulewise.energy.samples.step import MULTI_STREAM

SCENARIOS = ("SingleStream", "MultiStream", "Server", "Offline")
KINDS = ("convolution", "depthwise", "transformer", "hybrid")
COLUMNS = frozenset(
    {
        *("model", "accelerator", "precision", "task", "meter_scope", "n_accelerators", "batch_size", "image_size"),
        *("flops", "activation_values", "network_kind", "params_b"),
    }
)
"""Columns of a workload that apply to a single-pass network; those of the last line are given together."""


_SIZE_FACTOR = 2.0  # published sizes of detectors differ in the parts they count


_NOT_COUNTED = {
    "network": "an image network whose work was not counted: give it by --module timm:NAME; --method "
    "paper may have its FLOPs",
    "encoder": "an encoder, which reads a text whole and writes none: give its configuration by --config; --method "
    "paper may have its FLOPs",
    "embedding": "an embedding model, which reads a text whole and writes none: give its configuration by --config",
    "speech": "a speech model, which the calibrated method does not price",
}


def read(row: WorkloadRow, facts: Facts) -> Reading:
    """Read one row; its task may end with a scenario of MLPerf, e.g. ``resnet50/Offline``.

    Raises
    ------
    BadCellError
        If a cell makes an estimate impossible.
    """
    network, flags = _network(row, facts)
    size = network["params"] / 1e9
    if row.params_b is not None and not size / _SIZE_FACTOR <= row.params_b <= size * _SIZE_FACTOR:
        raise BadCellError("params_b", f"{row.params_b:g} is not the size of {row.model}, {size:.3g}; leave it out")
    measured = not flags
    spec = accelerator_of(row, facts.catalog)
    default = "int8" if measured else "bf16"
    weight_bytes, _ = weight_format(row.precision or default, spec)
    peak = spec.bf16_flops_per_s
    if weight_bytes <= 1:
        peak = spec.int8_ops_per_s or spec.fp8_flops_per_s or peak
    elif weight_bytes > 2:
        peak /= 2
    whole = is_at_wall(row) or (measured and row.meter_scope is None)
    flags.append(Flagged(Flag.AT_THE_WALL if whole else Flag.ACCELERATORS_ALONE_NOT_MEASURED))
    if row.precision is None:
        flags.append(assumed(Flag.PRECISION_ASSUMED, default))
    scenario = (row.task or "").rsplit("/", 1)[-1]
    if scenario not in SCENARIOS:
        batch = row.batch_size or 1.0
        if row.batch_size is None:
            flags.append(assumed(Flag.BATCH_ASSUMED, 1.0))
        scenario = "SingleStream" if batch <= 1 else "MultiStream" if batch <= MULTI_STREAM else "Offline"
    if spec.die not in facts.measured_dies:
        flags.append(Flagged(Flag.ACCELERATOR_NOT_MEASURED))
    return Reading(
        cells={
            "flops": network["flops"],
            "activation_values": network["activation_values"],
            "params": network["params"],
            "value_bytes": weight_bytes,
            "n": row.n_accelerators or 1.0,
            "peak_per_s": peak,
            "bandwidth_bytes_per_s": spec.bandwidth_bytes_per_s,
            "tdp_w": spec.tdp_w,
            "die": spec.die,
            "kind": network["kind"],
            "scenario": scenario,
            "system": spec.system or "server",
            "whole": whole,
        },
        flags=tuple(flags),
        at_wall=whole,
        source=str(network.get("source", "a count of the network")),
    )


def _network(row: WorkloadRow, facts: Facts) -> tuple[Mapping[str, Any], list[Flagged]]:
    """Return the work of one sample, and flags: none where the network was measured."""
    not_measured = [Flagged(Flag.NETWORK_NOT_MEASURED)]
    if row.flops is not None:
        for name in ("activation_values", "network_kind", "params_b"):
            if getattr(row, name) is None:
                raise BadCellError(name, "is blank, but flops are given; a count of the network has all of them")
        if row.network_kind not in KINDS:
            raise BadCellError("network_kind", f"{row.network_kind!r} is not one of {', '.join(KINDS)}")
        if row.image_size is not None:
            raise BadCellError("image_size", "is given together with flops, which are those of one size already")
        work = {"flops": row.flops, "activation_values": row.activation_values, "kind": row.network_kind}
        return work | {"params": (row.params_b or 0.0) * 1e9}, not_measured
    for name in ("activation_values", "network_kind"):
        if getattr(row, name) is not None:
            raise BadCellError(name, "is given without flops; a count of the network has all of them")
    model = row.model or ""
    known = model_of(row, facts.catalog)
    measured = known.sample_network if known else None
    if measured is not None:
        if row.image_size is not None and row.image_size.replace(" ", "") != measured["image_size"]:
            raise BadCellError("image_size", f"{model} was measured at {measured['image_size'] or 'no image'} alone")
        return measured, []
    if known is None and row.image_size is not None:
        raise BadCellError(
            "image_size",
            "parameters alone do not say what a network of images takes; give flops, activation_values and "
            "network_kind, as joulewise count --json has them",
        )
    if known is None:
        raise BadCellError("model", f"{model!r} is not a network of the catalogue")
    sizes = known.image_networks
    if not sizes:
        reason = _NOT_COUNTED.get(known.kind, f"a model of the kind {known.kind!r}, not one with a single forward pass")
        raise BadCellError("model", f"{known.name} is {reason}")
    if row.image_size is None:
        return sizes[0], [*not_measured, assumed(Flag.IMAGE_ASSUMED, str(sizes[0]["image_px"]))]
    sides = row.image_size.lower().split("x")
    for size in sizes:
        if {side.strip() for side in sides} == {str(size["image_px"])}:
            return size, not_measured
    counted = ", ".join(str(s["image_px"]) for s in sizes)
    raise BadCellError(
        "image_size", f"{row.image_size} px: {model} was counted at {counted} px; joulewise count takes any size"
    )
