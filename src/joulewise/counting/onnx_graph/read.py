"""Read an ONNX file and set its dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

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
        If the file is not an ONNX model, refers to data outside its folder, or has inputs of open dimensions.
    """
    onnx = import_extra("onnx", "onnx", f"counting {path}")
    model = _load(onnx, path)
    _refuse_outside_data(model.graph, path)
    _set_dims(model, dims, path)
    if model.functions:
        inliner = import_extra("onnx.inliner", "onnx", f"counting {path}")
        model = inliner.inline_local_functions(model)
    try:
        # Data propagation follows the arithmetic of shapes through Shape, Gather, Concat and Reshape.
        return onnx.shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:
        raise InputError(f"{path}: its shapes do not fit together: {_line(error)}") from None


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


def _refuse_outside_data(graph: Any, path: Path) -> None:
    """Refuse tensors whose data lie outside the model's folder; external data are never read in any case."""
    for tensor in graph.initializer:
        for entry in tensor.external_data:
            if entry.key != "location":
                continue
            place = entry.value
            parts = PurePosixPath(place.replace("\\", "/")).parts
            if PurePosixPath(place).is_absolute() or PureWindowsPath(place).is_absolute() or ".." in parts:
                raise InputError(f"{path}: the data of {tensor.name!r} lie outside its folder, at {place!r}")


def _set_dims(model: Any, dims: Mapping[str, int], path: Path) -> None:
    weights = {tensor.name for tensor in model.graph.initializer}
    named: set[str] = set()
    open_dims: list[str] = []
    for value in model.graph.input:
        if value.name in weights:
            continue
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            label = dim.dim_param
            if label:
                named.add(label)
            if label in dims:
                dim.dim_value = dims[label]
            elif not dim.HasField("dim_value") or dim.dim_value < 1:
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
            "set them: " + " ".join(f"--dim {name}=N" for name in names if " " not in name),
        )


def _line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__
