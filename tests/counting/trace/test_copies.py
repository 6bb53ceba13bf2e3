"""Counting leaves every network as it was: what it computes, holds and calls, and what surrounds it."""

from __future__ import annotations

import copy
import random
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from joulewise.counting.trace import count_module
from joulewise.errors import InputError


class CachesPositions(nn.Module):
    """Keeps tensors in an attribute, a dictionary, a list, and in those of a submodule that no one registered."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(6, 6)
        self.positions: torch.Tensor | None = None
        self.by_length: dict[int, torch.Tensor] = {}
        self.seen: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.positions is None:
            self.positions = torch.arange(x.shape[-1], device=x.device) / 7
        n = x.shape[0]
        if n not in self.by_length:
            self.by_length[n] = torch.ones(n, 1, device=x.device)
        out = self.line(x + self.positions) * self.by_length[n]
        self.seen.append(out)
        return torch.as_tensor(out)


class WritesInPlace(nn.Module):
    """Steps a buffer and a parameter, and reads their values, so that it runs for real."""

    steps: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(6, 6)
        self.register_buffer("steps", torch.zeros(1))
        self.plain = torch.zeros(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.steps += 1
        self.plain += 1
        self.line.weight.data.clamp_(-0.1, 0.1)
        scale = float(self.steps) + float(self.plain)
        x *= scale
        return torch.as_tensor(self.line(x))


class RaisesMidway(CachesPositions):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        super().forward(x)
        nn.modules.module.register_module_forward_hook(lambda *_: None)
        torch.rand(2), random.random(), np.random.random()
        self.train()
        torch.set_grad_enabled(True)
        raise RuntimeError("midway")


class Draws(nn.Module):
    """Draws from its own generator, torch's, Python's and NumPy's, by a value."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        own = float(torch.rand(1, generator=self.generator))
        return x * own * float(torch.rand(1)) * random.random() * float(np.random.random())


class HoldsALock(CachesPositions):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class Hooked(nn.Module):
    """Records, by a hook that closes over the module, what its first layer gave."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(6, 6), nn.Linear(6, 6)
        self.made: torch.Tensor | None = None

        def record(_module: nn.Module, _inputs: Any, out: torch.Tensor) -> None:
            self.made = out if self.made is None else self.made

        self.one.register_forward_hook(record)
        self.call = lambda x: self.two(self.one(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.call(x)
        assert self.made is not None
        return torch.as_tensor(out + self.made)


class Computed(nn.Module):
    """Holds a tensor that autograd computed, which torch refuses to copy."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(6, 6))
        self.twice = self.weight * 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.twice


def _twice_the_same() -> nn.Module:
    line = nn.Linear(6, 6)
    return nn.Sequential(line, line)


def _shared_in_two_places() -> nn.Module:
    inner = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6))
    inner[1].weight = inner[0].weight
    return nn.ModuleDict({"a": inner, "b": nn.Sequential(inner, nn.ReLU())})["b"]


def _with_gradients() -> nn.Module:
    network = nn.Sequential(nn.Linear(6, 6), nn.Dropout())
    network(torch.ones(2, 6)).sum().backward()
    network[1].eval()
    return network


def _normed() -> nn.Module:
    return nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(6, 6)), nn.BatchNorm1d(6))


def _lstm() -> nn.Module:
    return nn.LSTM(6, 5, 2, bidirectional=True)


def _scripted() -> nn.Module:
    return torch.jit.script(nn.Sequential(nn.Linear(6, 6), nn.ReLU()))


def _scripted_inside() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 6), _scripted())


ZOO: dict[str, Callable[[], nn.Module]] = {
    "caches": CachesPositions,
    "writes in place": WritesInPlace,
    "raises": RaisesMidway,
    "draws": Draws,
    "lock": HoldsALock,
    "hooked": Hooked,
    "computed": Computed,
    "twice the same": _twice_the_same,
    "shared": _shared_in_two_places,
    "gradients": _with_gradients,
    "normed": _normed,
    "lstm": _lstm,
    "lazy": lambda: nn.Sequential(nn.LazyLinear(5), nn.ReLU(), nn.LazyLinear(4)),
    "scripted": _scripted,
    "scripted inside": _scripted_inside,
    "traced": lambda: torch.jit.trace(nn.Linear(6, 6), torch.ones(2, 6)),
    "parallel": lambda: nn.DataParallel(CachesPositions()),
    "encoder": lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 12), 2, enable_nested_tensor=False),
}


