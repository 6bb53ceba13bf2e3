"""Parameters and bytes of weights: in every branch and body, quantised, packed, sparse, selected by a mixture."""

import math
from pathlib import Path
from typing import Any

from onnx import TensorProto, helper

from joulewise.counting.onnx_graph import count_onnx
from tests.counting.onnx_graph.graphs import FLOAT, contrib, graph_model, op, saved

UINT8, INT8, INT4, INT32, FLOAT16 = (
    TensorProto.UINT8,
    TensorProto.INT8,
    TensorProto.INT4,
    TensorProto.INT32,
    TensorProto.FLOAT16,
)


def _held(name: str, data_type: int, dims: list[int]) -> Any:
    """Return a tensor without its data."""
    return TensorProto(name=name, data_type=data_type, dims=dims)


def _with(nodes: list[Any], inputs: dict[str, list[int]], held: list[Any], **outputs: Any) -> Any:
    model = graph_model(nodes, inputs, None, outputs or None)
    model.graph.initializer.extend(held)
    return model


def test_four_bits(tmp_path: Path) -> None:
    # 96 inputs in three blocks of 32, 16 bytes each; 7 outputs. A scale and half a byte of zero point for each block.
    node = contrib("MatMulNBits", "x,w,s,z", K=96, N=7, bits=4, block_size=32)
    held = [_held("w", UINT8, [7, 3, 16]), _held("s", FLOAT16, [21]), _held("z", UINT8, [14])]
    work = count_onnx(saved(tmp_path, _with([node], {"x": [5, 96]}, held, y=[5, 7])))
    assert work.flops == 2 * 5 * 96 * 7
    assert work.params == work.active_params == 96 * 7
    assert work.weight_bytes == 7 * 48 + 2 * 21 + 14
    assert work.layers[0].params == 96 * 7


def test_two_bits_with_a_last_block_that_is_not_full(tmp_path: Path) -> None:
    node = contrib("MatMulNBits", "x,w,s,,,b", K=40, N=6, bits=2, block_size=32)
    held = [_held("w", UINT8, [6, 2, 8]), _held("s", FLOAT, [12]), _held("b", FLOAT, [6])]
    work = count_onnx(saved(tmp_path, _with([node], {"x": [2, 3, 40]}, held, y=[2, 3, 6])))
    assert (work.flops, work.params) == (2 * 6 * 40 * 6, 40 * 6 + 6)
    assert work.weight_bytes == 6 * 2 * 8 + 4 * 12 + 4 * 6


def test_four_bits_of_bitsandbytes(tmp_path: Path) -> None:
    node = contrib("MatMulBnb4", "x,w,a", K=48, N=5, block_size=16, quant_type=1)
    held = [_held("w", UINT8, [120]), _held("a", FLOAT, [15])]
    work = count_onnx(saved(tmp_path, _with([node], {"x": [3, 48]}, held, y=[3, 5])))
    assert (work.flops, work.params, work.weight_bytes) == (2 * 3 * 48 * 5, 240, 120 + 60)


def test_a_weight_that_is_widened_before_its_product(tmp_path: Path) -> None:
    nodes = [op("DequantizeLinear", "w,s", "wide", axis=1), op("MatMul", "x,wide")]
    for kind, size in ((INT8, 6 * 5), (INT4, 15)):
        held = [_held("w", kind, [6, 5]), _held("s", FLOAT, [5])]
        work = count_onnx(saved(tmp_path, _with(nodes, {"x": [4, 6]}, held)))
        assert (work.flops, work.params, work.weight_bytes) == (2 * 4 * 6 * 5, 30, size + 20)
        assert work.layers[0].params == 30


