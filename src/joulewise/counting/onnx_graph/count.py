"""Count the operators of an ONNX graph."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulewise.counting.onnx_graph.call import Call, MisfitError, Shape, UnknownShapeError
from joulewise.counting.onnx_graph.elementwise import MOVEMENT, PER_INPUT, PER_OUTPUT
from joulewise.counting.onnx_graph.formulas import FORMULAS
from joulewise.counting.onnx_graph.read import read_model
from joulewise.counting.onnx_graph.structure import GRAPH, GRAPHS, label, subgraphs
from joulewise.counting.onnx_graph.weights import Held, constants, held_by, use
from joulewise.counting.workload import AS_STORED, Layer, Phase, Workload, bytes_of
from joulewise.errors import InputError
from joulewise.extras import import_extra
from joulewise.formats import format_named

_STANDARD = ("", "ai.onnx")
_CONTRIBUTED = ("com.microsoft", "com.ms.")
_INT64 = 7
# Exporters write the largest number where a loop ends by its condition.
_ENDLESS = 2**31 - 1
_MOST = 10**30
# Operators that hand on a weight.
_HANDS_ON = frozenset("DequantizeLinear Identity Cast Transpose Reshape Squeeze Unsqueeze Flatten".split())


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
        its known length. An operator without a formula, or whose shapes depend on data, is in `uncounted`. The weights
        of all branches and bodies are parameters, quantised ones by their true number.

    Raises
    ------
    MissingExtraError
        If onnx is not installed.
    InputError
        If the file is not an ONNX model; its graphs, shapes or attributes contradict themselves; or a dimension is
        open, invalid or unknown.
    """
    stored_as = format_named(precision) if precision else None
    model = read_model(path, dims or {})
    walk = _Walk()
    scope = _Scope(path, {}, {}, {}, [])
    _graph(model.graph, scope, walk)
    params = sum(held.params for held in scope.weights)
    per_value = (stored_as or format_named("fp32")).bytes
    _check_total(path, max(walk.flops, walk.flops + walk.elementwise, walk.written, params))
    weight_bytes = bytes_of(params, per_value) if stored_as else sum(held.stored_bytes for held in scope.weights)
    return Workload(
        name=path.name,
        params=params,
        active_params=sum(held.active_params for held in scope.weights),
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


@dataclass(frozen=True)
class _Scope:
    """What the nodes of a graph can see: shapes, constants of one value, weights; and all weights so far."""

    path: Path
    shapes: Mapping[str, Shape]
    values: Mapping[str, tuple[int, Any]]
    held: dict[str, Held]
    weights: list[Held]

    def within(self, graph: Any) -> _Scope:
        """Return the scope of a graph that is, or lies within, one with this scope."""
        own = held_by(graph)
        self.weights.extend(own.values())
        shapes, values = _shapes(graph, self.path), _constants(graph)
        return _Scope(
            self.path, {**self.shapes, **shapes}, {**self.values, **values}, {**self.held, **own}, self.weights
        )


def _graph(graph: Any, outer: _Scope, walk: _Walk) -> None:
    scope = outer.within(graph)
    for node in graph.node:
        try:
            if node.domain in _STANDARD and node.op_type in {"If", "Loop", "Scan"}:
                _control(node, scope, walk)
            else:
                _operator(node, scope, walk)
        except MisfitError as error:
            raise InputError(f"{scope.path}: {label(node)}: {error}") from None
        except (LookupError, TypeError, ValueError, ArithmeticError):
            raise InputError(f"{scope.path}: {label(node)}: its inputs and attributes do not fit together") from None


def _operator(node: Any, scope: _Scope, walk: _Walk) -> None:
    onnx = import_extra("onnx", "onnx", "counting a graph")
    name = node.op_type if node.domain in _STANDARD else f"{node.domain}:{node.op_type}"
    call = Call(
        inputs=tuple(scope.shapes.get(i) if i else None for i in node.input),
        outputs=tuple(scope.shapes.get(o) for o in node.output if o),
        attributes={
            a.name: _text(onnx.helper.get_attribute_value(a)) for a in node.attribute if a.type not in {GRAPH, GRAPHS}
        }
        | ({"channels_last": 1} if "nhwc" in node.domain else {}),
    )
    held = {i: scope.held[name] for i, name in enumerate(node.input) if name in scope.held}
    if node.op_type in _HANDS_ON and node.input[0] in scope.held:
        scope.held[node.output[0]] = scope.held[node.input[0]]
    for inner in subgraphs(node):  # of an operator that is no loop or choice only the weights count
        _graph(inner, scope, _Walk())
    made = sum(math.prod(shape) for shape in call.outputs if shape is not None)
    # A contributed operator counts like the standard operator of the same name.
    known = name if name in FORMULAS else node.op_type if ":" in name and node.op_type != "Attention" else name
    try:
        params = use(node.op_type, call, held)
        if known in FORMULAS:
            flops, kept = FORMULAS[known](call)
            walk.flops += flops
            walk.flops_kept += kept
            walk.stored += made
            walk.layers.append(Layer(node.name or (node.output[0] if node.output else ""), node.op_type, params, flops))
        elif known in PER_OUTPUT:
            walk.elementwise += PER_OUTPUT[known] * math.prod(call.made)
        elif known in PER_INPUT:
            walk.elementwise += PER_INPUT[known] * math.prod(call.given(0))
        elif known not in MOVEMENT and node.input:
            walk.uncounted[name] += 1
    except UnknownShapeError:
        walk.uncounted[f"{name} (its shape depends on data)"] += 1
    except MisfitError:
        if node.domain in _STANDARD or node.domain.startswith(_CONTRIBUTED):
            raise
        walk.uncounted[name] += 1  # another's operator, which only has the name of one that we know
    if known not in MOVEMENT:
        walk.written += made


def _control(node: Any, scope: _Scope, walk: _Walk) -> None:
    bodies = []
    for graph in subgraphs(node):
        body = _Walk()
        _graph(graph, scope, body)
        bodies.append((graph, body))
    if len(bodies) != (2 if node.op_type == "If" else 1):
        raise MisfitError(f"it has {len(bodies)} graphs")
    if node.op_type == "If":
        walk.add(max((body for _, body in bodies), key=lambda body: body.flops), 1)
        return
    graph, body = bodies[0]
    times = _trips(node, scope) if node.op_type == "Loop" else _scanned(node, graph, scope)
    if times is None:
        walk.uncounted[f"{node.op_type} (its length depends on data; the body counts once)"] += 1
    walk.add(body, 1 if times is None else times)


def _trips(node: Any, scope: _Scope) -> int | None:
    """Return how often a loop runs, or None where data decide."""
    known = scope.values.get(node.input[0]) if node.input and node.input[0] else None
    if known is None:
        return None
    data_type, trips = known
    if data_type != _INT64:
        raise MisfitError("its trip count is no int64")
    if trips < 0:
        raise MisfitError(f"its trip count is negative: {trips}")
    return None if trips >= _ENDLESS else int(trips)


def _scanned(node: Any, body: Any, scope: _Scope) -> int | None:
    """Return how often the body of a scan runs: once for each slice of what it scans."""
    count = next(a.i for a in node.attribute if a.name == "num_scan_inputs")
    first = len(node.input) - count
    if count < 1 or first < 0:
        raise MisfitError(f"it scans {count} of {len(node.input)} inputs")
    scanned = scope.shapes.get(node.input[first])
    if scanned is None:
        return None
    if len(node.input) > len(body.input):  # until opset 8: lengths come first, and each item of the batch is scanned
        return scanned[0] * scanned[1]
    axes = next((list(a.ints) for a in node.attribute if a.name == "scan_input_axes"), [0])
    return scanned[axes[0]]


def _shapes(graph: Any, path: Path) -> dict[str, Shape]:
    found = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    found |= {sparse.values.name: tuple(sparse.dims) for sparse in graph.sparse_initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        tensor = value.type.tensor_type
        if tensor.HasField("shape") and all(d.HasField("dim_value") for d in tensor.shape.dim):
            found[value.name] = tuple(d.dim_value for d in tensor.shape.dim)
            if min(found[value.name], default=0) < 0:
                raise InputError(f"{path}: the shape of {value.name!r} comes out negative: {list(found[value.name])}")
    return found


def _constants(graph: Any) -> dict[str, tuple[int, Any]]:
    """Return the data types and values of constants of one element."""
    onnx = import_extra("onnx", "onnx", "counting a graph")
    tensors = {t.name: t for t in graph.initializer} | dict(constants(graph))
    found = {}
    for name, tensor in tensors.items():
        if math.prod(tensor.dims) == 1 and tensor.data_location != 1:
            try:
                found[name] = (tensor.data_type, onnx.numpy_helper.to_array(tensor).item())
            except (ValueError, TypeError):
                continue  # without data
    return found


def _check_total(path: Path, total: int) -> None:
    if total > _MOST:
        raise InputError(f"{path}: its loops and shapes come to more than 10^30 operations or values")


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
