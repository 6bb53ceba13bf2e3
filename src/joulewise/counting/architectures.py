"""Rows of the catalogue's table of architectures as stacks, and the work of one forward pass of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joulewise.catalog.find import known_model
from joulewise.counting.config import forms, recurrent
from joulewise.counting.config.families import model_of
from joulewise.counting.config.read import read_config
from joulewise.counting.config.spec import Attention, Block, Experts, Latent, Mlp, Stack
from joulewise.errors import InputError

_ENCODERS = ("albert", "bert", "distilbert", "electra", "roberta")
# The width of the token embedding is no column of the table: narrow in ALBERT and in ELECTRA-Small alone.
_NARROW_EMBEDDING = 128
_ELECTRA_BASE_HIDDEN = 768


@dataclass(frozen=True)
class Pass:
    """One forward pass of one input: what it takes, and what the model holds.

    Parameters
    ----------
    params : int
        In all, each shared one once.
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


def reason_uncounted(row: Mapping[str, Any]) -> str | None:
    """Return why the closed form cannot count a row, or None if it can."""
    note = str(row["note"] or "")
    if not note.startswith("not computed") or _hybrid(row):
        return None
    return note.split("; ", maxsplit=1)[0].removeprefix("not computed: ")


def stack_of(row: Mapping[str, Any]) -> Stack:
    """Return the parts of a row of the table of architectures, or of the configuration of a hybrid.

    Biases are left out, except in encoders: below 0.2% of the parameters.

    Raises
    ------
    InputError
        If the row says that it has parts the table does not describe (state-space layers, say).
    """
    reason = reason_uncounted(row)
    if reason:
        raise InputError(f"{row['model']} has no closed form here: {reason}")
    hybrid = _hybrid(row)
    if hybrid:
        return _stack(hybrid["config"])
    return _encoder(row) if row["family"] in _ENCODERS else _decoder(row)


def forward(row: Mapping[str, Any], input_tokens: int) -> Pass:
    """Count one forward pass of one input.

    Parameters
    ----------
    row : mapping
        Of the catalogue's table of architectures.
    input_tokens : int
        Cut to what the model can take, where that is known to be less.

    Raises
    ------
    InputError
        If the row cannot be counted, or there is no token.
    """
    if input_tokens < 1:
        raise InputError(f"input_tokens must be at least 1, not {input_tokens}")
    stack = stack_of(row)
    tokens = min(input_tokens, int(row["max_context"] or input_tokens))
    params, active = forms.params(stack)
    looked_up = stack.vocab * stack.embedding_dim * (not (stack.head and stack.tied))
    project, head = forms.outside_matrix(stack)
    macs = (project + head) * tokens + stack.per_sequence_matrix
    for block, times in forms.distinct_blocks(stack):
        macs += times * forms.token_matrix(block, stack.hidden) * tokens
        if isinstance(block.mixer, Attention):
            full, _ = forms.pairs(block.mixer, 0, tokens)
            macs += times * forms.pair_cost(block.mixer, decoding=False) * full
        elif block.mixer is not None:
            macs += times * recurrent.scan_macs(block.mixer, tokens)[0]
    return Pass(params, active - looked_up, 2 * macs, tokens)


def _hybrid(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the configuration of a row's model where that is one stack with other layers than attention."""
    known = known_model(str(row["model"]))
    found = known.configuration if known else None
    return found if found and found["file"] == "hybrid_architectures.json" else None


def _encoder(row: Mapping[str, Any]) -> Stack:
    family, hidden = str(row["family"]), int(row["hidden"])
    narrow = family == "albert" or (family == "electra" and hidden < _ELECTRA_BASE_HIDDEN)
    config = {
        "model_type": "bert" if family in ("roberta", "distilbert") else family,
        "hidden_size": hidden,
        "embedding_size": _NARROW_EMBEDDING if narrow else hidden,
        "num_hidden_layers": int(row["layers"]),
        "num_attention_heads": int(row["heads"]),
        "intermediate_size": int(row["ffn"]),
        "vocab_size": int(row["vocab"]),
        "max_position_embeddings": int(row["max_context"]),
    }
    return _stack(config)


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
        blocks.append(Block(_windowed(attention, window), feed, 2, 2 * hidden))
    return Stack(
        str(row["family"]), hidden, vocab, tuple(blocks), tied=bool(row["tied"]), embedding_dim=hidden,
        extra_params=hidden + _learned_positions(row) * hidden,
    )  # fmt: skip


def _learned_positions(row: Mapping[str, Any]) -> int:
    return int(row["max_context"] or 0) if row["family"] in ("gpt", "gpt2", "gpt-2", "gpt-neo", "opt") else 0


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


def _windowed(attention: Attention, window: int | None) -> Attention:
    a = attention
    return Attention(a.heads, a.kv_heads, a.head_dim, a.value_dim, window=window, latent=a.latent)


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
