"""Count a network given as a module, a timm or transformers name, a config.json, an ONNX or a Python file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joulewise.counting.options import InferenceOptions
from joulewise.counting.workload import Workload
from joulewise.errors import InputError
from joulewise.extras import import_extra

TARGET_FORMS = "timm:NAME, hf:CONFIG.json, hf:ORG/NAME, CONFIG.json, MODEL.onnx or FILE.py:FACTORY"
"""How a target is written on the command line."""

_DEFAULTS = InferenceOptions()


def count(
    target: Any,
    /,
    *inputs: Any,
    options: InferenceOptions | None = None,
    named: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Workload:
    """Count one inference of a network.

    Parameters
    ----------
    target : torch.nn.Module or str or Path
        A module, with the `inputs` and `kwargs` of its forward pass; or a target as on the command line:
        ``timm:resnet50``, ``hf:config.json``, ``config.json`` (the configuration of a language
        model or a diffusion transformer, in closed form and without torch), ``model.onnx``, ``file.py:factory``.
    options : InferenceOptions, optional
        Sizes and precision, for a target that is not a module.
    named : mapping, optional
        Further keyword arguments of a module's forward pass: those named ``options`` or ``named``, as parameters here.

    Returns
    -------
    Workload

    Raises
    ------
    InputError
        If the target is not understood, or cannot be counted.
    MissingExtraError
        If the target needs an extra that is not installed.
    """
    if isinstance(target, str | Path):
        if inputs or kwargs or named:
            raise InputError("inputs are for a module; a named target takes options")
        return count_target(str(target), options or _DEFAULTS)
    import_extra("torch", "torch", "counting a module")
    from joulewise.counting.trace import count_module  # noqa: PLC0415  (torch takes seconds to import)

    chosen = {"precision": options.precision} if options and options.precision else {}
    return count_module(target, *inputs, **chosen, named={**kwargs, **(named or {})})


def count_target(target: str, options: InferenceOptions = _DEFAULTS) -> Workload:
    """Count a target by the form of its text, one of `TARGET_FORMS`; see `count`."""
    if is_module_target(target):
        return count_module_target(target, options)
    if target.endswith(".json"):
        return count_config_file(Path(target), options)
    if target.endswith(".onnx"):
        return count_onnx_file(Path(target), options)
    raise InputError(f"cannot tell what {target!r} is", f"give {TARGET_FORMS}")


def count_config_file(path: Path, options: InferenceOptions = _DEFAULTS) -> Workload:
    """Count a language model or a diffusion transformer from its ``config.json``; see `config.count_config`.

    Only JSON is read, no code is run, and torch is not needed.
    """
    from joulewise.counting.config import count_config  # noqa: PLC0415

    return count_config(
        path,
        prompt_tokens=options.prompt_tokens,
        output_tokens=options.output_tokens,
        batch_size=options.batch_size,
        precision=options.precision,
        kv_precision=options.kv_precision,
        image_size=options.image_size,
        steps=options.steps,
    )


def count_onnx_file(path: Path, options: InferenceOptions = _DEFAULTS) -> Workload:
    """Count an ONNX model; see `onnx_graph.count_onnx`. No code is run."""
    from joulewise.counting.onnx_graph import count_onnx  # noqa: PLC0415

    return count_onnx(path, dims=options.dims, precision=options.precision)


def is_module_target(target: str) -> bool:
    """Return whether a text says how to build a module: ``timm:NAME``, ``hf:NAME`` or ``FILE.py:FACTORY``."""
    return target.startswith(("timm:", "hf:")) or ".py:" in target


def count_module_target(target: str, options: InferenceOptions = _DEFAULTS) -> Workload:
    """Build a module without its weights and count it.

    Parameters
    ----------
    target : str
        ``timm:resnet50``; ``hf:ORG/NAME`` or ``hf:config.json``, of a model that transformers knows; or
        ``file.py:factory``: this file is executed, so pass only files that you trust.
    options : InferenceOptions

    Raises
    ------
    InputError
        If the target is none of these, or cannot be counted.
    MissingExtraError
        If it needs an extra that is not installed.
    """
    kind, _, name = target.partition(":")
    if kind == "timm":
        from joulewise.counting.timm_models import count_timm  # noqa: PLC0415

        return count_timm(name, options.input_size, options.batch_size, options.precision or "fp32")
    if kind == "hf":
        from joulewise.counting.hf_models import count_hf  # noqa: PLC0415

        return count_hf(
            name,
            prompt_tokens=options.prompt_tokens,
            output_tokens=options.output_tokens,
            batch_size=options.batch_size,
            precision=options.precision or "bf16",
            image_size=options.image_size,
            online=options.online,
        )
    if ".py:" not in target:
        raise InputError(f"{target!r} does not build a module", "give timm:NAME, hf:NAME or FILE.py:FACTORY")
    from joulewise.counting.python_file import module_of_file, running, split_target  # noqa: PLC0415

    path, factory = split_target(target)
    module, inputs = module_of_file(path, factory, options)
    from joulewise.counting.trace import count_module  # noqa: PLC0415  (needs torch, which has been looked for above)

    with running(f"the forward pass of {path}:{factory}"):
        return count_module(module, *inputs, name=f"{path.name}:{factory}", precision=options.precision or "fp32")
