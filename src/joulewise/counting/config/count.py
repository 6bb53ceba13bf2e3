"""Count the phases of a workload in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from joulewise.counting.config.diffusion import Denoiser
from joulewise.counting.config.elementwise import NORM, SOFTMAX_AND_SCALE
from joulewise.counting.config.families import model_of
from joulewise.counting.config.parameters import macs_outside, params
from joulewise.counting.config.passes import cache_values, decode_passes, kept_values, prompt_pass
from joulewise.counting.config.quantised import Quantised, Saving, quantised_of, saving_of
from joulewise.counting.config.read import read_config
from joulewise.counting.config.spec import Block, EncoderDecoder, Multimodal, Stack
from joulewise.counting.config.work import Work, sum_of
from joulewise.counting.workload import Layer, PhaseName, Workload, bytes_of
from joulewise.errors import InputError
from joulewise.formats import format_named

_MOST = 1_000_000_000  # of tokens, sequences or steps


def count_config(
    config: Mapping[str, Any] | Path,
    *,
    prompt_tokens: int = 2048,
    output_tokens: int = 1,
    batch_size: int = 1,
    precision: str | None = None,
    kv_precision: str | None = None,
    image_size: tuple[int, int] | None = None,
    steps: int = 1,
) -> Workload:
    """Count a language model or a diffusion transformer from its configuration.

    Parameters
    ----------
    config : mapping or Path
        A ``config.json`` or its content. Only JSON is read; no code is run.
    prompt_tokens, output_tokens, batch_size : int
        A decoder has the phases ``prefill``, which ends with the logits of the prompt's last token and so
        gives the first output token, and, beyond one, ``decode``: the other ``output_tokens - 1`` steps
        over the growing cache. An encoder has ``forward`` over the prompt. An encoder-decoder encodes the
        source in prefill; for T5 the source is the prompt, for Whisper 30 s of sound, the prompt being the
        decoder's.
    precision : str, optional
        Of weights, activations and cache, for the bytes: see `formats.FORMATS`. By default ``bf16``, and of weights
        what ``quantization_config`` says, see `quantised`.
    kv_precision : str, optional
        Of the key-value cache; by default `precision`. A recurrent state keeps `precision`.
    image_size : (height, width), optional
        Size of one image before each prompt of a multimodal model, whose tokens are added to `prompt_tokens`;
        without it the prompt is text, and the vision tower has parameters but no FLOPs. For a diffusion transformer
        the size of the image it makes; by default the size that it was trained at. [px]
    steps : int
        Passes of a diffusion transformer for one image; it takes no tokens.

    Returns
    -------
    Workload
        `params` and `flops` are exact. Bytes are the minimum that must move: weights once per step (in a mixture of
        experts, those that the step is expected to use), cache, and activations of matrix products.

    Raises
    ------
    InputError
        If the configuration is malformed or lacks a key, a size is not positive, the input is longer than
        learned positions allow, an encoder is asked for output tokens, or `kv_precision` is of a model without a cache.
    UnknownNameError
        If the architecture or the precision is not known.

    Notes
    -----
    `flops` counts all pairs of queries and keys, within the window where there is one; `flops_causal_half` counts
    those that the causal mask keeps. Latent attention expands keys and values for the
    prompt, and decodes on the cached latents, as serving engines do (transformers expands the whole cache
    at every step, which a trace of it shows).
    """
    sizes = {"batch_size": batch_size, "prompt_tokens": prompt_tokens, "output_tokens": output_tokens, "steps": steps}
    for name, value in (sizes | dict(zip(("image height", "image width"), image_size or (), strict=False))).items():
        if value < 1:
            raise InputError(f"{name} must be at least 1, not {value}")
        if value > _MOST:
            raise InputError(f"{name} must be {_MOST:,} at most")
    stored = format_named(precision or "bf16")
    cache = format_named(kv_precision) if kv_precision else stored
    keys = read_config(config)
    quantised = None if precision else quantised_of(keys)
    model = model_of(keys, image_size)
    narrow = _Narrow(quantised, stored.bytes)
    inputs: dict[str, Any] = {"batch_size": batch_size, "prompt_tokens": prompt_tokens, "output_tokens": output_tokens}
    if steps > 1 and not isinstance(model, Denoiser):
        raise InputError(f"{keys.where}: a {keys.family} takes no steps", "only diffusion transformers do")
    if isinstance(model, Denoiser):
        if quantised:
            raise InputError(
                f"{keys.where}: 'quantization_config' of a diffusion transformer is not counted",
                "give the format of all weights with --precision",
            )
        passes = _denoise(model, steps, batch_size)
        height, width = model.image_size
        inputs = {
            "batch_size": batch_size, "image_size": f"{height}x{width}", "steps": steps,
            "image_tokens": model.image_tokens, "text_tokens": model.text_tokens,
        }  # fmt: skip
    elif isinstance(model, EncoderDecoder):
        passes = _encoder_decoder(model, prompt_tokens, output_tokens, batch_size, narrow, keys.where)
    elif isinstance(model, Multimodal):
        passes = _multimodal(model, prompt_tokens, output_tokens, batch_size, narrow, keys.where)
        if image_size:
            inputs |= {"image_size": f"{image_size[0]}x{image_size[1]}", "image_tokens": model.tower.image_tokens}
        else:
            inputs["image_size"] = "no image"
    else:
        passes = _one_stack(model, prompt_tokens, output_tokens, batch_size, narrow, keys.where)
    if quantised:
        inputs["weights"] = str(quantised)
    if kv_precision:
        if not passes.cache:
            raise InputError(f"{keys.where}: a {keys.family} has no key-value cache", "leave kv_precision out")
        inputs["cache"] = cache.name
    return Workload(
        name=keys.where if isinstance(config, Path) else keys.family,
        params=passes.params,
        active_params=passes.active_params,
        weight_bytes=bytes_of(passes.params * stored.bytes - passes.saved, 1),
        kv_bytes=bytes_of((passes.kept - passes.cache) * stored.bytes + passes.cache * cache.bytes, 1),
        activation_bytes=bytes_of(sum(w.values_written for w in passes.work.values()), stored.bytes),
        phases={name: work.phase(stored.bytes, cache.bytes) for name, work in passes.work.items()},
        layers=passes.layers,
        uncounted={},
        method=f"config:{keys.family}",
        precision=stored.name,
        inputs=inputs,
        config=keys.values,
    )


@dataclass(frozen=True)
class _Passes:
    params: int
    active_params: int
    work: dict[PhaseName, Work]
    kept: int  # values of cache and states at the end
    layers: tuple[Layer, ...]
    cache: int = 0  # those of them that are keys and values
    saved: float = 0.0  # bytes by which quantised weights are smaller


@dataclass(frozen=True)
class _Narrow:
    quantised: Quantised | None
    value_bytes: float

    def of(self, stack: Stack) -> Saving:
        return saving_of(stack, self.quantised, self.value_bytes)


def _one_stack(
    stack: Stack, prompt_tokens: int, output_tokens: int, batch: int, narrow: _Narrow, where: str
) -> _Passes:
    if output_tokens > 1 and not stack.generates:
        raise InputError(f"{where}: a {stack.family} generates no tokens", "leave output_tokens at 1")
    steps = output_tokens - 1
    _within_positions(stack, prompt_tokens + steps, where)
    found, saving = params(stack), narrow.of(stack)
    saved = Work(bytes_saved=saving.read(batch * prompt_tokens))
    work: dict[PhaseName, Work] = {
        "prefill" if stack.generates else "forward": prompt_pass(stack, batch, prompt_tokens) + saved
    }
    if steps:
        saved = Work(bytes_saved=saving.read(batch)) * steps
        work["decode"] = decode_passes(stack, batch, prompt_tokens, steps) + saved
    kept, cache = (
        values(stack, batch, prompt_tokens + steps) if stack.generates else 0 for values in (kept_values, cache_values)
    )
    layers = _layers(stack, batch, prompt_tokens, steps)
    return _Passes(found.total, found.active, work, kept, layers, cache, saving.total)


def _encoder_decoder(
    model: EncoderDecoder, prompt_tokens: int, output_tokens: int, batch: int, narrow: _Narrow, where: str
) -> _Passes:
    """Return the passes of an encoder-decoder: the source is encoded, and its keys and values made, in prefill."""
    encoder, decoder, cross = model.encoder, model.decoder, model.cross
    source = model.source_tokens or prompt_tokens
    start, steps = model.start_tokens or prompt_tokens, output_tokens - 1
    _within_positions(decoder, start + steps, where)
    blocks, hidden = len(decoder.blocks), decoder.hidden
    projections, of_cross = cross.matrix_params(hidden), cross.matrix_params(hidden) + cross.vector_params(hidden)
    keys_and_values = hidden * cross.cache_values_per_token
    total = params(encoder).total + params(decoder).total + model.front_params + blocks * of_cross

    def looking(tokens: int, passes: int) -> Work:
        """Cross-attention of `tokens` new tokens in `passes` passes."""
        macs = projections - keys_and_values + cross.pair_macs(decoding=False) * source
        per_token = Work(
            macs=macs,
            macs_needed=macs,
            elementwise=SOFTMAX_AND_SCALE * cross.heads * source + (NORM + 1) * hidden,
            values_read=2 * hidden,
            values_written=2 * hidden,
        )
        cache = batch * source * cross.cache_values_per_token
        per_pass = Work(values_read=projections - keys_and_values + cache, cache_read=cache)
        return per_token * (blocks * batch * tokens) + per_pass * (blocks * passes)

    made = blocks * batch * source * cross.cache_values_per_token
    macs = model.front_macs * batch + blocks * batch * source * keys_and_values
    front = Work(macs, macs, 0, model.front_params + blocks * keys_and_values + made, made, made, made)
    # Keys and values of the source are made once; every pass reads the other matrices of cross-attention.
    of_encoder, of_decoder = narrow.of(encoder).total, narrow.of(decoder).total
    across = narrow.of(replace(decoder, blocks=(Block(cross, None, 0, 0),) * blocks, head=False)).total
    per_pass = of_decoder + across * (1 - keys_and_values / projections)
    front += Work(bytes_saved=of_encoder + per_pass + across * keys_and_values / projections)
    parts = [front, prompt_pass(encoder, batch, source), prompt_pass(decoder, batch, start), looking(start, 1)]
    work: dict[PhaseName, Work] = {"prefill": sum_of(parts)}
    if steps:
        saved = Work(bytes_saved=per_pass) * steps
        work["decode"] = decode_passes(decoder, batch, start, steps) + looking(steps, steps) + saved
    seen = looking(start + steps, 1).macs + blocks * batch * source * keys_and_values
    layers = [
        *(replace(layer, path=f"encoder.{layer.path}") for layer in _layers(encoder, batch, source, 0)),
        *(replace(layer, path=f"decoder.{layer.path}") for layer in _layers(decoder, batch, start, steps)),
        Layer("front", "convolutions", model.front_params, 2 * model.front_macs * batch),
        Layer("decoder.cross_attention", "attention", blocks * of_cross, 2 * seen),
    ]
    kept, cache = (values(decoder, batch, start + steps) + made for values in (kept_values, cache_values))
    saved_in_all = of_encoder + of_decoder + across
    return _Passes(total, total, work, kept, tuple(layer for layer in layers if layer.flops), cache, saved_in_all)


def _multimodal(
    model: Multimodal, prompt_tokens: int, output_tokens: int, batch: int, narrow: _Narrow, where: str
) -> _Passes:
    """Return the passes of a language model after those of its vision tower, which are part of prefill."""
    tower = model.tower
    of_tower = params(tower.stack).total + tower.around_params
    if model.image_size is None:
        text = _one_stack(model.text, prompt_tokens, output_tokens, batch, narrow, where)
        return replace(text, params=text.params + of_tower, active_params=text.active_params + of_tower)
    text = _one_stack(model.text, prompt_tokens + tower.image_tokens, output_tokens, batch, narrow, where)
    around = batch * tower.around_macs
    written = batch * (tower.tiles * tower.patches * tower.stack.hidden + tower.image_tokens * model.text.hidden)
    parts = [
        text.work["prefill"],
        prompt_pass(tower.stack, batch * tower.tiles, tower.patches),
        Work(around, around, 0, tower.around_params + written, written),
    ]
    seen = [
        *(
            replace(row, path=f"vision.{row.path}")
            for row in _layers(tower.stack, batch * tower.tiles, tower.patches, 0)
        ),
        Layer("vision.patches_and_projector", "linear", tower.around_params, 2 * around),
    ]
    return replace(
        text,
        params=text.params + of_tower,
        active_params=text.active_params + of_tower,
        work={**text.work, "prefill": sum_of(parts)},
        layers=(*seen, *text.layers),
    )


def _denoise(model: Denoiser, steps: int, batch: int) -> _Passes:
    """Return all steps of a diffusion transformer as one phase."""
    stored, times = sum(piece.params for piece in model.pieces), steps * batch
    macs, written = (sum(values) for values in zip(*((p.macs, p.written) for p in model.pieces), strict=True))
    per_image = Work(macs, macs, sum(piece.elementwise for piece in model.pieces), written, written)
    work = per_image * times + Work(values_read=stored * steps)
    layers = tuple(
        Layer(piece.path, piece.kind, piece.params, 2 * piece.macs * times) for piece in model.pieces if piece.macs
    )
    return _Passes(stored, stored, {"forward": work}, 0, layers)


def _within_positions(stack: Stack, tokens: int, where: str) -> None:
    if stack.max_positions is not None and tokens > stack.max_positions:
        raise InputError(
            f"{where}: {tokens} tokens are more than the {stack.max_positions} positions "
            f"that this {stack.family} has learned"
        )


def _layers(stack: Stack, batch: int, prompt: int, steps: int) -> tuple[Layer, ...]:
    """Return the mixer and the feed-forward part of each block, and all parts outside; they sum to the whole."""
    tokens = batch * (prompt + steps)
    rows = []
    for i, block in enumerate(stack.blocks):
        path, mixer, feed = f"layers.{i}", block.mixer, block.feed
        if mixer is not None:
            mixing = mixer.mixing(0, prompt).macs + (mixer.mixing(prompt, 1, steps).macs if steps else 0)
            macs = mixer.matrix_params(stack.hidden) * tokens + batch * mixing
            rows.append(Layer(f"{path}.{mixer.name}", mixer.kind, block.mixer_params(stack.hidden), 2 * macs))
        if feed is not None:
            stored = feed.params(stack.hidden) + block.norm_params
            rows.append(Layer(f"{path}.feed_forward", feed.kind, stored, 2 * feed.token_macs(stack.hidden) * tokens))
    project, head = macs_outside(stack)
    if project:
        rows.append(Layer("embedding_projection", "linear", project, 2 * project * tokens))
    if stack.per_sequence_matrix:
        rows.append(Layer("pooler", "linear", stack.per_sequence_matrix, 2 * stack.per_sequence_matrix * batch))
    if head:
        with_logits = batch * (1 + steps) if stack.generates else tokens
        rows.append(Layer("head", "linear", 0 if stack.tied else stack.vocab * stack.hidden, 2 * head * with_logits))
    return tuple(rows)
