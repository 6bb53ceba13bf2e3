"""FLOPs of element-wise operators, each with a stated cost, and operators that only move data.

The costs are conventions: a transcendental counts as one operation, as does a comparison. Norms and softmax
count once per pass over their elements. None of this is in `Workload.flops`; it is in `flops_all_ops`.
"""

from __future__ import annotations

# Operations per element of the output.
PER_OUTPUT: dict[str, int] = {
    **dict.fromkeys(
        """
            add sub rsub mul div neg abs sign sqrt rsqrt reciprocal exp exp2 expm1 log log1p log2 pow square sin cos
            tan tanh erf sigmoid relu clamp clamp_min clamp_max hardtanh threshold maximum minimum fmax fmin eq ne
            lt le gt ge logical_and logical_or logical_not logical_xor where masked_fill floor ceil round trunc frac
            fmod remainder bitwise_and bitwise_or bitwise_not isnan isinf floor_divide atan2 lerp asin acos atan
            sinh cosh cumsum cumprod __rshift__ __lshift__ __and__ __or__ bitwise_right_shift bitwise_left_shift
        """.split(),
        1,
    ),
    "relu6": 2,
    "leaky_relu": 2,
    "prelu": 2,
    "_prelu_kernel": 2,
    "elu": 3,
    "celu": 3,
    "softplus": 3,
    "log_sigmoid_forward": 4,
    "hardsigmoid": 3,
    "hardswish": 4,
    "silu": 2,
    "mish": 5,
    "gelu": 8,  # its tanh form, as the ELECTRA counter has it
    "glu": 2,
    "addcmul": 3,
    "addcdiv": 3,
    "_thnn_fused_lstm_cell": 9,
    "_thnn_fused_gru_cell": 9,
    "upsample_bilinear2d": 11,
    "_upsample_bilinear2d_aa": 11,
    "upsample_bicubic2d": 44,
    "_upsample_bicubic2d_aa": 44,
    "upsample_linear1d": 5,
    "upsample_trilinear3d": 23,
    "grid_sampler_2d": 11,
    "complex": 0,
    "polar": 2,
    "angle": 1,
    "roi_align": 11,
}

# Operations per element of the first tensor argument.
PER_INPUT: dict[str, int] = {
    **dict.fromkeys(
        """
            sum mean prod amax amin max min any all argmax argmin cumsum logsumexp nansum norm linalg_vector_norm
        """.split(),
        1,
    ),
    "var": 3,
    "std": 3,
    "var_mean": 4,
    "std_mean": 4,
    "native_layer_norm": 5,
    "native_group_norm": 5,
    "_fused_rms_norm": 4,
    "native_batch_norm": 2,  # in evaluation: one scale and one shift
    "_native_batch_norm_legit_no_training": 2,
    "cudnn_batch_norm": 2,
    "_batch_norm_no_update": 2,
    "_softmax": 5,
    "_log_softmax": 5,
    "_safe_softmax": 5,
    "avg_pool2d": 1,
    "avg_pool1d": 1,
    "avg_pool3d": 1,
    "_adaptive_avg_pool2d": 1,
    "_adaptive_avg_pool3d": 1,
    "adaptive_max_pool2d": 1,
    "max_pool2d_with_indices": 1,
    "max_pool3d_with_indices": 1,
    "max_pool2d": 1,
    "renorm": 2,
    "_weight_norm_interface": 3,  # squares, their sum, one scale
}

# Sums of rows of a table, by index.
BAGS = frozenset({"_embedding_bag", "_embedding_bag_forward_only"})

# No arithmetic: views, copies, look-ups, generators, sorting and the like.
MOVEMENT = frozenset(
    """
        view _unsafe_view unsafe_split unsafe_split_with_sizes unsafe_chunk reshape _reshape_alias permute transpose
        t unsqueeze squeeze expand slice select split split_with_sizes chunk unbind alias detach lift_fresh
        lift_fresh_copy diagonal as_strided unfold narrow movedim view_as_real view_as_complex _conj resolve_conj
        real imag _neg_view clone copy_ copy contiguous _to_copy to cat stack repeat repeat_interleave roll flip
        constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d
        replication_pad3d pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle im2col col2im index
        index_select index_put index_put_ _unsafe_index gather scatter scatter_ scatter_add scatter_add_
        scatter_reduce index_add masked_select masked_scatter take take_along_dim embedding select_scatter
        slice_scatter empty empty_like empty_strided new_empty new_zeros new_ones new_full zeros zeros_like ones
        ones_like full full_like fill fill_ zero_ arange linspace scalar_tensor eye tril triu tril_ triu_ rand
        rand_like randn randn_like randint bernoulli bernoulli_ uniform_ normal_ native_dropout dropout topk sort
        argsort nonzero bincount bucketize searchsorted one_hot unique _unique2 histc histogram upsample_nearest1d
        upsample_nearest2d upsample_nearest3d _upsample_nearest_exact2d _local_scalar_dense item _assert_async
        _assert_scalar _assert_tensor_metadata sym_size sym_numel set_ resize_ record_stream fill_diagonal_
        _pin_memory is_same_size isfinite atleast_1d meshgrid pad_sequence tril_indices triu_indices max_unpool2d
        bitwise_xor diag diag_embed cumulative _shape_as_tensor rot90 _nested_tensor_from_mask_left_aligned numpy_T
        index_copy index_copy_ _index_put_impl_ squeeze_ unsqueeze_ transpose_ swapaxes flatten ravel vsplit hsplit
        _pack_padded_sequence expand_as empty_permuted device layout dtype stride
    """.split()
)


def base_name(operator_name: str) -> str:
    """Return the name under which the tables know an operator: ``aten.add_`` and ``aten.add`` are one."""
    name = operator_name.rsplit("::", maxsplit=1)[-1].rsplit(".", maxsplit=1)[-1]
    if name in MOVEMENT or name in PER_OUTPUT or name in PER_INPUT:
        return name
    return name.rstrip("_") if name.endswith("_") and not name.startswith("__") else name
