"""Cache, state and work of a decoder in serving, summed over its layers: the input of an energy model."""

from __future__ import annotations

from dataclasses import dataclass

from joulewise.counting.config.spec import Stack


@dataclass(frozen=True)
class Summary:
    """Quantities of a stack of layers that decide its memory traffic and arithmetic in serving.

    Parameters
    ----------
    layers : int
        Layers of a mixer and a feed-forward part; two layers that have only one of these each count as one.
    cached_layers, recurrent_layers, expert_layers : int
        Layers with a cache, with a state, and with routed experts.
    experts, experts_per_token : int
        Those of the first layer with routed experts; 1 and 1 where there is none.
    cache_heads : int
        Heads among which the cache of a layer can be split; 1 for latent attention.
    cache_values_per_token_layer : int
        Values that a token leaves in the cache of the first layer that has one.
    pair_macs : int
        Multiply-adds of one query with one cached key in that layer, all heads together.
    window : int or None
        Smallest number of tokens that a layer sees, where some do not see all.
    window_layers : int
        Layers that do not see all tokens.
    state_bytes : int
        Size of the states that one sequence keeps in all layers together. [B]
    scan_flops_per_token : float
        FLOPs of one prompt token in the layers with a state, without projections. [FLOP]
    """

    layers: int
    cached_layers: int
    recurrent_layers: int
    expert_layers: int
    experts: int
    experts_per_token: int
    cache_heads: int
    cache_values_per_token_layer: int
    pair_macs: int
    window: int | None
    window_layers: int
    state_bytes: int
    scan_flops_per_token: float


def summarise(stack: Stack) -> Summary:
    """Return cache, state and work of a stack in serving."""
    mixers = [block.mixer.serving for block in stack.blocks if block.mixer is not None]
    feeds = [block.feed for block in stack.blocks if block.feed is not None]
    cached = [mixer for mixer in mixers if mixer.cache_values_per_token]
    routed = [feed for feed in feeds if feed.experts > 1]
    windows = [mixer.window for mixer in mixers if mixer.window is not None]
    return Summary(
        layers=(len(mixers) + len(feeds) + 1) // 2,
        cached_layers=len(cached),
        recurrent_layers=sum(mixer.state_bytes > 0 for mixer in mixers),
        expert_layers=len(routed),
        experts=routed[0].experts if routed else 1,
        experts_per_token=routed[0].top_k if routed else 1,
        cache_heads=cached[0].cache_heads if cached else 1,
        cache_values_per_token_layer=cached[0].cache_values_per_token if cached else 0,
        pair_macs=cached[0].pair_macs if cached else 0,
        window=min(windows, default=None),
        window_layers=len(windows),
        state_bytes=sum(mixer.state_bytes for mixer in mixers),
        scan_flops_per_token=float(sum(mixer.scan_flops_per_token for mixer in mixers)),
    )
