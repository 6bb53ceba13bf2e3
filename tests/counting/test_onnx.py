"""Counting ONNX graphs: each operator against its closed form, and exported modules against their trace."""

import math
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from torch import nn

from joulewise.counting.onnx_graph import count_onnx
from joulewise.counting.trace import count_module
from joulewise.errors import InputError, UnknownNameError

FLOAT = TensorProto.FLOAT
Shaped = dict[str, list[Any]]


def _model(nodes: list[Any], inputs: Shaped, weights: Shaped | None = None, outputs: Shaped | None = None) -> Any:
    made = outputs or {nodes[-1].output[0]: None}  # type: ignore[dict-item]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in made.items()],
        [helper.make_tensor(n, FLOAT, shape, [0.0] * math.prod(shape)) for n, shape in (weights or {}).items()],
    )
    opsets = [helper.make_opsetid("", 23), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets)


def _saved(tmp_path: Path, model: Any) -> Path:
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    return path


def _node(kind: str, inputs: str, output: str = "y", **attributes: Any) -> Any:
    return helper.make_node(kind, inputs.split(","), [output], **attributes)


def _ms(kind: str, inputs: str, **attributes: Any) -> Any:
    return _node(kind, inputs, domain="com.microsoft", **attributes)


# name: node, shapes of inputs, shapes of weights, FLOPs, shape of the output where inference knows no such operator
OPERATORS: dict[str, tuple[Any, Shaped, Shaped, int, list[int] | None]] = {
    "grouped conv": (
        _node("Conv", "x,w", group=2, pads=[1, 1, 1, 1]),
        {"x": [3, 4, 9, 9]},
        {"w": [8, 2, 3, 3]},
        2 * 3 * 8 * 81 * 18,
        None,
    ),
    "padded by name": (
        _node("Conv", "x,w", auto_pad="SAME_UPPER", strides=[2, 2]),
        {"x": [1, 3, 9, 9]},
        {"w": [4, 3, 3, 3]},
        2 * 4 * 25 * 27,
        None,
    ),
    "dilated": (
        _node("Conv", "x,w", dilations=[2, 2]),
        {"x": [1, 3, 9, 9]},
        {"w": [4, 3, 3, 3]},
        2 * 4 * 25 * 27,
        None,
    ),
    "transposed": (
        _node("ConvTranspose", "x,w", strides=[2, 2]),
        {"x": [2, 4, 5, 5]},
        {"w": [4, 6, 2, 2]},
        2 * 2 * 25 * 4 * 6 * 4,
        None,
    ),
    "matmul broadcast": (_node("MatMul", "x,w"), {"x": [2, 7, 5]}, {"w": [5, 6]}, 2 * 14 * 5 * 6, None),
    "matmul of vectors": (_node("MatMul", "x,w"), {"x": [5]}, {"w": [5]}, 2 * 5, None),
    "gemm turned": (_node("Gemm", "x,w", transA=1, transB=1), {"x": [5, 3]}, {"w": [6, 5]}, 2 * 3 * 5 * 6, None),
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
        _node("Einsum", "x,w", equation="bij,jk->bik"),
        {"x": [2, 4, 5]},
        {"w": [5, 6]},
        2 * 2 * 4 * 5 * 6,
        None,
    ),
    "einsum with dots": (
        _node("Einsum", "x,w", equation="...ij,...jk->...ik"),
        {"x": [2, 3, 4, 5]},
        {"w": [2, 3, 5, 6]},
        2 * 6 * 4 * 5 * 6,
        None,
    ),
    "attention": (
        _node("Attention", "x,k,v"),
        {"x": [2, 4, 5, 8], "k": [2, 2, 9, 8], "v": [2, 2, 9, 6]},
        {},
        2 * 8 * 45 * 14,
        None,
    ),
    "attention of three dimensions": (
        _node("Attention", "x,k,v", q_num_heads=4, kv_num_heads=2),
        {"x": [2, 5, 32], "k": [2, 9, 16], "v": [2, 9, 12]},
        {},
        2 * 8 * 45 * 14,
        None,
    ),
    "fused attention": (
        _ms("Attention", "x,w,b", num_heads=4),
        {"x": [2, 5, 32]},
        {"w": [32, 96], "b": [96]},
        2 * 10 * 32 * 96 + 4 * 2 * 25 * 32,
        [2, 5, 32],
    ),
    "multi-head": (
        _ms("MultiHeadAttention", "x,k,v", num_heads=4),
        {"x": [2, 5, 32], "k": [2, 9, 32], "v": [2, 9, 32]},
        {},
        4 * 2 * 45 * 32,
        [2, 5, 32],
    ),
    "grouped query": (
        _ms("GroupQueryAttention", "x,k,v", num_heads=4, kv_num_heads=2),
        {"x": [2, 5, 32], "k": [2, 5, 16], "v": [2, 5, 16]},
        {},
        4 * 2 * 25 * 32,
        [2, 5, 32],
    ),
    "fused matmul": (_ms("FusedMatMul", "x,w", transA=1), {"x": [5, 3]}, {"w": [5, 6]}, 2 * 3 * 5 * 6, [3, 6]),
    "four-bit matmul": (
        _ms("MatMulNBits", "x,w", K=64, N=10, bits=4, block_size=32),
        {"x": [3, 64]},
        {"w": [10, 2, 16]},
        2 * 3 * 64 * 10,
        [3, 10],
    ),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_each_operator_by_hand(name: str, tmp_path: Path) -> None:
    node, inputs, weights, flops, out = OPERATORS[name]
    work = count_onnx(_saved(tmp_path, _model([node], inputs, weights, {"y": out} if out else None)))
    assert work.flops == flops
    assert work.uncounted == {}
    assert work.params == sum(math.prod(shape) for shape in weights.values())


