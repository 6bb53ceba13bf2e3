"""Check the structure of an ONNX model before anything follows it: nesting, names, order, tensors and functions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from joulewise.errors import InputError

GRAPH, GRAPHS = 5, 10
"""Types of an attribute that holds a graph, or several."""

_MAX_NESTING = 24
_MAX_NODES = 1_000_000
_MAX_VALUES = 2**50

# Bits per value of each data type of a tensor.
BITS = {
    1: 32,  # float
    2: 8,  # uint8
    3: 8,  # int8
    4: 16,  # uint16
    5: 16,  # int16
    6: 32,  # int32
    7: 64,  # int64
    9: 8,  # bool
    10: 16,  # float16
    11: 64,  # double
    12: 32,  # uint32
    13: 64,  # uint64
    14: 64,  # complex64
    15: 128,  # complex128
    16: 16,  # bfloat16
    17: 8,  # float8 of four kinds
    18: 8,
    19: 8,
    20: 8,
    21: 4,  # uint4
    22: 4,  # int4
    23: 4,  # float4
    24: 8,  # a power of two, as a scale
    25: 2,  # uint2
    26: 2,  # int2
    27: 6,  # float6 of two kinds
    28: 6,
}


def check_structure(model: Any, path: Path) -> None:
    """Refuse a model whose graphs, tensors or functions cannot be what they claim.

    Parameters
    ----------
    model : onnx.ModelProto
    path : Path
        For the messages.

    Raises
    ------
    InputError
        If graphs nest too deep; a tensor has a negative or implausible size, data of another length, or data outside
        the model's folder; or a function calls itself or grows beyond all bounds.
    """
    for nodes, graph in _bodies(model):
        for body in ([graph] if graph is not None else []) + [g for node in nodes for g in subgraphs(node)]:
            _check_depth(body, 1, path)
    for nodes, graph in _bodies(model):
        for tensor in tensors(nodes, graph):
            _check_tensor(tensor, path)
    for graph in graphs_of(model.graph):
        for sparse in graph.sparse_initializer:
            _check_sizes(sparse.dims, f"{path}: the sparse tensor {sparse.values.name!r}")
    _check_functions(model, path)


def subgraphs(node: Any) -> list[Any]:
    """Return the graphs in the attributes of a node: branches and bodies."""
    return [g for a in node.attribute if a.type in {GRAPH, GRAPHS} for g in ([a.g] if a.type == GRAPH else a.graphs)]


def graphs_of(graph: Any) -> Iterator[Any]:
    """Yield a graph and all graphs within it."""
    yield graph
    for node in graph.node:
        for inner in subgraphs(node):
            yield from graphs_of(inner)


def tensors(nodes: Sequence[Any], graph: Any | None) -> Iterator[Any]:
    """Yield the tensors of a graph or a function and of all graphs within: initializers, and those in attributes."""
    if graph is not None:
        yield from graph.initializer
        for sparse in graph.sparse_initializer:
            yield from (sparse.values, sparse.indices)
    for node in nodes:
        for attribute in node.attribute:
            yield from attribute.tensors
            if attribute.HasField("t"):
                yield attribute.t
            for sparse in (
                *attribute.sparse_tensors,
                *([attribute.sparse_tensor] * attribute.HasField("sparse_tensor")),
            ):
                yield from (sparse.values, sparse.indices)
        for inner in subgraphs(node):
            yield from tensors(inner.node, inner)


def stored_bytes(tensor: Any) -> int:
    """Return the bytes that a tensor takes; values of fewer than 8 bits are packed. [B]"""
    values: int = math.prod(tensor.dims)
    return -(-values * BITS.get(tensor.data_type, 0) // 8)


def order_nodes(graph: Any, path: Path, outer: frozenset[str] = frozenset()) -> None:
    """Put the nodes of a graph, and of all graphs within it, in an order in which they can run.

    Parameters
    ----------
    graph : onnx.GraphProto
        Changed in place, and only where it is not in such an order.
    path : Path
        For the messages.
    outer : frozenset of str
        Names that the enclosing graphs define.

    Raises
    ------
    InputError
        If an input does not exist, two nodes make the same name, nodes wait for each other in a cycle, or an output
        is never made.
    """
    known = outer | {v.name for v in (*graph.input, *graph.initializer)}
    known |= {sparse.values.name for sparse in graph.sparse_initializer}
    makers: dict[str, int] = {}
    for index, node in enumerate(graph.node):
        for name in filter(None, node.output):
            if name in makers or name in known - outer:
                raise InputError(f"{path}: {label(node)}: its output {name!r} already exists")
            makers[name] = index
    for value in graph.output:
        if value.name and value.name not in makers and value.name not in known:
            raise InputError(f"{path}: nothing makes the output {value.name!r} of the graph {graph.name!r}")

    waiting: list[set[int]] = []
    for index, node in enumerate(graph.node):
        for name in filter(None, node.input):
            if name not in known and name not in makers:
                raise InputError(
                    f"{path}: {label(node)}: its input {name!r} does not exist",
                    "an input is one of the graph, an initializer, or the output of another node",
                )
        needed = set(node.input).union(*(_free_names(g) for g in subgraphs(node)))
        waiting.append({makers[name] for name in needed if name in makers and name not in known - outer})
        if index in waiting[index]:
            raise InputError(f"{path}: {label(node)} waits for its own output: the graph has a cycle")
    order = _sorted(waiting)
    if len(order) < len(waiting):
        stuck = min(set(range(len(waiting))) - set(order))
        raise InputError(f"{path}: {label(graph.node[stuck])} is part of a cycle, or waits for one")
    if order != sorted(order):
        nodes = [graph.node[i] for i in order]
        copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
        del graph.node[:]
        graph.node.extend(copies)
    inside = known | frozenset(makers)
    for node in graph.node:
        for inner in subgraphs(node):
            order_nodes(inner, path, inside)


def label(node: Any) -> str:
    """Return how a message names a node."""
    name = node.name or next(filter(None, node.output), "")
    return f"node {name!r} ({node.op_type})"


def _sorted(waiting: Sequence[set[int]]) -> list[int]:
    """Return the indices, each after those that it waits for; those in a cycle, or behind one, are left out."""
    if all(max(before, default=-1) < index for index, before in enumerate(waiting)):
        return list(range(len(waiting)))
    left = [len(before) for before in waiting]
    after: list[list[int]] = [[] for _ in waiting]
    for index, before in enumerate(waiting):
        for i in before:
            after[i].append(index)
    order = [i for i, n in enumerate(left) if n == 0]
    for i in order:  # grows while it is read
        for index in after[i]:
            left[index] -= 1
            if left[index] == 0:
                order.append(index)
    return order


def _free_names(graph: Any) -> set[str]:
    """Return the names that a graph takes from the graphs around it."""
    own = {v.name for v in (*graph.input, *graph.initializer)} | {s.values.name for s in graph.sparse_initializer}
    own |= {name for node in graph.node for name in node.output}
    used = {name for node in graph.node for name in node.input if name}
    used |= {v.name for v in graph.output if v.name}
    return used.union(*(_free_names(g) for node in graph.node for g in subgraphs(node))) - own


def _bodies(model: Any) -> list[tuple[Sequence[Any], Any | None]]:
    """Return the nodes of the model's graph, with it, and of its functions."""
    return [(model.graph.node, model.graph), *((function.node, None) for function in model.functions)]


