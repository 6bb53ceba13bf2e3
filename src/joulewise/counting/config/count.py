"""Phases of a workload from the closed forms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from joulewise.counting.config import forms, recurrent
from joulewise.counting.config.diffusion import Denoiser
from joulewise.counting.config.elementwise import NORM, SOFTMAX_AND_SCALE
from joulewise.counting.config.families import model_of
from joulewise.counting.config.read import read_config
from joulewise.counting.config.spec import (
    Attention,
    Block,
    DeltaNet,
    EncoderDecoder,
    Experts,
    Mamba2,
    Multimodal,
    Stack,
)
from joulewise.counting.workload import BYTES_PER_VALUE, Layer, Phase, PhaseName, Workload, bytes_of
from joulewise.errors import InputError


def count_config(
    config: Mapping[str, Any] | Path,
    *,
    prompt_tokens: int = 2048,
    output_tokens: int = 1,
    batch_size: int = 1,
    precision: str = "bf16",
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
    precision : str
        Of weights, activations and cache, for the bytes: one of `workload.BYTES_PER_VALUE`.
    image_size : (height, width), optional
        Of one image before each prompt of a multimodal model, whose tokens come on top of `prompt_tokens`;
        without it the prompt is text, and the vision tower has parameters but no FLOPs. Of the image that a
        diffusion transformer makes; without it the size that it was trained at. [px]
    steps : int
        Passes of a diffusion transformer for one image; it has no use for tokens.

    Returns
    -------
    Workload
        `params` and `flops` are exact. Bytes are the least that must move: weights once a step (of a
        mixture, the experts that the step is expected to touch), cache and activations of matrix products.

    Raises
    ------
    InputError
        If the configuration is malformed or lacks a key, a size is not positive, the input is longer than
        learned positions allow, or an encoder is asked for output tokens.
    UnknownNameError
        If the architecture is not known.

    Notes
    -----
    `flops` has all pairs of queries and keys that a window, where there is one, leaves;
    `flops_causal_half` those that the causal mask keeps. Latent attention expands keys and values for the
    prompt, and decodes on the cached latents, as serving engines do (transformers expands the whole cache
    at every step, which a trace of it shows).
    """
    sizes = {"batch_size": batch_size, "prompt_tokens": prompt_tokens, "output_tokens": output_tokens, "steps": steps}
    for name, value in (sizes | dict(zip(("image height", "image width"), image_size or (), strict=False))).items():
        if value < 1:
            raise InputError(f"{name} must be at least 1, not {value}")
    if precision not in BYTES_PER_VALUE:
        raise InputError(f"unknown precision {precision!r}", f"one of {', '.join(BYTES_PER_VALUE)}")
    keys = read_config(config)
    model = model_of(keys, image_size)
    inputs: dict[str, Any] = {"batch_size": batch_size, "prompt_tokens": prompt_tokens, "output_tokens": output_tokens}
    if steps > 1 and not isinstance(model, Denoiser):
        raise InputError(f"{keys.where}: a {keys.family} takes no steps", "they are of diffusion transformers")
    if isinstance(model, Denoiser):
        passes = _denoise(model, steps, batch_size)
        height, width = model.image_size
        inputs = {
            "batch_size": batch_size, "image_size": f"{height}x{width}", "steps": steps,
            "image_tokens": model.image_tokens, "text_tokens": model.text_tokens,
        }  # fmt: skip
    elif isinstance(model, EncoderDecoder):
        passes = _encoder_decoder(model, prompt_tokens, output_tokens, batch_size, keys.where)
    elif isinstance(model, Multimodal):
        passes = _multimodal(model, prompt_tokens, output_tokens, batch_size, keys.where)
        if image_size:
            inputs |= {"image_size": f"{image_size[0]}x{image_size[1]}", "image_tokens": model.tower.image_tokens}
        else:
            inputs["image_size"] = "no image"
    else:
        passes = _one_stack(model, prompt_tokens, output_tokens, batch_size, keys.where)
    per_value = BYTES_PER_VALUE[precision]
    return Workload(
        name=keys.where if isinstance(config, Path) else keys.family,
        params=passes.params,
        active_params=passes.active_params,
        weight_bytes=bytes_of(passes.params, per_value),
        kv_bytes=bytes_of(passes.cached, per_value),
        activation_bytes=bytes_of(sum(w.written for w in passes.work.values()), per_value),
        phases={name: work.phase(per_value) for name, work in passes.work.items()},
        layers=passes.layers,
        uncounted={},
        method=f"config:{keys.family}",
        precision=precision,
        inputs=inputs,
    )


