"""The parts of a language model and how they combine, the same for every family."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from joulewise.counting.config.elementwise import NORM
from joulewise.counting.config.feeds import Feed
from joulewise.counting.config.mixers import Attention, Mixer


@dataclass(frozen=True)
class Block:
    """One layer: a mixer, then a feed-forward part; hybrids have layers of only one of the two.

    `norm_params` are the parameters of its norms on the hidden state; `norms` is how many there are.
    """

    mixer: Mixer | None
    feed: Feed | None
    norms: int
    norm_params: int

    def matrix_params(self, hidden: int) -> int:
        """Return the parameters of all matrices except those of routed experts."""
        mixer = self.mixer.matrix_params(hidden) if self.mixer else 0
        return mixer + (self.feed.dense_matrix_params(hidden) if self.feed else 0)

    def mixer_params(self, hidden: int) -> int:
        """Return all parameters of the mixer."""
        return self.mixer.matrix_params(hidden) + self.mixer.vector_params(hidden) if self.mixer else 0

    def params(self, hidden: int) -> int:
        """Return the number of all parameters."""
        feed = self.feed.params(hidden) if self.feed else 0
        return self.mixer_params(hidden) + self.norm_params + feed

    def active_params(self, hidden: int) -> int:
        """Return the parameters that one token uses."""
        feed = self.feed.active_params(hidden) if self.feed else 0
        return self.mixer_params(hidden) + self.norm_params + feed

    def token_macs(self, hidden: int) -> int:
        """Return the multiply-adds of one token, without those of `Mixer.mixing`."""
        mixer = self.mixer.matrix_params(hidden) if self.mixer else 0
        return mixer + (self.feed.token_macs(hidden) if self.feed else 0)

    def token_elementwise(self, hidden: int) -> int:
        """Return the element-wise operations of one token, without those of `Mixer.mixing`."""
        work = self.norms * NORM * hidden
        if self.mixer:
            work += hidden + self.mixer.vector_params(hidden) + self.mixer.token_elementwise()
        if self.feed:
            work += hidden + self.feed.token_elementwise(hidden)
        return work

    def token_writes(self, hidden: int) -> int:
        """Return the values that the matrix products of one token write."""
        mixer = self.mixer.token_writes(hidden) if self.mixer else 0
        return mixer + (self.feed.token_writes(hidden) if self.feed else 0)


@dataclass(frozen=True)
class Stack:
    """A model of one stack of blocks.

    Parameters
    ----------
    family : str
        The ``model_type``.
    hidden, vocab : int
    blocks : tuple of Block
        In order; equal ones are counted once and multiplied.
    generates : bool
        A decoder with prefill and decode, or an encoder with one forward pass.
    head : bool
        Whether there are logits over the vocabulary.
    tied : bool
        Whether the logits share the embedding's matrix.
    head_bias : bool
    shared_blocks : int
        Number of blocks whose weights are stored, where layers share weights; 0 where none do.
    embedding_dim : int
        Width of the token embedding; where it is not `hidden`, a projection follows.
    extra_params : int
        Position and type embeddings, final norms and similar parameters outside matrix products.
    per_sequence_matrix : int
        Parameters of a matrix that one token of each sequence goes through (a pooler).
    per_token_matrix : int
        Parameters of a matrix before the logits that every token with logits goes through.
    max_positions : int or None
        Longest possible input, where positions are learned.
    """

    family: str
    hidden: int
    vocab: int
    blocks: tuple[Block, ...]
    generates: bool = True
    head: bool = True
    tied: bool = False
    head_bias: bool = False
    shared_blocks: int = 0
    embedding_dim: int = 0
    extra_params: int = 0
    per_sequence_matrix: int = 0
    per_token_matrix: int = 0
    max_positions: int | None = None

    def distinct_blocks(self) -> list[tuple[Block, int]]:
        """Return each different block with how often it runs, in order of first use."""
        return list(Counter(self.blocks).items())

    def stored(self, times: int) -> int:
        """Return how many copies of a block's weights are stored where it runs `times` times."""
        return self.shared_blocks or times


@dataclass(frozen=True)
class EncoderDecoder:
    """A model that encodes a source once and generates with attention to it.

    Parameters
    ----------
    encoder, decoder : Stack
        The encoder without embeddings of its own where it shares the decoder's.
    cross : Attention
        Cross-attention of each decoder block to the encoder's output; its `norm_params` include its norm on the hidden
        state.
    source_tokens : int or None
        The encoder's length where it is fixed (Whisper pads sound to 30 s); else the prompt's.
    start_tokens : int or None
        Tokens that the decoder starts from, where that is not the prompt.
    front_params, front_macs : int
        Parameters of what comes before the encoder (convolutions on sound), and multiply-adds per sequence.
    """

    encoder: Stack
    decoder: Stack
    cross: Attention
    source_tokens: int | None = None
    start_tokens: int | None = None
    front_params: int = 0
    front_macs: int = 0


@dataclass(frozen=True)
class Tower:
    """A vision tower, which turns one image into tokens of a language model.

    Parameters
    ----------
    stack : Stack
        An encoder of patches, without a vocabulary.
    tiles : int
        Sequences that one image becomes.
    patches : int
        Tokens of one such sequence.
    around_params, around_macs : int
        Parameters of what lies before and after the encoder (patches, projector), and multiply-adds per image.
    image_tokens : int
        Tokens that one image adds to the prompt.
    """

    stack: Stack
    tiles: int
    patches: int
    around_params: int
    around_macs: int
    image_tokens: int


@dataclass(frozen=True)
class Multimodal:
    """A language model that sees images; `image_size` is None where there is none in the prompt."""

    tower: Tower
    text: Stack
    image_size: tuple[int, int] | None
