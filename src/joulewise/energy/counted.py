"""The work of a single-pass network that is not in the catalogue, from a count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from joulewise.counting.kind import network_kind
from joulewise.counting.options import InferenceOptions
from joulewise.counting.targets import count_target
from joulewise.counting.workload import AS_STORED, Workload
from joulewise.energy.rows import WorkloadOptions
from joulewise.errors import InputError
from joulewise.formats import format_named

SIZES = ("prompt_tokens", "image_size")
"""Columns of a workload that are inputs of a count; the columns of its result replace them."""


def count_sample(target: str, sizes: Mapping[str, object]) -> Workload:
    """Count one sample through a network.

    Parameters
    ----------
    target : str
        As for `joulewise.count`: a file, or a network to build. A ``FILE.py:FACTORY`` is executed.
    sizes : mapping
        Of `SIZES`: ``prompt_tokens``, the length of an encoder's text, and ``image_size``, e.g. ``224x224``; by default
        the network's own.

    Raises
    ------
    InputError
        If it cannot be counted.
    """
    size, tokens = sizes.get("image_size"), sizes.get("prompt_tokens")
    sides = None if size is None else _sides(str(size))
    if sides is None and ".py:" in target:
        sides = (_DEFAULT_SIDE_PX, _DEFAULT_SIDE_PX)
    options = InferenceOptions(input_size=None if sides is None else (3, *sides), precision="fp32")
    if tokens is not None:
        options = replace(options, prompt_tokens=int(float(str(tokens))))
    return count_target(target, options)


_DEFAULT_SIDE_PX = 224


def columns_of(counted: Workload) -> WorkloadOptions:
    """Return the count of a single-pass network as columns of a workload.

    They describe one sample; ``batch_size`` is that of the count.

    Raises
    ------
    InputError
        If the network generates tokens: one forward pass does not describe its steps.
    """
    batch = float(counted.batch_size)
    if "decode" in counted.phases or "prefill" in counted.phases:
        raise InputError(f"{counted.name} generates tokens", "give the path of its config.json in place of the count")
    return {
        "flops": counted.flops / batch,
        "activation_values": _activation_values(counted) / batch,
        "network_kind": network_kind(counted.flops_by_form),
        "params_b": counted.params / 1e9,
        "batch_size": batch,
    }


def tokens_of(counted: Workload) -> WorkloadOptions:
    """Return batch size and tokens of the count of a language model, as columns of a workload."""
    return {
        "batch_size": float(counted.inputs["batch_size"]),
        "prompt_tokens": float(counted.inputs["prompt_tokens"]),
        "output_tokens": float(counted.inputs["output_tokens"]),
    }


def _activation_values(counted: Workload) -> float:
    """Return the number of values that products read and write, or all operations where the count lacks forms."""
    if counted.activation_values is not None:
        return counted.activation_values
    traffic = sum(phase.bytes_read + phase.bytes_written for phase in counted.phases.values())
    stored = format_named("fp32" if counted.precision == AS_STORED else counted.precision)
    return max(1.0, (traffic - counted.weight_bytes) / stored.bytes)


def _sides(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) not in (1, 2) or not all(p.strip().isdigit() and int(p) for p in parts):
        raise InputError(f"{text!r} is not the size of an image", "e.g. 224x224")
    width, height = int(parts[0]), int(parts[-1])
    return height, width
