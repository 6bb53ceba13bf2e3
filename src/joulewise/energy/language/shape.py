"""Dimensions of a language model that determine the time and energy of serving it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from joulewise.catalog import Catalog, KnownModel
from joulewise.catalog.catalog import kept_with
from joulewise.counting.config import forms
from joulewise.counting.config.count import count_config
from joulewise.counting.config.families import model_of
from joulewise.counting.config.read import Keys, read_config
from joulewise.counting.config.recurrent import conv_channels, scan_macs, state_values
from joulewise.counting.config.spec import Attention, DeltaNet, EncoderDecoder, Experts, Mamba2, Multimodal, Stack
from joulewise.energy.flags import Flag
from joulewise.energy.models import model_named
from joulewise.errors import InputError


@dataclass(frozen=True)
class Shape:
    """A decoder, as its weights and its cache are seen by the memory of an accelerator.

    Parameters
    ----------
    params, active_params : float
        Parameters in all, and those that one token goes through.
    dense_params : float
        Read for every step, whatever the batch: attention, dense feed-forward, shared experts, logits.
    expert_params : float
        Of all routed experts together; 0 for a dense model.
    experts, experts_per_token : int
        1 and 1 for a dense model.
    layers : int
        Each of two parts, one that mixes tokens and a feed-forward one, whether a model calls these one layer or
        two; the cross-attention of an encoder-decoder is half a layer more.
    attention_layers, expert_layers : int
        Those with a cache, and those with routed experts.
    hidden : int
    kv_heads : int
        Among which the cache can be split; 1 for latent attention.
    kv_values_per_token_layer : float
        Values that a token leaves in the cache of one layer.
    attention_width : float
        Width of all query heads together, for the FLOPs of attention.
    window, window_layers : float
        Tokens that a layer with sliding or chunked attention sees, and how many layers have it.
    image_tokens : float
        Tokens that an image puts before the prompt.
    max_context : float
        Longest input and output together; infinite where unknown.
    known : bool
        Whether the shape is that of the model's configuration, or guessed from its size alone.
    source : str
    state_bytes : float
        That a sequence keeps in the layers that have a state instead of a cache, all together.
    scan_flops : float
        Of a token of the prompt in these layers, projections aside.
    encoder_params : float
        That a token of the prompt goes through in place of the decoder's, the keys and values of
        cross-attention among them; 0 for a decoder.
    encoder_layers : int
        0 for a decoder.
    flags : tuple of Flag
        What to know about every estimate of it.
    """

    params: float
    active_params: float
    dense_params: float
    expert_params: float
    experts: int
    experts_per_token: int
    layers: int
    attention_layers: int
    expert_layers: int
    hidden: int
    kv_heads: int
    kv_values_per_token_layer: float
    attention_width: float
    window: float
    window_layers: int
    image_tokens: float
    max_context: float
    known: bool
    source: str
    state_bytes: float = 0.0
    scan_flops: float = 0.0
    encoder_params: float = 0.0
    encoder_layers: int = 0
    flags: tuple[Flag, ...] = ()


def shape_of_model(name: str, catalog: Catalog) -> Shape | None:
    """Return the shape of a language model of the catalogue, or None if it has no such model.

    Parameters
    ----------
    name : str
    catalog : Catalog

    Raises
    ------
    InputError
        If its size is not public.
    """
    known = model_named(name, catalog)
    if known is None:
        return None
    shapes = _shapes(catalog)
    if known.name not in shapes:
        shapes[known.name] = _shape_of_known(known)
    return shapes[known.name]


@kept_with
def _shapes(_catalog: Catalog) -> dict[str, Shape]:
    return {}


def _shape_of_known(known: KnownModel) -> Shape:
    if known.configuration is not None:
        return shape_of_configuration(known.configuration)
    if known.architecture is not None:
        return shape_of_architecture(known.architecture)
    if known.params is None:
        raise InputError(f"the size of {known.name} is not public", "give params_b to take a size")
    if known.size_assumed:
        raise InputError(
            f"the size of {known.name} is not public; {known.params / 1e9:g} billion parameters are assumed (joulewise "
            "show names the source); give params_b to take a size"
        )
    found = shape_of_params(known.params, known.active_params)
    return replace(found, source=f"{found.source}, which the catalogue has")


def generates_text(config: Path) -> bool:
    """Return whether a ``config.json`` is of a model that generates text, rather than of a single-pass network."""
    found = model_of(read_config(config))
    stack = found.text if isinstance(found, Multimodal) else found
    return not isinstance(stack, Stack) or stack.generates


def shape_of_architecture(row: Mapping[str, Any]) -> Shape:
    """Return the shape of a row of the catalogue's table of architectures.

    Norms, biases and position embeddings are left out: below 0.1% of the parameters.
    """
    layers, hidden, heads = int(row["layers"]), int(row["hidden"]), int(row["heads"])
    kv_heads = int(row["kv_heads"] or heads)
    head_dim = int(row["head_dim"] or hidden // heads)
    if row["kv_lora_rank"]:
        nope, rope = int(row["qk_nope_head_dim"]), int(row["qk_rope_head_dim"])
        latent, values, queries = int(row["kv_lora_rank"]), int(row["v_head_dim"]), int(row["q_lora_rank"] or 0)
        head_params = heads * (nope + rope)
        attention = hidden * queries + queries * head_params if queries else hidden * head_params
        attention += hidden * (latent + rope) + latent * heads * (nope + values) + heads * values * hidden
        kv_heads, kv_values, width = 1, float(latent + rope), heads * (2 * latent + rope) / 2
    else:
        attention = 2 * hidden * heads * head_dim + 2 * hidden * kv_heads * head_dim
        kv_values, width = 2.0 * kv_heads * head_dim, float(heads * head_dim)
    matrices = 3 if row["ffn_gated"] in (True, None) else 2
    experts = int(row["experts"] or 0)
    expert_layers, expert_params, dense = 0, 0.0, float(layers * matrices * hidden * (row["ffn"] or 0))
    top_k = int(row["experts_per_token"] or 1)
    if experts:
        first, stride = int(row["first_dense_layers"] or 0), int(row["moe_layer_step"] or 1)
        expert_layers = (layers - first) // stride
        one = 3.0 * hidden * int(row["moe_ffn"])
        shared = int(row["shared_experts"] or 0) * 3 * hidden * int(row["shared_ffn"] or row["moe_ffn"])
        expert_params = expert_layers * experts * one
        dense = (layers - expert_layers) * matrices * hidden * (row["ffn"] or 0)
        dense += expert_layers * (shared + hidden * experts)
    logits = float(row["vocab"] * hidden)
    body = layers * attention + dense + logits
    return Shape(
        params=body + expert_params + (0.0 if row["tied"] else logits),
        active_params=body + (expert_params * top_k / experts if experts else 0.0),
        dense_params=body,
        expert_params=expert_params,
        experts=max(experts, 1),
        experts_per_token=top_k if experts else 1,
        layers=layers,
        attention_layers=layers,
        expert_layers=expert_layers,
        hidden=hidden,
        kv_heads=kv_heads,
        kv_values_per_token_layer=kv_values,
        attention_width=width,
        window=float(row["window"] or float("inf")),
        window_layers=int(row["window_layers"] or 0),
        image_tokens=float(row["image_tokens"] or 0),
        max_context=float(row["max_context"] or float("inf")),
        known=True,
        source=str(row["source"]),
        flags=(Flag.RECURRENT_AS_ATTENTION,) if re.search("Mamba|linear attention", str(row["note"])) else (),
    )


def shape_of_params(params: float, active_params: float | None = None) -> Shape:
    """Return the typical shape of a decoder of a size: what is assumed when nothing else is known.

    Parameters
    ----------
    params, active_params : float
        The second by default as the first; less means a mixture of experts.

    Raises
    ------
    InputError
        If one is not positive, or more are active than there are.

    Notes
    -----
    Depth and width by power laws fitted to the dense decoders of the catalogue's table: 36 layers of width
    3520 at 7 billion parameters, growing with the power 0.26 and 0.41 of the size (for a mixture of
    experts the geometric mean of all and active); 8 key-value heads of 128; experts as in models of 2024
    and 2025: 128, of which 8 are used.
    """
    active = params if active_params is None else active_params
    if not (0 < params < float("inf") and 0 < active < float("inf")):
        raise InputError("parameters must be positive numbers", "give billions, e.g. --params-b 7")
    if active > params:
        raise InputError(
            f"{active / 1e9:g} billion active parameters are more than the {params / 1e9:g} billion in all",
            "swap them",
        )
    sparse = active < 0.9 * params
    size = (params * active) ** 0.5 if sparse else params
    layers = max(2, round(36 * (size / 7e9) ** 0.26))
    hidden = max(128, round(3520 * (size / 7e9) ** 0.41 / 128) * 128)
    experts, top_k = (128, 8) if sparse else (1, 1)
    routed = (params - active) / (1 - top_k / experts) if sparse else 0.0
    return Shape(
        params=params,
        active_params=active,
        dense_params=params - routed,
        expert_params=routed,
        experts=experts,
        experts_per_token=top_k,
        layers=layers,
        attention_layers=layers,
        expert_layers=layers if sparse else 0,
        hidden=hidden,
        kv_heads=8,
        kv_values_per_token_layer=2.0 * 8 * 128,
        attention_width=float(hidden),
        window=float("inf"),
        window_layers=0,
        image_tokens=0.0,
        max_context=float("inf"),
        known=False,
        source="typical of its size",
    )


def shape_of_configuration(named: Mapping[str, Any]) -> Shape:
    """Return the shape of a configuration of the catalogue; see `records.configuration`."""
    longest = float(named["config"].get("max_position_embeddings", "inf"))
    return replace(shape_of_config(named["config"]), max_context=longest, source=str(named["source"]))


def shape_of_config(config: Path | Mapping[str, Any]) -> Shape:
    """Return the shape of a model from its ``config.json``, or from what is in it.

    Raises
    ------
    InputError
        If it cannot be read, or does not write text by tokens.
    """
    keys = read_config(config)
    model = model_of(keys)
    if isinstance(model, EncoderDecoder) and model.source_tokens is None:
        return _shape_of_encoder_decoder(model, config, keys.where)
    stack = model.text if isinstance(model, Multimodal) else model
    if not isinstance(stack, Stack) or not stack.generates:
        raise InputError(
            f"{keys.where} does not write text from text",
            "the calibrated method covers decoders, hybrids, encoder-decoders like T5, and image generators",
        )
    attention = [b.mixer for b in stack.blocks if isinstance(b.mixer, Attention)]
    recurrent = [b.mixer for b in stack.blocks if isinstance(b.mixer, Mamba2 | DeltaNet)]
    sparse = [b.feed for b in stack.blocks if isinstance(b.feed, Experts)]
    parts = len(attention) + len(recurrent) + sum(b.feed is not None for b in stack.blocks)
    counted = count_config(config, prompt_tokens=1)
    routed = sum((3 if e.gated else 2) * (e.latent_width or stack.hidden) * e.width * e.experts for e in sparse)
    windows = [m.window for m in attention if m.window is not None]
    embedding = 0 if stack.tied else stack.vocab * stack.hidden
    return Shape(
        params=float(counted.params),
        active_params=float(counted.active_params - embedding),
        dense_params=float(counted.params - routed - embedding),
        expert_params=float(routed),
        experts=sparse[0].experts if sparse else 1,
        experts_per_token=sparse[0].top_k if sparse else 1,
        layers=(parts + 1) // 2,
        attention_layers=len(attention),
        expert_layers=len(sparse),
        hidden=stack.hidden,
        **_cache_of(attention[0] if attention else None),
        window=float(min(windows)) if windows else float("inf"),
        window_layers=len(windows),
        image_tokens=float(model.tower.image_tokens) if isinstance(model, Multimodal) and model.image_size else 0.0,
        max_context=float(stack.max_positions or "inf"),
        known=True,
        source=keys.where,
        state_bytes=float(sum(_state_bytes(m, keys) for m in recurrent)),
        scan_flops=float(sum(2 * scan_macs(m, m.chunk)[0] / m.chunk for m in recurrent)),
        flags=(Flag.RECURRENT_NOT_MEASURED,) if recurrent else (),
    )


def _cache_of(attention: Attention | None) -> dict[str, Any]:
    """Return what one layer with attention keeps and computes; nothing where a model has none."""
    if attention is None:
        return {"kv_heads": 1, "kv_values_per_token_layer": 0.0, "attention_width": 0.0}
    latent = attention.latent
    width = latent.kv_rank + latent.rope_dim / 2 if latent else float(attention.head_dim)
    return {
        "kv_heads": 1 if latent else attention.kv_heads,
        "kv_values_per_token_layer": float(forms.cache_values(attention)),
        "attention_width": attention.heads * width,
    }


def _state_bytes(mixer: Mamba2 | DeltaNet, keys: Keys) -> int:
    """Return the bytes of one sequence's state: 16 bits a value, as of a cache, or 32 where the configuration says.

    The last tokens of the convolution before it stay at 16 bits.
    """
    text = keys.get("text_config", keys.values)
    wide = "float32" in (text.get("mamba_ssm_dtype"), text.get("mamba_ssm_cache_dtype"))
    kept = conv_channels(mixer) * mixer.kernel
    return 2 * kept + (4 if wide else 2) * (state_values(mixer) - kept)


def _shape_of_encoder_decoder(model: EncoderDecoder, config: Path | Mapping[str, Any], where: str) -> Shape:
    """Return the shape of a model that reads the prompt with one stack and writes with another.

    The keys and values of cross-attention are made of the prompt, once; with them a layer of the decoder sees
    the prompt and what is written, as one of a decoder alone does.
    """
    decoder, blocks = model.decoder, len(model.decoder.blocks)
    params = count_config(config, prompt_tokens=1).params
    made = blocks * decoder.hidden * forms.cache_values(model.cross)
    encoder = forms.params(model.encoder)[0]
    embedding = 0 if decoder.tied else decoder.vocab * decoder.hidden
    return Shape(
        params=float(params),
        active_params=float(params - embedding),
        dense_params=float(params - embedding - encoder - made),
        expert_params=0.0,
        experts=1,
        experts_per_token=1,
        layers=(3 * blocks + 1) // 2,  # three parts each, where a decoder's layer has two
        attention_layers=blocks,
        expert_layers=0,
        hidden=decoder.hidden,
        **_cache_of(model.cross),
        window=float("inf"),
        window_layers=0,
        image_tokens=0.0,
        max_context=float("inf"),
        known=True,
        source=where,
        encoder_params=float(encoder + made),
        encoder_layers=len(model.encoder.blocks),
    )
