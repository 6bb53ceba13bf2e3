"""Rows of the catalogue's table of architectures as stacks of layers, and the work of one forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from joulewise.counting.config.families import model_of
from joulewise.counting.config.feeds import Experts, Mlp
from joulewise.counting.config.mixers import Attention, Latent
from joulewise.counting.config.parameters import macs_outside, params
from joulewise.counting.config.passes import blocks_work
from joulewise.counting.config.read import read_config
from joulewise.counting.config.spec import Block, Stack
from joulewise.errors import InputError

_ENCODERS = ("albert", "bert", "distilbert", "electra", "roberta")
_SAME_LAYERS = {"roberta": "bert"}
_LEARNED_POSITIONS = ("distilgpt2", "gpt", "gpt2", "gpt3", "santacoder")
# The table has no column for the width of the token embedding, which is narrow in ALBERT, ELECTRA-Small and OPT-350M.
_NARROW_EMBEDDING = 128
_NARROW_DECODERS = {"opt-350": 512}
_ELECTRA_BASE_HIDDEN = 768


@dataclass(frozen=True)
class Pass:
    """Work of one forward pass of one input, and parameters of the model.

    Parameters
    ----------
    params : int
        All parameters, each shared one once.
    active_params : int
        In the matrices that one token goes through: of a mixture, the experts it is sent to; the logits, not
        the look-up of its embedding.
    flops : int
        Matrix products, 2 for each multiply-add; attention with all pairs of tokens that a window leaves;
        logits at every token. [FLOP]
    input_tokens : int
    """

    params: int
    active_params: int
    flops: int
    input_tokens: int


def reason_uncounted(row: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> str | None:
    """Return why a row has no closed form, or None if it has one; with the configuration of a hybrid it always has."""
    note = str(row["note"] or "")
    if config is not None or not note.startswith("not computed"):
        return None
    return note.split("; ", maxsplit=1)[0].removeprefix("not computed: ")


def stack_of(row: Mapping[str, Any], config: Mapping[str, Any] | None = None) -> Stack:
    """Return the layers of a row of the table of architectures.

    Biases are left out, except in encoders; they are below 0.2% of the parameters.

    Parameters
    ----------
    row : mapping
        Row of ``architectures.csv``.
    config : mapping, optional
        The keys of the model's ``config.json``, for a hybrid, whose layers the table has no columns for; see
        `catalog.KnownModel.configuration`.

    Raises
    ------
    InputError
        If the row says that the model has parts which the table does not describe, and `config` is not given.
    """
    reason = reason_uncounted(row, config)
    if reason:
        raise InputError(f"{row['model']} has no closed form here: {reason}")
    if config is not None:
        return _stack(config)
    return _encoder(row) if row["family"] in _ENCODERS else _decoder(row)


def forward(row: Mapping[str, Any], input_tokens: int, config: Mapping[str, Any] | None = None) -> Pass:
    """Count one forward pass of one input.

    Parameters
    ----------
    row : mapping
        Row of ``architectures.csv``.
    input_tokens : int
        Limited to what the model can take, where that is known to be less.
    config : mapping, optional
        The configuration of a hybrid, as for `stack_of`.

    Raises
    ------
    InputError
        If the row cannot be counted, or there is no token.
    """
    if input_tokens < 1:
        raise InputError(f"input_tokens must be at least 1, not {input_tokens}")
    stack = stack_of(row, config)
    tokens = min(input_tokens, int(row["max_context"] or input_tokens))
    found = params(stack)
    looked_up = stack.vocab * stack.embedding_dim * (not (stack.head and stack.tied))
    project, head = macs_outside(stack)
    macs = (project + head) * tokens + stack.per_sequence_matrix + blocks_work(stack, 1, 0, tokens).macs
    return Pass(found.total, found.active - looked_up, 2 * macs, tokens)


def _encoder(row: Mapping[str, Any]) -> Stack:
    family, hidden = str(row["family"]), int(row["hidden"])
    narrow = family == "albert" or (family == "electra" and hidden < _ELECTRA_BASE_HIDDEN)
    config = {
        "model_type": _SAME_LAYERS.get(family, family),
        "hidden_size": hidden,
        "embedding_size": _NARROW_EMBEDDING if narrow else hidden,
        "num_hidden_layers": int(row["layers"]),
        "num_attention_heads": int(row["heads"]),
        "intermediate_size": int(row["ffn"]),
        "vocab_size": int(row["vocab"]),
        "max_position_embeddings": int(row["max_context"]),
    }
    # DistilBERT uses other names for the same numbers, and has neither token types nor a pooler.
    names = {"dim": "hidden_size", "n_layers": "num_hidden_layers", "n_heads": "num_attention_heads"}
    own = {name: config[usual] for name, usual in {**names, "hidden_dim": "intermediate_size"}.items()}
    return _stack(config | own if family == "distilbert" else config)


def _stack(config: Mapping[str, Any]) -> Stack:
    stack = model_of(read_config(config))
    if not isinstance(stack, Stack):
        raise InputError(f"a {config['model_type']} is more than one stack of layers")
    return stack


def _decoder(row: Mapping[str, Any]) -> Stack:
    layers, hidden, vocab = int(row["layers"]), int(row["hidden"]), int(row["vocab"])
    attention, window_layers = _attention(row), int(row["window_layers"] or 0)
    gated = row["ffn_gated"] in (True, None)
    first, stride = int(row["first_dense_layers"] or 0), int(row["moe_layer_step"] or 1)
    experts = _experts(row)
    dense = Mlp(int(row["ffn"] or 0), gated)
    blocks = []
    for i in range(layers):
        window = int(row["window"]) if row["window"] and i < window_layers else None
        sparse = experts is not None and i >= first and (i - first + 1) % stride == 0
        feed = experts if sparse else dense
        blocks.append(Block(replace(attention, window=window), feed, 2, 2 * hidden))
    embedding = _NARROW_DECODERS.get(str(row["family"]), hidden)
    return Stack(
        str(row["family"]), hidden, vocab, tuple(blocks), tied=bool(row["tied"]), embedding_dim=embedding,
        extra_params=hidden + _learned_positions(row) * hidden,
        # A token goes back to the embedding's width before the logits.
        per_token_matrix=hidden * embedding if embedding != hidden else 0,
    )  # fmt: skip


def _learned_positions(row: Mapping[str, Any]) -> int:
    """Return the number of learned position embeddings; GPT-J rotates queries and keys instead."""
    family, rotary = str(row["family"]), "gpt-j" in str(row["model"]).lower()
    learned = family in _LEARNED_POSITIONS or family.startswith("opt")
    return int(row["max_context"] or 0) if learned and not rotary else 0


def _attention(row: Mapping[str, Any]) -> Attention:
    heads, hidden = int(row["heads"]), int(row["hidden"])
    if row["kv_lora_rank"]:
        latent = Latent(
            query_rank=int(row["q_lora_rank"] or 0),
            kv_rank=int(row["kv_lora_rank"]),
            nope_dim=int(row["qk_nope_head_dim"]),
            rope_dim=int(row["qk_rope_head_dim"]),
        )
        return Attention(heads, heads, latent.nope_dim + latent.rope_dim, int(row["v_head_dim"]), latent=latent)
    head_dim = int(row["head_dim"] or hidden // heads)
    return Attention(heads, int(row["kv_heads"] or heads), head_dim, head_dim)


def _experts(row: Mapping[str, Any]) -> Experts | None:
    if not row["experts"]:
        return None
    width = int(row["moe_ffn"])
    return Experts(
        int(row["experts"]),
        int(row["experts_per_token"] or 1),
        width,
        shared_width=int(row["shared_experts"] or 0) * int(row["shared_ffn"] or width),
    )
