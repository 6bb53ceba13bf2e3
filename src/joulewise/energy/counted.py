"""The work of a single-pass network that is not in the catalogue, from a count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from joulewise.counting.kind import network_kind
from joulewise.counting.targets import Options, count_target
from joulewise.counting.workload import BYTES_PER_VALUE, Workload
from joulewise.errors import InputError


def work_of_file(file: Path, given: Mapping[str, object]) -> dict[str, Any]:
    """Return the columns that a count fills, of a single-pass network in a ``config.json`` or an ONNX file.

    Parameters
    ----------
    file : Path
    given : mapping
        Of the columns of the workload, ``prompt_tokens``, for the length of an encoder's text, and ``image_size``,
        e.g. ``224x224``; by default the network's own.

    Raises
    ------
    InputError
        If the file cannot be counted, or its network generates token after token.
    """
    side = given.get("image_size")
    options = Options(input_size=None if side is None else (3, *_sides(str(side))), precision="fp32")
    tokens = given.get("prompt_tokens")
    if tokens is not None:
        options = replace(options, prompt_tokens=int(float(str(tokens))))
    counted = columns_of(count_target(str(file), options))
    return {name: value for name, value in counted.items() if name != "batch_size"}


def columns_of(counted: Workload) -> dict[str, Any]:
    """Return the columns of an estimate that a count fills.

    They are of one sample; ``batch_size`` is that of the count.

    Raises
    ------
    InputError
        If the network generates token after token: its forward pass says nothing about its steps.
    """
    shapes = counted.inputs.get("shapes")
    batch = float(shapes[0][0] if shapes else counted.inputs.get("batch_size", 1))
    if "decode" in counted.phases or "prefill" in counted.phases:
        raise InputError(f"{counted.name} generates tokens", "give the path of its config.json in place of the count")
    return {
        "flops": counted.flops / batch,
        "activation_values": _activation_values(counted) / batch,
        "network_kind": network_kind(counted.flops_by_form),
        "params_b": counted.params / 1e9,
        "batch_size": batch,
    }


def _activation_values(counted: Workload) -> float:
    """Return the values that products read and write; where forms were not told apart, those of all operations."""
    if counted.activation_values is not None:
        return counted.activation_values
    traffic = sum(phase.bytes_read + phase.bytes_written for phase in counted.phases.values())
    return max(1.0, (traffic - counted.weight_bytes) / BYTES_PER_VALUE[counted.precision])


def _sides(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) not in (1, 2) or not all(p.strip().isdigit() and int(p) for p in parts):
        raise InputError(f"{text!r} is not the size of an image", "e.g. 224x224")
    width, height = int(parts[0]), int(parts[-1])
    return height, width
