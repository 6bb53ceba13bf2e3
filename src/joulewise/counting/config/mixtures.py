"""Decoders with mixtures of experts: one function for each family, with its documented defaults."""

from __future__ import annotations

from dataclasses import replace

from joulewise.counting.config.decoder import (
    CHUNKED,
    FULL,
    SLIDING,
    decoder,
    grouped_query_attention,
    layer_types,
    qwen_has_experts,
    qwen_window,
    rms_block,
)
from joulewise.counting.config.feeds import Experts, Feed, Mlp
from joulewise.counting.config.mixers import Attention, Latent
from joulewise.counting.config.read import Keys
from joulewise.counting.config.spec import Stack
from joulewise.errors import InputError


def mixtral(c: Keys) -> Stack:
    """Mixtral: Mistral's layers with a mixture of experts."""
    attention = grouped_query_attention(c, qkv_bias=False, out_bias=False, window=c.optional_whole("sliding_window"))
    feed = Experts(c.whole("num_local_experts", 8), c.whole("num_experts_per_tok", 2), c.whole("intermediate_size"))
    return decoder(c, [rms_block(c, attention, feed)] * c.layers())


def qwen2_moe(c: Keys) -> Stack:
    """Qwen2-MoE: a shared expert behind a gate."""
    dense = Mlp(c.whole("intermediate_size"), True)
    experts = Experts(
        c.whole("num_experts", c.whole("num_local_experts", 60)),
        c.whole("num_experts_per_tok", 4),
        c.whole("moe_intermediate_size"),
        shared_width=c.whole("shared_expert_intermediate_size"),
        shared_gate=True,
    )
    blocks = [
        rms_block(
            c,
            grouped_query_attention(c, qkv_bias=c.flag("qkv_bias", True), out_bias=False, window=qwen_window(c, i)),
            experts if qwen_has_experts(c, i) else dense,
        )
        for i in range(c.layers())
    ]
    return decoder(c, blocks)


def qwen3_moe(c: Keys) -> Stack:
    """Qwen3-MoE."""
    dense = Mlp(c.whole("intermediate_size"), True)
    experts = Experts(
        c.whole("num_experts", c.whole("num_local_experts", 128)),
        c.whole("num_experts_per_tok", 8),
        c.whole("moe_intermediate_size"),
    )
    plain = grouped_query_attention(c)
    attention = replace(plain, norm_params=2 * plain.head_dim)
    blocks = [
        rms_block(c, replace(attention, window=qwen_window(c, i)), experts if qwen_has_experts(c, i) else dense)
        for i in range(c.layers())
    ]
    return decoder(c, blocks)


def deepseek(c: Keys) -> Stack:
    """DeepSeek-V2 and V3: latent attention, shared experts, the first layers dense."""
    heads = c.whole("num_attention_heads")
    latent = Latent(
        query_rank=c.whole("q_lora_rank", 0, least=0),
        kv_rank=c.whole("kv_lora_rank", 512),
        nope_dim=c.whole("qk_nope_head_dim", 128),
        rope_dim=c.whole("qk_rope_head_dim", 64),
    )
    attention = Attention(
        heads, heads, latent.nope_dim + latent.rope_dim, c.whole("v_head_dim", 128),
        norm_params=latent.query_rank + latent.kv_rank, latent=latent,
        qkv_bias=c.flag("attention_bias", False), out_bias=c.flag("attention_bias", False),
    )  # fmt: skip
    width = c.whole("moe_intermediate_size")
    experts = Experts(
        c.whole("n_routed_experts"),
        c.whole("num_experts_per_tok"),
        width,
        shared_width=width * c.whole("n_shared_experts", 0, least=0),
    )
    dense = Mlp(c.whole("intermediate_size"), True)
    first = c.whole("first_k_dense_replace", 0, least=0)
    blocks = [rms_block(c, attention, dense if i < first else experts) for i in range(c.layers())]
    return decoder(c, blocks)