def _held(module: nn.Module) -> dict[str, Any]:
    """Return what a module and its submodules hold, as comparable values; tensors by identity, place and content."""
    found: dict[str, Any] = {"training": [m.training for m in module.modules()]}
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        lazy = nn.parameter.is_lazy(tensor)
        found[name] = (tensor.device, lazy, None if lazy else tensor.tolist(), None if lazy else tensor.data_ptr())
        found[f"{name}.grad"] = None if tensor.grad is None else tensor.grad.tolist()
    for name, child in module.named_modules():
        if isinstance(child, torch.jit.ScriptModule):
            continue
        found[f"{name} type"] = type(child)
        for attribute, value in vars(child).items():
            if isinstance(value, torch.Tensor):
                found[f"{name}.{attribute}"] = (id(value), value.tolist())
            elif isinstance(value, dict | list):
                found[f"{name}.{attribute}"] = (id(value), len(value), repr(value))
            elif not isinstance(value, torch.Generator):
                found[f"{name}.{attribute}"] = id(value)
    return found


def _surroundings() -> list[Any]:
    hooks = [dict(v) for k, v in vars(nn.modules.module).items() if k.startswith("_global_") and isinstance(v, dict)]
    numbers = (torch.get_rng_state().tolist(), random.getstate(), str(np.random.get_state()))
    return [hooks, numbers, torch.is_grad_enabled(), torch.get_default_dtype()]


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize("make", ZOO.values(), ids=ZOO.keys())
def test_a_network_is_as_it_was_and_computes_what_it_did(make: Callable[[], nn.Module]) -> None:
    torch.manual_seed(1)
    network = make()
    torch.manual_seed(1)
    twin = make()
    given = torch.linspace(-1, 1, 12).reshape(2, 6)
    twin.load_state_dict(copy.deepcopy(network.state_dict()))
    before, around, kept = _held(network), _surroundings(), given.clone()
    if isinstance(network, RaisesMidway):
        with pytest.raises(InputError, match="midway"):
            count_module(network, given)
    else:
        count_module(network, given)
    assert _held(network) == before
    assert _surroundings() == around
    assert torch.equal(given, kept)
    if isinstance(network, RaisesMidway):
        network, twin = _ended(network), _ended(twin)
    outs = []
    for one in (network, twin):
        torch.manual_seed(2)
        random.seed(2)
        np.random.seed(2)
        out = one.eval()(given.clone())
        outs.append(out[0] if isinstance(out, tuple) else out)
    assert torch.equal(*outs)


def _ended(network: nn.Module) -> nn.Module:
    network.__class__ = CachesPositions
    return network


def test_a_cache_that_is_passed_in_is_not_filled() -> None:
    class Cache:
        def __init__(self) -> None:
            self.keys: list[torch.Tensor] = [torch.ones(3, 6)]

    class Reads(nn.Module):
        def forward(self, x: torch.Tensor, cache: Cache) -> torch.Tensor:
            cache.keys.append(x)
            return x @ torch.cat(cache.keys).T

    cache = Cache()
    work = count_module(Reads(), torch.ones(2, 6), cache=cache)
    assert (work.flops, work.method) == (2 * 2 * 6 * (3 + 2), "torch:meta")
    assert len(cache.keys) == 1


def test_a_lazy_network_counts_as_the_one_it_becomes() -> None:
    lazy = nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(5))
    work = count_module(lazy, torch.ones(2, 3, 6, 7))
    assert work.params == (4 * 3 * 9 + 4) + (4 * 4 * 5 * 5 + 5)
    assert work.flops == 2 * 2 * 4 * 20 * 27 + 2 * 2 * 80 * 5
    assert set(work.flops_by_form) == {"convolution", "pointwise"}
