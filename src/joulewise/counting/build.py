"""Build a network with random weights, so that it can be run and measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import Any

from joulewise.counting.hf_models import forward_arguments, network_of_hf, only_forward
from joulewise.counting.options import InferenceOptions
from joulewise.counting.python_file import module_of_file, split_target
from joulewise.errors import InputError, WorkError
from joulewise.extras import import_extra
from joulewise.formats import FORMATS, format_named

TARGET_FORMS = "FILE.py:FACTORY, timm:NAME, hf:CONFIG.json or CONFIG.json"


@dataclass(frozen=True)
class Built:
    """A network that can be run.

    Parameters
    ----------
    name : str
        What was built.
    run : callable
        One batch, finished when it returns.
    kind : str
        ``network``; ``language`` if it generates tokens.
    batch_size, prompt_tokens, output_tokens : int
        Tokens of one sequence; 0 for a network.
    precision, device, engine : str
        `engine` with its release, e.g. ``torch 2.9``.
    device_name : str
        Name that the device reports; blank for a processor.
    params : int
    """

    name: str
    run: Callable[[], object]
    kind: str
    batch_size: int
    prompt_tokens: int
    output_tokens: int
    precision: str
    device: str
    engine: str
    device_name: str
    params: int


def build_target(target: str, options: InferenceOptions, device: str | None = None) -> Built:
    """Build a network with random weights on a device, and the batch that one run takes.

    ``FILE.py`` is executed: pass only files that you trust. No weights are read, and no code of a hub is run.

    Parameters
    ----------
    target : str
        ``file.py:factory``, whose function returns a module, or a module and its inputs: with as many rows as the
        batch, or with one, which is then repeated; ``timm:resnet50``; ``hf:config.json`` or ``config.json``, of a
        model that transformers knows. A language model reads the prompt and generates the other tokens one by one
        over its cache, as `count` counts it.
    options : InferenceOptions
        Sizes and precision.
    device : str, optional
        As torch calls it; by default the first accelerator, else the processor.

    Raises
    ------
    InputError
        If the target or the device is not understood, or the network cannot run.
    MissingExtraError
        If it needs an extra that is not installed.
    WorkError
        If the device's memory is too small.
    """
    torch = import_extra("torch", "torch", f"running {target}")
    place = _device(torch, device)
    kind, _, rest = target.partition(":")
    if ".py:" in target:
        path, factory = split_target(target)
        module, inputs = module_of_file(path, factory, options)
        name, options = f"{path.name}:{factory}", _with_batch(torch, inputs, options)
        precision = _precision(options, "fp32")
        module, call = _network(torch, module, inputs, {}, options.batch_size, place, precision)
    elif kind == "timm":
        from joulewise.counting.timm_models import network_of_timm  # noqa: PLC0415

        precision = _precision(options, "fp32")
        module, image = network_of_timm(rest, options.input_size, options.batch_size, ("cpu",))
        name = target
        module, call = _network(torch, module, (image,), {}, options.batch_size, place, precision)
    elif kind == "hf" or target.endswith(".json"):
        precision = _precision(options, "bf16")
        return _of_configuration(torch, rest if kind == "hf" else target, options, place, precision)
    else:
        raise InputError(f"cannot tell what {target!r} is", f"give {TARGET_FORMS}")
    run = _finished(torch, call, place, name)
    run()  # a lazy layer has no parameters before
    return Built(
        name=name,
        run=run,
        kind="network",
        batch_size=options.batch_size,
        prompt_tokens=0,
        output_tokens=0,
        precision=precision,
        device=str(place),
        engine=f"torch {torch.__version__}",
        device_name=_name(torch, place),
        params=sum(p.numel() for p in module.parameters()),
    )


def _of_configuration(torch: Any, target: str, options: InferenceOptions, place: Any, precision: str) -> Built:
    model, kind, name = network_of_hf(target, online=options.online, devices=("cpu",))
    generates = kind == "generates"
    if options.output_tokens > 1 and kind in {"encoder", "vision"}:
        raise only_forward(model, name)
    sizes = (options.prompt_tokens, options.output_tokens, options.batch_size)
    _fit(torch, lambda: model.to(device=place, dtype=_type(torch, precision)), name)
    if generates:
        call = _generation(torch, model, *sizes)
    else:
        arguments = forward_arguments(model, kind, *sizes, options.image_size)
        model, call = _network(torch, model, (), arguments, options.batch_size, place, precision)
    takes_tokens = model.main_input_name == "input_ids"
    run = _finished(torch, call, place, name)
    run()
    return Built(
        name=name,
        run=run,
        kind="language" if generates else "network",
        batch_size=options.batch_size,
        prompt_tokens=options.prompt_tokens if takes_tokens else 0,
        output_tokens=options.output_tokens if generates or kind == "encoder-decoder" else 0,
        precision=precision,
        device=str(place),
        engine=f"transformers {import_extra('transformers', 'hf', 'running').__version__} (eager)",
        device_name=_name(torch, place),
        params=sum(p.numel() for p in model.parameters()),
    )


def _generation(torch: Any, model: Any, prompt_tokens: int, output_tokens: int, batch_size: int) -> Callable[[], Any]:
    """Return a run of the prompt, which gives the first token, and of one step per further token."""
    model.eval()
    device = next(model.parameters()).device
    vocabulary = model.config.get_text_config().vocab_size
    prompt = torch.randint(0, vocabulary, (batch_size, prompt_tokens), device=device)
    token = torch.randint(0, vocabulary, (batch_size, 1), device=device)

    def run() -> Any:
        with torch.inference_mode():
            made = model(input_ids=prompt, use_cache=True, logits_to_keep=1)
            for _ in range(output_tokens - 1):
                made = model(input_ids=token, past_key_values=made.past_key_values, use_cache=True, logits_to_keep=1)
            return made.logits

    return run


def _network(
    torch: Any,
    module: Any,
    inputs: tuple[Any, ...],
    named: Mapping[str, Any],
    batch_size: int,
    place: Any,
    precision: str,
) -> tuple[Any, Callable[[], Any]]:
    """Return a module on its device, and a run of one forward pass."""
    kind = _type(torch, precision)
    module = _fit(torch, lambda: _filled(torch, module, place).to(device=place, dtype=kind).eval(), "the network")

    def ready(value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        if value.shape[:1] == (1,) and batch_size > 1:
            value = value.expand(batch_size, *value.shape[1:])
        floats = value.is_floating_point()
        if value.is_meta:
            made = torch.randn(value.shape) if floats else torch.zeros(value.shape, dtype=value.dtype)
        else:
            made = value
        return made.to(device=place, dtype=kind) if floats else made.to(place)

    given = tuple(ready(v) for v in inputs)
    also = {k: ready(v) for k, v in named.items()}

    def run() -> Any:
        with torch.inference_mode():
            return module(*given, **also)

    return module, run


def _filled(torch: Any, module: Any, place: Any) -> Any:
    """Return the module with random values where it has none yet."""
    lazy = torch.nn.parameter.is_lazy
    if not any(p.is_meta for p in (*module.parameters(), *module.buffers()) if not lazy(p)):
        return module
    module = module.to_empty(device=place)
    with torch.no_grad():
        for value in (*module.parameters(), *module.buffers()):
            if value.is_floating_point():
                value.normal_(0, 0.02)
            else:
                value.zero_()
    return module


def _fit(torch: Any, make: Callable[[], Any], name: str) -> Any:
    try:
        return make()
    except torch.OutOfMemoryError:
        raise WorkError(f"{name} does not fit the device's memory", "a smaller batch or another precision") from None


def _finished(torch: Any, call: Callable[[], Any], place: Any, name: str) -> Callable[[], object]:
    """Return a run that waits for the device, and whose failure is one line."""
    wait = {"cuda": torch.cuda.synchronize, "mps": torch.mps.synchronize}.get(place.type, lambda: None)

    def run() -> object:
        try:
            # Standard output is for the results of a measurement.
            with redirect_stdout(sys.stderr):
                made = call()
                wait()
        except torch.OutOfMemoryError:
            raise WorkError(f"{name} does not fit the device's memory", "a smaller batch or context") from None
        # A network may raise any error on inputs that it does not take, or on a device that lacks an operation.
        except (Exception, SystemExit) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise InputError(f"{name} cannot run on these inputs: {reason}") from error
        return made

    return run


def _with_batch(torch: Any, inputs: tuple[Any, ...], options: InferenceOptions) -> InferenceOptions:
    """Return the options with the batch that the inputs have; `InferenceOptions.batch_size` of 1 takes any."""
    rows = next((int(i.shape[0]) for i in inputs if isinstance(i, torch.Tensor) and i.ndim), 1)
    if rows not in {1, options.batch_size} and options.batch_size != 1:
        raise InputError(
            f"the inputs have {rows} rows, not the batch of {options.batch_size}", "give inputs of one row, or leave it"
        )
    return replace(options, batch_size=max(rows, options.batch_size))


def _precision(options: InferenceOptions, usual: str) -> str:
    """Return the name of a format that torch can run networks in."""
    found = format_named(options.precision or usual)
    if found.torch is None:
        raise InputError(
            f"cannot run in {found.name!r}", f"one of {', '.join(f.name for f in FORMATS.values() if f.torch)}"
        )
    return found.name


def _type(torch: Any, precision: str) -> Any:
    return getattr(torch, str(format_named(precision).torch))


def _device(torch: Any, name: str | None) -> Any:
    if name is None:
        there = (("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available()), ("cpu", True))
        return torch.device(next(n for n, is_there in there if is_there))
    try:
        place = torch.device(name)
    except RuntimeError:
        raise InputError(f"{name!r} is not a device", "cuda, cuda:1, mps or cpu") from None
    has = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available, "cpu": lambda: True}
    if place.type not in has or not has[place.type]():
        raise InputError(f"torch has no {place.type!r} device here", "leave --device out for the one it has")
    if place.type == "cuda" and (place.index or 0) >= torch.cuda.device_count():
        raise InputError(f"there is no {name!r}: {torch.cuda.device_count()} devices")
    return place


def _name(torch: Any, place: Any) -> str:
    return str(torch.cuda.get_device_name(place)) if place.type == "cuda" else ""
