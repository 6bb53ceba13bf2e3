# ruff: noqa: ARG001, ARG005  (a formula takes its operator's arguments by position, used or not)
"""FLOPs of operators made of multiply-adds: torch's own formulas, and those it lacks.

torch counts matrix products, convolutions and fused attention. An operator that it lacks would silently count as zero,
so the others are here: vector products, grouped, scaled and quantised matrix products, fused encoder layers and
attention blocks, recurrent layers, FFTs, bilinear forms and distances.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import torch
from torch.utils.flop_counter import flop_registry

Formula = Callable[..., int]

COMPLEX = 4
"""A complex multiply-add is 4 real multiplications and 4 additions: 8 FLOPs, where a real one is 2."""

REAL_OPERATIONS = frozenset({"_fft_c2c", "_fft_r2c", "_fft_c2r"})
"""Operators whose formulas state real operations on complex numbers."""


def formulas() -> dict[Any, Formula]:
    """Return operator packet -> formula; a formula takes the operator's arguments and ``out_val``."""
    aten = torch.ops.aten
    own: dict[str, Formula] = {
        "mv": lambda a, x, **_: 2 * a.numel(),
        "dot": lambda a, b, **_: 2 * a.numel(),
        "vdot": lambda a, b, **_: 2 * a.numel(),
        "addmv": lambda bias, a, x, **_: 2 * a.numel(),
        "addr": lambda bias, a, b, **_: 2 * a.numel() * b.numel(),
        "addbmm": lambda bias, a, b, **_: 2 * a.numel() * b.shape[-1],
        "_int_mm": lambda a, b, **_: 2 * a.numel() * b.shape[-1],
        "_grouped_mm": _grouped_mm,
        "_scaled_grouped_mm": _grouped_mm,
        "_weight_int4pack_mm": _by_output,
        "_weight_int4pack_mm_for_cpu": _by_output,
        "_weight_int8pack_mm": _by_output,
        "_dyn_quant_matmul_4bit": _by_output,
        "_addmm_activation": lambda bias, a, b, **_: 2 * a.numel() * b.shape[-1],
        "_scaled_dot_product_flash_attention_for_cpu": _attention,
        "_scaled_dot_product_attention_math": _attention,
        "_scaled_dot_product_attention_math_for_mps": _attention,
        "_scaled_dot_product_fused_attention_overrideable": _attention,
        "_transformer_encoder_layer_fwd": _encoder_layer,
        "_native_multi_head_attention": _multi_head_attention,
        "mkldnn_rnn_layer": _mkldnn_rnn,
        "_cudnn_rnn": _cudnn_rnn,
        "miopen_rnn": _cudnn_rnn,
        "_thnn_fused_lstm_cell": lambda *_, **__: 0,  # gates only: its matrix products are dispatched separately
        "_thnn_fused_gru_cell": lambda *_, **__: 0,
        "_fft_c2c": _fft,
        "_fft_r2c": _fft,
        "_fft_c2r": _fft,
        "_cdist_forward": lambda a, b, *_, **__: 3 * a.numel() * b.shape[-2],
        "_trilinear": _trilinear,
        "linalg_solve_triangular": lambda a, b, **_: a.shape[-1] * b.numel(),
        "mm": _mm,
        "addmm": lambda bias, a, b, **_: _mm(a, b),
        "_sparse_mm": _mm,
        "_sparse_addmm": lambda bias, a, b, **_: _mm(a, b),
        "sparse_sampled_addmm": lambda kept, a, b, **_: 2 * stored_elements(kept) * a.shape[-1],
        "mkldnn_convolution": _convolution,
        "mkldnn_linear": lambda x, w, *_, **__: 2 * x.numel() * w.shape[0],
    }
    found = {getattr(aten, name): formula for name, formula in own.items() if hasattr(aten, name)}
    vision = getattr(torch.ops, "torchvision", None)
    if vision is not None and hasattr(vision, "deform_conv2d"):
        found[vision.deform_conv2d] = _deformable_convolution
    return {**flop_registry, **found}


def attention_flops(query: Any, key: Any, value: Any) -> int:
    """Return FLOPs of scores and their product with the values, all pairs counted. [FLOP]"""
    # Batch and heads broadcast; where heads are grouped there are more of the query's, a multiple.
    stacked = zip_longest(*(reversed(t.shape[:-2]) for t in (query, key, value)), fillvalue=1)
    pairs = math.prod(max(sizes) for sizes in stacked) * query.shape[-2] * key.shape[-2]
    return 2 * pairs * (query.shape[-1] + value.shape[-1])


def jagged_attention_flops(query: Any, key: Any, value: Any) -> int:
    """Return FLOPs of attention within the sequences of (batch, heads, ragged, width), all pairs counted. [FLOP]"""
    rows, columns = (t.offsets().diff().tolist() for t in (query, key))
    pairs = query.shape[1] * sum(m * n for m, n in zip(rows, columns, strict=True))
    return int(2 * pairs * (query.shape[-1] + value.shape[-1]))


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    return attention_flops(query, key, value)


