"""Read an ONNX file and set its dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joulewise.counting.onnx_graph.shapes import infer_shapes
from joulewise.counting.onnx_graph.structure import check_structure, graphs_of, order_nodes
from joulewise.errors import InputError, UnknownNameError
from joulewise.extras import import_extra

_PROTOBUF_LIMIT = 2**31 - 1


def read_model(path: Path, dims: Mapping[str, int]) -> Any:
    """Return a model with its dimensions set, its functions inlined and its shapes inferred.

    Parameters
    ----------
    path : Path
    dims : mapping of str to int
        Values for the inputs' named dimensions.

    Raises
    ------
    MissingExtraError
        If onnx is not installed.
    InputError
        If the file is not an ONNX model, its parts do not fit together (see `structure`), or an input is open.
    """
    onnx = import_extra("onnx", "onnx", f"counting {path}")
    model = _load(onnx, path)
    check_structure(model, path)
    _set_dims(model, dims, path)
    if model.functions:
        inliner = import_extra("onnx.inliner", "onnx", f"counting {path}")
        try:
            model = inliner.inline_local_functions(model)
        except Exception as error:
            raise InputError(f"{path}: its functions cannot be written out: {_line(error)}") from None
    order_nodes(model.graph, path)
    _check_declared(model.graph, path)
    return infer_shapes(model, path)


def _load(onnx: Any, path: Path) -> Any:
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    size = path.stat().st_size
    if size == 0:
        raise InputError(f"{path} is empty")
    if size > _PROTOBUF_LIMIT:
        raise InputError(f"{path} is larger than the 2 GiB of an ONNX file", "keep its weights as external data")
    try:
        model = onnx.load_model(str(path), load_external_data=False)
    except Exception as error:
        raise InputError(f"{path} is not an ONNX model, or is cut short: {_line(error)}") from None
    if not model.graph.node:
        raise InputError(f"{path} is not an ONNX model: it has no graph")
    return model


def _set_dims(model: Any, dims: Mapping[str, int], path: Path) -> None:
    weights = {tensor.name for tensor in model.graph.initializer}
    named: set[str] = set()
    open_dims: list[str] = []
    for value in model.graph.input:
        if value.name in weights:
            continue
        if value.type.HasField("tensor_type") and not value.type.tensor_type.HasField("shape"):
            raise InputError(f"{path}: the input {value.name!r} has no shape")
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            label = dim.dim_param
            if label:
                named.add(label)
            if label in dims:
                dim.dim_value = dims[label]
            elif dim.dim_value < 0:
                raise InputError(
                    f"{path}: the input {value.name!r} has a negative size on axis {axis}: {dim.dim_value}",
                    "an open axis has a name in place of a size",
                )
            elif not dim.HasField("dim_value") or dim.dim_value == 0:
                open_dims.append(label or f"axis {axis} of {value.name}")
    for label, size in dims.items():
        if label not in named:
            raise UnknownNameError(f"dimension of {path.name}", label, named)
        if size < 1:
            raise InputError(f"dimension {label!r} must be at least 1, not {size}")
    if open_dims:
        names = list(dict.fromkeys(open_dims))
        raise InputError(
            f"{path}: the inputs have open dimensions: {', '.join(names)}",
            "set them: " + " ".join(f"--dim {name}=N" for name in names)
            if not any(" of " in name for name in names)
            else "an open axis needs a name in the file, which --dim can then set",
        )


def _check_declared(graph: Any, path: Path) -> None:
    """Refuse negative sizes; other tools write -1 where a size is open, which is left to the inference."""
    for each in graphs_of(graph):
        for value in (*each.input, *each.value_info, *each.output):
            for dim in value.type.tensor_type.shape.dim:
                if dim.dim_value < -1:
                    raise InputError(f"{path}: {value.name!r} has a negative size: {dim.dim_value}")
                if dim.dim_value == -1:
                    dim.ClearField("dim_value")


def _line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__
