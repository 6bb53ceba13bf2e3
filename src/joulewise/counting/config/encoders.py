"""Encoders and encoder-decoders: BERT and similar models, T5, Whisper."""

from __future__ import annotations

from dataclasses import replace

from joulewise.counting.config.feeds import Mlp
from joulewise.counting.config.mixers import Attention
from joulewise.counting.config.read import Keys
from joulewise.counting.config.spec import Block, EncoderDecoder, Stack
from joulewise.errors import InputError


def _encoder_block(c: Keys, hidden: int, heads: int, width: int) -> Block:
    head_dim = c.per_head(hidden, heads)
    attention = Attention(heads, heads, head_dim, head_dim, causal=False, qkv_bias=True, out_bias=True, rotary=False)
    return Block(attention, Mlp(width, False, bias=True), 2, 4 * hidden)


def _bert_like(c: Keys, *, pooled: bool, positions: int = 512, types: int = 2) -> Stack:
    hidden = c.whole("hidden_size", 768)
    embedding = c.whole("embedding_size", hidden)
    positions = c.whole("max_position_embeddings", positions)
    types = c.whole("type_vocab_size", types)
    block = _encoder_block(c, hidden, c.whole("num_attention_heads", 12), c.whole("intermediate_size", 3072))
    masked_lm = c.architecture.endswith("ForMaskedLM")
    if c.architecture and not masked_lm and c.has_head:
        raise InputError(
            f"{c.where}: the closed form of {c.family!r} does not cover the head of {c.architecture}",
            "trace it with hf:",
        )
    # The head of a masked language model: a layer back to the embedding's width, its norm, the logits.
    transform = hidden * embedding if masked_lm else 0
    head_vectors = 3 * embedding if masked_lm else 0
    pooler = hidden * hidden if pooled and not masked_lm else 0
    project = embedding * hidden + hidden if embedding != hidden else 0
    return Stack(
        c.family, hidden, c.whole("vocab_size", 30522), (block,) * c.layers(),
        generates=False, head=masked_lm, tied=True, head_bias=masked_lm, embedding_dim=embedding,
        extra_params=(positions + types) * embedding + 2 * embedding + head_vectors + (hidden if pooler else 0)
        + (project - embedding * hidden if project else 0),
        per_sequence_matrix=pooler, per_token_matrix=transform, max_positions=positions,
    )  # fmt: skip


def bert(c: Keys) -> Stack:
    """BERT, with its pooler, or with the head of a masked language model."""
    return _bert_like(c, pooled=True)


def electra(c: Keys) -> Stack:
    """ELECTRA: a narrow embedding, no pooler."""
    return _bert_like(c, pooled=False)


def albert(c: Keys) -> Stack:
    """ALBERT: one layer run many times."""
    if c.whole("num_hidden_groups", 1) != 1 or c.whole("inner_group_num", 1) != 1:
        raise InputError(f"{c.where}: only ALBERT with one group of one layer has a closed form here")
    c = Keys({"embedding_size": 128, "hidden_size": 4096, "num_hidden_layers": 12, "num_attention_heads": 64,
              "intermediate_size": 16384, "vocab_size": 30000, **c.values}, c.where)  # fmt: skip
    return replace(_bert_like(c, pooled=True), shared_blocks=1)


def distilbert(c: Keys) -> Stack:
    """DistilBERT: no token types, no pooler."""
    hidden, positions = c.whole("dim", 768), c.whole("max_position_embeddings", 512)
    block = _encoder_block(c, hidden, c.whole("n_heads", 12), c.whole("hidden_dim", 3072))
    if c.architecture not in {"", "DistilBertModel"}:
        raise InputError(f"{c.where}: the closed form of 'distilbert' does not cover the head of {c.architecture}")
    return Stack(
        c.family, hidden, c.whole("vocab_size", 30522), (block,) * c.layers("n_layers", 6), generates=False,
        head=False, tied=True, embedding_dim=hidden, extra_params=positions * hidden + 2 * hidden,
        max_positions=positions,
    )  # fmt: skip


def t5(c: Keys) -> EncoderDecoder:
    """T5: relative positions, no biases, gated or plain feed-forward layers."""
    hidden, heads, width = c.whole("d_model", 512), c.whole("num_heads", 8), c.whole("d_kv", 64)
    layers, vocab = c.layers("num_layers", 6), c.whole("vocab_size", 32128)
    gated = str(c.get("feed_forward_proj", "relu")).startswith("gated")
    buckets = c.whole("relative_attention_num_buckets", 32) * heads
    own = Attention(heads, heads, width, width, rotary=False)
    feed = Mlp(c.whole("d_ff", 2048), gated)
    # Each stack has its table of relative positions once, and a final norm.
    encoder = Stack(
        c.family, hidden, 0, (Block(replace(own, causal=False), feed, 2, 2 * hidden),) * layers,
        generates=False, head=False, embedding_dim=hidden, extra_params=buckets + hidden,
    )  # fmt: skip
    decoder = Stack(
        c.family, hidden, vocab, (Block(own, feed, 2, 2 * hidden),) * c.layers("num_decoder_layers", layers),
        tied=c.flag("tie_word_embeddings", True), embedding_dim=hidden, extra_params=buckets + hidden,
        head=c.has_head,
    )  # fmt: skip
    return EncoderDecoder(encoder, decoder, replace(own, causal=False, norm_params=hidden), start_tokens=1)


def whisper(c: Keys) -> EncoderDecoder:
    """Whisper: two convolutions over 30 s of sound, then an encoder and a decoder with learned positions."""
    hidden, vocab = c.whole("d_model", 384), c.whole("vocab_size", 51865)
    mel, source, target = (
        c.whole("num_mel_bins", 80),
        c.whole("max_source_positions", 1500),
        c.whole("max_target_positions", 448),
    )

    def attention(side: str, causal: bool) -> Attention:
        heads = c.whole(f"{side}_attention_heads", 6)
        head_dim = c.per_head(hidden, heads)
        # The keys have no bias: one vector less than `qkv_bias` stands for.
        return Attention(
            heads, heads, head_dim, head_dim, causal=causal, qkv_bias=True, out_bias=True, rotary=False,
            extra_params=-hidden,
        )  # fmt: skip

    def stack(side: str, words: int, positions: int, causal: bool) -> Stack:
        block = Block(attention(side, causal), Mlp(c.whole(f"{side}_ffn_dim", 1536), False, bias=True), 2, 4 * hidden)
        return Stack(
            c.family, hidden, words, (block,) * c.layers(f"{side}_layers", 4), generates=causal,
            head=causal and c.has_head, tied=True, embedding_dim=hidden,
            extra_params=positions * hidden + 2 * hidden, max_positions=positions,
        )  # fmt: skip

    decoder = stack("decoder", vocab, target, causal=True)
    cross = replace(attention("decoder", False), norm_params=2 * hidden)
    return EncoderDecoder(
        stack("encoder", 0, source, causal=False), decoder, cross, source_tokens=source,
        front_params=3 * mel * hidden + 3 * hidden * hidden + 2 * hidden,
        # The first convolution keeps the frames, the second halves them.
        front_macs=2 * source * 3 * mel * hidden + source * 3 * hidden * hidden,
    )  # fmt: skip
