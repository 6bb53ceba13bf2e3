"""FLOPs of the attention operators of ONNX and of ONNX Runtime."""

from __future__ import annotations

import math

from joulewise.counting.config.mixers.attention import sum_of_lengths
from joulewise.counting.onnx_graph.call import Call, Cost, Formula, MisfitError, UnknownShapeError, same, share


def _pairs(
    batch_heads: int, queries: int, cached: int, keys: int, width: int, causal: bool, window: int | None = None
) -> Cost:
    """Compare each query with the cached and the new keys; `width` is that of a key and a value together."""
    seen = cached + keys
    full = queries * (min(seen, window) if window else seen)
    kept = sum_of_lengths(cached + 1, seen, window) if causal and queries == keys else full
    return 2 * batch_heads * full * width, 2 * batch_heads * kept * width


def _attention(c: Call) -> Cost:
    """Attention of the standard's opset 23: three or four dimensions, grouped heads, a cache before."""
    q = c.given(0, 3, 4)
    k, v = c.given(1, len(q)), c.given(2, len(q))
    past = c.given(4, 4) if c.maybe(4) else None
    cached = past[2] if past else 0
    causal = c.flag("is_causal")
    if len(q) == 4:
        same(q[3], k[3], "widths of a query and of a key")
        return _pairs(q[0] * q[1], q[2], cached, k[2], q[3] + v[3], causal)
    heads, kv_heads = c.positive("q_num_heads"), c.positive("kv_num_heads")
    width = share(q[2], heads, "features of its queries over heads")
    same(width, share(k[2], kv_heads, "features of its keys over heads"), "widths of a query and of a key")
    width += share(v[2], kv_heads, "features of its values over heads")
    return _pairs(q[0] * heads, q[1], cached, k[1], width, causal)


def fused_widths(weight: int, sizes: object) -> tuple[int, int]:
    """Return the features of the queries and of the values in a weight that projects to queries, keys and values."""
    if not sizes:
        part = share(weight, 3, "columns of its weight over queries, keys and values")
        return part, part
    if not isinstance(sizes, list) or len(sizes) != 3 or min(sizes) < 1:
        raise MisfitError(f"its attribute 'qkv_hidden_sizes' must be three positive numbers, not {sizes}")
    same(sum(sizes), weight, "columns of its weight and the sum of 'qkv_hidden_sizes'")
    same(sizes[0], sizes[1], "features of its queries and of its keys")
    return sizes[0], sizes[2]


def _fused(past_index: int) -> Formula:
    """Attention and QAttention of com.microsoft: projections of one input, then attention; a cache before."""

    def cost(c: Call) -> Cost:
        x, w = c.given(0, 3), c.given(1, 2)
        same(x[2], w[0], "features of its input and rows of its weight")
        queries, values = fused_widths(w[1], c.attributes.get("qkv_hidden_sizes"))
        past = c.given(past_index, 5) if c.maybe(past_index) else None
        projections = 2 * x[0] * x[1] * math.prod(w)
        pairs = _pairs(x[0], x[1], past[3] if past else 0, x[1], queries + values, c.flag("unidirectional"))
        return projections + pairs[0], projections + pairs[1]

    return cost


def _multi_head(c: Call) -> Cost:
    """com.microsoft MultiHeadAttention: separate queries, keys and values, or all in one."""
    q, k, v = c.given(0, 3, 5), c.maybe(1), c.maybe(2)
    causal = c.flag("unidirectional")
    if len(q) == 5:  # (batch, length, heads, 3, width)
        return _pairs(q[0] * q[2], q[1], 0, q[1], 2 * q[4], causal)
    share(q[2], c.positive("num_heads"), "features of its queries over heads")
    if k is None:
        raise UnknownShapeError
    past = c.given(6, 4) if c.maybe(6) else None
    keys = k[2] if len(k) == 4 else k[1]
    values = q[2] if v is None else (v[1] * v[3] if len(v) == 4 else v[2])
    if c.outputs and c.outputs[0] is not None:
        same(c.outputs[0][-1], values, "features of its output and of its values")
    return _pairs(q[0], q[1], past[2] if past else 0, keys, q[2] + values, causal)


def _grouped_query(c: Call) -> Cost:
    """com.microsoft GroupQueryAttention: causal, keys and values of fewer heads, a cache before, a window."""
    q, past = c.given(0, 3), c.given(3, 4) if c.maybe(3) else None
    heads, kv_heads = c.positive("num_heads"), c.positive("kv_num_heads")
    share(heads, kv_heads, "heads of its queries over those of its keys")
    held = heads if c.maybe(1) is not None else heads + 2 * kv_heads
    width = share(q[2], held, "features of its input over heads")
    window = c.attributes.get("local_window_size", -1)
    cached = past[2] if past else 0
    return _pairs(q[0] * heads, q[1], cached, q[1], 2 * width, True, window if window > 0 else None)


def _packed(c: Call) -> Cost:
    """com.microsoft PackedAttention: as Attention, of tokens without padding."""
    x, w = c.given(0, 2), c.given(1, 2)
    same(x[1], w[0], "features of its input and rows of its weight")
    queries, values = fused_widths(w[1], c.attributes.get("qkv_hidden_sizes"))
    projections = 2 * x[0] * math.prod(w)
    pairs = _packed_pairs(x[0], c.given(3, 2), queries + values)
    return projections + pairs, projections + pairs


def _packed_multi_head(c: Call) -> Cost:
    """com.microsoft PackedMultiHeadAttention: as MultiHeadAttention, of tokens without padding."""
    q, v = c.given(0, 2, 4), c.maybe(2)
    values = q[1] if v is None else c.given(2, 2)[1]
    width = 2 * q[1] * q[3] if len(q) == 4 else q[1] + values  # or (tokens, heads, 3, width), all in one
    pairs = _packed_pairs(q[0], c.given(4, 2), width)
    return pairs, pairs


def _packed_pairs(tokens: int, offsets: tuple[int, ...], width: int) -> int:
    """Compare all tokens of a sequence; where padding was removed, the length of each depends on data."""
    batch, length = offsets
    if tokens != batch * length:
        raise UnknownShapeError
    return 2 * batch * length**2 * width


ATTENTION: dict[str, Formula] = {
    "Attention": _attention,
    "com.microsoft:Attention": _fused(4),
    "com.microsoft:QAttention": _fused(8),
    "com.microsoft:MultiHeadAttention": _multi_head,
    "com.microsoft:GroupQueryAttention": _grouped_query,
    "com.microsoft:PackedAttention": _packed,
    "com.microsoft:PackedMultiHeadAttention": _packed_multi_head,
}