def test_causal_attention_has_its_half(tmp_path: Path) -> None:
    shapes = {"x": [1, 4, 6, 8], "k": [1, 4, 6, 8], "v": [1, 4, 6, 8]}
    work = count_onnx(_saved(tmp_path, _model([_node("Attention", "x,k,v", is_causal=1)], shapes)))
    assert (work.flops, work.flops_causal_half) == (2 * 4 * 36 * 16, 2 * 4 * 21 * 16)


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


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 64))
def test_flops_are_linear_in_a_named_batch(batch: int) -> None:
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        path = _saved(Path(folder), _model([_node("Conv", "x,w")], {"x": ["batch", 3, 8, 8]}, {"w": [4, 3, 3, 3]}))
        assert count_onnx(path, dims={"batch": batch}).flops == batch * 2 * 4 * 36 * 27


def test_open_dimensions_are_an_error_that_names_them(tmp_path: Path) -> None:
    path = _saved(tmp_path, _model([_node("MatMul", "x,w")], {"x": ["batch", "length", 5]}, {"w": [5, 6]}))
    with pytest.raises(InputError, match=r"open dimensions: batch, length .*--dim batch=N --dim length=N"):
        count_onnx(path)
    with pytest.raises(UnknownNameError, match="did you mean batch"):
        count_onnx(path, dims={"bach": 2, "length": 3})
    with pytest.raises(InputError, match="at least 1, not 0"):
        count_onnx(path, dims={"batch": 0, "length": 3})


def test_shapes_are_followed_through_their_arithmetic(tmp_path: Path) -> None:
    one = helper.make_tensor("rest", TensorProto.INT64, [1], [-1])
    zero = helper.make_tensor("zero", TensorProto.INT64, [1], [0])
    nodes = [
        _node("Shape", "x", "shape"),
        _node("Gather", "shape,zero", "batch"),
        helper.make_node("Concat", ["batch", "rest"], ["to"], axis=0),
        _node("Reshape", "x,to", "flat"),
        _node("MatMul", "flat,w"),
    ]
    model = _model(nodes, {"x": ["batch_size", 3, 4]}, {"w": [12, 5]})
    model.graph.initializer.extend([one, zero])
    assert count_onnx(_saved(tmp_path, model), dims={"batch_size": 7}).flops == 2 * 7 * 12 * 5


