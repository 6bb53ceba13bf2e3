"""Dense decoders: one function for each family, with its documented defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from joulewise.counting.config.decoder import (
    FULL,
    SLIDING,
    decoder,
    grouped_query_attention,
    layer_types,
    qwen_window,
    rms_block,
)
from joulewise.counting.config.feeds import Mlp
from joulewise.counting.config.mixers import Attention
from joulewise.counting.config.read import Keys
from joulewise.counting.config.spec import Block, Stack


def llama(c: Keys) -> Stack:
    """Llama and similar models: grouped queries, gated feed-forward layers, RMS norms."""
    feed = Mlp(c.whole("intermediate_size"), gated=True, bias=c.flag("mlp_bias", False))
    return decoder(c, [rms_block(c, grouped_query_attention(c), feed)] * c.layers())


def mistral(c: Keys) -> Stack:
    """Mistral: Llama's layers with a sliding window."""
    attention = grouped_query_attention(c, qkv_bias=False, out_bias=False, window=c.optional_whole("sliding_window"))
    return decoder(c, [rms_block(c, attention, Mlp(c.whole("intermediate_size"), True))] * c.layers())


def qwen2(c: Keys) -> Stack:
    """Qwen2: Llama's layers with biases on queries, keys and values."""
    feed = Mlp(c.whole("intermediate_size"), True)
    blocks = [
        rms_block(c, grouped_query_attention(c, qkv_bias=True, out_bias=False, window=qwen_window(c, i)), feed)
        for i in range(c.layers())
    ]
    return decoder(c, blocks)


def _qwen3_attention(c: Keys, i: int) -> Attention:
    plain = grouped_query_attention(c, usual_head_dim=128, window=qwen_window(c, i))
    return replace(plain, norm_params=2 * plain.head_dim)


def qwen3(c: Keys) -> Stack:
    """Qwen3: norms on queries and keys in place of biases."""
    feed = Mlp(c.whole("intermediate_size"), True)
    return decoder(c, [rms_block(c, _qwen3_attention(c, i), feed) for i in range(c.layers())])


def gemma(c: Keys) -> Stack:
    """Gemma: wide heads, and logits that share the embedding."""
    attention = grouped_query_attention(c, usual_head_dim=256)
    feed = Mlp(c.whole("intermediate_size"), True)
    return decoder(c, [rms_block(c, attention, feed)] * c.layers(), tied=c.flag("tie_word_embeddings", True))


def _gemma_windowed(c: Keys, pattern: Callable[[int], str], norms_on_heads: bool) -> Stack:
    plain = grouped_query_attention(c, usual_head_dim=256)
    attention = replace(plain, norm_params=2 * plain.head_dim if norms_on_heads else 0)
    feed = Mlp(c.whole("intermediate_size"), True)
    window = c.whole("sliding_window", 4096)
    blocks = [
        rms_block(c, replace(attention, window=window if kind == SLIDING else None), feed, norms=4)
        for kind in layer_types(c, pattern)
    ]
    return decoder(c, blocks, tied=c.flag("tie_word_embeddings", True))


def gemma2(c: Keys) -> Stack:
    """Gemma 2: every other layer has a window; norms before and after."""
    return _gemma_windowed(c, lambda i: SLIDING if i % 2 == 0 else FULL, norms_on_heads=False)


def gemma3(c: Keys) -> Stack:
    """Gemma 3: five layers with a window for each without."""
    every = c.whole("sliding_window_pattern", c.whole("_sliding_window_pattern", 6))
    return _gemma_windowed(c, lambda i: FULL if (i + 1) % every == 0 else SLIDING, norms_on_heads=True)


def phi(c: Keys) -> Stack:
    """Phi-1 to Phi-2: attention and a plain feed-forward layer in parallel."""
    hidden = c.whole("hidden_size")
    norm_params = 4 * c.per_head(hidden, c.whole("num_attention_heads")) if c.flag("qk_layernorm", False) else 0
    attention = grouped_query_attention(c, qkv_bias=True, out_bias=True, norm_params=norm_params)
    # Attention and MLP in parallel, after one norm.
    block = Block(attention, Mlp(c.whole("intermediate_size"), False, bias=True), 1, 2 * hidden)
    return decoder(c, [block] * c.layers(), extra_params=2 * hidden, head_bias=True)


def phi3(c: Keys) -> Stack:
    """Phi-3 and Phi-4: Llama's layers with a sliding window."""
    attention = grouped_query_attention(c, qkv_bias=False, out_bias=False, window=c.optional_whole("sliding_window"))
    return decoder(c, [rms_block(c, attention, Mlp(c.whole("intermediate_size"), True))] * c.layers())


def olmo(c: Keys) -> Stack:
    """OLMo: norms without parameters."""
    # Its norms have no parameters.
    block = Block(grouped_query_attention(c), Mlp(c.whole("intermediate_size"), True), 2, 0)
    return decoder(c, [block] * c.layers(), extra_params=0)


def olmo2(c: Keys) -> Stack:
    """OLMo 2: norms after each part, and on queries and keys."""
    plain = grouped_query_attention(c)
    attention = replace(plain, norm_params=(plain.heads + plain.kv_heads) * plain.head_dim)
    return decoder(c, [rms_block(c, attention, Mlp(c.whole("intermediate_size"), True))] * c.layers())


def olmo3(c: Keys) -> Stack:
    """OLMo 3: OLMo 2's layers, three with a window for each without."""
    plain = olmo2(c)
    kinds = layer_types(c, lambda i: FULL if (i + 1) % 4 == 0 else SLIDING)
    return _windowed(plain, kinds, c.whole("sliding_window", 4096))