def test_quantised_products_and_their_biases(tmp_path: Path) -> None:
    scalars = [_held(n, FLOAT, []) for n in ("xs", "ws", "ys")] + [_held(n, INT8, []) for n in ("xz", "wz", "yz")]
    conv = op("QLinearConv", "x,xs,xz,w,ws,wz,ys,yz,b")
    model = _with([conv], {"x": [1, 3, 8, 8]}, [*scalars, _held("w", INT8, [4, 3, 3, 3]), _held("b", INT32, [4])])
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.elem_type = INT8
    work = count_onnx(saved(tmp_path, model))
    assert (work.flops, work.params) == (2 * 4 * 36 * 27, 4 * 27 + 4)
    assert work.weight_bytes == 108 + 16 + 3 * 4 + 3  # weight, bias of 32 bits, scales, zero points
    product = op("QLinearMatMul", "x,xs,xz,w,ws,wz,ys,yz")
    model = _with([product], {"x": [2, 3]}, [*scalars, _held("w", INT8, [3, 5])])
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.elem_type = INT8
    work = count_onnx(saved(tmp_path, model))
    assert (work.flops, work.params, work.weight_bytes) == (2 * 2 * 3 * 5, 15, 15 + 12 + 3)


def test_integer_products(tmp_path: Path) -> None:
    for kind, shape, weight, flops in (
        ("MatMulInteger", [2, 6], [6, 5], 2 * 2 * 6 * 5),
        ("ConvInteger", [1, 3, 6, 6], [4, 3, 3, 3], 2 * 4 * 16 * 27),
    ):
        held = [_held("w", INT8, weight), _held("xz", UINT8, []), _held("wz", INT8, [])]
        model = _with([op(kind, "x,w,xz,wz")], {"x": shape}, held)
        model.graph.input[0].type.tensor_type.elem_type = UINT8
        model.graph.output[0].type.tensor_type.elem_type = INT32
        work = count_onnx(saved(tmp_path, model))
        assert (work.flops, work.params, work.weight_bytes) == (flops, math.prod(weight), math.prod(weight) + 2)


def test_dynamically_quantised_product(tmp_path: Path) -> None:
    held = [_held("w", INT8, [6, 5]), _held("s", FLOAT, [5]), _held("z", INT8, [5]), _held("b", FLOAT, [5])]
    model = _with([contrib("DynamicQuantizeMatMul", "x,w,s,z,b")], {"x": [2, 6]}, held, y=[2, 5])
    work = count_onnx(saved(tmp_path, model))
    assert (work.flops, work.params, work.weight_bytes) == (2 * 2 * 6 * 5, 30 + 5, 30 + 20 + 5 + 20)


def test_quantised_gemm_and_attention(tmp_path: Path) -> None:
    scalars = [_held(n, FLOAT, []) for n in ("xs", "ws")] + [_held(n, INT8, []) for n in ("xz", "wz")]
    gemm = contrib("QGemm", "x,xs,xz,w,ws,wz,b", transB=1)
    held = [*scalars, _held("w", INT8, [5, 6]), _held("b", INT32, [5])]
    work = count_onnx(saved(tmp_path, _with([gemm], {"x": [2, 6]}, held, y=[2, 5])))
    assert (work.flops, work.params) == (2 * 2 * 6 * 5, 35)
    # Queries, keys and values of 16 features each from 12; 3 cached tokens before 4 new ones.
    node = contrib("QAttention", "x,w,b,xs,ws,,xz,wz,past", num_heads=2)
    held = [*scalars, _held("w", INT8, [12, 48]), _held("b", FLOAT, [48])]
    model = _with([node], {"x": [2, 4, 12], "past": [2, 2, 2, 3, 8]}, held, y=[2, 4, 16])
    work = count_onnx(saved(tmp_path, model))
    assert work.flops == 2 * 8 * 12 * 48 + 2 * 2 * (4 * 7) * (16 + 16)
    assert (work.params, work.weight_bytes) == (12 * 48 + 48, 12 * 48 + 4 * 48 + 8 + 2)


