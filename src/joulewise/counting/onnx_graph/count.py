"""Count the operators of an ONNX graph."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulewise.counting.onnx_graph.formulas import (
    FORMULAS,
    MOVEMENT,
    PER_INPUT,
    PER_OUTPUT,
    Call,
    Shape,
    UnknownShapeError,
)
from joulewise.counting.onnx_graph.read import read_model
from joulewise.counting.workload import AS_STORED, Layer, Phase, Workload, bytes_of
from joulewise.extras import import_extra
from joulewise.formats import format_named

_STANDARD = ("", "ai.onnx")
# Data types of weights, with their bytes per value: float, double, float16, bfloat16, 8 and 4 bits.
_WEIGHT_TYPES = {
    1: 4.0,
    11: 8.0,
    10: 2.0,
    16: 2.0,
    2: 1.0,
    3: 1.0,
    17: 1.0,
    18: 1.0,
    19: 1.0,
    20: 1.0,
    21: 0.5,
    22: 0.5,
    23: 0.5,
}


def count_onnx(path: Path, *, dims: Mapping[str, int] | None = None, precision: str | None = None) -> Workload:
    """Count one inference of an ONNX model.

    Parameters
    ----------
    path : Path
        The file; external data are never read.
    dims : mapping of str to int, optional
        Values for the inputs' named dimensions, e.g. ``{"batch": 8}``.
    precision : str, optional
        Of weights and activations, for the bytes; by default weights as they are stored, activations fp32.

    Returns
    -------
    Workload
        With the phase ``forward``. An ``If`` counts as its costlier branch, a ``Loop`` or ``Scan`` as its body times
        its known length. An operator without a formula, or whose shapes depend on data, is in `uncounted`.

    Raises
    ------
    MissingExtraError
        If onnx is not installed.
    InputError
        If the file is not an ONNX model, or a dimension is open, invalid or unknown.
    """
    stored_as = format_named(precision) if precision else None
    model = read_model(path, dims or {})
    walk = _Walk()
    _graph(model.graph, {}, {}, walk)
    weights = _weights(model.graph)
    params = sum(n for n, _ in weights.values())
    per_value = (stored_as or format_named("fp32")).bytes
    stored = params * per_value if stored_as else sum(n * size for n, size in weights.values())
    weight_bytes = math.ceil(stored)
    return Workload(
        name=path.name,
        params=params,
        active_params=params,
        weight_bytes=weight_bytes,
        kv_bytes=0,
        activation_bytes=bytes_of(walk.written, per_value),
        phases={
            "forward": Phase(
                flops=walk.flops,
                flops_causal_half=walk.flops_kept,
                flops_all_ops=walk.flops + walk.elementwise,
                bytes_read=weight_bytes + bytes_of(walk.stored, per_value),
                bytes_written=bytes_of(walk.stored, per_value),
            )
        },
        layers=tuple(walk.layers),
        uncounted=dict(walk.uncounted.most_common()),
        method="onnx",
        precision=stored_as.name if stored_as else AS_STORED,
        inputs={"dims": dict(dims or {})},
    )


@dataclass
class _Walk:
    flops: int = 0
    flops_kept: int = 0
    elementwise: int = 0
    written: int = 0
    stored: int = 0
    layers: list[Layer] = field(default_factory=list)
    uncounted: Counter[str] = field(default_factory=Counter)

    def add(self, other: _Walk, times: int) -> None:
        """Enter the body of a loop that runs a number of times."""
        self.flops += other.flops * times
        self.flops_kept += other.flops_kept * times
        self.elementwise += other.elementwise * times
        self.written += other.written * times
        self.stored += other.stored * times
        self.layers += [Layer(x.path, x.kind, x.params, x.flops * times) for x in other.layers]
        self.uncounted.update({name: n * times for name, n in other.uncounted.items()})


def _graph(graph: Any, outer_shapes: Mapping[str, Shape], outer_values: Mapping[str, Any], walk: _Walk) -> None:
    shapes = {**outer_shapes, **_shapes(graph)}
    values = {**outer_values, **_constants(graph)}
    sizes = {tensor.name: math.prod(tensor.dims) for tensor in graph.initializer}
    for node in graph.node:
        name = node.op_type if node.domain in _STANDARD else f"{node.domain}:{node.op_type}"
        if name in {"If", "Loop", "Scan"}:
            _control(node, shapes, values, walk)
        else:
            _operator(node, name, shapes, sizes, walk)


def _operator(node: Any, name: str, shapes: Mapping[str, Shape], sizes: Mapping[str, int], walk: _Walk) -> None:
    onnx = import_extra("onnx", "onnx", "counting a graph")
    call = Call(
        inputs=tuple(shapes.get(i) if i else None for i in node.input),
        outputs=tuple(shapes.get(o) for o in node.output if o),
        attributes={a.name: _text(onnx.helper.get_attribute_value(a)) for a in node.attribute if a.type not in (5, 10)},
    )
    made = sum(math.prod(shape) for shape in call.outputs if shape is not None)
    # A contributed operator counts like the standard operator of the same name.
    known = name if name in FORMULAS else node.op_type if ":" in name and node.op_type != "Attention" else name
    try:
        if known in FORMULAS:
            flops, kept = FORMULAS[known](call)
            walk.flops += flops
            walk.flops_kept += kept
            walk.stored += made
            params = sum(sizes.get(i, 0) for i in node.input)
            walk.layers.append(Layer(node.name or (node.output[0] if node.output else ""), node.op_type, params, flops))
        elif known in PER_OUTPUT:
            walk.elementwise += PER_OUTPUT[known] * math.prod(call.made)
        elif known in PER_INPUT:
            walk.elementwise += PER_INPUT[known] * math.prod(call.given(0))
        elif known not in MOVEMENT and node.input:
            walk.uncounted[name] += 1
    except UnknownShapeError:
        walk.uncounted[f"{name} (its shape depends on data)"] += 1
    if known not in MOVEMENT:
        walk.written += made


def _control(node: Any, shapes: Mapping[str, Shape], values: Mapping[str, Any], walk: _Walk) -> None:
    bodies = []
    for attribute in node.attribute:
        if attribute.type == 5:  # a graph
            body = _Walk()
            _graph(attribute.g, shapes, values, body)
            bodies.append((attribute.g, body))
    if node.op_type == "If":
        walk.add(max((body for _, body in bodies), key=lambda body: body.flops), 1)
        return
    graph, body = bodies[0]
    times: int | None = None
    if node.op_type == "Loop":
        trips = values.get(node.input[0]) if node.input[0] else None
        times = int(trips) if trips is not None else None
    else:
        count = next(a.i for a in node.attribute if a.name == "num_scan_inputs")
        scanned = shapes.get(node.input[len(graph.input) - count])
        times = scanned[0] if scanned else None
    if times is None:
        walk.uncounted[f"{node.op_type} (its length depends on data; the body counts once)"] += 1
    walk.add(body, 1 if times is None else times)


def _shapes(graph: Any) -> dict[str, Shape]:
    found = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        tensor = value.type.tensor_type
        if tensor.HasField("shape") and all(d.HasField("dim_value") for d in tensor.shape.dim):
            found[value.name] = tuple(d.dim_value for d in tensor.shape.dim)
    return found


def _constants(graph: Any) -> dict[str, Any]:
    """Return the values of constants of one element."""
    onnx = import_extra("onnx", "onnx", "counting a graph")
    tensors = {t.name: t for t in graph.initializer}
    tensors |= dict(_constant_nodes(graph))
    return {
        name: onnx.numpy_helper.to_array(t).item()
        for name, t in tensors.items()
        if math.prod(t.dims) == 1 and t.data_location != 1
    }


def _constant_nodes(graph: Any) -> Iterator[tuple[str, Any]]:
    for node in graph.node:
        if node.op_type == "Constant":
            for attribute in node.attribute:
                if attribute.name == "value":
                    yield node.output[0], attribute.t


def _weights(graph: Any) -> dict[str, tuple[int, float]]:
    """Return values and bytes per value of each weight: initializers, and constants of more than one value."""
    tensors = {t.name: t for t in graph.initializer}
    tensors |= {name: t for name, t in _constant_nodes(graph) if math.prod(t.dims) > 1}
    return {
        name: (math.prod(t.dims), _WEIGHT_TYPES[t.data_type])
        for name, t in tensors.items()
        if t.data_type in _WEIGHT_TYPES
    }


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
