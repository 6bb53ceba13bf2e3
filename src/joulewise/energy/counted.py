"""Networks of one sample that are in no table: what one of them takes, from a count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from joulewise.counting.kind import network_kind
from joulewise.counting.options import InferenceOptions
from joulewise.counting.targets import count_target
from joulewise.counting.workload import BYTES_PER_VALUE, Workload
from joulewise.errors import InputError

_DEFAULT_SIDE_PX = 224


def is_target(model: str) -> bool:
    """Return whether a name says how to count a network, rather than which one of the catalogue it is."""
    return model.startswith(("timm:", "hf:")) or ".py:" in model or model.endswith((".onnx", ".json"))


def work_of_target(target: str, *, prompt_tokens: float | None = None, image_size: str | None = None) -> dict[str, Any]:
    """Return the columns of `samples.WORK` and ``params_b`` of a network, by counting one forward pass of one sample.

    Parameters
    ----------
    target : str
        As for `counting.count_target`.
    prompt_tokens : float, optional
        Length of the text, of an encoder.
    image_size : str, optional
        ``224x224`` [px]; by default the network's own, or 224 for a module from a file.

    Raises
    ------
    InputError
        If the target cannot be counted, or generates token after token.
    """
    side = None if image_size is None else _sides(image_size)
    if side is None and ".py:" in target:
        side = (_DEFAULT_SIDE_PX, _DEFAULT_SIDE_PX)
    options = InferenceOptions(input_size=None if side is None else (3, *side), precision="fp32")
    if prompt_tokens is not None:
        options = replace(options, prompt_tokens=int(prompt_tokens))
    counted = columns_of(count_target(target, options))
    if "flops" not in counted:
        raise InputError(f"{target} generates tokens", "name its config.json for an estimate of prefill and decode")
    return {name: value for name, value in counted.items() if name != "batch_size"}


def columns_of(counted: Workload) -> dict[str, Any]:
    """Return the columns of an estimate that a count fills.

    Of one sample, where the network has a forward pass alone; of a model that generates, its batch and tokens, as its
    name is that of a configuration from which the rest is read.

    Raises
    ------
    InputError
        If it generates tokens and was not counted from a ``config.json``.
    """
    shapes = counted.inputs.get("shapes")
    batch = float(shapes[0][0] if shapes else counted.inputs.get("batch_size", 1))
    if "decode" in counted.phases or "prefill" in counted.phases:
        if not counted.name.endswith(".json"):
            raise InputError(f"{counted.name} generates tokens", "count its config.json, and estimate that")
        return {k: float(v) for k, v in counted.inputs.items() if k in ("batch_size", "prompt_tokens", "output_tokens")}
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
