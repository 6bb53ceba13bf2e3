"""The closed forms: parameters, multiply-adds, element-wise work and bytes of a `Stack`.

References
----------
.. [1] J. Kaplan et al., Scaling Laws for Neural Language Models, arXiv:2001.08361, 2020, Table 1 (FLOPs of a layer;
   it counts attention at the causal average, here it is given in full and as needed).
.. [2] DeepSeek-AI, DeepSeek-V2, arXiv:2405.04434, 2024 (multi-head latent attention).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from joulewise.counting.config import recurrent
from joulewise.counting.config.elementwise import ACTIVATION, NORM, ROTARY, SOFTMAX_AND_SCALE
from joulewise.counting.config.spec import Attention, Block, Experts, Mlp, Stack


def distinct_blocks(stack: Stack) -> Iterator[tuple[Block, int]]:
    """Return each different block with how often it runs, in order of first use."""
    return iter(Counter(stack.blocks).items())


def attention_matrix(attention: Attention, hidden: int) -> int:
    """Return parameters of the projections of one attention layer; each token meets each of them once."""
    a = attention
    out = a.heads * a.value_dim * hidden * (1 + a.output_gate)
    if a.latent is None:
        return hidden * a.heads * a.head_dim + hidden * a.kv_heads * (a.head_dim + a.value_dim) + out
    m = a.latent
    width = a.heads * a.head_dim
    query = hidden * m.query_rank + m.query_rank * width if m.query_rank else hidden * width
    return query + hidden * (m.kv_rank + m.rope_dim) + m.kv_rank * a.heads * (m.nope_dim + a.value_dim) + out


def attention_vectors(attention: Attention, hidden: int) -> int:
    """Return the other parameters of one attention layer: biases, norms, sinks."""
    a = attention
    if a.latent is None:
        bias = a.heads * a.head_dim + a.kv_heads * (a.head_dim + a.value_dim)
    else:
        bias = a.latent.query_rank + a.latent.kv_rank + a.latent.rope_dim
    return a.norm_params + a.extra_params + bias * a.qkv_bias + hidden * a.out_bias


def mixer_matrix(block: Block, hidden: int) -> int:
    """Return parameters of the projections of what mixes a block's tokens; each token meets each of them once."""
    if block.mixer is None:
        return 0
    if isinstance(block.mixer, Attention):
        return attention_matrix(block.mixer, hidden)
    return recurrent.matrix(block.mixer, hidden)


def mixer_vectors(block: Block, hidden: int) -> int:
    """Return its other parameters."""
    if block.mixer is None:
        return 0
    if isinstance(block.mixer, Attention):
        return attention_vectors(block.mixer, hidden)
    return recurrent.vectors(block.mixer, hidden)


def mlp_params(width: int, hidden: int, gated: bool, bias: bool) -> tuple[int, int]:
    """Return (matrix, vector) parameters of a dense feed-forward layer."""
    return (2 + gated) * hidden * width, ((1 + gated) * width + hidden) * bias


def feed_params(feed: Mlp | Experts | None, hidden: int) -> tuple[int, int, int]:
    """Return the parameters of a feed-forward part: always used, of one expert, and matrix ones that a token uses."""
    if feed is None:
        return 0, 0, 0
    if isinstance(feed, Mlp):
        matrix, vectors = mlp_params(feed.width, hidden, feed.gated, feed.bias)
        return matrix + vectors, 0, matrix
    expert_matrix, expert_vectors = mlp_params(feed.width, feed.latent_width or hidden, feed.gated, feed.bias)
    shared, _ = mlp_params(feed.shared_width, hidden, feed.gated, False) if feed.shared_width else (0, 0)
    for_all = hidden * feed.experts + shared + hidden * feed.shared_gate + 2 * hidden * feed.latent_width
    always = for_all + feed.experts * feed.router_bias
    return always, expert_matrix + expert_vectors, for_all + feed.top_k * expert_matrix


def block_params(block: Block, hidden: int) -> tuple[int, int]:
    """Return the parameters of a block: in all, and those that one token uses."""
    always, expert, _ = feed_params(block.feed, hidden)
    fixed = mixer_matrix(block, hidden) + mixer_vectors(block, hidden) + block.norm_params + always
    if not isinstance(block.feed, Experts):
        return fixed, fixed
    return fixed + block.feed.experts * expert, fixed + block.feed.top_k * expert


def params(stack: Stack) -> tuple[int, int]:
    """Return the parameters of a model: in all, each shared one once, and those that one token uses."""
    total = active = 0
    for block, times in distinct_blocks(stack):
        in_all, used = block_params(block, stack.hidden)
        stored = stack.shared_blocks or times
        total += in_all * stored
        active += used * stored
    outside = (
        stack.vocab * stack.embedding_dim + stack.extra_params + stack.per_sequence_matrix + stack.per_token_matrix
    )
    if stack.embedding_dim != stack.hidden:
        outside += stack.embedding_dim * stack.hidden
    if stack.head:
        outside += stack.vocab * stack.head_bias + (0 if stack.tied else stack.vocab * stack.hidden)
    return total + outside, active + outside


