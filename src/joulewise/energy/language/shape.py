"""Dimensions of a language model that determine the time and energy of serving it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from joulewise.catalog import Catalog, KnownModel
from joulewise.catalog.catalog import kept_with
from joulewise.counting.architectures import reason_uncounted, stack_of
from joulewise.counting.config.count import count_config
from joulewise.counting.config.families import model_of
from joulewise.counting.config.parameters import matrix_params, params
from joulewise.counting.config.read import read_config
from joulewise.counting.config.spec import EncoderDecoder, Multimodal, Stack
from joulewise.counting.config.summary import summarise
from joulewise.energy.flags import Flag
from joulewise.energy.models import model_named
from joulewise.errors import InputError

_LEAST_ACTIVE = 0.001  # of all parameters; the sparsest published models use some 3%
_LEAST_DENSE = 0.25  # of the active parameters: attention and shared experts are a third to two thirds of them


@dataclass(frozen=True)
class Shape:
    """Dimensions of a language model that determine its FLOPs, memory and memory traffic.

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
        Layers with a cache, and layers with routed experts.
    hidden : int
    kv_heads : int
        Heads over which the cache can be split; 1 for latent attention.
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
        State of one sequence, summed over the layers that keep a state instead of a cache. [B]
    scan_flops : float
        FLOPs of one prompt token in these layers, without projections.
    encoder_params : float
        Parameters that a token of the prompt goes through instead of the decoder's, including the keys and values of
        cross-attention; 0 for a decoder.
    encoder_layers : int
        0 for a decoder.
    flags : tuple of Flag
        Flags of every estimate of this model.
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
    row = known.architecture or known.partial_architecture
    if row is not None and reason_uncounted(row) is None:
        return shape_of_architecture(row)
    if known.params is None:
        raise InputError(
            f"the catalogue has neither the layers nor the size of {known.name}", "give params_b to take a size"
        )
    if known.size_assumed:
        raise InputError(
            f"the size of {known.name} is not public; {known.params / 1e9:g} billion parameters are assumed (joulewise "
            "show names the source); give params_b to take a size"
        )
    found = shape_of_params(known.params, known.active_params)
    recurrent = row is not None and re.search("Mamba|linear attention", str(row["note"])) is not None
    return replace(
        found,
        source=f"{found.source}, which the catalogue has",
        flags=(Flag.RECURRENT_AS_ATTENTION,) if recurrent else (),
    )


def generates_text(config: Path | Mapping[str, Any]) -> bool:
    """Return whether a ``config.json`` is of a model that generates text, rather than of a single-pass network."""
    found = model_of(read_config(config))
    stack = found.text if isinstance(found, Multimodal) else found
    return not isinstance(stack, Stack) or stack.generates


def shape_of_architecture(row: Mapping[str, Any]) -> Shape:
    """Return the shape of a row of the catalogue's table of architectures.

    Norms, biases and position embeddings are left out: below 0.1% of the parameters.

    Raises
    ------
    InputError
        If the model has layers that the table does not describe.
    """
    stack = stack_of(row)
    return replace(
        _shape_of_stack(stack),
        image_tokens=float(row["image_tokens"] or 0),
        max_context=float(row["max_context"] or "inf"),
        source=str(row["source"]),
    )


def shape_of_configuration(named: Mapping[str, Any]) -> Shape:
    """Return the shape of a configuration of the catalogue; see `catalog.reference_tables`."""
    longest = float(named["config"].get("max_position_embeddings", "inf"))
    return replace(shape_of_config(named["config"]), max_context=longest, source=str(named["source"]))


def shape_of_config(config: Path | Mapping[str, Any]) -> Shape:
    """Return the shape of a model from its ``config.json``, or from what is in it.

    Raises
    ------
    InputError
        If it cannot be read, or does not generate text.
    """
    keys = read_config(config)
    model = model_of(keys)
    if isinstance(model, EncoderDecoder) and model.source_tokens is None:
        return _shape_of_encoder_decoder(model, config, keys.where)
    stack = model.text if isinstance(model, Multimodal) else model
    if not isinstance(stack, Stack) or not stack.generates:
        raise InputError(
            f"{keys.where} is not a text-generation model",
            "the calibrated method covers decoders, hybrids, encoder-decoders like T5, and image generators",
        )
    counted, shape = count_config(config, prompt_tokens=1, precision="bf16"), _shape_of_stack(stack)
    embedding = 0 if stack.tied else stack.vocab * stack.hidden
    return replace(
        shape,
        params=float(counted.params),
        active_params=float(counted.active_params - embedding),
        dense_params=float(counted.params - embedding) - shape.expert_params,
        image_tokens=float(model.tower.image_tokens) if isinstance(model, Multimodal) and model.image_size else 0.0,
        source=keys.where,
    )