def _check_depth(graph: Any, depth: int, path: Path) -> None:
    if depth > _MAX_NESTING:
        raise InputError(f"{path}: its graphs are nested more than {_MAX_NESTING} deep, at {graph.name!r}")
    for node in graph.node:
        for inner in subgraphs(node):
            _check_depth(inner, depth + 1, path)


def _check_tensor(tensor: Any, path: Path) -> None:
    where = f"{path}: the tensor {tensor.name!r}"
    dims = list(tensor.dims)
    _check_sizes(dims, where)
    for entry in tensor.external_data:
        place = entry.value
        parts = PurePosixPath(place.replace("\\", "/")).parts
        outside = PurePosixPath(place).is_absolute() or PureWindowsPath(place).is_absolute() or ".." in parts
        if entry.key == "location" and (outside or PureWindowsPath(place).drive):
            raise InputError(f"{path}: the data of {tensor.name!r} lie outside its folder, at {place!r}")
    # Weights may be left out altogether; those that are there must be all there.
    if tensor.HasField("raw_data") and tensor.raw_data and len(tensor.raw_data) != stored_bytes(tensor):
        raise InputError(f"{where} of shape {dims} has {len(tensor.raw_data)} bytes, not {stored_bytes(tensor)}")


def _check_sizes(dims: Sequence[int], where: str) -> None:
    if any(size < 0 for size in dims):
        raise InputError(f"{where} has a negative size: {list(dims)}")
    if math.prod(dims) > _MAX_VALUES:
        raise InputError(f"{where} has more than 2^50 values, in {len(dims)} dimensions")


def _check_functions(model: Any, path: Path) -> None:
    """Refuse functions that call themselves, or that grow to too many nodes where each call is its body."""
    functions = {(f.domain, f.name, getattr(f, "overload", "")): f for f in model.functions}
    grown: dict[tuple[str, str, str], int] = {}

    def size(nodes: Sequence[Any], within: tuple[tuple[str, str, str], ...]) -> int:
        total = 0
        for node in nodes:
            key = (node.domain, node.op_type, getattr(node, "overload", ""))
            total += size([n for g in subgraphs(node) for n in g.node], within)
            if key not in functions:
                total += 1
                continue
            if key in within:
                raise InputError(f"{path}: the function {node.op_type!r} calls itself, at {label(node)}")
            if len(within) >= _MAX_NESTING:
                raise InputError(f"{path}: its functions call each other more than {_MAX_NESTING} deep")
            if key not in grown:
                grown[key] = size(functions[key].node, (*within, key))
            total += grown[key]
        return total

    for key, function in functions.items():
        if key not in grown:
            grown[key] = size(function.node, (key,))
    if size(model.graph.node, ()) > _MAX_NODES:
        raise InputError(f"{path}: with each call of a function written out it has more than {_MAX_NODES:,} nodes")
