"""Parameters of a stack: all of them, those that one token uses, and those in matrices."""

from __future__ import annotations

import math
from dataclasses import dataclass

from joulewise.counting.config.spec import Stack


@dataclass(frozen=True)
class Params:
    """Parameters of a model, each shared one counted once, and those that one token uses, embeddings included."""

    total: int
    active: int


@dataclass(frozen=True)
class MatrixParams:
    """Parameters of matrices; norms, biases, convolutions and position embeddings are left out.

    Parameters
    ----------
    dense : int
        Parameters that every pass reads, whatever the batch: mixers, dense feed-forward parts, routers, shared
        experts, logits.
    routed : int
        Parameters of all routed experts together; 0 for a dense model.
    routed_active : int
        Parameters of the routed experts that one token uses.
    logits : int
        Parameters of the logits' matrix, which are part of `dense`; 0 where there is no head.
    embedding : int
        Parameters of the token embedding where it is a separate matrix; 0 where the logits share it.
    """

    dense: int
    routed: int
    routed_active: int
    logits: int
    embedding: int

    @property
    def active(self) -> int:
        """Parameters of the matrices that one token is multiplied with; the look-up of its embedding is not one."""
        return self.dense + self.routed_active

    @property
    def total(self) -> int:
        """Parameters of all matrices."""
        return self.dense + self.routed + self.embedding


def params(stack: Stack) -> Params:
    """Return the parameters of a model, each shared one counted once, and those that one token uses."""
    total = active = 0
    for block, times in stack.distinct_blocks():
        total += block.params(stack.hidden) * stack.stored(times)
        active += block.active_params(stack.hidden) * stack.stored(times)
    outside = stack.extra_params + stack.vocab * stack.embedding_dim + _matrices_outside(stack)
    if stack.head:
        outside += stack.vocab * stack.head_bias + (0 if stack.tied else stack.vocab * stack.hidden)
    return Params(total + outside, active + outside)


def matrix_params(stack: Stack) -> MatrixParams:
    """Return the parameters of a model's matrices, by how often a pass reads them.

    Examples
    --------
    Mixtral 8x7B, of 46.7 billion parameters, of which a token uses 12.9 billion:

    >>> from joulewise.counting.config.feeds import Experts
    >>> from joulewise.counting.config.mixers import Attention
    >>> from joulewise.counting.config.spec import Block, Stack
    >>> block = Block(Attention(32, 8, 128, 128), Experts(8, 2, 14336), norms=2, norm_params=2 * 4096)
    >>> found = matrix_params(Stack("mixtral", 4096, 32000, (block,) * 32, embedding_dim=4096))
    >>> found.dense  # 32 (41,943,040 of attention + 32,768 of the router) + 131,072,000
    1474297856
    >>> found.routed  # 32 x 8 x 3 x 4096 x 14336
    45097156608
    >>> found.total, found.active
    (46702526464, 12748587008)
    """
    dense = routed = routed_active = 0
    for block, times in stack.distinct_blocks():
        stored = stack.stored(times)
        dense += block.matrix_params(stack.hidden) * stored
        if block.feed is not None:
            of_experts = block.feed.routed_matrix_params(stack.hidden) * stored
            routed += of_experts
            routed_active += of_experts * block.feed.top_k // block.feed.experts
    shared = stack.head and stack.tied
    logits = stack.vocab * (stack.embedding_dim if stack.tied else stack.hidden) if stack.head else 0
    embedding = 0 if shared else stack.vocab * stack.embedding_dim
    return MatrixParams(dense + logits + _matrices_outside(stack), routed, routed_active, logits, embedding)


def params_read(stack: Stack, tokens: int) -> int:
    """Return the parameters that one pass over `tokens` tokens reads, without embedding look-ups.

    A mixture of experts reads the experts that the tokens are expected to select, each at random.
    """
    looked_up = stack.vocab * stack.embedding_dim * (not (stack.head and stack.tied))
    unread = 0.0
    for block, times in stack.distinct_blocks():
        if block.feed is not None:
            unread += times * block.feed.expert_params(stack.hidden) * block.feed.unread_experts(tokens)
    return math.ceil(params(stack).total - looked_up - unread)


def macs_outside(stack: Stack) -> tuple[int, int]:
    """Return the multiply-adds outside the blocks, per token and per token with logits."""
    logits = stack.vocab * (stack.embedding_dim if stack.tied else stack.hidden)
    return _projection(stack), stack.per_token_matrix + logits if stack.head else 0


def _matrices_outside(stack: Stack) -> int:
    """Return the parameters of matrices outside the blocks, without embedding and logits."""
    return _projection(stack) + stack.per_sequence_matrix + stack.per_token_matrix


def _projection(stack: Stack) -> int:
    """Return the parameters of the projection of a token embedding that is not as wide as the model."""
    return stack.embedding_dim * stack.hidden if stack.embedding_dim != stack.hidden else 0