@dataclass(frozen=True)
class _Passes:
    params: int
    active_params: int
    work: dict[PhaseName, _Work]
    cached: int  # values
    layers: tuple[Layer, ...]


def _one_stack(stack: Stack, prompt_tokens: int, output_tokens: int, batch: int, where: str) -> _Passes:
    if output_tokens > 1 and not stack.generates:
        raise InputError(f"{where}: a {stack.family} generates no tokens", "leave output_tokens at 1")
    steps = output_tokens - 1
    _within_positions(stack, prompt_tokens + steps, where)
    total, active = forms.params(stack)
    first = _step(stack, batch, cached=0, new=prompt_tokens)
    work: dict[PhaseName, _Work] = {"prefill" if stack.generates else "forward": first}
    if steps:
        work["decode"] = _decode(stack, batch, prompt_tokens, steps)
    cached = _cache(stack, batch, prompt_tokens + steps) if stack.generates else 0
    return _Passes(total, active, work, cached, _layers(stack, batch, prompt_tokens, steps))


def _encoder_decoder(model: EncoderDecoder, prompt_tokens: int, output_tokens: int, batch: int, where: str) -> _Passes:
    """Return the passes of an encoder-decoder: the source is encoded, and its keys and values made, in prefill."""
    encoder, decoder, cross = model.encoder, model.decoder, model.cross
    source = model.source_tokens or prompt_tokens
    start, steps = model.start_tokens or prompt_tokens, output_tokens - 1
    _within_positions(decoder, start + steps, where)
    blocks, hidden = len(decoder.blocks), decoder.hidden
    matrix = forms.attention_matrix(cross, hidden)
    keys_and_values = hidden * forms.cache_values(cross)
    total = forms.params(encoder)[0] + forms.params(decoder)[0] + model.front_params
    total += blocks * (matrix + forms.attention_vectors(cross, hidden))

    def looking(tokens: int, passes: int) -> _Work:
        """Cross-attention of so many new tokens in so many passes."""
        macs = blocks * batch * tokens * (matrix - keys_and_values + forms.pair_cost(cross, False) * source)
        softmax = SOFTMAX_AND_SCALE * cross.heads * source
        extra = blocks * batch * tokens * (softmax + (NORM + 1) * hidden)
        written = blocks * batch * tokens * 2 * hidden
        weights = passes * blocks * (matrix - keys_and_values)
        cache = passes * blocks * batch * source * forms.cache_values(cross)
        return _Work(macs, macs, extra, weights + cache + written, written)

    made = blocks * batch * source * forms.cache_values(cross)
    front = model.front_macs * batch + blocks * batch * source * keys_and_values
    before = _Work(front, front, 0, model.front_params + blocks * keys_and_values + made, made)
    parts = [before, _step(encoder, batch, 0, source), _step(decoder, batch, 0, start), looking(start, 1)]
    work: dict[PhaseName, _Work] = {"prefill": _together(parts)}
    if steps:
        work["decode"] = _together([_decode(decoder, batch, start, steps), looking(steps, steps)])
    seen = looking(start + steps, 1)
    layers = [
        *(replace(layer, path=f"encoder.{layer.path}") for layer in _layers(encoder, batch, source, 0)),
        *(replace(layer, path=f"decoder.{layer.path}") for layer in _layers(decoder, batch, start, steps)),
        Layer("front", "convolutions", model.front_params, 2 * model.front_macs * batch),
        Layer(
            "decoder.cross_attention",
            "attention",
            blocks * (matrix + forms.attention_vectors(cross, hidden)),
            2 * (seen.macs + blocks * batch * source * keys_and_values),
        ),
    ]
    cached = _cache(decoder, batch, start + steps) + made
    return _Passes(total, total, work, cached, tuple(layer for layer in layers if layer.flops))


