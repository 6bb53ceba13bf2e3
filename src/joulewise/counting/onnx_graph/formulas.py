"""FLOPs of ONNX operators from the shapes of their inputs and outputs.

References
----------
.. [1] ONNX operator specifications, https://onnx.ai/onnx/operators/
.. [2] ONNX Runtime contributed operators (domain com.microsoft).
"""

from __future__ import annotations

import math

from joulewise.counting.onnx_graph.attention import ATTENTION
from joulewise.counting.onnx_graph.call import Call, Formula, MisfitError, plain, same
from joulewise.counting.onnx_graph.packed import PACKED


def _convolution(weight: int) -> Formula:
    def flops(c: Call) -> int:
        x, w = c.given(0), c.given(weight)
        same(len(x), len(w), "its input and its weight have different numbers of dimensions")
        # Channels come last in the input, but not in the weight, where the quantised operator says so.
        channels = x[-1] if c.flag("channels_last") else x[1]
        same(channels, w[1] * c.positive("group", 1), "channels of its input and of its weight")
        return 2 * math.prod(c.made) * math.prod(w[1:])

    return plain(flops)


def _transposed(c: Call) -> int:
    same(c.given(0)[1], c.given(1)[0], "channels of its input and of its weight")
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
    x, w, r = c.given(0, 3), c.given(1, 3), c.given(2, 3)
    if x[2] not in w[1:]:  # the quantised LSTM has its weights transposed
        raise MisfitError(f"its input has {x[2]} features, its weight the shape {list(w)}")
    return 2 * x[0] * x[1] * (math.prod(w) + math.prod(r))


def _einsum(c: Call) -> int:
    """Contract from left to right: each step costs the product of all indices that remain."""
    equation = str(c.attributes.get("equation", "")).replace(" ", "")
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


def _fourier(c: Call) -> int:
    x, out = c.given(0), c.made
    axis = int(c.attributes.get("axis", 1))
    if not -len(x) <= axis < len(x):
        raise MisfitError(f"its input has {len(x)} dimensions, and no axis {axis}")
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
    "ConvTranspose": plain(_transposed),
    "ConvTransposeWithDynamicPads": plain(_transposed),
    "DeformConv": plain(_deformable),
    "MatMul": plain(_matmul),
    "MatMulInteger": plain(_matmul),
    "MatMulInteger16": plain(_matmul),
    "MatMulIntegerToFloat": plain(_matmul),
    "DynamicQuantizeMatMul": plain(_matmul),
    "QLinearMatMul": plain(_matmul),
    "GemmFastGelu": plain(_matmul),
    "FusedMatMul": plain(_fused_matmul),
    "FusedMatMulActivation": plain(_fused_matmul),
    "TransposeMatMul": plain(_fused_matmul),
    "Gemm": plain(_gemm),
    "FusedGemm": plain(_gemm),
    "GemmFloat8": plain(_gemm),
    "QGemm": plain(_gemm),
    "LSTM": plain(_recurrent),
    "DynamicQuantizeLSTM": plain(_recurrent),
    "GRU": plain(_recurrent),
    "RNN": plain(_recurrent),
    "Einsum": plain(_einsum),
    "DFT": plain(_fourier),
    **PACKED,
    **ATTENTION,
}
"""The formula of each operator, by its name; one of com.microsoft may have a name of its own."""
