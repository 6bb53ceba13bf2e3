"""Shapes are followed through operators of ONNX Runtime, which onnx does not know."""

from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto

from joulewise.counting.onnx_graph import count_onnx
from joulewise.errors import InputError
from tests.counting.onnx_graph.graphs import contrib, graph_model, op, saved

# name: nodes that make "h", shapes of inputs, shapes of weights, FLOPs of these nodes, features of "h"
CHAINS: dict[str, tuple[list[Any], dict[str, list[int]], dict[str, list[int]], int, int]] = {
    "norm, product, activation": (
        [
            contrib("SkipLayerNormalization", "x,x,g", "n"),
            contrib("FusedMatMul", "n,u", "p", transB=1),
            contrib("FastGelu", "p", "h"),
        ],
        {"x": [2, 5, 8]},
        {"g": [8], "u": [12, 8]},
        2 * 10 * 8 * 12,
        12,
    ),
    "fused attention": (
        [contrib("Attention", "x,u", "h", num_heads=2, qkv_hidden_sizes=[8, 8, 6])],
        {"x": [2, 5, 10]},
        {"u": [10, 22]},
        2 * 10 * 10 * 22 + 2 * 2 * 25 * (8 + 6),
        6,
    ),
    "grouped query, all in one, a window of 3": (
        [contrib("GroupQueryAttention", "x,,", "h", num_heads=4, kv_num_heads=2, local_window_size=3)],
        {"x": [2, 5, 8 * 4]},
        {},
        2 * 8 * (5 * 3) * 2 * 4,
        16,
    ),
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_product_after_contributed_operators(name: str, tmp_path: Path) -> None:
    nodes, inputs, weights, flops, features = CHAINS[name]
    model = graph_model([*nodes, op("MatMul", "h,w")], inputs, {**weights, "w": [features, 3]})
    work = count_onnx(saved(tmp_path, model))
    assert work.flops == flops + 2 * 10 * features * 3
    assert work.uncounted == {}
    assert [layer.kind for layer in work.layers][-1] == "MatMul"


def test_packed_products_in_a_row(tmp_path: Path) -> None:
    nodes = [
        contrib("MatMulNBits", "x,w,s", "h", K=32, N=64, bits=4, block_size=32),
        contrib("MatMulNBits", "h,v,t", "y", K=64, N=10, bits=4, block_size=32),
    ]
    model = graph_model(nodes, {"x": [3, 32]}, {"s": [64], "t": [20]})
    for name, dims in (("w", [64, 1, 16]), ("v", [10, 2, 16])):
        model.graph.initializer.append(TensorProto(name=name, data_type=TensorProto.UINT8, dims=dims))
    work = count_onnx(saved(tmp_path, model))
    assert (work.flops, work.params) == (2 * 3 * (32 * 64 + 64 * 10), 32 * 64 + 64 * 10)
    assert work.uncounted == {}


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (contrib("MatMulNBits", "x,w", K=-32, N=10, bits=4, block_size=32), "'K' must be a positive whole number"),
        (contrib("MatMulNBits", "x,w", K=32, N=12, bits=4, block_size=32), "bytes of its weight"),
        (contrib("MatMulNBits", "x,w", K=64, N=5, bits=4, block_size=32), "do not fit.*MatMulNBits"),
        (contrib("GroupQueryAttention", "x,x,x", num_heads=0, kv_num_heads=2), "'num_heads' must be a positive"),
        (contrib("MultiHeadAttention", "x,x,x", num_heads=5), "32 is not a multiple of 5"),
        (op("Attention", "x,x,x"), "do not fit.*q_num_heads"),
        (op("Attention", "x,x,x", q_num_heads=5, kv_num_heads=5), "do not fit|32 is not a multiple of 5"),
    ],
)
def test_attributes_that_do_not_fit(node: Any, said: str, tmp_path: Path) -> None:
    model = graph_model([node], {"x": [2, 3, 32]})
    model.graph.initializer.append(TensorProto(name="w", data_type=TensorProto.UINT8, dims=[10, 1, 16]))
    with pytest.raises(InputError, match=said) as error:
        count_onnx(saved(tmp_path, model))
    assert node.op_type in error.value.message
