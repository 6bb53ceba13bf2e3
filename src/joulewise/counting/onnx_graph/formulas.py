"""FLOPs of ONNX operators from the shapes of their inputs and outputs.

References
----------
.. [1] ONNX operator specifications, https://onnx.ai/onnx/operators/
.. [2] ONNX Runtime contributed operators (domain com.microsoft).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """One operator with its shapes; an input that is absent, or whose shape is unknown, is None."""

    inputs: tuple[Shape | None, ...]
    outputs: tuple[Shape | None, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def given(self, index: int) -> Shape:
        """Return the shape of an input that must be there."""
        shape = self.inputs[index] if index < len(self.inputs) else None
        if shape is None:
            raise UnknownShapeError
        return shape

    def maybe(self, index: int) -> Shape | None:
        """Return the shape of an input that may be absent."""
        return self.inputs[index] if index < len(self.inputs) else None

    @property
    def made(self) -> Shape:
        """The shape of the first output."""
        if not self.outputs or self.outputs[0] is None:
            raise UnknownShapeError
        return self.outputs[0]


class UnknownShapeError(Exception):
    """A shape that a formula needs depends on data."""


# (FLOPs with all pairs of attention, FLOPs with those that a causal mask keeps)
Cost = tuple[int, int]
Formula = Callable[[Call], Cost]


def _plain(formula: Callable[[Call], int]) -> Formula:
    def both(call: Call) -> Cost:
        flops = formula(call)
        return flops, flops

    return both


def _convolution(weight: int) -> Formula:
    return _plain(lambda c: 2 * math.prod(c.made) * math.prod(c.given(weight)[1:]))


def _transposed(c: Call) -> int:
    return 2 * math.prod(c.given(0)) * math.prod(c.given(1)[1:])


def _gemm(c: Call) -> int:
    a = c.given(0)
    inner = a[0] if c.attributes.get("transA", 0) else a[-1]
    return 2 * math.prod(c.made) * inner


def _fused_matmul(c: Call) -> int:
    a = c.given(0)
    inner = a[-2] if c.attributes.get("transA", 0) else a[-1]
    return 2 * math.prod(c.made) * inner


def _matmul(c: Call) -> int:
    return 2 * math.prod(c.made or (1,)) * c.given(0)[-1]


def _recurrent(c: Call) -> int:
    x, w, r = c.given(0), c.given(1), c.given(2)
    return 2 * x[0] * x[1] * (math.prod(w) + math.prod(r))


def _einsum(c: Call) -> int:
    """Contract from left to right: each step costs the product of all indices that remain."""
    equation = str(c.attributes["equation"]).replace(" ", "")
    left, _, right = equation.partition("->")
    terms = left.split(",")
    if "..." in equation:
        terms, right = _without_ellipsis(terms, right, c)
    sizes = {
        i: n for term, k in zip(terms, range(len(terms)), strict=True) for i, n in zip(term, c.given(k), strict=True)
    }
    if not right and "->" not in equation:
        letters = "".join(terms)
        right = "".join(sorted(i for i in set(letters) if letters.count(i) == 1))
    flops, held = 0, set(terms[0])
    for k, term in enumerate(terms[1:], 1):
        met = held | set(term)
        flops += 2 * math.prod(sizes[i] for i in met)
        later = set(right).union(*terms[k + 1 :])
        held = met & later
    return flops


def _without_ellipsis(terms: list[str], right: str, c: Call) -> tuple[list[str], str]:
    spare = [chr(code) for code in range(0x391, 0x3C9)]  # Greek: no einsum letter
    width = max(len(c.given(k)) - len(t) + 3 for k, t in enumerate(terms) if "..." in t)
    filled = [
        t.replace("...", "".join(spare[width - (len(c.given(k)) - len(t) + 3) : width])) for k, t in enumerate(terms)
    ]
    return filled, right.replace("...", "".join(spare[:width]))


def _pairs(batch_heads: int, queries: int, cached: int, keys: int, width: int, causal: bool) -> Cost:
    full = queries * (cached + keys)
    kept = queries * cached + queries * (queries + 1) // 2 if causal and queries == keys else full
    return 2 * batch_heads * full * width, 2 * batch_heads * kept * width


def _attention(c: Call) -> Cost:
    """Attention of the standard's opset 23: three or four dimensions, grouped heads, a cache before."""
    q, k, v = c.given(0), c.given(1), c.given(2)
    past = c.maybe(4)
    cached = past[2] if past else 0
    causal = bool(c.attributes.get("is_causal", 0))
    if len(q) == 4:
        return _pairs(q[0] * q[1], q[2], cached, k[2], q[3] + v[3], causal)
    heads, kv_heads = int(c.attributes["q_num_heads"]), int(c.attributes["kv_num_heads"])
    return _pairs(q[0] * heads, q[1], cached, k[1], q[2] // heads + v[2] // kv_heads, causal)


def _fused_attention(c: Call) -> Cost:
    """com.microsoft Attention and QAttention: projections of one input, then attention."""
    x, w = c.given(0), c.given(1)
    past = next((s for s in c.inputs[3:6] if s is not None and len(s) == 5), None)
    projections = 2 * x[0] * x[1] * math.prod(w)
    hidden = w[1] // 3
    pairs = _pairs(x[0], x[1], past[3] if past else 0, x[1], 2 * hidden, bool(c.attributes.get("unidirectional", 0)))
    return projections + pairs[0], projections + pairs[1]


def _multi_head(c: Call) -> Cost:
    """com.microsoft MultiHeadAttention: separate queries, keys and values, or all in one."""
    q, k, v = c.given(0), c.maybe(1), c.maybe(2)
    causal = bool(c.attributes.get("unidirectional", 0))
    if len(q) == 5:  # (batch, length, heads, 3, width)
        return _pairs(q[0] * q[2], q[1], 0, q[1], 2 * q[4], causal)
    if k is None:
        raise UnknownShapeError
    past = c.maybe(6)
    keys = k[2] if len(k) == 4 else k[1]
    values = q[2] if v is None else (v[1] * v[3] if len(v) == 4 else v[2])
    return _pairs(q[0], q[1], past[2] if past else 0, keys, q[2] + values, causal)


def _grouped_query(c: Call) -> Cost:
    """com.microsoft GroupQueryAttention: causal, keys and values of fewer heads, a cache before."""
    q, past = c.given(0), c.maybe(3)
    heads, kv_heads = int(c.attributes["num_heads"]), int(c.attributes["kv_num_heads"])
    key = c.maybe(1)
    width = q[2] // heads if key is not None else q[2] // (heads + 2 * kv_heads)
    return _pairs(q[0] * heads, q[1], past[2] if past else 0, q[1], 2 * width, True)


def _fourier(c: Call) -> int:
    x, out = c.given(0), c.made
    axis = int(c.attributes.get("axis", 1))
    points = max(x[axis], out[axis])
    complex_values = math.prod(max(x[:-1], out[:-1], key=math.prod))
    full = 5 * complex_values * math.log2(points) if points > 1 else 0
    return int(full if x[-1] == 2 else full / 2)


def _deformable(c: Call) -> int:
    out, w = c.made, c.given(1)
    samples = out[0] * c.given(0)[1] * math.prod(w[2:]) * math.prod(out[2:])
    return 2 * math.prod(out) * math.prod(w[1:]) + 8 * samples


FORMULAS: dict[str, Formula] = {
    "Conv": _convolution(1),
    "FusedConv": _convolution(1),
    "ConvInteger": _convolution(1),
    "QLinearConv": _convolution(3),
    "ConvTranspose": _plain(_transposed),
    "DeformConv": _plain(_deformable),
    "MatMul": _plain(_matmul),
    "MatMulInteger": _plain(_matmul),
    "MatMulIntegerToFloat": _plain(_matmul),
    "DynamicQuantizeMatMul": _plain(_matmul),
    "QLinearMatMul": _plain(_matmul),
    "FusedMatMul": _plain(_fused_matmul),
    "MatMulNBits": _plain(lambda c: 2 * math.prod(c.made) * int(c.attributes["K"])),
    "Gemm": _plain(_gemm),
    "FusedGemm": _plain(_gemm),
    "QGemm": _plain(_gemm),
    "LSTM": _plain(_recurrent),
    "GRU": _plain(_recurrent),
    "RNN": _plain(_recurrent),
    "Einsum": _plain(_einsum),
    "Attention": _attention,
    "com.microsoft:Attention": _fused_attention,
    "com.microsoft:QAttention": _fused_attention,
    "com.microsoft:MultiHeadAttention": _multi_head,
    "com.microsoft:GroupQueryAttention": _grouped_query,
    "DFT": _plain(_fourier),
}

# Operations per element of the first output, by the same conventions as in a traced count.
PER_OUTPUT: dict[str, int] = {
    **dict.fromkeys(
        """
            Add Sub Mul Div Neg Abs Sign Sqrt Reciprocal Exp Log Pow Sin Cos Tan Tanh Erf Sigmoid Relu Clip Max Min
            Equal Less Greater LessOrEqual GreaterOrEqual And Or Not Xor Where Floor Ceil Round Mod IsNaN IsInf Sinh
            Cosh Asin Acos Atan BitShift ThresholdedRelu QuantizeLinear DequantizeLinear CumSum
        """.split(),
        1,
    ),
    "LeakyRelu": 2,
    "PRelu": 2,
    "Elu": 3,
    "Selu": 3,
    "Celu": 3,
    "Softplus": 3,
    "Softsign": 2,
    "HardSigmoid": 3,
    "HardSwish": 4,
    "Swish": 2,
    "Mish": 5,
    "Gelu": 8,
    "FastGelu": 8,
    "BiasGelu": 9,
    "QuickGelu": 3,
    "BatchNormalization": 2,
    "QLinearAdd": 3,
    "QLinearMul": 3,
    "DynamicQuantizeLinear": 3,
    "RotaryEmbedding": 3,
    "Resize": 11,
    "Upsample": 11,
    "GridSample": 11,
}
PER_INPUT: dict[str, int] = {
    **dict.fromkeys(
        """
            ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp
            ArgMax ArgMin Sum Mean MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool QLinearAveragePool
            QLinearGlobalAveragePool
        """.split(),
        1,
    ),
    "Softmax": 5,
    "LogSoftmax": 5,
    "LayerNormalization": 5,
    "RMSNormalization": 4,
    "SimplifiedLayerNormalization": 4,
    "SkipLayerNormalization": 6,
    "SkipSimplifiedLayerNormalization": 5,
    "EmbedLayerNormalization": 6,
    "GroupNormalization": 5,
    "InstanceNormalization": 5,
    "MeanVarianceNormalization": 5,
    "LpNormalization": 3,
    "LRN": 5,
}
MOVEMENT = frozenset(
    """
        Identity Reshape Transpose Squeeze Unsqueeze Flatten Concat Split Slice Gather GatherElements GatherND
        Scatter ScatterElements ScatterND Expand Tile Pad Cast CastLike Shape Size Constant ConstantOfShape Range
        Dropout DepthToSpace SpaceToDepth NonZero TopK Unique OneHot EyeLike Trilu Compress ReverseSequence
        SequenceAt SequenceConstruct SequenceEmpty SequenceInsert SequenceLength ConcatFromSequence SplitToSequence
        Bernoulli RandomNormal RandomUniform RandomNormalLike RandomUniformLike Optional OptionalGetElement
        OptionalHasElement CenterCropPad
    """.split()
)
