"""Models whose structure is refused, each with a message that names the file and the place; and one that is mended."""

from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper

from joulewise.counting.onnx_graph import count_onnx
from joulewise.errors import ExitCode, InputError
from tests.counting.onnx_graph.graphs import FLOAT, graph_model, kept_outside, op, saved


def _refused(tmp_path: Path, model: Any, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        count_onnx(saved(tmp_path, model))
    assert error.value.exit_code == ExitCode.BAD_INPUT
    assert "model.onnx" in error.value.message
    assert "\n" not in str(error.value)


def _branch(nodes: list[Any], weights: list[Any]) -> Any:
    out = helper.make_tensor_value_info(nodes[-1].output[0], FLOAT, None)
    return helper.make_graph(nodes, nodes[-1].output[0], [], [out], weights)


def _choice(then_branch: Any, else_branch: Any) -> Any:
    chosen = helper.make_node("If", ["c"], ["y"], then_branch=then_branch, else_branch=else_branch)
    model = graph_model([chosen], {"x": [3, 4]})
    model.graph.input.append(helper.make_tensor_value_info("c", TensorProto.BOOL, []))
    return model


def test_an_input_that_does_not_exist(tmp_path: Path) -> None:
    model = graph_model([op("Relu", "x", "r"), op("MatMul", "r,weight", "y")], {"x": [2, 5]})
    _refused(tmp_path, model, r"node 'y' \(MatMul\): its input 'weight' does not exist")
    inside = _choice(_branch([op("Relu", "x", "a")], []), _branch([op("Add", "x,bias", "b")], []))
    _refused(tmp_path, inside, r"node 'b' \(Add\): its input 'bias' does not exist")


def test_an_output_that_nothing_makes(tmp_path: Path) -> None:
    model = graph_model([op("Relu", "x", "r")], {"x": [2, 5]}, None, {"z": [2, 5]})
    _refused(tmp_path, model, "nothing makes the output 'z' of the graph 'graph'")


def test_a_name_made_twice(tmp_path: Path) -> None:
    model = graph_model([op("Relu", "x"), op("Exp", "x")], {"x": [2, 5]})
    _refused(tmp_path, model, r"node 'y' \(Exp\): its output 'y' already exists")


def test_cycles(tmp_path: Path) -> None:
    round_trip = [op("Add", "x,b", "a"), op("Exp", "a", "m"), op("Relu", "m", "b"), op("Neg", "b")]
    _refused(tmp_path, graph_model(round_trip, {"x": [2, 5]}), r"node 'a' \(Add\) is part of a cycle")
    _refused(tmp_path, graph_model([op("Add", "x,y")], {"x": [2, 5]}), r"node 'y' \(Add\) waits for its own output")


def test_nodes_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    nodes = [op("MatMul", "r,v"), op("Relu", "h", "r"), op("MatMul", "x,w", "h")]
    model = graph_model(nodes, {"x": [3, 5]}, {"w": [5, 7], "v": [7, 2]}, {"y": [3, 2]})
    assert count_onnx(saved(tmp_path, model)).flops == 2 * 3 * 5 * 7 + 2 * 3 * 7 * 2


@pytest.mark.parametrize(
    ("node", "shapes", "weights"),
    [
        (op("MatMul", "x,w"), [2, 5], [6, 3]),
        (op("Gemm", "x,w", transB=1), [2, 5], [5, 3]),
        (op("Add", "x,w"), [2, 5], [4]),
        (op("Conv", "x,w", group=2), [1, 6, 8, 8], [4, 2, 3, 3]),
        (op("ConvTranspose", "x,w"), [1, 6, 8, 8], [4, 2, 3, 3]),
    ],
)
def test_shapes_that_do_not_fit(tmp_path: Path, node: Any, shapes: list[int], weights: list[int]) -> None:
    _refused(tmp_path, graph_model([node], {"x": shapes}, {"w": weights}), rf"{node.op_type}\b")


def test_a_declared_shape_that_is_another(tmp_path: Path) -> None:
    model = graph_model([op("MatMul", "x,w")], {"x": [2, 5]}, {"w": [5, 3]}, {"y": [2, 4]})
    _refused(tmp_path, model, "do not fit together.*MatMul")


def test_negative_sizes(tmp_path: Path) -> None:
    model = graph_model([op("MatMul", "x,w")], {"x": [2, 5]}, {"w": [5, 3]})
    model.graph.initializer[0].dims[1] = -3
    _refused(tmp_path, model, r"the tensor 'w' has a negative size: \[5, -3\]")
    _refused(tmp_path, graph_model([op("Relu", "x")], {"x": [2, -7]}), "input 'x' has a negative size on axis 1: -7")
    declared = graph_model([op("Relu", "x")], {"x": [2, 7]}, None, {"y": [2, -4]})
    _refused(tmp_path, declared, "'y' has a negative size: -4")


def test_an_output_declared_as_minus_one_is_inferred(tmp_path: Path) -> None:
    model = graph_model([op("MatMul", "x,w")], {"x": [2, 5]}, {"w": [5, 3]}, {"y": [-1, 3]})
    assert count_onnx(saved(tmp_path, model)).flops == 2 * 2 * 5 * 3


def test_an_input_without_a_shape(tmp_path: Path) -> None:
    _refused(tmp_path, graph_model([op("Relu", "x")], {"x": None}), "the input 'x' has no shape")  # type: ignore[dict-item]


def test_data_of_another_length(tmp_path: Path) -> None:
    model = graph_model([op("MatMul", "x,w")], {"x": [2, 5]})
    model.graph.initializer.append(helper.make_tensor("w", TensorProto.FLOAT16, [5, 3], b"\0" * 30, raw=True))
    model.graph.initializer[0].raw_data = b"\0" * 28
    _refused(tmp_path, model, r"'w' of shape \[5, 3\] has 28 bytes, not 30")


@pytest.mark.parametrize("place", ["../weights.bin", "/weights.bin", "D:weights.bin"])
def test_data_outside_the_folder_in_a_branch_or_a_constant(tmp_path: Path, place: str) -> None:
    def tensor(name: str) -> Any:
        made = helper.make_tensor(name, FLOAT, [4, 2], [0.0] * 8)
        kept_outside(made, place)
        return made

    other = _branch([op("Relu", "x", "b")], [])
    _refused(tmp_path, _choice(_branch([op("MatMul", "x,w", "a")], [tensor("w")]), other), "'w' lie outside its folder")
    constant = helper.make_node("Constant", [], ["k"], value=tensor("held"))
    inside = _choice(_branch([constant, op("MatMul", "x,k", "a")], []), other)
    _refused(tmp_path, inside, "'held' lie outside its folder")


def test_graphs_nested_too_deep(tmp_path: Path) -> None:
    body = _branch([op("Relu", "x", "v0")], [])
    for depth in range(1, 27):
        choice = helper.make_node(
            "If", ["c"], [f"v{depth}"], then_branch=body, else_branch=_branch([op("Exp", "x", f"e{depth}")], [])
        )
        body = _branch([choice], [])
    _refused(tmp_path, _choice(body, _branch([op("Exp", "x", "e")], [])), "nested more than 24 deep|not an ONNX model")


def _with_functions(calls: dict[str, list[str]]) -> Any:
    """Return a model that calls the first of some functions; each calls the ones listed, one after the other."""
    model = graph_model([op(next(iter(calls)), "x", domain="own")], {"x": [2, 5]})
    model.opset_import.append(helper.make_opsetid("own", 1))
    opsets = [helper.make_opsetid("", 23), helper.make_opsetid("own", 1)]
    for name, called in calls.items():
        steps = [helper.make_node(kind, [f"t{i}"], [f"t{i + 1}"], domain="own") for i, kind in enumerate(called)]
        steps.append(helper.make_node("Relu", [f"t{len(called)}"], ["out"]))
        model.functions.append(helper.make_function("own", name, ["t0"], ["out"], steps, opsets))
    return model


def test_functions(tmp_path: Path) -> None:
    _refused(tmp_path, _with_functions({"f": ["g"], "g": ["h"], "h": ["g"]}), "the function 'g' calls itself")
    grown = {f"f{i}": [f"f{i + 1}"] * 4 for i in range(12)} | {"f12": []}  # 4^12 calls
    _refused(tmp_path, _with_functions(grown), "more than 1,000,000 nodes")
    deep = {f"f{i}": [f"f{i + 1}"] for i in range(60)} | {"f60": []}
    _refused(tmp_path, _with_functions(deep), "call each other more than 24 deep")
    assert count_onnx(saved(tmp_path, _with_functions({"f": ["g", "g"], "g": []}))).flops_all_ops == 3 * 10


def test_a_kernel_larger_than_its_input(tmp_path: Path) -> None:
    model = graph_model([op("Conv", "x,w")], {"x": [1, 3, 2, 2]}, {"w": [4, 3, 5, 5]})
    _refused(tmp_path, model, r"the shape of 'y' comes out negative: \[1, 4, -2, -2\]")


def test_sizes_beyond_all_bounds(tmp_path: Path) -> None:
    _refused(tmp_path, graph_model([op("Relu", "x")], {"x": [2**40] * 9}), r"more than 10\^30")
