"""Hybrids of attention with layers that keep a state: one function for each family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from joulewise.counting.config.decoder import (
    FULL,
    LINEAR,
    decoder,
    grouped_query_attention,
    layer_types,
    qwen_has_experts,
    rms_block,
    wide_state,
)
from joulewise.counting.config.feeds import Experts, Feed, Mlp
from joulewise.counting.config.mixers import DeltaNet, Mamba2, Mixer
from joulewise.counting.config.read import Keys
from joulewise.counting.config.spec import Block, Stack
from joulewise.errors import InputError


def qwen3_next(c: Keys) -> Stack:
    """Qwen3-Next and Qwen3.5: three layers of gated delta nets for each of attention."""
    every = c.whole("full_attention_interval", 4)
    kinds = layer_types(c, lambda i: FULL if (i + 1) % every == 0 else LINEAR, (FULL, LINEAR))
    plain = grouped_query_attention(c, usual_head_dim=256, output_gate=True)
    attention = replace(plain, norm_params=2 * plain.head_dim)
    delta = DeltaNet(
        c.whole("linear_num_key_heads", 16), c.whole("linear_key_head_dim", 128),
        c.whole("linear_num_value_heads", 32), c.whole("linear_value_head_dim", 128),
        c.whole("linear_conv_kernel_dim", 4), wide_state=wide_state(c),
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
        rms_block(c, delta if kind == LINEAR else attention, feeds[has_experts and qwen_has_experts(c, i)]())
        for i, kind in enumerate(kinds)
    ]
    return decoder(c, blocks)


# A layer's letter in Nemotron-H's pattern, and its names.
_NEMOTRON = {"M": "mamba", "E": "moe", "*": "attention", "-": "mlp"}
_NEMOTRON_NAMES = {LINEAR: "mamba", FULL: "attention"}


def nemotron_h(c: Keys) -> Stack:
    """Nemotron-H: layers of Mamba-2, attention, feed-forward parts or experts, each alone."""
    hidden = c.whole("hidden_size")
    mixers: dict[str, Callable[[], Mixer]] = {
        "attention": lambda: grouped_query_attention(c, usual_head_dim=128,
                                        rotary=False),
        "mamba": lambda: Mamba2(
            c.whole("mamba_num_heads", 128), c.whole("mamba_head_dim", 64), c.whole("ssm_state_size", 128),
            c.whole("n_groups", 8), c.whole("conv_kernel", 4), c.whole("chunk_size", 128),
            bias=c.flag("use_bias", False), conv_bias=c.flag("use_conv_bias", True),
            wide_state=wide_state(c),
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
    return decoder(c, blocks)


def _nemotron_kinds(c: Keys) -> list[str]:
    """Return the kind of each layer, which the configuration lists by name or by letter."""
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