def test_an_operator_without_a_formula_is_listed(tmp_path: Path) -> None:
    model = _model([_node("NonMaxSuppression", "x,s")], {"x": [1, 6, 4], "s": [1, 1, 6]})
    assert count_onnx(_saved(tmp_path, model)).uncounted == {"NonMaxSuppression": 1}


def test_a_shape_that_depends_on_data_is_listed_not_zero(tmp_path: Path) -> None:
    nodes = [_node("NonZero", "x", "where"), _node("Cast", "where", "f", to=FLOAT), _node("MatMul", "w,f")]
    work = count_onnx(_saved(tmp_path, _model(nodes, {"x": [3, 4]}, {"w": [5, 2]})))
    assert work.flops == 0
    assert work.uncounted == {"MatMul (its shape depends on data)": 1}


def test_the_costlier_branch_and_a_loop_of_known_length(tmp_path: Path) -> None:
    def branch(name: str, width: int) -> Any:
        out = helper.make_tensor_value_info(f"{name}_y", FLOAT, [3, width])
        weight = helper.make_tensor(f"{name}_w", FLOAT, [4, width], [0.0] * 4 * width)
        return helper.make_graph([_node("MatMul", f"x,{name}_w", f"{name}_y")], name, [], [out], [weight])

    node = helper.make_node("If", ["c"], ["y"], then_branch=branch("a", 5), else_branch=branch("b", 7))
    model = _model([node], {"x": [3, 4]}, None, {"y": None})  # type: ignore[dict-item]
    model.graph.input.append(helper.make_tensor_value_info("c", TensorProto.BOOL, []))
    assert count_onnx(_saved(tmp_path, model)).flops == 2 * 3 * 4 * 7

    body = helper.make_graph(
        [_node("Identity", "go", "go_on"), _node("MatMul", "x,body_w", "turn")],
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
    model = _model([helper.make_node("Loop", ["trips", ""], ["y"], body=body)], {"x": [3, 4]}, None, {"y": None})  # type: ignore[dict-item]
    model.graph.initializer.append(helper.make_tensor("trips", TensorProto.INT64, [], [6]))
    assert count_onnx(_saved(tmp_path, model)).flops == 6 * 2 * 3 * 4 * 5


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"not a model", "is not an ONNX model"), (b"\x08", "is not an ONNX model")],
)
def test_what_is_no_model(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        count_onnx(path)


def test_a_model_cut_short(tmp_path: Path) -> None:
    path = _saved(tmp_path, _model([_node("MatMul", "x,w")], {"x": [2, 50]}, {"w": [50, 60]}))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="not an ONNX model, or is cut short"):
        count_onnx(path)


@pytest.mark.parametrize("place", ["/etc/passwd", "../secret.bin", "C:\\secret.bin", "a/../../b"])
def test_data_outside_the_folder_is_refused(tmp_path: Path, place: str) -> None:
    model = _model([_node("MatMul", "x,w")], {"x": [2, 5]}, {"w": [5, 6]})
    _outside(model.graph.initializer[0], place)
    with pytest.raises(InputError, match="lie outside its folder"):
        count_onnx(_saved(tmp_path, model))


def test_external_data_need_not_be_there(tmp_path: Path) -> None:
    model = _model([_node("MatMul", "x,w")], {"x": [2, 5]}, {"w": [5, 6]})
    _outside(model.graph.initializer[0], "weights.bin")
    work = count_onnx(_saved(tmp_path, model))
    assert (work.flops, work.params, work.weight_bytes) == (2 * 2 * 5 * 6, 30, 120)


def _outside(tensor: Any, place: str) -> None:
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", place
