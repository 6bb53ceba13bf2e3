"""The weights of an ONNX model: how many values, how many of them one token uses, and their bytes as stored.

A quantised weight counts its true values, however many share a byte. Scales and zero points are stored, so that they
count as bytes; they are no parameters of the network.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from joulewise.counting.onnx_graph.call import Call, share
from joulewise.counting.onnx_graph.packed import (
    MOE_WEIGHTS,
    QMOE_WEIGHTS,
    bnb4_values,
    expert_values,
    n_bits_values,
    top_k,
)
from joulewise.counting.onnx_graph.structure import stored_bytes

_UINT8 = 2
# Data types of weights: floating-point and complex numbers, and integers of 8 bits and fewer. Wider integers are shapes
# and indices, unless an operator takes them as a bias or a weight.
_WEIGHT_TYPES = frozenset((1, 2, 3, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28))

# Inputs that are scales, zero points or an order of columns, by operator.
_SCALES: dict[str, tuple[int, ...]] = {
    "MatMulNBits": (2, 3, 4),
    "MatMulBnb4": (2,),
    "QMoE": (3, 6, 9, 11, 12, 13, 15, 16, 17, 18, 19, 20),
    "GatherBlockQuantized": (2, 3),
    "DequantizeLinear": (1, 2),
    "QuantizeLinear": (1, 2),
    "MatMulInteger": (2, 3),
    "ConvInteger": (2, 3),
    "DynamicQuantizeMatMul": (2, 3),
    "MatMulIntegerToFloat": (2, 3, 4, 5),
    "DynamicQuantizeLSTM": (8, 9, 10, 11),
    "QAttention": (3, 4, 6, 7),
    "GemmFloat8": (3, 4, 5),
    **dict.fromkeys(("QLinearConv", "QLinearMatMul", "QLinearAdd", "QLinearMul"), (1, 2, 4, 5, 6, 7)),
    "QGemm": (1, 2, 4, 5, 7, 8),
    **dict.fromkeys(
        """
            QLinearSigmoid QLinearLeakyRelu QLinearSoftmax QLinearReduceMean QLinearAveragePool
            QLinearGlobalAveragePool
        """.split(),
        (1, 2, 3, 4),
    ),
}
# Inputs that are weights or biases of whatever type.
_VALUES: dict[str, tuple[int, ...]] = {"QLinearConv": (8,), "QGemm": (6,), "DequantizeLinear": (0,)}
# Biases of the experts.
_EXPERT_BIASES = {"MoE": (3, 5, 7), "QMoE": (4, 7, 10)}


@dataclass
class Held:
    """A tensor that the file holds, and what the operators that use it take it for."""

    values: int
    bytes: int
    is_weight: bool
    data_type: int
    is_quantised: bool = False
    uses: list[tuple[int, int]] = field(default_factory=list)

    @property
    def params(self) -> int:
        """Parameters in this tensor; where several operators use it, by the one that takes most."""
        unused = self.values if self.is_weight else 0
        return max((values for values, _ in self.uses), default=unused)

    @property
    def active_params(self) -> int:
        """Those that one token uses."""
        return max((active for _, active in self.uses), default=self.params)

    @property
    def stored_bytes(self) -> int:
        """Bytes of a weight or a scale; of shapes and indices none. [B]"""
        return self.bytes if self.is_weight or self.is_quantised else 0


def held_by(graph: Any) -> dict[str, Held]:
    """Return what a graph holds, without the graphs within: initializers, and constants of more than one value."""
    found = {tensor.name: _held(tensor, math.prod(tensor.dims)) for tensor in graph.initializer}
    for sparse in graph.sparse_initializer:
        found[sparse.values.name] = _held(sparse.values, math.prod(sparse.values.dims))
        found[sparse.values.name].bytes += stored_bytes(sparse.indices)
    found |= {name: _held(t, math.prod(t.dims)) for name, t in constants(graph) if math.prod(t.dims) > 1}
    return found


def constants(graph: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and the tensor of each constant among the nodes of a graph."""
    for node in graph.node:
        if node.op_type == "Constant":
            for attribute in node.attribute:
                if attribute.name == "value":
                    yield node.output[0], attribute.t


def use(kind: str, call: Call, inputs: Mapping[int, Held]) -> int:
    """Enter what an operator takes its inputs for, and return the parameters that they hold.

    Parameters
    ----------
    kind : str
        The operator, without its domain.
    call : Call
    inputs : mapping of int to Held
        The inputs that the file holds, by their place.
    """
    total = 0
    for place, held in inputs.items():
        values = held.values if held.is_weight else 0
        if place in _SCALES.get(kind, ()):
            values, held.is_quantised = 0, True
        elif place in _VALUES.get(kind, ()):
            values, held.is_quantised = held.values, True
        elif kind == "MatMulNBits" and place == 1:
            values = n_bits_values(call)
        elif kind == "MatMulBnb4" and place == 1:
            values = bnb4_values(call)
        elif kind == "QMoE" and place in QMOE_WEIGHTS:
            values = expert_values(call, place)
        elif kind == "GatherBlockQuantized" and place == 0 and held.data_type == _UINT8:
            values = share(held.values * 8, call.positive("bits", 4), "bits of its data")
        held.uses.append((values, _active(kind, call, place, values)))
        total += values
    return total


def _active(kind: str, call: Call, place: int, values: int) -> int:
    """Return the values that one token uses: of a mixture, those of the experts that it selects."""
    experts_of = {"MoE": MOE_WEIGHTS, "QMoE": QMOE_WEIGHTS}.get(kind, ()) + _EXPERT_BIASES.get(kind, ())
    if place not in experts_of:
        return values
    experts = call.given(2, 3)[0]
    return share(values, experts, "values of its experts") * top_k(call, experts) if experts else 0


def _held(tensor: Any, values: int) -> Held:
    return Held(values, stored_bytes(tensor), tensor.data_type in _WEIGHT_TYPES, tensor.data_type)
