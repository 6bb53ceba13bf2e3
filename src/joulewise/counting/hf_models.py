"""Count transformers models from their configuration, without weights and without code from a hub."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import astuple
from pathlib import Path
from typing import Any

from joulewise.counting.workload import Layer, Phase, Workload, bytes_of
from joulewise.errors import InputError
from joulewise.extras import import_extra, without_network
from joulewise.formats import format_named

# Input of models that take a raw wave: as long as Whisper's window, at the sampling rate that all of them use.
_SOUND_SECONDS = 30
_SAMPLES_PER_S = 16_000


def count_hf(
    target: str | Path | Any,
    *,
    prompt_tokens: int = 128,
    output_tokens: int = 1,
    batch_size: int = 1,
    precision: str = "bf16",
    image_size: tuple[int, int] | None = None,
    online: bool = False,
) -> Workload:
    """Count a transformers model by building it on meta tensors and tracing it.

    Parameters
    ----------
    target : str, Path or PretrainedConfig
        A ``config.json`` or the folder that holds one, or ``ORG/NAME`` of the local cache.
    prompt_tokens, output_tokens, batch_size : int
        A model that generates has the phases ``prefill``, which gives the first token, and, beyond one
        output token, ``decode``: the other ``output_tokens - 1`` steps over the growing cache. Every
        other model has ``forward``.
    precision : str
        Of weights, activations and cache, for the bytes.
    image_size : (height, width), optional
        For models that take images.
    online : bool
        Whether the configuration of ``ORG/NAME`` may be fetched. Code from a hub is never run.

    Raises
    ------
    MissingExtraError
        If transformers is not installed.
    InputError
        If there is no such configuration, the architecture is unknown, or the model cannot run.
    """
    _require_positive(prompt_tokens=prompt_tokens, output_tokens=output_tokens, batch_size=batch_size)
    model, kind, name = network_of_hf(target, online=online)
    if output_tokens > 1 and kind in {"encoder", "vision"}:
        raise only_forward(model, name)
    if kind == "generates":
        return _count_generation(model, name, prompt_tokens, output_tokens, batch_size, precision)
    return _count_forward(model, name, kind, prompt_tokens, output_tokens, batch_size, precision, image_size)


def network_of_hf(
    target: str | Path | Any, *, online: bool = False, devices: tuple[str, ...] = ("meta", "cpu")
) -> tuple[Any, str, str]:
    """Return a transformers model built from its configuration, without weights; its kind; and its name.

    The kind is ``generates`` (with a key-value cache), ``encoder``, ``encoder-decoder`` or ``vision``. Without
    `online` nothing asks the network.
    """
    purpose = f"building hf:{target}"
    with nullcontext() if online else without_network("hf", purpose):
        return _network(target, import_extra("transformers", "hf", purpose), online, devices)


def _network(
    target: str | Path | Any, transformers: Any, online: bool, devices: tuple[str, ...]
) -> tuple[Any, str, str]:
    transformers.logging.set_verbosity_error()
    config = target if isinstance(target, transformers.PretrainedConfig) else _read_config(str(target), online)
    model = _build(config, devices)
    name = f"hf:{Path(str(target)).name}" if isinstance(target, str | Path) else f"hf:{config.model_type}"
    return model, _kind(model), name


def only_forward(model: Any, name: str) -> InputError:
    """Return the error for output tokens asked of a model that has one forward pass."""
    why = "has no key-value cache to decode with" if model.can_generate() else "generates no tokens"
    kind = model.config.model_type
    return InputError(f"{name}: this {kind} {why}: one forward pass is all", "leave output_tokens at 1")


def _read_config(target: str, online: bool) -> Any:
    import transformers  # noqa: PLC0415

    path = Path(target)
    is_path = path.suffix == ".json" or path.is_absolute() or target.startswith(".") or target.count("/") > 1
    if is_path and not path.exists():
        raise InputError(f"no such file or folder: {target}", "a configuration of the hub is hf:ORG/NAME")
    try:
        return transformers.AutoConfig.from_pretrained(target, local_files_only=not online, trust_remote_code=False)
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        hint = None if online or path.exists() else "it must be in the local cache, or give --online"
        raise InputError(f"no configuration of {target!r}: {reason}", hint) from None


def _build(config: Any, devices: tuple[str, ...]) -> Any:
    import torch  # noqa: PLC0415
    import transformers  # noqa: PLC0415

    named = next((getattr(transformers, a) for a in config.architectures or () if hasattr(transformers, a)), None)
    masked, causal = transformers.AutoModelForMaskedLM, transformers.AutoModelForCausalLM
    decodes = type(config) in causal._model_mapping and type(config) not in masked._model_mapping
    auto = causal if decodes else transformers.AutoModel
    failure: Exception | None = None
    usual = torch.get_default_dtype()
    for device in devices:
        try:
            # Grouped matrix products of mixtures of experts exist only in bf16; a count does not depend on precision.
            torch.set_default_dtype(torch.bfloat16)
            with torch.device(device):
                return (named(config) if named else auto.from_config(config, trust_remote_code=False)).eval()
        except Exception as error:
            failure = error
        finally:
            torch.set_default_dtype(usual)
    raise InputError(f"transformers cannot build {config.model_type!r}: {str(failure).splitlines()[0]}")


def _kind(model: Any) -> str:
    if getattr(model.config, "is_encoder_decoder", False):
        return "encoder-decoder"
    if model.main_input_name == "pixel_values":
        return "vision"
    # GPT-1 generates without a cache: its one forward pass is counted.
    cached = "past_key_values" in inspect.signature(model.forward).parameters
    return "generates" if model.can_generate() and cached else "encoder"


def _count_forward(
    model: Any,
    name: str,
    kind: str,
    prompt_tokens: int,
    output_tokens: int,
    batch_size: int,
    precision: str,
    image_size: tuple[int, int] | None,
) -> Workload:
    from joulewise.counting.trace import count_module  # noqa: PLC0415

    arguments = forward_arguments(model, kind, prompt_tokens, output_tokens, batch_size, image_size)
    return count_module(model, name=name, precision=precision, **arguments)


def forward_arguments(
    model: Any, kind: str, prompt_tokens: int, output_tokens: int, batch_size: int, image_size: tuple[int, int] | None
) -> dict[str, Any]:
    """Return the inputs of a model that does not generate, on its device and in its type."""
    import torch  # noqa: PLC0415

    first = next(model.parameters())
    device, dtype = first.device, first.dtype

    def tokens(n: int) -> Any:
        return torch.zeros((batch_size, n), dtype=torch.long, device=device)

    config = model.config
    arguments: dict[str, Any] = {}
    if kind == "vision":
        side = image_size or (config.image_size, config.image_size)
        arguments["pixel_values"] = torch.empty((batch_size, config.num_channels, *side), device=device, dtype=dtype)
    elif model.main_input_name == "input_features":
        frames = 2 * config.max_source_positions
        arguments["input_features"] = torch.empty((batch_size, config.num_mel_bins, frames), device=device, dtype=dtype)
    elif model.main_input_name == "input_values":
        samples = _SOUND_SECONDS * _SAMPLES_PER_S
        arguments["input_values"] = torch.empty((batch_size, samples), device=device, dtype=dtype)
    else:
        arguments["input_ids"] = tokens(prompt_tokens)
    if kind == "encoder-decoder":
        arguments["decoder_input_ids"] = tokens(output_tokens)
    return arguments


def _count_generation(
    model: Any, name: str, prompt_tokens: int, output_tokens: int, batch_size: int, precision: str
) -> Workload:
    import torch  # noqa: PLC0415

    from joulewise.counting.trace.module import layers_of, phase_of, run_counted  # noqa: PLC0415

    stored_as = format_named(precision)
    per_value = stored_as.bytes
    device = next(model.parameters()).device

    def tokens(n: int) -> Any:
        return torch.zeros((batch_size, n), dtype=torch.long, device=device)

    def cache_of(length: int) -> Any:
        with torch.no_grad():
            return model(input_ids=tokens(length), use_cache=True, logits_to_keep=1).past_key_values

    traced = run_counted(model, (), {"input_ids": tokens(prompt_tokens), "use_cache": True, "logits_to_keep": 1})
    prefill = traced.tally
    phases = {"prefill": phase_of(prefill, per_value)}
    uncounted, written = Counter(prefill.uncounted), prefill.written
    in_decode: list[Layer] = []
    steps = output_tokens - 1
    if steps:

        def step(length: int) -> tuple[int, ...]:
            arguments = {"input_ids": tokens(1), "past_key_values": cache_of(length), "use_cache": True}
            tally = run_counted(model, (), arguments).tally
            uncounted.update(tally.uncounted)
            return (*astuple(phase_of(tally, per_value)), tally.written)

        *values, decode_written = sum_over_cache(step, prompt_tokens, prompt_tokens + steps - 1)
        phases["decode"] = Phase(*values)
        # Layers of a step are not separated: decoding is one entry after the layers of the prompt.
        in_decode.append(Layer("(decode)", "all layers", 0, phases["decode"].flops))
        written += decode_written
    params = {id(p): p.numel() for p in model.parameters()}
    stored = {**params, **{id(b): b.numel() for b in model.buffers()}}
    cached = sum(t.numel() for layer in cache_of(prompt_tokens + steps).layers for t in _tensors_of(layer))
    return Workload(
        name=name,
        params=sum(params.values()),
        active_params=sum(params.values()),
        weight_bytes=bytes_of(sum(stored.values()), per_value),
        kv_bytes=bytes_of(cached, per_value),
        activation_bytes=bytes_of(written, per_value),
        phases=phases,  # type: ignore[arg-type]
        layers=(*layers_of(prefill, traced.network), *in_decode),
        uncounted=dict(uncounted.most_common()),
        method=f"torch:{traced.kind}",
        precision=stored_as.name,
        inputs={"batch_size": batch_size, "prompt_tokens": prompt_tokens, "output_tokens": output_tokens},
    )


def sum_over_cache(step: Callable[[int], tuple[int, ...]], first: int, last: int) -> tuple[int, ...]:
    """Return the sum of a step's figures over all lengths of the cache from `first` to `last`.

    The figures of a step are affine in the length, except where a window fills up, so few lengths are needed: a span is
    halved until its middle lies on the line through its ends.
    """
    known: dict[int, tuple[int, ...]] = {}

    def at(length: int) -> tuple[int, ...]:
        if length not in known:
            known[length] = step(length)
        return known[length]

    def total(start: int, end: int) -> tuple[int, ...]:
        if end - start < 2:
            return tuple(map(sum, zip(*(at(n) for n in range(start, end + 1)), strict=True)))
        middle = (start + end) // 2
        lows, mids, highs = at(start), at(middle), at(end)
        on_line = all(
            (mid - low) * (end - start) == (high - low) * (middle - start)
            for low, mid, high in zip(lows, mids, highs, strict=True)
        )
        if on_line:
            return tuple((low + high) * (end - start + 1) // 2 for low, high in zip(lows, highs, strict=True))
        left, right = total(start, middle), total(middle + 1, end)
        return tuple(a + b for a, b in zip(left, right, strict=True))

    return total(first, last)


def _tensors_of(layer: Any) -> list[Any]:
    import torch  # noqa: PLC0415
    from torch.utils._pytree import tree_leaves  # noqa: PLC0415

    held = vars(layer)
    # The cache of an attention layer; otherwise the state of a recurrent layer.
    kept = [held["keys"], held["values"]] if "keys" in held else tree_leaves(list(held.values()))
    return [value for value in kept if isinstance(value, torch.Tensor)]


def _require_positive(**values: int) -> None:
    for name, value in values.items():
        if value < 1:
            raise InputError(f"{name} must be at least 1, not {value}")
