"""Copy a network, so that no pass that is counted can change the caller's.

A copy shares nothing that a forward pass may change: parameters, buffers, tensors cached in attributes, hooks and the
objects that they close over. Its weights have other storage, or none.
"""

from __future__ import annotations

import copy
import random
import sys
import types
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

Replace = Callable[[torch.Tensor], torch.Tensor]

_IMMUTABLE = (
    type(None), bool, int, float, complex, str, bytes, type, torch.dtype, torch.device, torch.Size, types.ModuleType,
    types.BuiltinFunctionType,
)  # fmt: skip
_GLOBAL_HOOKS = tuple(
    value
    for name, value in vars(torch.nn.modules.module).items()
    if name.startswith("_global_") and isinstance(value, dict)
)


def copy_of(
    network: torch.nn.Module, inputs: tuple[Any, ...], kwargs: dict[str, Any], replace: Replace
) -> tuple[torch.nn.Module, tuple[Any, ...], dict[str, Any]]:
    """Return a copy of a network and of its inputs.

    Wrappers that only distribute or compile a network (`DataParallel`, `DistributedDataParallel`, `torch.compile`) are
    left out.

    Parameters
    ----------
    network : torch.nn.Module
    inputs, kwargs
        Arguments of its forward pass.
    replace : callable
        Makes the tensor that stands for a parameter, a buffer or an input. Tensors shared between these stay shared.
        Other tensors, those in attributes, are copied with their values.
    """
    copier = _Copier(replace)
    with torch.no_grad():
        made = copier.network(network)
        given, named = copier.inputs((inputs, kwargs))
    return made, given, named


def unwrapped(network: torch.nn.Module) -> torch.nn.Module:
    """Return the network inside of wrappers that only distribute or compile it."""
    while True:
        if isinstance(network, torch.nn.DataParallel | torch.nn.parallel.DistributedDataParallel):
            network = network.module
        elif "_orig_mod" in network._modules:  # what torch.compile returns
            network = network._modules["_orig_mod"]  # type: ignore[assignment]
        else:
            return network


@contextmanager
def surroundings_kept() -> Iterator[None]:
    """Restore, after the block, what a forward pass may change outside of its network.

    These are torch's global module hooks, its gradient mode, and the state of random generators.
    """
    hooks = [dict(hooks) for hooks in _GLOBAL_HOOKS]
    python_state, grad = random.getstate(), torch.is_grad_enabled()
    numpy = sys.modules.get("numpy")
    numpy_state = numpy.random.get_state() if numpy else None
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        for now, before in zip(_GLOBAL_HOOKS, hooks, strict=True):
            now.clear()
            now.update(before)
        random.setstate(python_state)
        if numpy:
            numpy.random.set_state(numpy_state)
        torch.set_grad_enabled(grad)


class _Copier:
    """Copies by `copy.deepcopy`, but for weights, scripted modules, closures, and objects that cannot be copied."""

    def __init__(self, replace: Replace) -> None:
        self.replace = replace
        self.memo: dict[int, Any] = {}
        self.shells: list[tuple[torch.nn.Module, torch.nn.Module]] = []

    def network(self, network: torch.nn.Module) -> torch.nn.Module:
        self._shell(network)
        for module, _ in self.shells:
            for tensor in (*module._parameters.values(), *module._buffers.values()):
                if tensor is not None:
                    self._weight(tensor)
        with _EachTensor(_with_values):
            for module, shell in self.shells:
                vars(shell).update((name, self._value(value)) for name, value in vars(module).items())
        made: torch.nn.Module = self.memo[id(network)]
        return made

    def inputs(self, arguments: Any) -> Any:
        for leaf in tree_leaves(arguments):
            if isinstance(leaf, torch.Tensor):
                self._weight(leaf)
        with _EachTensor(self.replace):
            return self._value(arguments)

    def _shell(self, module: torch.nn.Module) -> torch.nn.Module:
        """Make an empty module for a module and for each one inside of it, so that all references find their copies."""
        if id(module) in self.memo:
            return self.memo[id(module)]
        inner = unwrapped(module)
        if inner is not module:
            self.memo[id(module)] = self._shell(inner)
        elif isinstance(module, torch.jit.ScriptModule):
            self.memo[id(module)] = self._scripted(module)
        else:
            shell: torch.nn.Module = object.__new__(type(module))
            self.memo[id(module)] = shell
            self.shells.append((module, shell))
            for child in module._modules.values():
                if child is not None:
                    self._shell(child)
        return self.memo[id(module)]

    def _scripted(self, module: torch.nn.Module) -> torch.nn.Module:
        made: torch.nn.Module = copy.deepcopy(module)
        return made._apply(self.replace)

    def _weight(self, tensor: torch.Tensor) -> None:
        """Replace a parameter, a buffer or an input, once."""
        if id(tensor) in self.memo:
            return
        made: torch.Tensor
        if is_lazy(tensor):
            device = self.replace(torch.empty(0, device=tensor.device)).device
            kind: Any = UninitializedParameter if isinstance(tensor, torch.nn.Parameter) else UninitializedBuffer
            made = kind(tensor.requires_grad, device, tensor.dtype)
        else:
            made = self.replace(tensor)
            if type(tensor) is torch.nn.Parameter:
                made = torch.nn.Parameter(made, tensor.requires_grad)
            elif tensor.requires_grad and not made.requires_grad:
                made.requires_grad_()
        self.memo[id(tensor)] = made

    def _value(self, value: Any) -> Any:
        if isinstance(value, _IMMUTABLE):
            return value
        if id(value) in self.memo:
            return self.memo[id(value)]
        if type(value) in (dict, OrderedDict):
            made = self.memo[id(value)] = type(value)()
            made.update((name, self._value(item)) for name, item in value.items())
            return made
        if isinstance(value, types.FunctionType):
            return self._function(value)
        if isinstance(value, torch.Generator):
            self.memo[id(value)] = value.clone_state()
            return self.memo[id(value)]
        before = len(self.memo)
        try:
            return copy.deepcopy(value, self.memo)
        except Exception:
            # An open file, a lock, a process group: the copy shares it, and parts that were copied are forgotten.
            while len(self.memo) > before:
                self.memo.popitem()
            self.memo[id(value)] = value
            return value

    def _function(self, function: types.FunctionType) -> types.FunctionType:
        """Return a function that closes over the copies of what a function closes over."""
        if not function.__closure__:
            return function
        cells = tuple(types.CellType() for _ in function.__closure__)
        made = types.FunctionType(
            function.__code__, function.__globals__, function.__name__, function.__defaults__, cells
        )
        made.__kwdefaults__ = function.__kwdefaults__
        vars(made).update(vars(function))
        self.memo[id(function)] = made
        for cell, old in zip(cells, function.__closure__, strict=True):
            try:
                cell.cell_contents = self._value(old.cell_contents)
            except ValueError:  # a variable that has no value yet
                continue
        return made


class _EachTensor(TorchFunctionMode):
    """Decides how `copy.deepcopy` copies a tensor; torch's own way refuses those that were computed."""

    def __init__(self, copied: Replace) -> None:
        super().__init__()
        self.copied = copied

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is not torch.Tensor.__deepcopy__:
            return func(*args, **(kwargs or {}))
        tensor, memo = args
        memo[id(tensor)] = self.copied(tensor)
        return memo[id(tensor)]


def _with_values(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)
