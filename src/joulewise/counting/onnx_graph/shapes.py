"""Infer the shapes of a model, through operators that onnx itself does not know.

onnx infers shapes of its own operators only. While it does so, each operator of ONNX Runtime stands aside for standard
ones whose output has the same shape; afterwards it is put back. Weights stand in without their data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from joulewise.counting.onnx_graph.structure import graphs_of, label
from joulewise.errors import InputError
from joulewise.extras import import_extra

_MARK = "joulewise stand-in "
_CONTRIBUTED = "com.microsoft"
_FLOAT, _UINT8, _INT64 = 1, 2, 7

# The first output has the shape of the first input.
_KEEPS = frozenset(
    """
        SkipLayerNormalization SkipSimplifiedLayerNormalization SimplifiedLayerNormalization BiasGelu FastGelu
        QuickGelu Gelu RotaryEmbedding BiasAdd BiasDropout BiasSoftmax GroupNorm SkipGroupNorm MoE QMoE
        QLinearSigmoid QLinearLeakyRelu QLinearSoftmax QuantizeLinear DequantizeLinear
    """.split()
)
# Products of the last axis of an input with the first of a weight, by the places of both.
_PRODUCTS = {
    "DynamicQuantizeMatMul": (0, 1),
    "MatMulIntegerToFloat": (0, 1),
    "MatMulInteger16": (0, 1),
    "GemmFastGelu": (0, 1),
    "QOrderedMatMul": (0, 2),
}


class _Graph:
    """A graph whose operators stand aside: makes their stand-ins, and the tensors that these need."""

    def __init__(self, onnx: Any, graph: Any) -> None:
        self.onnx = onnx
        self.graph = graph
        self.dims = {t.name: list(t.dims) for t in graph.initializer}
        self.types = {t.name: t.data_type for t in graph.initializer}
        declared = (*graph.value_info, *graph.output)
        self.declared = {v.name: v.type.tensor_type.elem_type for v in declared}
        self.made = 0

    def name(self) -> str:
        self.made += 1
        return f"{_MARK}{self.graph.name} {self.made}"

    def tensor(self, dims: Sequence[int], values: Sequence[int] | None = None) -> str:
        """Add a tensor without data, or one of whole numbers."""
        kind = _FLOAT if values is None else _INT64
        tensor = self.onnx.TensorProto(name=self.name(), data_type=kind, dims=dims, int64_data=values or ())
        self.graph.initializer.append(tensor)
        return str(tensor.name)

    def node(self, kind: str, inputs: Sequence[str], output: str | None = None, **attributes: Any) -> Any:
        return self.onnx.helper.make_node(kind, inputs, [output or self.name()], _MARK, **attributes)


def infer_shapes(model: Any, path: Path) -> Any:
    """Return a model with the shapes of all tensors that do not depend on data.

    Parameters
    ----------
    model : onnx.ModelProto
        Without functions of its own; changed.
    path : Path
        For the messages.

    Raises
    ------
    InputError
        If shapes contradict each other, or what the file declares.
    """
    onnx = import_extra("onnx", "onnx", f"counting {path}")
    originals = [_stand_aside(onnx, graph) for graph in graphs_of(model.graph)]
    if not any(opset.domain in {"", "ai.onnx"} for opset in model.opset_import):
        model.opset_import.append(onnx.helper.make_opsetid("", 18))
    try:
        # Data propagation follows the arithmetic of shapes through Shape, Gather, Concat and Reshape.
        model = onnx.shape_inference.infer_shapes(model, data_prop=True, strict_mode=True)
    except Exception as error:
        text = " ".join(str(error).split()).replace(_MARK, "")
        raise InputError(f"{path}: its shapes do not fit together: {text[:300]}") from None
    for graph, (nodes, sparse) in zip(list(graphs_of(model.graph)), originals, strict=True):
        _put_back(graph, nodes, sparse)
    return model


def _stand_aside(onnx: Any, graph: Any) -> tuple[list[Any], list[Any]]:
    """Replace operators in place by their stand-ins; return them, and the sparse tensors that dense ones replace."""
    sparse = list(graph.sparse_initializer)
    for each in sparse:
        graph.initializer.append(
            onnx.TensorProto(name=each.values.name, data_type=each.values.data_type, dims=each.dims, doc_string=_MARK)
        )
    sparse = [type(each).FromString(each.SerializeToString()) for each in sparse]
    del graph.sparse_initializer[:]
    work = _Graph(onnx, graph)
    originals: list[Any] = []
    nodes: list[Any] = []
    for node in graph.node:
        stand_ins = _stand_ins(work, node)
        if not stand_ins:
            nodes.append(node)
            continue
        last = stand_ins[-1]
        kind = work.declared.get(node.output[0], 0)
        if kind:  # formats are not inferred here, only shapes
            last.output[0] = work.name()
            stand_ins.append(work.node("Cast", last.output, node.output[0], to=kind))
        for stand_in in stand_ins:  # named after the operator, for the messages
            stand_in.name = f"{_MARK}- for {label(node)}"
        stand_ins[-1].name = f"{_MARK}{len(originals)} for {label(node)}"
        originals.append(node)
        nodes += stand_ins
    if originals:
        cls = type(originals[0])
        originals = [cls.FromString(node.SerializeToString()) for node in originals]
        copies = [cls.FromString(node.SerializeToString()) for node in nodes]
        del graph.node[:]
        graph.node.extend(copies)
    return originals, sparse


def _put_back(graph: Any, originals: list[Any], sparse: list[Any]) -> None:
    nodes = list(_restored(graph, originals))
    copies = [type(node).FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)
    graph.sparse_initializer.extend(sparse)
    for index in reversed(range(len(graph.initializer))):
        tensor = graph.initializer[index]
        if tensor.name.startswith(_MARK) or tensor.doc_string == _MARK:
            del graph.initializer[index]


def _restored(graph: Any, originals: list[Any]) -> Iterator[Any]:
    for node in graph.node:
        if not node.name.startswith(_MARK):
            yield node
        elif (place := node.name.removeprefix(_MARK).split()[0]) != "-":
            yield originals[int(place)]


def _stand_ins(work: _Graph, node: Any) -> list[Any]:
    """Return standard nodes that make an output of the same shape; none where no such are known."""
    kind = node.op_type
    if node.domain != _CONTRIBUTED and kind != "SimplifiedLayerNormalization":
        return []
    attributes = {a.name: work.onnx.helper.get_attribute_value(a) for a in node.attribute}
    inputs, output = list(node.input), node.output[0] if node.output else ""
    if not inputs or not inputs[0] or not output:
        return []
    if kind in _KEEPS:
        return [work.node("Identity", inputs[:1], output)]
    if kind in _PRODUCTS:
        a, b = (inputs[i] for i in _PRODUCTS[kind])
        return [work.node("MatMul", [a, b], output)]
    make = _MAKERS.get(kind)
    return make(work, inputs, output, attributes) if make else []


def _n_bits(work: _Graph, inputs: list[str], output: str, attributes: dict[str, Any]) -> list[Any]:
    k, n = attributes.get("K", 0), attributes.get("N", 0)
    # Sizes that are no sizes are refused by the formula of the operator.
    if not all(isinstance(size, int) and 0 < size < 2**31 for size in (k, n)):
        return []
    return [work.node("MatMul", [inputs[0], work.tensor([k, n])], output)]


def _turned(work: _Graph, inputs: list[str], output: str, attributes: dict[str, Any]) -> list[Any]:
    turned = attributes.get("transA", 0), attributes.get("transB", 0)
    if attributes.get("transBatchA", 0) or attributes.get("transBatchB", 0) or len(inputs) < 2:
        return []
    if not any(turned):
        return [work.node("MatMul", inputs[:2], output)]
    dims = work.dims.get(inputs[1])
    if dims is not None:  # a weight, which may have fewer dimensions than the input
        if turned[0] or len(dims) < 2:
            return []
        return [work.node("MatMul", [inputs[0], work.tensor([*dims[:-2], dims[-1], dims[-2]])], output)]
    equation = f"...{'ji' if turned[0] else 'ij'},...{'kj' if turned[1] else 'jk'}->...ik"
    return [work.node("Einsum", inputs[:2], output, equation=equation)]


def _gemm(place: int) -> Callable[[_Graph, list[str], str, dict[str, Any]], list[Any]]:
    def make(work: _Graph, inputs: list[str], output: str, attributes: dict[str, Any]) -> list[Any]:
        flags = {name: attributes.get(name, 0) for name in ("transA", "transB")}
        return [work.node("Gemm", [inputs[0], inputs[place]], output, **flags)] if len(inputs) > place else []

    return make


def _same_operator(kind: str, *places: int) -> Callable[[_Graph, list[str], str, dict[str, Any]], list[Any]]:
    kept = frozenset("auto_pad dilations group kernel_shape pads strides ceil_mode count_include_pad axis".split())

    def make(work: _Graph, inputs: list[str], output: str, attributes: dict[str, Any]) -> list[Any]:
        if attributes.get("channels_last", 0) or len(inputs) <= max(places):
            return []
        own = {name: value for name, value in attributes.items() if name in kept}
        return [work.node(kind, [inputs[i] for i in places], output, **own)]

    return make


def _concat(work: _Graph, inputs: list[str], output: str, attributes: dict[str, Any]) -> list[Any]:
    return [work.node("Concat", inputs[2::3], output, axis=attributes.get("axis", 0))]


def _embedding(work: _Graph, inputs: list[str], output: str, _: dict[str, Any]) -> list[Any]:
    return [work.node("Gather", [inputs[2], inputs[0]], output)] if len(inputs) > 2 else []


def _gather_packed(work: _Graph, inputs: list[str], output: str, attributes: dict[str, Any]) -> list[Any]:
    dims, bits = work.dims.get(inputs[0]), attributes.get("bits", 4)
    if not dims or bits not in {2, 4, 8} or len(inputs) < 2:
        return []
    per_byte = 8 // bits if work.types[inputs[0]] == _UINT8 else 1
    table = work.tensor([*dims[:-1], dims[-1] * per_byte])
    return [work.node("Gather", [table, inputs[1]], output, axis=attributes.get("gather_axis", 0))]


def _fused_attention(work: _Graph, inputs: list[str], output: str, attributes: dict[str, Any]) -> list[Any]:
    weight, sizes = work.dims.get(inputs[1]) if len(inputs) > 1 else None, attributes.get("qkv_hidden_sizes")
    if not weight or len(weight) != 2:
        return []
    values = sizes[2] if sizes and len(sizes) == 3 else weight[1] // 3
    if not 0 < values < 2**31:
        return []
    return [work.node("MatMul", [inputs[0], work.tensor([weight[0], values])], output)]


def _multi_head(work: _Graph, inputs: list[str], output: str, _: dict[str, Any]) -> list[Any]:
    # The values are as wide as the queries, or the formula of the operator refuses the output's shape.
    return [work.node("Identity", inputs[:1], output)] if len(inputs) > 2 and inputs[1] and inputs[2] else []


def _grouped_query(work: _Graph, inputs: list[str], output: str, attributes: dict[str, Any]) -> list[Any]:
    if len(inputs) > 1 and inputs[1]:
        return [work.node("Identity", inputs[:1], output)]
    heads, kv_heads = attributes.get("num_heads", 0), attributes.get("kv_num_heads", 0)
    if not 0 < kv_heads <= heads < 2**31:
        return []
    # Queries, keys and values lie side by side: of their heads only those of the queries remain.
    split = work.node("Reshape", [inputs[0], work.tensor([4], [0, 0, heads + 2 * kv_heads, -1])])
    places = [work.tensor([1], [n]) for n in (0, heads, 2)]
    cut = work.node("Slice", [split.output[0], *places])
    return [split, cut, work.node("Reshape", [cut.output[0], work.tensor([3], [0, 0, -1])], output)]


_MAKERS: dict[str, Callable[[_Graph, list[str], str, dict[str, Any]], list[Any]]] = {
    "MatMulNBits": _n_bits,
    "MatMulBnb4": _n_bits,
    "FusedMatMul": _turned,
    "FusedMatMulActivation": _turned,
    "TransposeMatMul": _turned,
    "FusedGemm": _gemm(1),
    "GemmFloat8": _gemm(1),
    "QGemm": _gemm(3),
    "FusedConv": _same_operator("Conv", 0, 1),
    "QLinearConv": _same_operator("Conv", 0, 3),
    "QLinearAdd": _same_operator("Add", 0, 3),
    "QLinearMul": _same_operator("Mul", 0, 3),
    "QLinearAveragePool": _same_operator("AveragePool", 0),
    "QLinearGlobalAveragePool": _same_operator("GlobalAveragePool", 0),
    "QLinearConcat": _concat,
    "EmbedLayerNormalization": _embedding,
    "QEmbedLayerNormalization": _embedding,
    "GatherBlockQuantized": _gather_packed,
    "Attention": _fused_attention,
    "QAttention": _fused_attention,
    "PackedAttention": _fused_attention,
    "MultiHeadAttention": _multi_head,
    "GroupQueryAttention": _grouped_query,
}