def glm4_moe(c: Keys) -> Stack:
    """GLM-4.5 to 4.7: a shared expert, the first layers dense, biases on queries, keys and values."""
    plain = grouped_query_attention(c, out_bias=False)
    attention = replace(plain, norm_params=2 * plain.head_dim if c.flag("use_qk_norm", False) else 0)
    width, first = c.whole("moe_intermediate_size"), c.whole("first_k_dense_replace", 1, least=0)
    experts = Experts(
        c.whole("n_routed_experts", 128), c.whole("num_experts_per_tok", 8), width,
        shared_width=width * c.whole("n_shared_experts", 1, least=0),
    )  # fmt: skip
    dense = Mlp(c.whole("intermediate_size"), True)
    return decoder(c, [rms_block(c, attention, dense if i < first else experts) for i in range(c.layers())])


def minimax_m2(c: Keys) -> Stack:
    """MiniMax-M2: full attention with norms over all queries and all keys, experts in every layer."""
    plain = grouped_query_attention(c, usual_head_dim=128, qkv_bias=False, out_bias=False)
    attention = replace(plain, norm_params=(plain.heads + plain.kv_heads) * plain.head_dim)
    experts = Experts(
        c.whole("num_local_experts", 256), c.whole("num_experts_per_tok", 8), c.whole("intermediate_size")
    )
    return decoder(c, [rms_block(c, attention, experts)] * c.layers())


def mimo_v2_flash(c: Keys) -> Stack:
    """MiMo-V2-Flash: layers with a window have sinks and twice the key-value heads; values narrower than keys."""
    heads, kv_heads, layers = c.whole("num_attention_heads"), c.whole("num_key_value_heads", 4), c.layers()
    head_dim, value_dim = c.whole("head_dim", 192), c.whole("v_head_dim", 128)
    bias = c.flag("attention_bias", False)
    full = Attention(heads, kv_heads, head_dim, value_dim, qkv_bias=bias)
    # The window's own key leaves out the token itself.
    window = c.whole("sliding_window_size") + 1 if c.get("sliding_window_size") else c.whole("sliding_window", 129)
    sliding = replace(
        full, kv_heads=c.whole("swa_num_key_value_heads", 2 * kv_heads), window=window, extra_params=heads
    )
    for attention in (full, sliding):
        if heads % attention.kv_heads:
            raise InputError(f"{c.where}: {heads} heads cannot share {attention.kv_heads} key-value heads evenly")
    marks = c.wholes("hybrid_layer_pattern", [0 if i == 0 or (i + 1) % 6 == 0 else 1 for i in range(layers)])
    kinds = layer_types(c, lambda i: SLIDING if i < len(marks) and marks[i] else FULL)
    sparse = c.wholes("moe_layer_freq", [0] + [1] * (layers - 1))
    listed = c.get("mlp_layer_types", ["sparse" if mark else "dense" for mark in sparse])
    if len(marks) != layers or not isinstance(listed, list) or len(listed) != layers:
        raise InputError(f"{c.where}: 'hybrid_layer_pattern' and 'moe_layer_freq' must have an entry for each layer")
    experts = Experts(
        c.whole("n_routed_experts", 256), c.whole("num_experts_per_tok", 8), c.whole("moe_intermediate_size", 2048)
    )
    feeds: dict[str, Feed] = {"sparse": experts, "dense": Mlp(c.whole("intermediate_size"), True)}
    if set(map(str, listed)) - set(feeds):
        raise InputError(f"{c.where}: 'mlp_layer_types' must list sparse or dense, not {listed!r}")
    mixers = {SLIDING: sliding, FULL: full}
    return decoder(c, [rms_block(c, mixers[kind], feeds[feed]) for kind, feed in zip(kinds, listed, strict=True)])