def test_a_mixture_uses_the_experts_it_selects(tmp_path: Path) -> None:
    # 8 experts of 10 -> 24 -> 10 features, the first doubled for its gate; each token selects 3.
    node = contrib("MoE", "x,r,up,ub,down", k=3, activation_type="swiglu", swiglu_fusion=1)
    held = [_held("up", FLOAT, [8, 48, 10]), _held("ub", FLOAT, [8, 48]), _held("down", FLOAT, [8, 10, 24])]
    work = count_onnx(saved(tmp_path, _with([node], {"x": [2, 7, 10], "r": [14, 8]}, held, y=[2, 7, 10])))
    assert work.flops == 14 * 3 * 2 * (48 * 10 + 10 * 24)
    assert work.params == 8 * (480 + 48 + 240)
    assert work.active_params == 3 * (480 + 48 + 240)


def test_a_quantised_mixture(tmp_path: Path) -> None:
    # 4 experts of 16 -> 32 -> 16 features with a gate of its own, two values in a byte.
    node = contrib("QMoE", "x,r,a,as,,b,bs,,c,cs", k=2, expert_weight_bits=4)
    held = [_held(n, UINT8, dims) for n, dims in (("a", [4, 32, 8]), ("b", [4, 16, 16]), ("c", [4, 32, 8]))]
    held += [_held(n, FLOAT16, dims) for n, dims in (("as", [4, 32]), ("bs", [4, 16]), ("cs", [4, 32]))]
    work = count_onnx(saved(tmp_path, _with([node], {"x": [5, 16], "r": [5, 4]}, held, y=[5, 16])))
    assert work.flops == 5 * 2 * 2 * 3 * 512
    assert (work.params, work.active_params) == (4 * 3 * 512, 2 * 3 * 512)
    assert work.weight_bytes == 4 * 3 * 256 + 2 * 4 * 80


def test_a_packed_table_that_is_looked_up(tmp_path: Path) -> None:
    node = contrib("GatherBlockQuantized", "t,i,s", bits=4, block_size=16, quantize_axis=1)
    model = _with([node], {"i": [3]}, [_held("t", UINT8, [50, 16]), _held("s", FLOAT, [50, 2])], y=[3, 32])
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64
    work = count_onnx(saved(tmp_path, model))
    assert (work.params, work.weight_bytes, work.flops) == (50 * 32, 800 + 400, 0)


def test_both_branches_and_a_body_hold_weights(tmp_path: Path) -> None:
    def graph(name: str, width: int) -> Any:
        out = helper.make_tensor_value_info(f"{name}_y", FLOAT, [3, width])
        nodes = [op("MatMul", f"x,{name}_w", f"{name}_y")]
        return helper.make_graph(nodes, name, [], [out], [_held(f"{name}_w", FLOAT, [4, width])])

    inner = helper.make_node("If", ["c"], ["a_z"], then_branch=graph("b", 6), else_branch=graph("d", 2))
    outer = helper.make_graph([inner], "a", [], [helper.make_tensor_value_info("a_z", FLOAT, None)])
    node = helper.make_node("If", ["c"], ["y"], then_branch=outer, else_branch=graph("e", 5))
    model = graph_model([node], {"x": [3, 4]})
    model.graph.input.append(helper.make_tensor_value_info("c", TensorProto.BOOL, []))
    work = count_onnx(saved(tmp_path, model))
    assert (work.flops, work.params, work.weight_bytes) == (2 * 3 * 4 * 6, 4 * (6 + 2 + 5), 16 * 13)


def test_a_sparse_weight_holds_what_is_stored(tmp_path: Path) -> None:
    model = graph_model([op("MatMul", "x,w")], {"x": [2, 9]})
    values, places = _held("w", FLOAT, [4]), _held("", TensorProto.INT64, [4])
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [9, 5]))
    work = count_onnx(saved(tmp_path, model))
    assert (work.flops, work.params, work.weight_bytes) == (2 * 2 * 9 * 5, 4, 4 * 4 + 4 * 8)
