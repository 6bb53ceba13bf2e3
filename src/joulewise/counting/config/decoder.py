"""Readers that decoder families share: attention, layers and stack, from the keys that most of them have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from joulewise.counting.config.feeds import Feed
from joulewise.counting.config.mixers import Attention, Mixer
from joulewise.counting.config.read import Keys
from joulewise.counting.config.spec import Block, Stack
from joulewise.errors import InputError

FULL, SLIDING, CHUNKED, LINEAR = "full_attention", "sliding_attention", "chunked_attention", "linear_attention"

_OTHER_KINDS = ("llama4_text", "nemotron_h", "qwen3_5_moe_text", "qwen3_5_text", "qwen3_next")
"""Families with layers that are neither full nor sliding attention; each checks its own."""


def grouped_query_attention(c: Keys, usual_head_dim: int | None = None, **changes: Any) -> Attention:
    """Return grouped-query attention from the keys that most decoders share.

    Parameters
    ----------
    c : Keys
    usual_head_dim : int, optional
        Width of a head where the configuration does not state it; by default the model's over the number of heads.
    **changes
        Fields that differ from these.
    """
    heads = c.whole("num_attention_heads")
    head_dim = c.optional_whole("head_dim") or usual_head_dim or c.per_head(c.whole("hidden_size"), heads)
    kv_heads = c.whole("num_key_value_heads", heads)
    if heads % kv_heads:
        raise InputError(f"{c.where}: {heads} heads cannot share {kv_heads} key-value heads evenly")
    bias = c.flag("attention_bias", False)
    return replace(Attention(heads, kv_heads, head_dim, head_dim, qkv_bias=bias, out_bias=bias), **changes)


def decoder(c: Keys, blocks: list[Block], **changes: Any) -> Stack:
    """Return a decoder with the parts that most families share; `changes` replace its fields."""
    hidden = c.whole("hidden_size")
    # Families that do not distinguish their layers have these two kinds at most.
    if c.family not in _OTHER_KINDS:
        layer_types(c, lambda _: FULL)
    plain = Stack(
        family=c.family,
        hidden=hidden,
        vocab=c.whole("vocab_size"),
        blocks=tuple(blocks),
        tied=c.flag("tie_word_embeddings", False),
        embedding_dim=hidden,
        extra_params=hidden,  # the final norm
        head=c.has_head,
    )
    return replace(plain, **changes)


def rms_block(c: Keys, mixer: Mixer, feed: Feed, norms: int = 2) -> Block:
    """Return a layer with norms that have a scale and no bias."""
    return Block(mixer, feed, norms, norms * c.whole("hidden_size"))


def layer_types(c: Keys, pattern: Callable[[int], str], known: Sequence[str] = (FULL, SLIDING)) -> list[str]:
    """Return each layer's kind of attention: as listed in the config, else by the family's pattern.

    Raises
    ------
    InputError
        If the list has a kind that the family does not have, or is not as long as there are layers.
    """
    layers = c.layers()
    kinds = c.get("layer_types", [pattern(i) for i in range(layers)])
    if not isinstance(kinds, list) or not all(isinstance(kind, str) and kind in known for kind in kinds):
        odd = next((k for k in kinds if k not in known), kinds) if isinstance(kinds, list) else kinds
        raise InputError(
            f"{c.where}: 'layer_types' must list {' or '.join(known)}, not {odd!r}",
            f"these are the layers of a {c.family} that have a closed form",
        )
    if len(kinds) != layers:
        raise InputError(f"{c.where}: 'layer_types' has {len(kinds)} entries for {layers} layers")
    return kinds


def qwen_window(c: Keys, i: int) -> int | None:
    """Return the window of a layer of Qwen: from a certain layer on, or as listed, where it is used."""
    if not c.flag("use_sliding_window", False):
        return None
    listed, first = c.get("layer_types"), c.whole("max_window_layers", 28, least=0)
    used = listed[i] == SLIDING if listed else i >= first
    return c.whole("sliding_window", 4096) if used else None


def qwen_has_experts(c: Keys, i: int) -> bool:
    """Return whether a layer of Qwen has experts."""
    step = c.whole("decoder_sparse_step", 1)
    return i not in c.wholes("mlp_only_layers", ()) and (i + 1) % step == 0


def wide_state(c: Keys) -> bool:
    """Return whether a state is kept in 32 bits per value."""
    return "float32" in (c.get("mamba_ssm_dtype"), c.get("mamba_ssm_cache_dtype"))
