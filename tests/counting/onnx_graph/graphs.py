"""Small ONNX graphs for the tests."""

import math
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

FLOAT = TensorProto.FLOAT
Shaped = dict[str, list[Any]]


def graph_model(nodes: list[Any], inputs: Shaped, weights: Shaped | None = None, outputs: Shaped | None = None) -> Any:
    """Return a model of float inputs and weights, with the last node's output or those given."""
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


def saved(tmp_path: Path, model: Any) -> Path:
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    return path


def op(kind: str, inputs: str, output: str = "y", **attributes: Any) -> Any:
    return helper.make_node(kind, inputs.split(","), [output], **attributes)


def contrib(kind: str, inputs: str, output: str = "y", **attributes: Any) -> Any:
    return op(kind, inputs, output, domain="com.microsoft", **attributes)


def kept_outside(tensor: Any, place: str) -> None:
    """Say that the data of a tensor lie in another file."""
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", place
