"""Run a user's Python file and call the function in it that makes a module."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from joulewise.counting.options import InferenceOptions
from joulewise.errors import InputError, JoulewiseError
from joulewise.extras import import_extra


def split_target(target: str) -> tuple[Path, str]:
    """Return the file and the function of ``FILE.py:FACTORY``."""
    path, _, factory = target.rpartition(":")
    return Path(path), factory


def module_of_file(path: Path, factory: str, options: InferenceOptions) -> tuple[Any, tuple[Any, ...]]:
    """Run a Python file and return the module that one of its functions makes, with its inputs.

    The function takes no arguments and returns a module, or a module and the tuple of its inputs. Inputs that it
    does not give are an image batch of `InferenceOptions.input_size`, on the meta device.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    InputError
        If there is no such file or function, it fails or ends the program, or it returns something else.
    """
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    torch = import_extra("torch", "torch", f"running {path}")
    make = _function(path, factory)
    with running(f"{path}:{factory}"):
        made = make()
    module, inputs = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    if not isinstance(module, torch.nn.Module):
        raise InputError(f"{path}:{factory} returned {type(module).__name__}, not a module", "return a torch.nn.Module")
    if inputs is None:
        if options.input_size is None:
            raise InputError(f"{path}:{factory} gave no inputs", "return (module, inputs), or give --input 3x224x224")
        inputs = (torch.empty((options.batch_size, *options.input_size), device="meta"),)
    return module, tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)


@contextmanager
def running(what: str) -> Iterator[None]:
    """Run a user's code: what it prints goes to standard error, and its failures and exits become one line.

    Raises
    ------
    InputError
        If the code raises, or asks the program to end.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except JoulewiseError:
        raise
    except SystemExit as error:
        raise InputError(f"{what} ended the program with sys.exit({error.code!r})", "let it return") from error
    except Exception as error:
        raise InputError(f"{what} failed: {type(error).__name__}: {error}") from error


def _function(path: Path, name: str) -> Callable[[], Any]:
    # A unique module name, as a file may be called json.py.
    spec = importlib.util.spec_from_file_location(f"_joulewise_file_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # As Python does for a script: the file finds its neighbours, and its dataclasses find their module.
    sys.path.insert(0, str(path.parent.resolve()))
    sys.modules[spec.name] = module
    try:
        with running(str(path)):
            spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    found = getattr(module, name, None)
    if not callable(found):
        raise InputError(f"{path} has no function {name!r}")
    return found  # type: ignore[no-any-return]
