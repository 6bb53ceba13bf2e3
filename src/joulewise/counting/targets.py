"""What there is to count, by name: a module, timm, transformers, a configuration, a file."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joulewise.counting.workload import Workload
from joulewise.errors import InputError
from joulewise.extras import import_extra

KINDS = "timm:NAME, hf:CONFIG.json, hf:ORG/NAME, CONFIG.json, MODEL.onnx or FILE.py:FACTORY"


@dataclass(frozen=True)
class Options:
    """How to count; what a kind of target has no use for is left aside.

    Parameters
    ----------
    input_size : (channels, height, width), optional
        [px]
    batch_size, prompt_tokens, output_tokens : int
    image_size : (height, width), optional
        Of an image before the prompt, or to be made. [px]
    steps : int
        Of a diffusion transformer.
    precision : str, optional
        By default ``fp32`` for networks built here, ``bf16`` for language models.
    online : bool
        Whether a configuration may be fetched from a hub.
    dims : mapping of str to int
        Values for the named dimensions of an ONNX model's inputs.
    """

    input_size: tuple[int, int, int] | None = None
    batch_size: int = 1
    prompt_tokens: int = 2048
    output_tokens: int = 1
    image_size: tuple[int, int] | None = None
    steps: int = 1
    precision: str | None = None
    online: bool = False
    dims: Mapping[str, int] = field(default_factory=dict)


def count(target: Any, *inputs: Any, options: Options | None = None, **kwargs: Any) -> Workload:
    """Count one inference of a network.

    Parameters
    ----------
    target : torch.nn.Module or str or Path
        A module, with the `inputs` and `kwargs` of its forward pass; or a name, as on the command line:
        ``timm:resnet50``, ``hf:config.json``, ``config.json`` (the configuration of a language
        model or a diffusion transformer, in closed form and without torch), ``model.onnx``, ``file.py:factory``.
    options : Options, optional
        Sizes and precision, for a name.

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
        if inputs or kwargs:
            raise InputError("inputs are for a module; a named target takes options")
        return count_target(str(target), options or Options())
    import_extra("torch", "torch", "counting a module")
    from joulewise.counting.trace import count_module  # noqa: PLC0415  (torch takes seconds to import)

    chosen = {"precision": options.precision} if options and options.precision else {}
    return count_module(target, *inputs, **chosen, **kwargs)


def count_target(target: str, options: Options) -> Workload:
    """Count a target by its name; see `count`."""
    kind, _, rest = target.partition(":")
    if kind == "timm":
        from joulewise.counting.timm_models import count_timm  # noqa: PLC0415

        return count_timm(rest, options.input_size, options.batch_size, options.precision or "fp32")
    if kind == "hf":
        from joulewise.counting.hf_models import count_hf  # noqa: PLC0415

        return count_hf(
            rest,
            prompt_tokens=options.prompt_tokens,
            output_tokens=options.output_tokens,
            batch_size=options.batch_size,
            precision=options.precision or "bf16",
            image_size=options.image_size,
            online=options.online,
        )
    if ".py:" in target:
        path, _, factory = target.rpartition(":")
        return count_file(Path(path), factory, options)
    if target.endswith(".json"):
        from joulewise.counting.config import count_config  # noqa: PLC0415

        return count_config(
            Path(target),
            prompt_tokens=options.prompt_tokens,
            output_tokens=options.output_tokens,
            batch_size=options.batch_size,
            precision=options.precision or "bf16",
            image_size=options.image_size,
            steps=options.steps,
        )
    if target.endswith(".onnx"):
        from joulewise.counting.onnx_graph import count_onnx  # noqa: PLC0415

        return count_onnx(Path(target), dims=options.dims, precision=options.precision)
    raise InputError(f"cannot tell what {target!r} is", f"give {KINDS}")


def count_file(path: Path, factory: str, options: Options) -> Workload:
    """Run a Python file of the user's and count the module that one of its functions returns.

    The function takes no arguments and returns a module, or a module and the tuple of its inputs. Without
    inputs the module gets an image batch of `Options.input_size`.

    Raises
    ------
    InputError
        If there is no such file or function, or it returns something else.
    """
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    import_extra("torch", "torch", f"counting {path}")
    from joulewise.counting.trace import count_module  # noqa: PLC0415

    module, given = module_of_file(path, factory, options)
    return count_module(module, *given, name=f"{path.name}:{factory}", precision=options.precision or "fp32")


def module_of_file(path: Path, factory: str, options: Options) -> tuple[Any, tuple[Any, ...]]:
    """Run a Python file of the user's and return the module that one of its functions makes, with its inputs.

    Inputs that the function does not give are an image batch of `Options.input_size`, on the meta device.

    Raises
    ------
    InputError
        If there is no such file or function, or it returns something else.
    """
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    torch = import_extra("torch", "torch", f"running {path}")
    make = _function(path, factory)
    try:
        made = make()
    except Exception as error:
        raise InputError(f"{path}:{factory} failed: {type(error).__name__}: {error}") from error
    module, inputs = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if not isinstance(module, torch.nn.Module):
        raise InputError(f"{path}:{factory} returned {type(module).__name__}, not a module", "return a torch.nn.Module")
    if inputs is None:
        if options.input_size is None:
            raise InputError(f"{path}:{factory} gave no inputs", "return (module, inputs), or give --input 3x224x224")
        inputs = (torch.empty((options.batch_size, *options.input_size), device="meta"),)
    return module, tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)


def _function(path: Path, name: str) -> Callable[[], Any]:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    # As Python does for a script, so that the file finds its neighbours.
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(f"running {path} failed: {type(error).__name__}: {error}") from error
    finally:
        sys.path.pop(0)
    found = getattr(module, name, None)
    if not callable(found):
        raise InputError(f"{path} has no function {name!r}")
    return found  # type: ignore[no-any-return]