def _multimodal(model: Multimodal, prompt_tokens: int, output_tokens: int, batch: int, where: str) -> _Passes:
    """Return the passes of a language model after those of its vision tower, which are part of prefill."""
    tower = model.tower
    params = forms.params(tower.stack)[0] + tower.around_params
    if model.image_size is None:
        text = _one_stack(model.text, prompt_tokens, output_tokens, batch, where)
        return replace(text, params=text.params + params, active_params=text.active_params + params)
    text = _one_stack(model.text, prompt_tokens + tower.image_tokens, output_tokens, batch, where)
    around = batch * tower.around_macs
    written = batch * (tower.tiles * tower.patches * tower.stack.hidden + tower.image_tokens * model.text.hidden)
    parts = [
        text.work["prefill"],
        _step(tower.stack, batch * tower.tiles, 0, tower.patches),
        _Work(around, around, 0, tower.around_params + written, written),
    ]
    seen = [
        *(
            replace(row, path=f"vision.{row.path}")
            for row in _layers(tower.stack, batch * tower.tiles, tower.patches, 0)
        ),
        Layer("vision.patches_and_projector", "linear", tower.around_params, 2 * around),
    ]
    return _Passes(
        text.params + params,
        text.active_params + params,
        {**text.work, "prefill": _together(parts)},
        text.cached,
        (*seen, *text.layers),
    )


def _denoise(model: Denoiser, steps: int, batch: int) -> _Passes:
    """Return all steps of a diffusion transformer as one phase."""
    params = sum(piece.params for piece in model.pieces)
    times = steps * batch
    macs = times * sum(piece.macs for piece in model.pieces)
    written = times * sum(piece.written for piece in model.pieces)
    elementwise = times * sum(piece.elementwise for piece in model.pieces)
    work = _Work(macs, macs, elementwise, params * steps + written, written)
    layers = tuple(
        Layer(piece.path, piece.kind, piece.params, 2 * piece.macs * times) for piece in model.pieces if piece.macs
    )
    return _Passes(params, params, {"forward": work}, 0, layers)


def _within_positions(stack: Stack, tokens: int, where: str) -> None:
    if stack.max_positions is not None and tokens > stack.max_positions:
        raise InputError(
            f"{where}: {tokens} tokens are more than the {stack.max_positions} positions "
            f"that this {stack.family} has learned"
        )


@dataclass(frozen=True)
class _Work:
    macs: int
    macs_needed: int
    elementwise: int
    read: float  # values
    written: int  # values

    def phase(self, per_value: float) -> Phase:
        return Phase(
            flops=2 * self.macs,
            flops_causal_half=2 * self.macs_needed,
            flops_all_ops=2 * self.macs + self.elementwise,
            bytes_read=bytes_of(self.read, per_value),
            bytes_written=bytes_of(self.written, per_value),
        )


def _together(parts: list[_Work]) -> _Work:
    return _Work(
        sum(p.macs for p in parts),
        sum(p.macs_needed for p in parts),
        sum(p.elementwise for p in parts),
        sum(p.read for p in parts),
        sum(p.written for p in parts),
    )


def _step(stack: Stack, batch: int, cached: int, new: int) -> _Work:
    """Return one pass of `new` tokens a sequence, with `cached` tokens before them."""
    return _passes(stack, batch, cached, new, steps=1)


def _decode(stack: Stack, batch: int, prompt: int, steps: int) -> _Work:
    """Return `steps` passes of one token a sequence, the cache growing from `prompt`."""
    return _passes(stack, batch, prompt, 1, steps)


def _passes(stack: Stack, batch: int, cached: int, new: int, steps: int) -> _Work:
    tokens = batch * new * steps
    project, head = forms.outside_matrix(stack)
    with_logits = batch * steps if stack.generates else tokens
    macs = project * tokens + head * with_logits + stack.per_sequence_matrix * batch
    needed, elementwise = macs, stack.hidden * tokens * NORM
    read = float(_weights_read(stack, batch * new) * steps)
    written = with_logits * stack.vocab * stack.head + (stack.hidden * tokens if project else 0)
    for block, times in forms.distinct_blocks(stack):
        matrix = forms.token_matrix(block, stack.hidden) * tokens
        full, kept = _mixing(block, cached, new, steps)
        macs += times * (matrix + batch * full)
        needed += times * (matrix + batch * kept)
        elementwise += times * forms.token_elementwise(block, stack.hidden) * tokens
        writes = forms.token_writes(block, stack.hidden) * tokens
        if isinstance(block.mixer, Attention):
            pairs = full // forms.pair_cost(block.mixer, decoding=cached > 0)
            elementwise += times * SOFTMAX_AND_SCALE * block.mixer.heads * batch * pairs
            # Each pass reads the cache once, whatever the number of its new tokens; and what products wrote.
            keys = forms.sum_of_lengths(cached + new, cached + new + steps - 1, block.mixer.window)
            read += times * forms.cache_values(block.mixer) * batch * keys
        elif block.mixer is not None:
            # Each pass reads the state, where there is one already, and writes it.
            state = batch * steps * recurrent.state_values(block.mixer)
            read += times * state * (cached > 0)
            writes += state
        read += times * writes
        written += times * writes
    return _Work(macs, needed, elementwise, read, written)


