"""The result of a count: parameters, FLOPs and bytes of one inference, by phase and by layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from joulewise.counting.kind import network_kind

PhaseName = Literal["forward", "prefill", "decode"]

AS_STORED = "as stored"
"""The `precision` of an ONNX model whose weights each count in their own format, and activations in fp32."""


def bytes_of(values: float, per_value: float) -> int:
    """Return whole bytes of a number of values. [B]"""
    return math.ceil(values * per_value)


@dataclass(frozen=True)
class Phase:
    """The work of one phase, for the whole batch.

    Parameters
    ----------
    flops : int
        Matrix products and convolutions, 2 for each multiply-add; causal attention counted in full,
        as the field's counters do. [FLOP]
    flops_causal_half : int
        The same, with only the scores that a causal mask keeps. [FLOP]
    flops_all_ops : int
        `flops` and the element-wise operations (norms, activations, softmax, adds). [FLOP]
    bytes_read, bytes_written : int
        Minimum memory traffic at the stated precision: weights once per step, activations between layers, KV cache.
        [B]
    """

    flops: int
    flops_causal_half: int
    flops_all_ops: int
    bytes_read: int
    bytes_written: int


@dataclass(frozen=True)
class Layer:
    """One module or operation of the network; `path` has its place in the tree, dotted."""

    path: str
    kind: str
    params: int
    flops: int


@dataclass(frozen=True)
class Workload:
    """Compute and memory of one inference, all phases, for the whole batch.

    Parameters
    ----------
    name : str
        What was counted.
    params, active_params : int
        All parameters, each shared one once; and those that one token (or image) uses.
    weight_bytes : int
        Of all parameters and buffers that are stored, at `precision`. [B]
    kv_bytes : int
        Of the key-value cache, or the recurrent state, at the end of the inference. [B]
    activation_bytes : int
        Written by all operations together. [B]
    phases : mapping of str to Phase
        ``forward``; or ``prefill`` and ``decode``, decode summed over the growing cache.
    layers : tuple of Layer
        In the order of execution; their FLOPs sum to `flops`.
    uncounted : mapping of str to int
        Operations that took tensors and have no formula, each with the number of times it ran.
    method : str
        How it was counted, e.g. ``"config:llama"`` or ``"torch:meta"``.
    convention : str
        What the FLOPs include.
    precision : str
        Format of the weights and activations, for the bytes: a name of `formats.FORMATS`, or `AS_STORED`.
    inputs : mapping
        Batch size, prompt and output tokens, or the input's shape.
    activation_values : int or None
        Of a traced module: values that matrix products read and write, without weights; norms, activations and all
        other element-wise operations are assumed to be fused into these.
    flops_by_form : mapping of str to int
        Of a traced module: FLOPs by the form of product: ``convolution`` (over windows that overlap), ``depthwise``,
        ``pointwise`` (a weight with each point, token or patch) and ``attention`` (two tensors that depend on the
        input).
    by_fvcore : int or None
        Count by fvcore's rules, for a traced module; see `trace.fvcore`.
    config : mapping or None
        The content of the ``config.json`` that it was counted from, for an estimate of what it describes.
    """

    name: str
    params: int
    active_params: int
    weight_bytes: int
    kv_bytes: int
    activation_bytes: int
    phases: Mapping[PhaseName, Phase]
    layers: tuple[Layer, ...]
    uncounted: Mapping[str, int]
    method: str
    precision: str
    convention: str = "1 multiply-add = 2 FLOPs; matrix products and convolutions; causal attention in full"
    inputs: Mapping[str, Any] = field(default_factory=dict)
    activation_values: int | None = None
    flops_by_form: Mapping[str, int] = field(default_factory=dict)
    by_fvcore: int | None = None
    config: Mapping[str, Any] | None = None

    @property
    def flops(self) -> int:
        """FLOPs of all phases. [FLOP]"""
        return sum(phase.flops for phase in self.phases.values())

    @property
    def flops_causal_half(self) -> int:
        """FLOPs of all phases, with only the attention scores that a causal mask keeps. [FLOP]"""
        return sum(phase.flops_causal_half for phase in self.phases.values())

    @property
    def flops_all_ops(self) -> int:
        """FLOPs of all phases, element-wise operations included. [FLOP]"""
        return sum(phase.flops_all_ops for phase in self.phases.values())

    @property
    def macs(self) -> int:
        """Multiply-adds: half the FLOPs."""
        return self.flops // 2

    @property
    def network_kind(self) -> str | None:
        """Kind of a traced network, see `kind.network_kind`; None where products were not separated by form."""
        return network_kind(self.flops_by_form) if self.flops_by_form else None

    @property
    def batch_size(self) -> int:
        """Inputs per batch: as stated, else the first dimension of the first input tensor."""
        shapes = self.inputs.get("shapes")
        return int(shapes[0][0] if shapes and shapes[0] else self.inputs.get("batch_size", 1))

    def to_dict(self) -> dict[str, Any]:
        """Return the workload as plain data, as ``joulewise count --json`` prints it."""
        return {
            "name": self.name,
            "params": self.params,
            "active_params": self.active_params,
            "flops": self.flops,
            "flops_causal_half": self.flops_causal_half,
            "macs": self.macs,
            "flops_all_ops": self.flops_all_ops,
            "weight_bytes": self.weight_bytes,
            "kv_bytes": self.kv_bytes,
            "activation_bytes": self.activation_bytes,
            "activation_values": self.activation_values,
            "network_kind": self.network_kind,
            "phases": {name: asdict(phase) for name, phase in self.phases.items()},
            "layers": [asdict(layer) for layer in self.layers],
            "uncounted": dict(self.uncounted),
            "method": self.method,
            "convention": self.convention,
            "precision": self.precision,
            "inputs": dict(self.inputs),
        }
