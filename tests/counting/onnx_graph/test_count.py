"""Counting whole ONNX graphs: exported modules against their trace, shapes, branches and loops."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from torch import nn

from joulewise.counting.onnx_graph import count_onnx
from joulewise.counting.trace import count_module
from joulewise.errors import InputError
from tests.counting.onnx_graph.graphs import FLOAT, graph_model, op, saved


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.q, self.k, self.v, self.o = nn.LayerNorm(32), *(nn.Linear(32, 32) for _ in range(4))
        self.mlp = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 32))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(x)
        q, k, v = (f(y).unflatten(-1, (4, 8)).transpose(1, 2) for f in (self.q, self.k, self.v))
        scores = (q @ k.transpose(-1, -2)).softmax(-1)
        x = x + self.o((scores @ v).transpose(1, 2).flatten(2))
        return x + self.mlp(x)


EXPORTS: dict[str, tuple[nn.Module, torch.Tensor]] = {
    "mlp": (nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 5)), torch.randn(3, 10)),
    "cnn": (
        nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3),
            nn.Flatten(),
            nn.Linear(16 * 4, 7),
        ),
        torch.randn(2, 3, 8, 8),
    ),
    "block": (_Block(), torch.randn(2, 9, 32)),
    "upsampling": (nn.Sequential(nn.ConvTranspose2d(4, 6, 2, stride=2), nn.Sigmoid()), torch.randn(1, 4, 5, 5)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", EXPORTS)
def test_exported_modules_equal_their_trace(name: str, tmp_path: Path) -> None:
    module, x = EXPORTS[name]
    path = tmp_path / "model.onnx"
    torch.onnx.export(module.eval(), (x,), str(path), dynamo=True, verbose=False)
    exported, traced = count_onnx(path), count_module(module, x)
    assert exported.flops == traced.flops
    assert exported.uncounted == {}


@settings(max_examples=15)
@given(st.integers(1, 64))
def test_flops_are_linear_in_a_named_batch(batch: int) -> None:
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder), graph_model([op("Conv", "x,w")], {"x": ["batch", 3, 8, 8]}, {"w": [4, 3, 3, 3]}))
        assert count_onnx(path, dims={"batch": batch}).flops == batch * 2 * 4 * 36 * 27


def test_shapes_are_followed_through_their_arithmetic(tmp_path: Path) -> None:
    one = helper.make_tensor("rest", TensorProto.INT64, [1], [-1])
    zero = helper.make_tensor("zero", TensorProto.INT64, [1], [0])
    nodes = [
        op("Shape", "x", "shape"),
        op("Gather", "shape,zero", "batch"),
        helper.make_node("Concat", ["batch", "rest"], ["to"], axis=0),
        op("Reshape", "x,to", "flat"),
        op("MatMul", "flat,w"),
    ]
    model = graph_model(nodes, {"x": ["batch_size", 3, 4]}, {"w": [12, 5]})
    model.graph.initializer.extend([one, zero])
    assert count_onnx(saved(tmp_path, model), dims={"batch_size": 7}).flops == 2 * 7 * 12 * 5


def test_an_operator_without_a_formula_is_listed(tmp_path: Path) -> None:
    model = graph_model([op("NonMaxSuppression", "x,s")], {"x": [1, 6, 4], "s": [1, 1, 6]})
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64
    assert count_onnx(saved(tmp_path, model)).uncounted == {"NonMaxSuppression": 1}


def test_a_shape_that_depends_on_data_is_listed_not_zero(tmp_path: Path) -> None:
    nodes = [op("NonZero", "x", "where"), op("Cast", "where", "f", to=FLOAT), op("MatMul", "w,f")]
    work = count_onnx(saved(tmp_path, graph_model(nodes, {"x": [3, 4]}, {"w": [5, 2]})))
    assert work.flops == 0
    assert work.uncounted == {"MatMul (its shape depends on data)": 1}


def test_the_costlier_branch_and_a_loop_of_known_length(tmp_path: Path) -> None:
    def branch(name: str, width: int) -> Any:
        out = helper.make_tensor_value_info(f"{name}_y", FLOAT, [3, width])
        weight = helper.make_tensor(f"{name}_w", FLOAT, [4, width], [0.0] * 4 * width)
        return helper.make_graph([op("MatMul", f"x,{name}_w", f"{name}_y")], name, [], [out], [weight])

    node = helper.make_node("If", ["c"], ["y"], then_branch=branch("a", 5), else_branch=branch("b", 7))
    model = graph_model([node], {"x": [3, 4]}, None, {"y": None})  # type: ignore[dict-item]
    model.graph.input.append(helper.make_tensor_value_info("c", TensorProto.BOOL, []))
    assert count_onnx(saved(tmp_path, model)).flops == 2 * 3 * 4 * 7

    body = helper.make_graph(
        [op("Identity", "go", "go_on"), op("MatMul", "x,body_w", "turn")],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("turn", FLOAT, [3, 5]),
        ],
        [helper.make_tensor("body_w", FLOAT, [4, 5], [0.0] * 20)],
    )
    model = graph_model([helper.make_node("Loop", ["trips", ""], ["y"], body=body)], {"x": [3, 4]}, None, {"y": None})  # type: ignore[dict-item]
    model.graph.initializer.append(helper.make_tensor("trips", TensorProto.INT64, [], [6]))
    assert count_onnx(saved(tmp_path, model)).flops == 6 * 2 * 3 * 4 * 5


def _loop(trips: int) -> Any:
    body = helper.make_graph(
        [op("Identity", "go", "go_on"), op("MatMul", "x,w", "turn")],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("turn", FLOAT, [2, 7]),
        ],
        [helper.make_tensor("w", FLOAT, [3, 7], [0.0] * 21)],
    )
    model = graph_model([helper.make_node("Loop", ["trips", ""], ["y"], body=body)], {"x": [2, 3]})
    model.graph.initializer.append(helper.make_tensor("trips", TensorProto.INT64, [], [trips]))
    return model


def test_a_loop_counts_its_weights_once_and_its_work_each_time(tmp_path: Path) -> None:
    work = count_onnx(saved(tmp_path, _loop(9)))
    assert (work.flops, work.params) == (9 * 2 * 2 * 3 * 7, 21)
    assert count_onnx(saved(tmp_path, _loop(0))).flops == 0


def test_a_loop_that_ends_by_its_condition_is_listed(tmp_path: Path) -> None:
    work = count_onnx(saved(tmp_path, _loop(2**63 - 1)))
    assert work.flops == 2 * 2 * 3 * 7
    assert work.uncounted == {"Loop (its length depends on data; the body counts once)": 1}


def test_a_negative_trip_count_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"node 'y' \(Loop\): its trip count is negative: -4"):
        count_onnx(saved(tmp_path, _loop(-4)))