def ernie4_5_moe(c: Keys) -> Stack:
    """ERNIE 4.5 with experts: shared experts, some layers dense."""
    bias, layers = c.flag("use_bias", False), c.layers()
    attention = grouped_query_attention(c, qkv_bias=bias, out_bias=bias)
    width, start = c.whole("moe_intermediate_size", 1536), c.whole("moe_layer_start_index", 1, least=0)
    end, every = c.whole("moe_layer_end_index", -1, least=-1), c.whole("moe_layer_interval", 1)
    experts = Experts(
        c.whole("moe_num_experts", 64), c.whole("moe_k", 6), width, router_bias=True,
        shared_width=width * c.whole("moe_num_shared_experts", 2, least=0),
    )  # fmt: skip
    if bias:
        raise InputError(f"{c.where}: 'use_bias' of experts has no closed form", "trace it with hf:")
    dense, last = Mlp(c.whole("intermediate_size"), True), layers - 1 if end < 0 else end
    blocks = [
        rms_block(c, attention, experts if start <= i <= last and (i + 1) % every == 0 else dense)
        for i in range(layers)
    ]
    return decoder(c, blocks, tied=c.flag("tie_word_embeddings", True))


def hunyuan_moe(c: Keys) -> Stack:
    """Hunyuan-A13B: a shared expert as wide as a routed one, norms on queries and keys."""
    plain = grouped_query_attention(c)
    attention = replace(plain, norm_params=2 * plain.head_dim)

    def each(key: str) -> list[int]:
        """Return a number for each layer, where one may stand for all."""
        listed = list(c.wholes(key, ())) if isinstance(c.get(key), list) else [c.whole(key, 1)] * c.layers()
        if len(listed) != c.layers() or min(listed) < 1:
            raise InputError(f"{c.where}: {key!r} must be a whole number of at least 1, or one for each layer")
        return listed

    width, shared = each("moe_intermediate_size"), each("num_shared_expert")
    if c.get("moe_intermediate_size") is None:
        width = [c.whole("intermediate_size")] * c.layers()
    sizes = zip(each("num_experts"), each("moe_topk"), width, shared, strict=True)
    return decoder(c, [rms_block(c, attention, Experts(n, k, w, shared_width=w * s)) for n, k, w, s in sizes])


def gpt_oss(c: Keys) -> Stack:
    """gpt-oss: attention with sinks, every other layer with a window."""
    attention = grouped_query_attention(c, usual_head_dim=64, qkv_bias=c.flag("attention_bias", True),
        out_bias=c.flag("attention_bias", True), extra_params=c.whole("num_attention_heads"),
    )  # fmt: skip
    experts = Experts(
        c.whole("num_local_experts"),
        c.whole("num_experts_per_tok", c.whole("experts_per_token", 4)),
        c.whole("intermediate_size"),
        bias=True,
        router_bias=True,
    )
    window = c.whole("sliding_window", 128)
    blocks = [
        rms_block(c, replace(attention, window=window if kind == SLIDING else None), experts)
        for kind in layer_types(c, lambda i: SLIDING if i % 2 == 0 else FULL)
    ]
    return decoder(c, blocks)


def llama4(c: Keys) -> Stack:
    """Llama 4: chunked attention, a shared expert."""
    step = c.whole("interleave_moe_layer_step", 1)
    width = c.whole("intermediate_size")
    experts = Experts(c.whole("num_local_experts", 16), c.whole("num_experts_per_tok", 1), width, shared_width=width)
    dense = Mlp(c.whole("intermediate_size_mlp", 16384), True)
    listed = c.wholes("moe_layers", ())
    chunk = c.whole("attention_chunk_size", 8192)
    no_rope = c.whole("no_rope_layer_interval", 4)
    kinds = layer_types(c, lambda i: FULL if (i + 1) % no_rope == 0 else CHUNKED, (FULL, CHUNKED))
    attention = grouped_query_attention(c, usual_head_dim=128)
    blocks = [
        rms_block(
            c,
            replace(attention, window=chunk if kind == CHUNKED else None),
            experts if (i in listed if listed else (i + 1) % step == 0) else dense,
        )
        for i, kind in enumerate(kinds)
    ]
    return decoder(c, blocks)