def smollm3(c: Keys) -> Stack:
    """SmolLM3: Llama's layers, some without rotation and, where it is used, with a window."""
    plain = replace(llama(c), tied=c.flag("tie_word_embeddings", True))
    if not c.flag("use_sliding_window", False) or c.get("sliding_window") is None:
        return plain
    every = c.whole("no_rope_layer_interval", 4)
    return _windowed(
        plain, layer_types(c, lambda i: SLIDING if (i + 1) % every == 0 else FULL), c.whole("sliding_window")
    )


def _windowed(stack: Stack, kinds: list[str], window: int) -> Stack:
    """Return the stack with a window on the layers of sliding attention."""
    blocks = []
    for block, kind in zip(stack.blocks, kinds, strict=True):
        attention = block.mixer
        if kind == SLIDING and isinstance(attention, Attention):
            attention = replace(attention, window=window)
        blocks.append(replace(block, mixer=attention))
    return replace(stack, blocks=tuple(blocks))


def cohere(c: Keys) -> Stack:
    """Command R: attention and a gated part in parallel, after one norm without a bias."""
    plain = grouped_query_attention(c)
    norms = (plain.heads + plain.kv_heads) * plain.head_dim if c.flag("use_qk_norm", False) else 0
    block = rms_block(c, replace(plain, norm_params=norms), Mlp(c.whole("intermediate_size"), True), norms=1)
    return decoder(c, [block] * c.layers(), tied=c.flag("tie_word_embeddings", True))


def cohere2(c: Keys) -> Stack:
    """Command R7B and A: Command R's layers, three with a window for each without."""
    every = c.whole("sliding_window_pattern", 4)
    kinds = layer_types(c, lambda i: FULL if (i + 1) % every == 0 else SLIDING)
    return _windowed(cohere(c), kinds, c.whole("sliding_window", 4096))


def starcoder2(c: Keys) -> Stack:
    """StarCoder2: plain feed-forward layers, biases, a window on every layer."""
    hidden, bias = c.whole("hidden_size"), c.flag("use_bias", True)
    attention = grouped_query_attention(c, qkv_bias=bias, out_bias=bias, window=c.optional_whole("sliding_window"))
    block = Block(attention, Mlp(c.whole("intermediate_size"), False, bias=bias), 2, 4 * hidden)
    return decoder(c, [block] * c.layers(), tied=c.flag("tie_word_embeddings", True), extra_params=2 * hidden)


def ernie4_5(c: Keys) -> Stack:
    """ERNIE 4.5: Llama's layers."""
    bias = c.flag("use_bias", False)
    attention = grouped_query_attention(c, usual_head_dim=128, qkv_bias=bias, out_bias=bias)
    block = rms_block(c, attention, Mlp(c.whole("intermediate_size"), True, bias=bias))
    return decoder(c, [block] * c.layers(), tied=c.flag("tie_word_embeddings", True))


def hunyuan(c: Keys) -> Stack:
    """Hunyuan: Llama's layers with norms on queries and keys."""
    plain = grouped_query_attention(c)
    block = rms_block(c, replace(plain, norm_params=2 * plain.head_dim), Mlp(c.whole("intermediate_size"), True))
    return decoder(c, [block] * c.layers())


def gpt2(c: Keys) -> Stack:
    """GPT-2: learned positions, plain feed-forward layers, biases."""
    hidden, heads, positions = c.whole("n_embd", 768), c.whole("n_head", 12), c.whole("n_positions", 1024)
    head_dim = c.per_head(hidden, heads)
    attention = Attention(heads, heads, head_dim, head_dim, qkv_bias=True, out_bias=True, rotary=False)
    block = Block(attention, Mlp(c.whole("n_inner", 4 * hidden), False, bias=True), 2, 4 * hidden)
    return Stack(
        c.family, hidden, c.whole("vocab_size", 50257), (block,) * c.layers("n_layer", 12),
        tied=True, embedding_dim=hidden, extra_params=positions * hidden + 2 * hidden, max_positions=positions,
        head=c.has_head,
    )  # fmt: skip


def gpt_neox(c: Keys) -> Stack:
    """GPT-NeoX and Pythia."""
    hidden = c.whole("hidden_size")
    bias = c.flag("attention_bias", True)
    attention = grouped_query_attention(c, qkv_bias=bias, out_bias=bias)
    block = Block(attention, Mlp(c.whole("intermediate_size"), False, bias=True), 2, 4 * hidden)
    return decoder(c, [block] * c.layers(), extra_params=2 * hidden)


def falcon(c: Keys) -> Stack:
    """Falcon, of both architectures."""
    hidden, heads = c.whole("hidden_size"), c.whole("num_attention_heads")
    new = c.flag("new_decoder_architecture", False)
    parallel, bias = c.flag("parallel_attn", True), c.flag("bias", False)
    kv_heads = c.whole("num_kv_heads", heads) if new else 1 if c.flag("multi_query", True) else heads
    head_dim = c.per_head(hidden, heads)
    attention = Attention(
        heads, kv_heads, head_dim, head_dim, qkv_bias=bias, out_bias=bias, rotary=not c.flag("alibi", False)
    )
    norms = c.whole("num_ln_in_parallel_attn", 2) if new else 1 if parallel else 2
    block = Block(attention, Mlp(c.whole("ffn_hidden_size", 4 * hidden), False, bias=bias), norms, norms * 2 * hidden)
    tied = c.flag("tie_word_embeddings", True)
    return decoder(c, [block] * c.layers(), tied=tied, extra_params=2 * hidden)
