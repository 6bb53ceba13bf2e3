"""The work of passes over a stack of layers: a prompt at once, or one token after the other over a growing cache."""

from __future__ import annotations

from dataclasses import replace

from joulewise.counting.config.elementwise import NORM
from joulewise.counting.config.parameters import macs_outside, params_read
from joulewise.counting.config.spec import Stack
from joulewise.counting.config.work import Work, sum_of


def prompt_pass(stack: Stack, batch: int, tokens: int) -> Work:
    """Return the work of one pass over `tokens` tokens per sequence, with nothing in the cache."""
    return _passes(stack, batch, cached=0, new=tokens, passes=1)


def decode_passes(stack: Stack, batch: int, prompt: int, steps: int) -> Work:
    """Return the work of `steps` passes of one token per sequence, with the cache growing from `prompt` tokens."""
    return _passes(stack, batch, prompt, 1, steps)


def blocks_work(stack: Stack, batch: int, cached: int, new: int, passes: int = 1) -> Work:
    """Return the work of all blocks, without embedding, logits, and the weights that they read.

    Parameters
    ----------
    stack : Stack
    batch : int
        Number of sequences.
    cached, new, passes : int
        See `Mixer.mixing`.
    """
    tokens = batch * new * passes
    parts = []
    for block, times in stack.distinct_blocks():
        macs, written = block.token_macs(stack.hidden), block.token_writes(stack.hidden)
        parts.append(Work(macs, macs, block.token_elementwise(stack.hidden), written, written) * (tokens * times))
        if block.mixer is not None:
            mixing = block.mixer.mixing(cached, new, passes)
            made = block.mixer.serving.cache_values_per_token * new * passes
            if stack.generates and made:
                # All that it reads is the cache; new keys and values are written, and read once like every result.
                mixing = replace(mixing, cache_read=mixing.values_read + made, cache_written=made)
            parts.append(mixing * (batch * times))
    return sum_of(parts)


def kept_values(stack: Stack, batch: int, tokens: int) -> int:
    """Return the values in cache and states when `tokens` tokens per sequence have passed."""
    return batch * sum(block.mixer.kept_values(tokens) for block in stack.blocks if block.mixer is not None)


def cache_values(stack: Stack, batch: int, tokens: int) -> int:
    """Return those of `kept_values` that are keys and values, and no state."""
    mixers = [block.mixer for block in stack.blocks if block.mixer is not None]
    return batch * sum(mixer.kept_values(tokens) for mixer in mixers if mixer.serving.cache_values_per_token)


def _passes(stack: Stack, batch: int, cached: int, new: int, passes: int) -> Work:
    tokens = batch * new * passes
    project, head = macs_outside(stack)
    with_logits = batch * passes if stack.generates else tokens
    macs = project * tokens + head * with_logits + stack.per_sequence_matrix * batch
    outside = Work(
        macs=macs,
        macs_needed=macs,
        elementwise=NORM * stack.hidden * tokens,
        values_read=params_read(stack, batch * new) * passes,
        values_written=with_logits * stack.vocab * stack.head + (stack.hidden * tokens if project else 0),
    )
    return outside + blocks_work(stack, batch, cached, new, passes)
