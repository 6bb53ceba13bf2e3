"""The table of model families, and the reading of a ``config.json`` by its family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from joulewise.counting.config import nested
from joulewise.counting.config.dense import (
    falcon,
    gemma,
    gemma2,
    gemma3,
    gpt2,
    gpt_neox,
    llama,
    mistral,
    olmo,
    olmo2,
    phi,
    phi3,
    qwen2,
    qwen3,
)
from joulewise.counting.config.diffusion import DENOISERS, Denoiser
from joulewise.counting.config.encoders import albert, bert, distilbert, electra, t5, whisper
from joulewise.counting.config.hybrids import nemotron_h, qwen3_next
from joulewise.counting.config.mixtures import deepseek, gpt_oss, llama4, mixtral, qwen2_moe, qwen3_moe
from joulewise.counting.config.read import MOST_LAYERS, Keys
from joulewise.counting.config.spec import EncoderDecoder, Multimodal, Stack
from joulewise.counting.config.vision import MULTIMODAL, Eye
from joulewise.errors import InputError, UnknownNameError

Model = Stack | EncoderDecoder | Multimodal | Denoiser


def model_of(config: Keys, image_size: tuple[int, int] | None = None) -> Model:
    """Return what a configuration describes; `image_size` [px] is of the image before a prompt, or to make.

    Raises
    ------
    UnknownNameError
        If the family is not known; with the nearest that are.
    InputError
        If a key that the family needs is missing or invalid, or an image is given to a family that takes none.
    """
    if config.family in MULTIMODAL:
        return _multimodal(config, image_size)
    if config.family in DENOISERS:
        return DENOISERS[config.family](config, image_size)
    text = config.get("text_config")
    if config.family not in FAMILIES and isinstance(text, dict) and str(text.get("model_type")) in FAMILIES:
        raise InputError(
            f"{config.where}: {config.family!r} takes images or sound besides text; the closed form does not",
            f"count its 'text_config' ({text['model_type']}) alone, or trace it with hf:",
        )
    if config.family not in FAMILIES:
        raise UnknownNameError("architecture", config.family, [*FAMILIES, *MULTIMODAL, *DENOISERS])
    if image_size is not None:
        raise InputError(f"{config.where}: a {config.family} takes no image", "leave --image out")
    model = FAMILIES[config.family](config)
    if isinstance(model, Stack):
        _check(model, config.where)
    return model


def _check(stack: Stack, where: str) -> None:
    """Refuse a configuration that is impossible in any family."""
    if len(stack.blocks) > MOST_LAYERS:
        raise InputError(f"{where}: {len(stack.blocks):,} layers are more than {MOST_LAYERS:,}")
    for block, _ in stack.distinct_blocks():
        if block.feed is not None and block.feed.top_k > block.feed.experts:
            raise InputError(f"{where}: a token cannot use {block.feed.top_k} of {block.feed.experts} experts")


def _multimodal(config: Keys, image_size: tuple[int, int] | None) -> Multimodal:
    family, tower = MULTIMODAL[config.family]
    vision = config.get("vision_config")
    # Older configurations have the text's keys next to the tower's.
    text = config.get("text_config", {k: v for k, v in config.values.items() if k != "model_type"})
    if not isinstance(vision, dict) or not isinstance(text, dict):
        raise InputError(f"{config.where}: 'vision_config' and 'text_config' must be objects")
    tied = config.get("tie_word_embeddings")
    family = text.get("model_type") or family
    if not isinstance(family, str):
        raise InputError(f"{config.where}: text_config: 'model_type' must be text, not {family!r}")
    if family not in FAMILIES:
        raise UnknownNameError("architecture", family, FAMILIES)
    values = nested.TEXT.get(family, {}) | text | {"model_type": family}
    if tied is not None:
        values["tie_word_embeddings"] = tied
    stack = FAMILIES[family](Keys(values, f"{config.where}: text_config"))
    if not isinstance(stack, Stack):
        raise InputError(f"{config.where}: a {config.family} needs a decoder for its text")
    _check(stack, config.where)
    seen = nested.VISION[config.family] | vision | {"model_type": config.family}
    eye = Eye(config, Keys(seen, f"{config.where}: vision_config"), stack.hidden)
    return Multimodal(tower(eye, image_size), replace(stack, head=True), image_size)


FAMILIES: dict[str, Callable[[Keys], Stack | EncoderDecoder]] = {
    "albert": albert,
    "bert": bert,
    "deepseek_v2": deepseek,
    "deepseek_v3": deepseek,
    "distilbert": distilbert,
    "electra": electra,
    "falcon": falcon,
    "gemma": gemma,
    "gemma2": gemma2,
    "gemma3_text": gemma3,
    "gpt2": gpt2,
    "gpt_neox": gpt_neox,
    "gpt_oss": gpt_oss,
    "llama": llama,
    "llama4_text": llama4,
    "mistral": mistral,
    "mixtral": mixtral,
    "nemotron_h": nemotron_h,
    "olmo": olmo,
    "olmo2": olmo2,
    "phi": phi,
    "phi3": phi3,
    "qwen2": qwen2,
    "qwen2_5_vl_text": qwen2,
    "qwen2_moe": qwen2_moe,
    "qwen3": qwen3,
    "qwen3_5_moe_text": qwen3_next,
    "qwen3_5_text": qwen3_next,
    "qwen3_moe": qwen3_moe,
    "qwen3_next": qwen3_next,
    "qwen3_vl_moe_text": qwen3_moe,
    "qwen3_vl_text": qwen3,
    "t5": t5,
    "whisper": whisper,
}
"""``model_type`` -> the function that reads it."""
