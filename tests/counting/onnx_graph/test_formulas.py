"""The FLOPs of each ONNX operator, derived by hand."""

import math
from pathlib import Path
from typing import Any

import pytest
from onnx import helper

from joulewise.counting.onnx_graph import count_onnx
from tests.counting.onnx_graph.graphs import Shaped, contrib, graph_model, op, saved

# name: node, shapes of inputs, shapes of weights, FLOPs, shape of the output where inference knows no such operator
OPERATORS: dict[str, tuple[Any, Shaped, Shaped, int, list[int] | None]] = {
    "grouped conv": (
        op("Conv", "x,w", group=2, pads=[1, 1, 1, 1]),
        {"x": [3, 4, 9, 9]},
        {"w": [8, 2, 3, 3]},
        2 * 3 * 8 * 81 * 18,
        None,
    ),
    "padded by name": (
        op("Conv", "x,w", auto_pad="SAME_UPPER", strides=[2, 2]),
        {"x": [1, 3, 9, 9]},
        {"w": [4, 3, 3, 3]},
        2 * 4 * 25 * 27,
        None,
    ),
    "dilated": (
        op("Conv", "x,w", dilations=[2, 2]),
        {"x": [1, 3, 9, 9]},
        {"w": [4, 3, 3, 3]},
        2 * 4 * 25 * 27,
        None,
    ),
    "transposed": (
        op("ConvTranspose", "x,w", strides=[2, 2]),
        {"x": [2, 4, 5, 5]},
        {"w": [4, 6, 2, 2]},
        2 * 2 * 25 * 4 * 6 * 4,
        None,
    ),
    "matmul broadcast": (op("MatMul", "x,w"), {"x": [2, 7, 5]}, {"w": [5, 6]}, 2 * 14 * 5 * 6, None),
    "matmul of vectors": (op("MatMul", "x,w"), {"x": [5]}, {"w": [5]}, 2 * 5, None),
    "gemm turned": (op("Gemm", "x,w", transA=1, transB=1), {"x": [5, 3]}, {"w": [6, 5]}, 2 * 3 * 5 * 6, None),
    "lstm": (
        helper.make_node("LSTM", ["x", "w", "r"], ["y"], hidden_size=5),
        {"x": [7, 3, 4]},
        {"w": [1, 20, 4], "r": [1, 20, 5]},
        2 * 21 * (80 + 100),
        None,
    ),
    "gru both ways": (
        helper.make_node("GRU", ["x", "w", "r"], ["y"], hidden_size=5, direction="bidirectional"),
        {"x": [7, 3, 4]},
        {"w": [2, 15, 4], "r": [2, 15, 5]},
        2 * 21 * 2 * (60 + 75),
        None,
    ),
    "einsum": (
        op("Einsum", "x,w", equation="bij,jk->bik"),
        {"x": [2, 4, 5]},
        {"w": [5, 6]},
        2 * 2 * 4 * 5 * 6,
        None,
    ),
    "einsum with dots": (
        op("Einsum", "x,w", equation="...ij,...jk->...ik"),
        {"x": [2, 3, 4, 5]},
        {"w": [2, 3, 5, 6]},
        2 * 6 * 4 * 5 * 6,
        None,
    ),
    "attention": (
        op("Attention", "x,k,v"),
        {"x": [2, 4, 5, 8], "k": [2, 2, 9, 8], "v": [2, 2, 9, 6]},
        {},
        2 * 8 * 45 * 14,
        None,
    ),
    "attention of three dimensions": (
        op("Attention", "x,k,v", q_num_heads=4, kv_num_heads=2),
        {"x": [2, 5, 32], "k": [2, 9, 16], "v": [2, 9, 12]},
        {},
        2 * 8 * 45 * 14,
        None,
    ),
    "fused attention": (
        contrib("Attention", "x,w,b", num_heads=4),
        {"x": [2, 5, 32]},
        {"w": [32, 96], "b": [96]},
        2 * 10 * 32 * 96 + 4 * 2 * 25 * 32,
        [2, 5, 32],
    ),
    "multi-head": (
        contrib("MultiHeadAttention", "x,k,v", num_heads=4),
        {"x": [2, 5, 32], "k": [2, 9, 32], "v": [2, 9, 32]},
        {},
        4 * 2 * 45 * 32,
        [2, 5, 32],
    ),
    "grouped query": (
        contrib("GroupQueryAttention", "x,k,v", num_heads=4, kv_num_heads=2),
        {"x": [2, 5, 32], "k": [2, 5, 16], "v": [2, 5, 16]},
        {},
        4 * 2 * 25 * 32,
        [2, 5, 32],
    ),
    "fused matmul": (contrib("FusedMatMul", "x,w", transA=1), {"x": [5, 3]}, {"w": [5, 6]}, 2 * 3 * 5 * 6, [3, 6]),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_each_operator_by_hand(name: str, tmp_path: Path) -> None:
    node, inputs, weights, flops, out = OPERATORS[name]
    work = count_onnx(saved(tmp_path, graph_model([node], inputs, weights, {"y": out} if out else None)))
    assert work.flops == flops
    assert work.uncounted == {}
    assert work.params == sum(math.prod(shape) for shape in weights.values())


def test_causal_attention_has_its_half(tmp_path: Path) -> None:
    shapes = {"x": [1, 4, 6, 8], "k": [1, 4, 6, 8], "v": [1, 4, 6, 8]}
    work = count_onnx(saved(tmp_path, graph_model([op("Attention", "x,k,v", is_causal=1)], shapes)))
    assert (work.flops, work.flops_causal_half) == (2 * 4 * 36 * 16, 2 * 4 * 21 * 16)


def test_one_token_after_a_cache(tmp_path: Path) -> None:
    node = contrib("GroupQueryAttention", "x,k,v,pk,pv", num_heads=4, kv_num_heads=2)
    shapes = {"x": [2, 1, 32], "k": [2, 1, 16], "v": [2, 1, 16], "pk": [2, 2, 9, 8], "pv": [2, 2, 9, 8]}
    assert count_onnx(saved(tmp_path, graph_model([node], shapes))).flops == 2 * 8 * (1 * 10) * (8 + 8)


def test_packed_attention_counts_where_nothing_was_padded(tmp_path: Path) -> None:
    node = contrib("PackedAttention", "x,w,,t,c", num_heads=2)
    model = graph_model([node], {"x": [10, 8], "t": [2, 5], "c": [3]}, {"w": [8, 24]})
    assert count_onnx(saved(tmp_path, model)).flops == 2 * 10 * 8 * 24 + 2 * 2 * 25 * (8 + 8)
    padded = graph_model([node], {"x": [9, 8], "t": [2, 5], "c": [3]}, {"w": [8, 24]})
    work = count_onnx(saved(tmp_path, padded))
    assert work.uncounted == {"com.microsoft:PackedAttention (its shape depends on data)": 1}


def test_attention_of_an_unknown_kind_is_listed(tmp_path: Path) -> None:
    work = count_onnx(saved(tmp_path, graph_model([contrib("SparseAttention", "x,w")], {"x": [9, 8]}, {"w": [8, 24]})))
    assert (work.flops, work.uncounted) == (0, {"com.microsoft:SparseAttention": 1})