def _shape_of_stack(stack: Stack) -> Shape:
    """Return the shape of one stack of layers; its parameters are those of its matrices only."""
    held, served = matrix_params(stack), summarise(stack)
    return Shape(
        params=float(held.total),
        active_params=float(held.active),
        dense_params=float(held.dense),
        expert_params=float(held.routed),
        experts=served.experts,
        experts_per_token=served.experts_per_token,
        layers=served.layers,
        attention_layers=served.cached_layers,
        expert_layers=served.expert_layers,
        hidden=stack.hidden,
        kv_heads=served.cache_heads,
        kv_values_per_token_layer=float(served.cache_values_per_token_layer),
        attention_width=served.pair_macs / 2,
        window=float(served.window or "inf"),
        window_layers=served.window_layers,
        image_tokens=0.0,
        max_context=float(stack.max_positions or "inf"),
        known=True,
        source="",
        state_bytes=float(served.state_bytes),
        scan_flops=served.scan_flops_per_token,
        flags=(Flag.RECURRENT_NOT_MEASURED,) if served.recurrent_layers else (),
    )


def _shape_of_encoder_decoder(model: EncoderDecoder, config: Path | Mapping[str, Any], where: str) -> Shape:
    """Return the shape of a model that reads the prompt with one stack and writes with another.

    The keys and values of cross-attention are made of the prompt, once; with them a layer of the decoder sees
    the prompt and what is written, as one of a decoder alone does.
    """
    decoder, blocks = model.decoder, len(model.decoder.blocks)
    total = count_config(config, prompt_tokens=1, precision="bf16").params
    cross = model.cross.serving
    made = blocks * decoder.hidden * cross.cache_values_per_token
    encoder = params(model.encoder).total
    embedding = 0 if decoder.tied else decoder.vocab * decoder.hidden
    return Shape(
        params=float(total),
        active_params=float(total - embedding),
        dense_params=float(total - embedding - encoder - made),
        expert_params=0.0,
        experts=1,
        experts_per_token=1,
        layers=(3 * blocks + 1) // 2,  # three parts each, where a decoder's layer has two
        attention_layers=blocks,
        expert_layers=0,
        hidden=decoder.hidden,
        kv_heads=cross.cache_heads,
        kv_values_per_token_layer=float(cross.cache_values_per_token),
        attention_width=cross.pair_macs / 2,
        window=float("inf"),
        window_layers=0,
        image_tokens=0.0,
        max_context=float("inf"),
        known=True,
        source=where,
        encoder_params=float(encoder + made),
        encoder_layers=len(model.encoder.blocks),
    )


def shape_of_params(params: float, active_params: float | None = None) -> Shape:
    """Return the typical shape of a decoder of a size: what is assumed when nothing else is known.

    Parameters
    ----------
    params, active_params : float
        `active_params` is `params` by default; fewer mean a mixture of experts.

    Raises
    ------
    InputError
        If one is not positive, more are active than there are, or fewer than a thousandth.

    Notes
    -----
    Depth and width follow power laws fitted to the dense decoders of the catalogue's table: 36 layers of width
    3520 at 7 billion parameters, growing with the power 0.26 and 0.41 of the size (for a mixture of
    experts the geometric mean of all and active); 8 key-value heads of 128; experts as in models of 2024
    and 2025: 128, of which 8 are used. Where so few parameters are active that this would leave less than a quarter
    of them outside the experts, there are 256, 512 ... experts, of which 8 are used.
    """
    active = params if active_params is None else active_params
    if not (0 < params < float("inf") and 0 < active < float("inf")):
        raise InputError("parameters must be positive numbers", "give billions, e.g. --params-b 7")
    if active > params:
        raise InputError(
            f"{active / 1e9:g} billion active parameters are more than the {params / 1e9:g} billion in all",
            "swap them",
        )
    if active < _LEAST_ACTIVE * params:
        raise InputError(
            f"{active / 1e9:g} billion active parameters are less than {_LEAST_ACTIVE:.1%} of the "
            f"{params / 1e9:g} billion in all",
            "no mixture of experts is so sparse",
        )
    sparse = active < 0.9 * params
    size = (params * active) ** 0.5 if sparse else params
    layers = max(2, round(36 * (size / 7e9) ** 0.26))
    hidden = max(128, round(3520 * (size / 7e9) ** 0.41 / 128) * 128)
    experts, top_k, routed = (128, 8, _routed(params, active, 128, 8)) if sparse else (1, 1, 0.0)
    while params - routed < _LEAST_DENSE * active:
        experts *= 2
        routed = _routed(params, active, experts, top_k)
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


def _routed(params: float, active: float, experts: int, top_k: int) -> float:
    """Return the parameters of all experts: all but `top_k` of them are what is not active."""
    return (params - active) / (1 - top_k / experts)
