"""What a transformer is made of, the same for every family."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Latent:
    """Multi-head latent attention: queries and keys through narrow latents, part of each head rotated.

    `query_rank` is 0 where queries are projected at once.
    """

    query_rank: int
    kv_rank: int
    nope_dim: int
    rope_dim: int


@dataclass(frozen=True)
class Attention:
    """Self-attention.

    Parameters
    ----------
    heads, kv_heads : int
        Of the queries, and of keys and values.
    head_dim, value_dim : int
        Width of a head's queries and keys, and of its values.
    window : int or None
        Keys that a query sees at most; also the chunk of chunked attention.
    causal : bool
    qkv_bias, out_bias : bool
    norm_params : int
        Of norms on queries and keys.
    extra_params : int
        Of sinks and the like.
    rotary : bool
        Whether queries and keys are rotated (element-wise work).
    latent : Latent or None
    output_gate : bool
        Whether a gate as wide as the queries, projected beside them, weighs the output.
    block_pairs : int or None
        Query-key pairs of one sequence and head, where tokens see only those of their own block.
    """

    heads: int
    kv_heads: int
    head_dim: int
    value_dim: int
    window: int | None = None
    causal: bool = True
    qkv_bias: bool = False
    out_bias: bool = False
    norm_params: int = 0
    extra_params: int = 0
    rotary: bool = True
    latent: Latent | None = None
    output_gate: bool = False
    block_pairs: int | None = None


@dataclass(frozen=True)
class Mamba2:
    """A state-space layer: each head keeps a state of `head_dim` x `state_dim` values.

    Parameters
    ----------
    heads, head_dim, state_dim : int
    groups : int
        Of heads that share the maps into and out of the state.
    kernel : int
        Tokens that the convolution before it sees.
    chunk : int
        Tokens that a prompt is taken through at once.
    bias, conv_bias : bool
        Of the projections, and of the convolution.
    """

    heads: int
    head_dim: int
    state_dim: int
    groups: int
    kernel: int
    chunk: int
    bias: bool = False
    conv_bias: bool = True


@dataclass(frozen=True)
class DeltaNet:
    """A gated delta net: each value head keeps a state of `key_dim` x `value_dim` values; else as `Mamba2`."""

    key_heads: int
    key_dim: int
    value_heads: int
    value_dim: int
    kernel: int
    chunk: int = 64


@dataclass(frozen=True)
class Mlp:
    """A dense feed-forward layer, gated (three matrices) or plain (two)."""

    width: int
    gated: bool
    bias: bool = False


@dataclass(frozen=True)
class Experts:
    """A mixture of experts.

    Parameters
    ----------
    experts, top_k : int
        In all, and for each token.
    width : int
        Of one expert.
    gated, bias : bool
        Of an expert, as in `Mlp`.
    router_bias : bool
    shared_width : int
        Of the experts that every token uses, together; 0 if there are none.
    shared_gate : bool
        Whether a scalar gate weighs the shared expert.
    latent_width : int
        To which tokens are projected before the routed experts, and back after; 0 where they are not.
    """

    experts: int
    top_k: int
    width: int
    gated: bool = True
    bias: bool = False
    router_bias: bool = False
    shared_width: int = 0
    shared_gate: bool = False
    latent_width: int = 0


@dataclass(frozen=True)
class Block:
    """One layer: what mixes tokens, then a feed-forward part; hybrids have layers of one of both alone.

    `norm_params` are of its norms on the hidden state; `norms` is how many there are.
    """

    mixer: Attention | Mamba2 | DeltaNet | None
    feed: Mlp | Experts | None
    norms: int
    norm_params: int


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
        How many distinct blocks there are, where layers share weights; 0 where none do.
    embedding_dim : int
        Width of the token embedding; where it is not `hidden`, a projection follows.
    extra_params : int
        Position and type embeddings, final norms and their like: no matrix product.
    per_sequence_matrix : int
        Parameters of a matrix that one token of each sequence goes through (a pooler).
    per_token_matrix : int
        Parameters of a matrix before the logits that every token with logits goes through.
    max_positions : int or None
        Where positions are learned: no longer input is possible.
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


@dataclass(frozen=True)
class EncoderDecoder:
    """A model that encodes a source once and generates with attention to it.

    Parameters
    ----------
    encoder, decoder : Stack
        The encoder without embeddings of its own where it shares the decoder's.
    cross : Attention
        Of each decoder block, on the encoder's output; its `norm_params` hold its norm on the hidden state too.
    source_tokens : int or None
        The encoder's length where it is fixed (Whisper pads sound to 30 s); else the prompt's.
    start_tokens : int or None
        Tokens that the decoder starts from, where that is not the prompt.
    front_params, front_macs : int
        Of what comes before the encoder (convolutions on sound); multiply-adds for each sequence.
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
    """What turns one image into tokens of a language model.

    Parameters
    ----------
    stack : Stack
        An encoder of patches, without a vocabulary.
    tiles : int
        Sequences that one image becomes.
    patches : int
        Tokens of one such sequence.
    around_params, around_macs : int
        Of what lies before and after the encoder (patches, projector); multiply-adds for each image.
    image_tokens : int
        That one image adds to the prompt.
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
