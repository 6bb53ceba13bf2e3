"""From a family's ``config.json`` to its parts: one small function a decoder family, with its documented defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from joulewise.counting.config import nested
from joulewise.counting.config.diffusion import DENOISERS, Denoiser
from joulewise.counting.config.encoders import albert, bert, distilbert, electra, t5, whisper
from joulewise.counting.config.feeds import Experts, Feed, Mlp
from joulewise.counting.config.mixers import Attention, DeltaNet, Latent, Mamba2, Mixer
from joulewise.counting.config.read import Keys
from joulewise.counting.config.spec import Block, EncoderDecoder, Multimodal, Stack
from joulewise.counting.config.vision import MULTIMODAL, Eye
from joulewise.errors import InputError, UnknownNameError

Model = Stack | EncoderDecoder | Multimodal | Denoiser

FULL, SLIDING, CHUNKED, LINEAR = "full_attention", "sliding_attention", "chunked_attention", "linear_attention"


def model_of(config: Keys, image_size: tuple[int, int] | None = None) -> Model:
    """Return what a configuration describes; `image_size` [px] is of the image before a prompt, or to make.

    Raises
    ------
    UnknownNameError
        If the family is not known; with the nearest that are.
    InputError
        If a key that the family needs is missing or odd, or an image is given that the family has no use for.
    """
    if config.family in MULTIMODAL:
        return _multimodal(config, image_size)
    if config.family in DENOISERS:
        return DENOISERS[config.family](config, image_size)
    text = config.get("text_config")
    if config.family not in FAMILIES and isinstance(text, dict) and text.get("model_type") in FAMILIES:
        raise InputError(
            f"{config.where}: {config.family!r} takes images or sound beside text, which the closed form lacks",
            f"count its 'text_config' ({text['model_type']}) alone, or trace it with hf:",
        )
    if config.family not in FAMILIES:
        raise UnknownNameError("architecture", config.family, [*FAMILIES, *MULTIMODAL, *DENOISERS])
    if image_size is not None:
        raise InputError(f"{config.where}: a {config.family} takes no image", "leave --image out")
    return FAMILIES[config.family](config)


def _multimodal(config: Keys, image_size: tuple[int, int] | None) -> Multimodal:
    family, tower = MULTIMODAL[config.family]
    vision = config.get("vision_config")
    # Older configurations have the text's keys beside the tower's.
    text = config.get("text_config", {k: v for k, v in config.values.items() if k != "model_type"})
    if not isinstance(vision, dict) or not isinstance(text, dict):
        raise InputError(f"{config.where}: 'vision_config' and 'text_config' must be objects")
    tied = config.get("tie_word_embeddings")
    family = str(text.get("model_type", family))
    if family not in FAMILIES:
        raise UnknownNameError("architecture", family, FAMILIES)
    values = nested.TEXT.get(family, {}) | text | {"model_type": family}
    if tied is not None:
        values["tie_word_embeddings"] = tied
    stack = FAMILIES[family](Keys(values, f"{config.where}: text_config"))
    if not isinstance(stack, Stack):
        raise InputError(f"{config.where}: a {config.family} needs a decoder for its text")
    seen = nested.VISION[config.family] | vision | {"model_type": config.family}
    eye = Eye(config, Keys(seen, f"{config.where}: vision_config"), stack.hidden)
    return Multimodal(tower(eye, image_size), replace(stack, head=True), image_size)


def _attention(c: Keys, **changes: Any) -> Attention:
    """Return grouped-query attention by the keys that most decoders share."""
    heads = c.whole("num_attention_heads")
    hidden = c.whole("hidden_size")
    head_dim = c.whole("head_dim", hidden // heads)
    kv_heads = c.whole("num_key_value_heads", heads)
    if heads % kv_heads:
        raise InputError(f"{c.where}: {heads} heads cannot share {kv_heads} key-value heads evenly")
    bias = c.flag("attention_bias", False)
    return replace(Attention(heads, kv_heads, head_dim, head_dim, qkv_bias=bias, out_bias=bias), **changes)


def _decoder(c: Keys, blocks: list[Block], **changes: Any) -> Stack:
    hidden = c.whole("hidden_size")
    plain = Stack(
        family=c.family,
        hidden=hidden,
        vocab=c.whole("vocab_size"),
        blocks=tuple(blocks),
        tied=c.flag("tie_word_embeddings", False),
        embedding_dim=hidden,
        extra_params=hidden,  # the final norm
        head=not c.architecture.endswith("Model"),
    )
    return replace(plain, **changes)


def _rms_block(c: Keys, mixer: Mixer, feed: Feed, norms: int = 2) -> Block:
    return Block(mixer, feed, norms, norms * c.whole("hidden_size"))


def _layers(c: Keys, key: str = "num_hidden_layers") -> int:
    return c.whole(key)


def _layer_types(c: Keys, pattern: Callable[[int], str]) -> list[str]:
    """Return each layer's kind of attention: as listed in the config, else by the family's pattern."""
    listed = c.get("layer_types")
    kinds = listed if isinstance(listed, list) else [pattern(i) for i in range(_layers(c))]
    if len(kinds) != _layers(c):
        raise InputError(f"{c.where}: 'layer_types' has {len(kinds)} entries for {_layers(c)} layers")
    return [str(kind) for kind in kinds]


def _wide_state(c: Keys) -> bool:
    """Return whether a state is kept in 32 bits a value."""
    return "float32" in (c.get("mamba_ssm_dtype"), c.get("mamba_ssm_cache_dtype"))


def _llama(c: Keys) -> Stack:
    feed = Mlp(c.whole("intermediate_size"), gated=True, bias=c.flag("mlp_bias", False))
    return _decoder(c, [_rms_block(c, _attention(c), feed)] * _layers(c))


def _mistral(c: Keys) -> Stack:
    attention = _attention(c, qkv_bias=False, out_bias=False, window=c.get("sliding_window"))
    return _decoder(c, [_rms_block(c, attention, Mlp(c.whole("intermediate_size"), True))] * _layers(c))


def _mixtral(c: Keys) -> Stack:
    attention = _attention(c, qkv_bias=False, out_bias=False, window=c.get("sliding_window"))
    feed = Experts(c.whole("num_local_experts", 8), c.whole("num_experts_per_tok", 2), c.whole("intermediate_size"))
    return _decoder(c, [_rms_block(c, attention, feed)] * _layers(c))


def _qwen_window(c: Keys, i: int) -> int | None:
    used = c.flag("use_sliding_window", False) and i >= c.whole("max_window_layers", 28, least=0)
    return c.whole("sliding_window", 4096) if used else None


def _qwen2(c: Keys) -> Stack:
    feed = Mlp(c.whole("intermediate_size"), True)
    blocks = [
        _rms_block(c, _attention(c, qkv_bias=True, out_bias=False, window=_qwen_window(c, i)), feed)
        for i in range(_layers(c))
    ]
    return _decoder(c, blocks)


def _qwen3_attention(c: Keys, i: int) -> Attention:
    plain = _attention(c, window=_qwen_window(c, i))
    head_dim = c.whole("head_dim", 128)
    return replace(plain, head_dim=head_dim, value_dim=head_dim, norm_params=2 * head_dim)


def _qwen3(c: Keys) -> Stack:
    feed = Mlp(c.whole("intermediate_size"), True)
    return _decoder(c, [_rms_block(c, _qwen3_attention(c, i), feed) for i in range(_layers(c))])


def _qwen_sparse(c: Keys, i: int) -> bool:
    step = c.whole("decoder_sparse_step", 1)
    return i not in c.get("mlp_only_layers", []) and (i + 1) % step == 0


def _qwen2_moe(c: Keys) -> Stack:
    dense = Mlp(c.whole("intermediate_size"), True)
    experts = Experts(
        c.whole("num_experts", c.whole("num_local_experts", 60)),
        c.whole("num_experts_per_tok", 4),
        c.whole("moe_intermediate_size"),
        shared_width=c.whole("shared_expert_intermediate_size"),
        shared_gate=True,
    )
    blocks = [
        _rms_block(
            c,
            _attention(c, qkv_bias=c.flag("qkv_bias", True), out_bias=False, window=_qwen_window(c, i)),
            experts if _qwen_sparse(c, i) else dense,
        )
        for i in range(_layers(c))
    ]
    return _decoder(c, blocks)


def _qwen3_moe(c: Keys) -> Stack:
    dense = Mlp(c.whole("intermediate_size"), True)
    experts = Experts(
        c.whole("num_experts", c.whole("num_local_experts", 128)),
        c.whole("num_experts_per_tok", 8),
        c.whole("moe_intermediate_size"),
    )
    plain = _attention(c)
    attention = replace(plain, norm_params=2 * plain.head_dim)
    blocks = [
        _rms_block(c, replace(attention, window=_qwen_window(c, i)), experts if _qwen_sparse(c, i) else dense)
        for i in range(_layers(c))
    ]
    return _decoder(c, blocks)


def _gemma(c: Keys) -> Stack:
    attention = _attention(c, head_dim=c.whole("head_dim", 256), value_dim=c.whole("head_dim", 256))
    feed = Mlp(c.whole("intermediate_size"), True)
    return _decoder(c, [_rms_block(c, attention, feed)] * _layers(c), tied=c.flag("tie_word_embeddings", True))


def _gemma_windowed(c: Keys, pattern: Callable[[int], str], norms_on_heads: bool) -> Stack:
    head_dim = c.whole("head_dim", 256)
    attention = _attention(c, head_dim=head_dim, value_dim=head_dim, norm_params=2 * head_dim if norms_on_heads else 0)
    feed = Mlp(c.whole("intermediate_size"), True)
    window = c.whole("sliding_window", 4096)
    blocks = [
        _rms_block(c, replace(attention, window=window if kind == SLIDING else None), feed, norms=4)
        for kind in _layer_types(c, pattern)
    ]
    return _decoder(c, blocks, tied=c.flag("tie_word_embeddings", True))


def _gemma2(c: Keys) -> Stack:
    return _gemma_windowed(c, lambda i: SLIDING if i % 2 == 0 else FULL, norms_on_heads=False)


def _gemma3(c: Keys) -> Stack:
    every = c.whole("sliding_window_pattern", c.whole("_sliding_window_pattern", 6))
    return _gemma_windowed(c, lambda i: FULL if (i + 1) % every == 0 else SLIDING, norms_on_heads=True)


def _phi(c: Keys) -> Stack:
    hidden = c.whole("hidden_size")
    norm_params = 2 * (hidden // c.whole("num_attention_heads")) * 2 if c.flag("qk_layernorm", False) else 0
    attention = _attention(c, qkv_bias=True, out_bias=True, norm_params=norm_params)
    # Attention and MLP side by side, after one norm.
    block = Block(attention, Mlp(c.whole("intermediate_size"), False, bias=True), 1, 2 * hidden)
    return _decoder(c, [block] * _layers(c), extra_params=2 * hidden, head_bias=True)


def _phi3(c: Keys) -> Stack:
    attention = _attention(c, qkv_bias=False, out_bias=False, window=c.get("sliding_window"))
    return _decoder(c, [_rms_block(c, attention, Mlp(c.whole("intermediate_size"), True))] * _layers(c))


def _olmo(c: Keys) -> Stack:
    # Its norms have no parameters.
    block = Block(_attention(c), Mlp(c.whole("intermediate_size"), True), 2, 0)
    return _decoder(c, [block] * _layers(c), extra_params=0)


def _olmo2(c: Keys) -> Stack:
    plain = _attention(c)
    attention = replace(plain, norm_params=(plain.heads + plain.kv_heads) * plain.head_dim)
    return _decoder(c, [_rms_block(c, attention, Mlp(c.whole("intermediate_size"), True))] * _layers(c))


def _gpt2(c: Keys) -> Stack:
    hidden, heads, positions = c.whole("n_embd", 768), c.whole("n_head", 12), c.whole("n_positions", 1024)
    head_dim = hidden // heads
    attention = Attention(heads, heads, head_dim, head_dim, qkv_bias=True, out_bias=True, rotary=False)
    block = Block(attention, Mlp(c.whole("n_inner", 4 * hidden), False, bias=True), 2, 4 * hidden)
    return Stack(
        c.family, hidden, c.whole("vocab_size", 50257), (block,) * c.whole("n_layer", 12),
        tied=True, embedding_dim=hidden, extra_params=positions * hidden + 2 * hidden, max_positions=positions,
        head=not c.architecture.endswith("Model"),
    )  # fmt: skip


def _gpt_neox(c: Keys) -> Stack:
    hidden = c.whole("hidden_size")
    bias = c.flag("attention_bias", True)
    attention = _attention(c, qkv_bias=bias, out_bias=bias)
    block = Block(attention, Mlp(c.whole("intermediate_size"), False, bias=True), 2, 4 * hidden)
    return _decoder(c, [block] * _layers(c), extra_params=2 * hidden)


def _falcon(c: Keys) -> Stack:
    hidden, heads = c.whole("hidden_size"), c.whole("num_attention_heads")
    new = c.flag("new_decoder_architecture", False)
    parallel, bias = c.flag("parallel_attn", True), c.flag("bias", False)
    kv_heads = c.whole("num_kv_heads", heads) if new else 1 if c.flag("multi_query", True) else heads
    head_dim = hidden // heads
    attention = Attention(
        heads, kv_heads, head_dim, head_dim, qkv_bias=bias, out_bias=bias, rotary=not c.flag("alibi", False)
    )
    norms = c.whole("num_ln_in_parallel_attn", 2) if new else 1 if parallel else 2
    block = Block(attention, Mlp(c.whole("ffn_hidden_size", 4 * hidden), False, bias=bias), norms, norms * 2 * hidden)
    tied = c.flag("tie_word_embeddings", True)
    return _decoder(c, [block] * _layers(c), tied=tied, extra_params=2 * hidden)


def _deepseek(c: Keys) -> Stack:
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
    blocks = [_rms_block(c, attention, dense if i < first else experts) for i in range(_layers(c))]
    return _decoder(c, blocks)


def _gpt_oss(c: Keys) -> Stack:
    head_dim = c.whole("head_dim", 64)
    attention = _attention(
        c, head_dim=head_dim, value_dim=head_dim, qkv_bias=c.flag("attention_bias", True),
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
        _rms_block(c, replace(attention, window=window if kind == SLIDING else None), experts)
        for kind in _layer_types(c, lambda i: SLIDING if i % 2 == 0 else FULL)
    ]
    return _decoder(c, blocks)


def _qwen3_next(c: Keys) -> Stack:
    every = c.whole("full_attention_interval", 4)
    kinds = _layer_types(c, lambda i: FULL if (i + 1) % every == 0 else LINEAR)
    plain = _attention(c, head_dim=c.whole("head_dim", 256), value_dim=c.whole("head_dim", 256), output_gate=True)
    attention = replace(plain, norm_params=2 * plain.head_dim)
    delta = DeltaNet(
        c.whole("linear_num_key_heads", 16), c.whole("linear_key_head_dim", 128),
        c.whole("linear_num_value_heads", 32), c.whole("linear_value_head_dim", 128),
        c.whole("linear_conv_kernel_dim", 4), wide_state=_wide_state(c),
    )  # fmt: skip
    # Qwen3.5 has models of experts alone, without a dense width, and dense ones, without experts.
    feeds: dict[bool, Callable[[], Feed]] = {
        False: lambda: Mlp(c.whole("intermediate_size"), True),
        True: lambda: Experts(
            c.whole("num_experts", 512), c.whole("num_experts_per_tok", 10), c.whole("moe_intermediate_size"),
            shared_width=c.whole("shared_expert_intermediate_size"), shared_gate=True,
        ),
    }  # fmt: skip
    has_experts = c.get("moe_intermediate_size") is not None
    blocks = [
        _rms_block(c, delta if kind == LINEAR else attention, feeds[has_experts and _qwen_sparse(c, i)]())
        for i, kind in enumerate(kinds)
    ]
    return _decoder(c, blocks)


# A layer's letter in Nemotron-H's pattern, and its names.
_NEMOTRON = {"M": "mamba", "E": "moe", "*": "attention", "-": "mlp"}
_NEMOTRON_NAMES = {LINEAR: "mamba", FULL: "attention"}


def _nemotron_h(c: Keys) -> Stack:
    hidden = c.whole("hidden_size")
    mixers: dict[str, Callable[[], Mixer]] = {
        "attention": lambda: _attention(c, head_dim=c.whole("head_dim", 128), value_dim=c.whole("head_dim", 128),
                                        rotary=False),
        "mamba": lambda: Mamba2(
            c.whole("mamba_num_heads", 128), c.whole("mamba_head_dim", 64), c.whole("ssm_state_size", 128),
            c.whole("n_groups", 8), c.whole("conv_kernel", 4), c.whole("chunk_size", 128),
            bias=c.flag("use_bias", False), conv_bias=c.flag("use_conv_bias", True),
            wide_state=_wide_state(c),
        ),
    }  # fmt: skip
    feeds: dict[str, Callable[[], Feed]] = {
        "mlp": lambda: Mlp(c.whole("intermediate_size"), False, bias=c.flag("mlp_bias", False)),
        "moe": lambda: Experts(
            c.whole("n_routed_experts", 8), c.whole("num_experts_per_tok", 2), c.whole("moe_intermediate_size"),
            gated=False, shared_width=c.whole("moe_shared_expert_intermediate_size"),
            latent_width=c.whole("moe_latent_size", 0, least=0),
        ),
    }  # fmt: skip
    # Each layer is a norm and one of the four.
    blocks = [
        Block(mixers[kind]() if kind in mixers else None, feeds[kind]() if kind in feeds else None, 1, hidden)
        for kind in _nemotron_kinds(c)
    ]
    return _decoder(c, blocks)


def _nemotron_kinds(c: Keys) -> list[str]:
    listed = c.get("layers_block_type", c.get("layer_types"))
    if listed is None:
        pattern = c.get("hybrid_override_pattern")
        if not isinstance(pattern, str) or not pattern or set(pattern) - set(_NEMOTRON):
            raise InputError(f"{c.where}: 'hybrid_override_pattern' must be letters of M, E, * and -, not {pattern!r}")
        return [_NEMOTRON[letter] for letter in pattern]
    kinds = [_NEMOTRON_NAMES.get(str(kind), str(kind)) for kind in listed] if isinstance(listed, list) else []
    if not kinds or set(kinds) - set(_NEMOTRON.values()):
        raise InputError(f"{c.where}: 'layers_block_type' must list {', '.join(_NEMOTRON.values())}, not {listed!r}")
    return kinds


def _llama4(c: Keys) -> Stack:
    step = c.whole("interleave_moe_layer_step", 1)
    width = c.whole("intermediate_size")
    experts = Experts(c.whole("num_local_experts", 16), c.whole("num_experts_per_tok", 1), width, shared_width=width)
    dense = Mlp(c.whole("intermediate_size_mlp", 16384), True)
    listed = c.get("moe_layers")
    chunk = c.whole("attention_chunk_size", 8192)
    no_rope = c.whole("no_rope_layer_interval", 4)
    kinds = _layer_types(c, lambda i: FULL if (i + 1) % no_rope == 0 else CHUNKED)
    attention = _attention(c, head_dim=c.whole("head_dim", 128), value_dim=c.whole("head_dim", 128))
    blocks = [
        _rms_block(
            c,
            replace(attention, window=chunk if kind == CHUNKED else None),
            experts if (i in listed if listed else (i + 1) % step == 0) else dense,
        )
        for i, kind in enumerate(kinds)
    ]
    return _decoder(c, blocks)


FAMILIES: dict[str, Callable[[Keys], Stack | EncoderDecoder]] = {
    "albert": albert,
    "bert": bert,
    "deepseek_v2": _deepseek,
    "deepseek_v3": _deepseek,
    "distilbert": distilbert,
    "electra": electra,
    "falcon": _falcon,
    "gemma": _gemma,
    "gemma2": _gemma2,
    "gemma3_text": _gemma3,
    "gpt2": _gpt2,
    "gpt_neox": _gpt_neox,
    "gpt_oss": _gpt_oss,
    "llama": _llama,
    "llama4_text": _llama4,
    "mistral": _mistral,
    "mixtral": _mixtral,
    "nemotron_h": _nemotron_h,
    "olmo": _olmo,
    "olmo2": _olmo2,
    "phi": _phi,
    "phi3": _phi3,
    "qwen2": _qwen2,
    "qwen2_5_vl_text": _qwen2,
    "qwen2_moe": _qwen2_moe,
    "qwen3": _qwen3,
    "qwen3_5_moe_text": _qwen3_next,
    "qwen3_5_text": _qwen3_next,
    "qwen3_moe": _qwen3_moe,
    "qwen3_next": _qwen3_next,
    "qwen3_vl_moe_text": _qwen3_moe,
    "qwen3_vl_text": _qwen3,
    "t5": t5,
    "whisper": whisper,
}
"""``model_type`` -> what reads it."""
