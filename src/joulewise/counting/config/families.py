"""The table of model families, and the reading of a ``config.json`` by its family."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

from joulewise.counting.config import nested
from joulewise.counting.config.dense import (
    cohere,
    cohere2,
    ernie4_5,
    falcon,
    gemma,
    gemma2,
    gemma3,
    gpt2,
    gpt_neox,
    hunyuan,
    llama,
    mistral,
    olmo,
    olmo2,
    olmo3,
    phi,
    phi3,
    qwen2,
    qwen3,
    smollm3,
    starcoder2,
)
from joulewise.counting.config.diffusion import DENOISERS, Denoiser
from joulewise.counting.config.encoders import albert, bert, distilbert, electra, t5, whisper
from joulewise.counting.config.hybrids import nemotron_h, qwen3_next
from joulewise.counting.config.mixtures import (
    deepseek,
    ernie4_5_moe,
    glm4_moe,
    gpt_oss,
    hunyuan_moe,
    llama4,
    mimo_v2_flash,
    minimax_m2,
    mixtral,
    qwen2_moe,
    qwen3_moe,
)
from joulewise.counting.config.read import MOST_LAYERS, Keys
from joulewise.counting.config.spec import EncoderDecoder, Multimodal, Stack
from joulewise.counting.config.vision import MULTIMODAL, Eye
from joulewise.errors import InputError, UnknownNameError

_SLIP = 0.85  # similarity of two names, one of which is a slip of the other
_WITHOUT_CLOSED_FORM = " it with hf:CONFIG.json; `joulewise count --families` lists those with a closed form"

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
        raise _unknown(config.family)
    if image_size is not None:
        raise InputError(f"{config.where}: a {config.family} takes no image", "leave --image out")
    model = FAMILIES[config.family](config)
    if isinstance(model, Stack):
        _check(model, config.where)
    return model


def _unknown(family: str) -> InputError:
    """Return the error for a family without a closed form; it suggests a name only where one letter or two differ."""
    near = (
        []
        if _transformers_has(family)
        else get_close_matches(family, [*FAMILIES, *MULTIMODAL, *DENOISERS], n=1, cutoff=_SLIP)
    )
    # Names that differ in a number are other families.
    slips = [name for name in near if re.sub(r"\D", "", name) == re.sub(r"\D", "", family)]
    error = UnknownNameError("architecture", family, slips)
    error.hint = (f"did you mean {slips[0]}? Otherwise trace" if slips else "trace") + _WITHOUT_CLOSED_FORM
    return error


def _transformers_has(family: str) -> bool:
    """Return whether transformers is installed and has a family of this name; it is not imported."""
    found = find_spec("transformers")
    places = found.submodule_search_locations if found else None
    return bool(places and family.isidentifier() and (Path(places[0]) / "models" / family).is_dir())


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
        raise _unknown(family)
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
    "cohere": cohere,
    "cohere2": cohere2,
    "deepseek_v2": deepseek,
    "deepseek_v3": deepseek,
    "distilbert": distilbert,
    "electra": electra,
    "ernie4_5": ernie4_5,
    "ernie4_5_moe": ernie4_5_moe,
    "falcon": falcon,
    "gemma": gemma,
    "gemma2": gemma2,
    "gemma3_text": gemma3,
    "glm4_moe": glm4_moe,
    "gpt2": gpt2,
    "gpt_neox": gpt_neox,
    "gpt_oss": gpt_oss,
    "granite": llama,
    "hunyuan_v1_dense": hunyuan,
    "hunyuan_v1_moe": hunyuan_moe,
    "kimi_k2": deepseek,
    "llama": llama,
    "llama4_text": llama4,
    "mimo_v2_flash": mimo_v2_flash,
    "minimax_m2": minimax_m2,
    "mistral": mistral,
    "mixtral": mixtral,
    "nemotron_h": nemotron_h,
    "olmo": olmo,
    "olmo2": olmo2,
    "olmo3": olmo3,
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
    "smollm3": smollm3,
    "starcoder2": starcoder2,
    "t5": t5,
    "whisper": whisper,
}
"""``model_type`` -> the function that reads it."""
