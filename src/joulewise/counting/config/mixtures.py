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
from joulewise.counting.config.feeds import Experts, Mlp
from joulewise.counting.config.mixers import Attention, Latent
from joulewise.counting.config.read import Keys
from joulewise.counting.config.spec import Stack


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