def _by_output(a: Any, *_: Any, out_val: Any, **__: Any) -> int:
    # Packed weights hide their width; the product of (m, k) with (k, n) has m x n outputs.
    return 2 * out_val.numel() * a.shape[-1]


def _grouped_mm(a: Any, b: Any, *_: Any, **__: Any) -> int:
    # Groups share the rows of a 2-d left side, the columns of a 2-d right side, or the inner dimension:
    # in each case every left element is multiplied with each column of the right side once.
    return int(2 * a.numel() * b.shape[-1])


def _encoder_layer(src: Any, embed_dim: int, *args: Any, **_: Any) -> int:
    # Arguments: heads, qkv weight and bias, out weight and bias, ..., then the two MLP weights (2-d, after
    # the norms' vectors).
    weights = [a for a in args if isinstance(a, torch.Tensor) and a.dim() == 2]
    tokens, length = src.numel() // embed_dim, src.shape[-2]
    return 2 * tokens * sum(w.numel() for w in weights[:4]) + 4 * tokens * length * embed_dim


def _multi_head_attention(
    query: Any, key: Any, value: Any, embed_dim: int, heads: int, qkv: Any, qkv_bias: Any, out: Any, *_: Any, **__: Any
) -> int:
    rows = query.numel() // embed_dim
    other = key.numel() // embed_dim
    third = 2 * embed_dim * embed_dim
    projections = third * rows + 2 * third * other
    return projections + 4 * rows * key.shape[-2] * embed_dim + 2 * rows * out.numel()


def _mkldnn_rnn(x: Any, w_ih: Any, w_hh: Any, *_: Any, **__: Any) -> int:
    steps = x.numel() // x.shape[-1]  # time steps x batch
    return 2 * steps * (w_ih.numel() + w_hh.numel())


def _cudnn_rnn(x: Any, weights: Any, *_: Any, **__: Any) -> int:
    steps = x.numel() // x.shape[-1]
    return 2 * steps * sum(w.numel() for w in weights if w.dim() == 2)


def _fft(x: Any, dims: Any, *_: Any, out_val: Any, **__: Any) -> int:
    """5 n log2 n real operations for a complex transform of n points; half of it for a real one.

    References
    ----------
    .. [1] M. Frigo and S. G. Johnson, The design and implementation of FFTW3, Proc. IEEE 93, 2005 (its benchmark's
       convention).
    """
    larger = x if x.numel() >= out_val.numel() else out_val
    points = math.prod(larger.shape[d] for d in dims)
    if points <= 1:
        return 0
    full = 5 * larger.numel() * math.log2(points)
    return int(full if x.is_complex() and out_val.is_complex() else full / 2)


def _trilinear(a: Any, b: Any, c: Any, expand_a: Any, expand_b: Any, expand_c: Any, *_: Any, **__: Any) -> int:
    def at(tensor: Any, expand: Any) -> list[int]:
        shape = list(tensor.shape)
        for d in expand:
            shape.insert(d, 1)
        return shape

    shapes = zip(at(a, expand_a), at(b, expand_b), at(c, expand_c), strict=True)
    return 4 * math.prod(max(sizes) for sizes in shapes)


def _mm(a: Any, b: Any, *_: Any, **__: Any) -> int:
    """Each element that is stored of a sparse side is multiplied with a row or a column of the other side."""
    if b.layout is torch.strided:
        return int(2 * stored_elements(a) * b.shape[-1])
    if a.layout is torch.strided:
        return int(2 * a.shape[0] * stored_elements(b))
    # Two sparse sides: of each inner index, elements of its column on the left by elements of its row on the right.
    left, right = (torch.bincount(t.to_sparse_coo().coalesce().indices()[d], minlength=n) for t, d, n in _inner(a, b))
    return int(2 * (left * right).sum())


def _inner(a: Any, b: Any) -> tuple[tuple[Any, int, int], ...]:
    return (a, 1, a.shape[1]), (b, 0, b.shape[0])


def stored_elements(tensor: torch.Tensor) -> int:
    """Return the number of elements that a tensor stores: all, or those of a sparse one."""
    if tensor.layout is torch.sparse_coo:
        return int(tensor._nnz()) * math.prod(tensor.shape[tensor.sparse_dim() :])
    return tensor.numel() if tensor.layout is torch.strided else tensor.values().numel()


def _convolution(x: Any, w: Any, *_: Any, out_val: Any, **__: Any) -> int:
    return int(2 * out_val.numel() * w[0].numel())


def _deformable_convolution(x: Any, w: Any, *_: Any, out_val: Any, **__: Any) -> int:
    # The products, as of a plain convolution; bilinear sampling takes 4 multiply-adds for each value it reads.
    samples = out_val.shape[0] * x.shape[1] * w.shape[-1] * w.shape[-2] * out_val.shape[-1] * out_val.shape[-2]
    return int(2 * out_val.numel() * w[0].numel() + 8 * samples)