def token_matrix(block: Block, hidden: int) -> int:
    """Return the multiply-adds of one token in a block, attention scores and scans aside."""
    return mixer_matrix(block, hidden) + feed_params(block.feed, hidden)[2]


def outside_matrix(stack: Stack) -> tuple[int, int]:
    """Return multiply-adds outside the blocks: of every token, and of every token with logits."""
    project = stack.embedding_dim * stack.hidden if stack.embedding_dim != stack.hidden else 0
    head = stack.per_token_matrix + stack.vocab * (stack.embedding_dim if stack.tied else stack.hidden)
    return project, head if stack.head else 0


def pairs(attention: Attention, cached: int, new: int) -> tuple[int, int]:
    """Return the query-key pairs of one sequence and head: in full, and as a causal mask needs them.

    In full, each of the `new` queries meets every key, `cached` and new, or the `window` where there is
    one; as needed, only those before it.
    """
    if attention.block_pairs is not None:
        return attention.block_pairs, attention.block_pairs
    window = attention.window
    keys = cached + new
    full = new * (min(keys, window) if window else keys)
    if not attention.causal:
        return full, full
    return full, sum_of_lengths(cached + 1, keys, window)


def sum_of_lengths(first: int, last: int, window: int | None) -> int:
    """Return the sum of all whole numbers from `first` to `last`, each cut to `window`."""
    if last < first:
        return 0
    if window is None or last <= window:
        return (first + last) * (last - first + 1) // 2
    if first > window:
        return window * (last - first + 1)
    return (first + window) * (window - first + 1) // 2 + window * (last - window)


def pair_cost(attention: Attention, decoding: bool) -> int:
    """Return multiply-adds of one query-key pair, all heads: the score and its part of the output.

    With a cache of latents a decoding step works on these at once (the "absorbed" form of [2]_): scores
    over the latent and the rotated part, output over the latent. A prompt's keys are expanded.
    """
    if decoding and attention.latent is not None:
        return attention.heads * (2 * attention.latent.kv_rank + attention.latent.rope_dim)
    return attention.heads * (attention.head_dim + attention.value_dim)


def cache_values(attention: Attention) -> int:
    """Return the values that one token leaves in the cache of one layer: the latents, where there are such."""
    if attention.latent is not None:
        return attention.latent.kv_rank + attention.latent.rope_dim
    return attention.kv_heads * (attention.head_dim + attention.value_dim)


def token_elementwise(block: Block, hidden: int) -> int:
    """Return the element-wise operations of one token in a block, softmax aside."""
    a, feed = block.mixer, block.feed
    residuals = (a is not None) + (feed is not None)
    work = block.norms * NORM * hidden + residuals * hidden + mixer_vectors(block, hidden)
    if isinstance(a, Attention):
        rotated = a.latent.rope_dim if a.latent else a.head_dim
        work += ROTARY * rotated * (a.heads + a.kv_heads) * a.rotary
        work += (ACTIVATION + 1) * a.heads * a.value_dim * a.output_gate
    elif a is not None:
        work += recurrent.token_elementwise(a)
    if isinstance(feed, Mlp):
        work += (ACTIVATION + feed.gated) * feed.width + feed_params(feed, hidden)[0] - feed_params(feed, hidden)[2]
    elif feed is not None:
        used = feed.top_k * feed.width + feed.shared_width
        work += (ACTIVATION + feed.gated) * used + SOFTMAX_AND_SCALE * feed.experts + 2 * feed.top_k * hidden
    return work


def token_writes(block: Block, hidden: int) -> int:
    """Return the values that the matrix products of one token write in a block."""
    a, feed = block.mixer, block.feed
    written = 0
    if isinstance(a, Attention):
        written += a.heads * (a.head_dim + a.value_dim * (1 + a.output_gate)) + cache_values(a) + hidden
    elif a is not None:
        written += recurrent.token_writes(a, hidden)
    if isinstance(feed, Mlp):
        written += (1 + feed.gated) * feed.width + hidden
    elif feed is not None:
        written += feed.experts + (1 + feed.gated) * (feed.top_k * feed.width + feed.shared_width)
        written += (feed.top_k + bool(feed.shared_width)) * hidden + 2 * feed.latent_width
    return written


def experts_touched(feed: Experts, tokens: int) -> float:
    """Return the expected number of different experts that `tokens` tokens use, each picking at random.

    Notes
    -----
    :math:`E (1 - (1 - k/E)^T)`. Real routers are less even, so that it is an upper bound on average.
    """
    return feed.experts * (1 - (1 - feed.top_k / feed.experts) ** tokens)
