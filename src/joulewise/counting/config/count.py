"""Phases of a workload from the closed forms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joulewise.counting.config import forms
from joulewise.counting.config.families import stack_of
from joulewise.counting.config.read import read_config
from joulewise.counting.config.spec import Experts, Stack
from joulewise.counting.workload import BYTES_PER_VALUE, Layer, Phase, PhaseName, Workload, bytes_of
from joulewise.errors import InputError


def count_config(
    config: Mapping[str, Any] | Path,
    *,
    prompt_tokens: int = 2048,
    output_tokens: int = 1,
    batch_size: int = 1,
    precision: str = "bf16",
) -> Workload:
    """Count a language model from its configuration.

    Parameters
    ----------
    config : mapping or Path
        A ``config.json`` or its content. Only JSON is read; no code is run.
    prompt_tokens, output_tokens, batch_size : int
        A decoder has the phases ``prefill``, which ends with the logits of the prompt's last token and so
        gives the first output token, and, beyond one, ``decode``: the other ``output_tokens - 1`` steps
        over the growing cache. An encoder has ``forward`` over the prompt.
    precision : str
        Of weights, activations and cache, for the bytes: one of `workload.BYTES_PER_VALUE`.

    Returns
    -------
    Workload
        `params` and `flops` are exact. Bytes are the least that must move: weights once a step (of a
        mixture, the experts that the step is expected to touch), cache and activations of matrix products.

    Raises
    ------
    InputError
        If the configuration is malformed or lacks a key, a size is not positive, or the input is longer
        than learned positions allow.
    UnknownNameError
        If the architecture is not known.

    Notes
    -----
    `flops` has all pairs of queries and keys that a window, where there is one, leaves;
    `flops_causal_half` those that the causal mask keeps. Latent attention expands keys and values for the
    prompt, and decodes on the cached latents, as serving engines do (transformers expands the whole cache
    at every step, which a trace of it shows).
    """
    for name, value in (("prompt_tokens", prompt_tokens), ("output_tokens", output_tokens), ("batch_size", batch_size)):
        if value < 1:
            raise InputError(f"{name} must be at least 1, not {value}")
    if precision not in BYTES_PER_VALUE:
        raise InputError(f"unknown precision {precision!r}", f"one of {', '.join(BYTES_PER_VALUE)}")
    keys = read_config(config)
    stack = stack_of(keys)
    steps = output_tokens - 1 if stack.generates else 0
    if stack.max_positions is not None and prompt_tokens + steps > stack.max_positions:
        raise InputError(
            f"{keys.where}: {prompt_tokens + steps} tokens are more than the {stack.max_positions} positions "
            f"that this {stack.family} has learned"
        )
    per_value = BYTES_PER_VALUE[precision]
    total, active = forms.params(stack)
    first = _step(stack, batch_size, cached=0, new=prompt_tokens)
    phases: dict[PhaseName, Phase] = {"prefill" if stack.generates else "forward": first.phase(per_value)}
    work = [first]
    if steps:
        work.append(_decode(stack, batch_size, prompt_tokens, steps))
        phases["decode"] = work[-1].phase(per_value)
    return Workload(
        name=keys.where if isinstance(config, Path) else stack.family,
        params=total,
        active_params=active,
        weight_bytes=bytes_of(total, per_value),
        kv_bytes=bytes_of(_cache(stack, batch_size, prompt_tokens + steps), per_value) if stack.generates else 0,
        activation_bytes=bytes_of(sum(w.written for w in work), per_value),
        phases=phases,
        layers=_layers(stack, batch_size, prompt_tokens, steps),
        uncounted={},
        method=f"config:{stack.family}",
        precision=precision,
        inputs={"batch_size": batch_size, "prompt_tokens": prompt_tokens, "output_tokens": output_tokens},
    )


@dataclass(frozen=True)
class _Work:
    macs: int
    macs_needed: int
    elementwise: int
    read: float  # values
    written: int  # values

    def phase(self, per_value: float) -> Phase:
        return Phase(
            flops=2 * self.macs,
            flops_causal_half=2 * self.macs_needed,
            flops_all_ops=2 * self.macs + self.elementwise,
            bytes_read=bytes_of(self.read, per_value),
            bytes_written=bytes_of(self.written, per_value),
        )


def _step(stack: Stack, batch: int, cached: int, new: int) -> _Work:
    """Return one pass of `new` tokens a sequence, with `cached` tokens before them."""
    return _passes(stack, batch, cached, new, steps=1)


def _decode(stack: Stack, batch: int, prompt: int, steps: int) -> _Work:
    """Return `steps` passes of one token a sequence, the cache growing from `prompt`."""
    return _passes(stack, batch, prompt, 1, steps)


def _passes(stack: Stack, batch: int, cached: int, new: int, steps: int) -> _Work:
    tokens = batch * new * steps
    project, head = forms.outside_matrix(stack)
    with_logits = batch * steps if stack.generates else tokens
    macs = project * tokens + head * with_logits + stack.per_sequence_matrix * batch
    needed, elementwise = macs, stack.hidden * tokens * forms.NORM
    read = float(_weights_read(stack, batch * new) * steps)
    written = with_logits * stack.vocab * stack.head + (stack.hidden * tokens if project else 0)
    for block, times in forms.distinct_blocks(stack):
        attention = block.attention
        full, kept = _pairs_of_passes(attention, cached, new, steps)
        matrix = forms.token_matrix(block, stack.hidden) * tokens
        cost = forms.pair_cost(attention, decoding=cached > 0) * batch
        macs += times * (matrix + cost * full)
        needed += times * (matrix + cost * kept)
        elementwise += times * (
            forms.token_elementwise(block, stack.hidden) * tokens
            + forms.SOFTMAX_AND_SCALE * attention.heads * batch * full
        )
        writes = forms.token_writes(block, stack.hidden) * tokens
        # Each pass reads the cache once, whatever the number of its new tokens; and what products wrote.
        keys = forms.sum_of_lengths(cached + new, cached + new + steps - 1, attention.window)
        read += times * (forms.cache_values(attention) * batch * keys + writes)
        written += times * writes
    return _Work(macs, needed, elementwise, read, written)


def _pairs_of_passes(attention: Any, cached: int, new: int, steps: int) -> tuple[int, int]:
    if steps == 1:
        return forms.pairs(attention, cached, new)
    # One token a pass: what it sees is all that is needed.
    total = forms.sum_of_lengths(cached + 1, cached + steps, attention.window)
    return total, total


def _weights_read(stack: Stack, tokens: int) -> int:
    """Return the parameters that one pass over `tokens` tokens reads, look-ups of embeddings aside."""
    total, _ = forms.params(stack)
    looked_up = stack.vocab * stack.embedding_dim * (not (stack.head and stack.tied))
    unread = 0.0
    for block, times in forms.distinct_blocks(stack):
        if isinstance(block.feed, Experts):
            _, expert, _ = forms.feed_params(block.feed, stack.hidden)
            unread += times * expert * (block.feed.experts - forms.experts_touched(block.feed, tokens))
    return math.ceil(total - looked_up - unread)


def _cache(stack: Stack, batch: int, length: int) -> int:
    """Return the values in the cache when `length` tokens a sequence have passed."""
    return sum(
        times * batch * forms.cache_values(block.attention) * min(length, block.attention.window or length)
        for block, times in forms.distinct_blocks(stack)
    )


def _layers(stack: Stack, batch: int, prompt: int, steps: int) -> tuple[Layer, ...]:
    """Return attention and feed-forward part of each block, and what lies outside; their FLOPs are the whole."""
    tokens = batch * (prompt + steps)
    rows = []
    for i, block in enumerate(stack.blocks):
        a, feed = block.attention, block.feed
        in_prompt = forms.pairs(a, 0, prompt)[0] * forms.pair_cost(a, decoding=False)
        decoding = forms.sum_of_lengths(prompt + 1, prompt + steps, a.window) * forms.pair_cost(a, decoding=True)
        projections = forms.attention_matrix(a, stack.hidden)
        scores = 2 * batch * (in_prompt + decoding)
        in_all, _ = forms.block_params(block, stack.hidden)
        kept = projections + forms.attention_vectors(a, stack.hidden)
        kind = "attention" if a.window is None else f"attention, window {a.window}"
        rows.append(Layer(f"layers.{i}.attention", kind, kept, 2 * projections * tokens + scores))
        name = "mixture of experts" if isinstance(feed, Experts) else "mlp"
        feed_flops = 2 * forms.feed_params(feed, stack.hidden)[2] * tokens
        rows.append(Layer(f"layers.{i}.feed_forward", name, in_all - kept, feed_flops))
    project, head = forms.outside_matrix(stack)
    if project:
        rows.append(Layer("embedding_projection", "linear", project, 2 * project * tokens))
    if stack.per_sequence_matrix:
        rows.append(Layer("pooler", "linear", stack.per_sequence_matrix, 2 * stack.per_sequence_matrix * batch))
    if head:
        with_logits = batch * (1 + steps) if stack.generates else tokens
        rows.append(Layer("head", "linear", 0 if stack.tied else stack.vocab * stack.hidden, 2 * head * with_logits))
    return tuple(rows)