def _mixing(block: Block, cached: int, new: int, steps: int) -> tuple[int, int]:
    """Return multiply-adds of one sequence between its tokens, all passes: in full, and as needed."""
    if block.mixer is None:
        return 0, 0
    if isinstance(block.mixer, Attention):
        cost = forms.pair_cost(block.mixer, decoding=cached > 0)
        if steps == 1:
            full, kept = forms.pairs(block.mixer, cached, new)
            return cost * full, cost * kept
        # One token a pass: what it sees is all that is needed.
        total = cost * forms.sum_of_lengths(cached + 1, cached + steps, block.mixer.window)
        return total, total
    if not cached:
        return recurrent.scan_macs(block.mixer, new)
    full, kept = recurrent.step_macs(block.mixer)
    return full * new * steps, kept * new * steps


def _weights_read(stack: Stack, tokens: int) -> int:
    """Return the parameters that one pass over `tokens` tokens reads, look-ups of embeddings aside."""
    total, _ = forms.params(stack)
    looked_up = stack.vocab * stack.embedding_dim * (not (stack.head and stack.tied))
    unread = 0.0
    for block, times in forms.distinct_blocks(stack):
        if isinstance(block.feed, Experts):
            _, expert, _ = forms.feed_params(block.feed, stack.hidden)
            unread += times * expert * (block.feed.experts - forms.experts_touched(block.feed, tokens))
    return math.ceil(total - looked_up - unread)


def _cache(stack: Stack, batch: int, length: int) -> int:
    """Return the values in the cache when `length` tokens a sequence have passed."""
    held = 0
    for block, times in forms.distinct_blocks(stack):
        if isinstance(block.mixer, Attention):
            held += times * forms.cache_values(block.mixer) * min(length, block.mixer.window or length)
        elif block.mixer is not None:
            held += times * recurrent.state_values(block.mixer)
    return batch * held


def _layers(stack: Stack, batch: int, prompt: int, steps: int) -> tuple[Layer, ...]:
    """Return what mixes tokens and the feed-forward part of each block, and what lies outside; the sum is the whole."""
    tokens = batch * (prompt + steps)
    rows = []
    for i, block in enumerate(stack.blocks):
        in_all, _ = forms.block_params(block, stack.hidden)
        kept = 0
        if block.mixer is not None:
            mixing = _mixing(block, 0, prompt, 1)[0] + (_mixing(block, prompt, 1, steps)[0] if steps else 0)
            projections = forms.mixer_matrix(block, stack.hidden)
            kept = projections + forms.mixer_vectors(block, stack.hidden)
            name, kind = _mixer_name(block.mixer)
            rows.append(Layer(f"layers.{i}.{name}", kind, kept, 2 * projections * tokens + 2 * batch * mixing))
        if block.feed is not None:
            kind = "mixture of experts" if isinstance(block.feed, Experts) else "mlp"
            feed_flops = 2 * forms.feed_params(block.feed, stack.hidden)[2] * tokens
            rows.append(Layer(f"layers.{i}.feed_forward", kind, in_all - kept, feed_flops))
    project, head = forms.outside_matrix(stack)
    if project:
        rows.append(Layer("embedding_projection", "linear", project, 2 * project * tokens))
    if stack.per_sequence_matrix:
        rows.append(Layer("pooler", "linear", stack.per_sequence_matrix, 2 * stack.per_sequence_matrix * batch))
    if head:
        with_logits = batch * (1 + steps) if stack.generates else tokens
        rows.append(Layer("head", "linear", 0 if stack.tied else stack.vocab * stack.hidden, 2 * head * with_logits))
    return tuple(rows)


def _mixer_name(mixer: Attention | Mamba2 | DeltaNet) -> tuple[str, str]:
    if isinstance(mixer, Attention):
        return "attention", "attention" if mixer.window is None else f"attention, window {mixer.window}"
    return ("mamba", "state space") if isinstance(mixer, Mamba2) else ("delta_net", "gated delta net")
