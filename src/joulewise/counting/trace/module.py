"""Count any PyTorch module: on meta tensors where possible, else on fake tensors, else on real ones."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from joulewise.counting.trace.compiler import uncompiled
from joulewise.counting.trace.copies import Replace, copy_of, surroundings_kept
from joulewise.counting.trace.dispatch import Tally, watch
from joulewise.counting.workload import Layer, Phase, Workload, bytes_of
from joulewise.errors import InputError
from joulewise.formats import format_named


def count_module(
    module: torch.nn.Module,
    /,
    *inputs: Any,
    name: str | None = None,
    precision: str = "fp32",
    named: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> Workload:
    """Count one forward pass of a module.

    The module is left as it was: a copy of it runs. Its parameters and buffers are meta tensors of the same shapes;
    where it cannot run on these, fake tensors; and where it cannot run on those either, copies with their values.

    Parameters
    ----------
    module : torch.nn.Module
        Counted in evaluation mode; without gradients, unless its forward pass asks for some, which count too.
    *inputs, **kwargs
        Of its ``forward``; tensors of any device.
    name : str, optional
        By default the class name.
    precision : str
        Of weights and activations, for the bytes: see `formats.FORMATS`.
    named : mapping, optional
        Further keyword arguments of ``forward``: those whose names are parameters of this function.

    Returns
    -------
    Workload
        With the phase ``forward``; `method` says on which tensors it was counted.

    Raises
    ------
    InputError
        If the forward pass fails on these inputs: the line has the layer and the shapes.
    """
    stored_as = format_named(precision)
    per_value = stored_as.bytes
    kwargs |= named or {}
    traced = run_counted(module, inputs, kwargs)
    tally, network = traced.tally, traced.network
    params = {id(p): p.numel() for p in network.parameters()}
    stored = {**params, **{id(b): b.numel() for b in network.buffers()}}
    phase = phase_of(tally, per_value)
    return Workload(
        name=name or type(module).__name__,
        params=sum(params.values()),
        active_params=sum(params.values()),
        weight_bytes=bytes_of(sum(stored.values()), per_value),
        kv_bytes=0,
        activation_bytes=bytes_of(tally.written, per_value),
        phases={"forward": phase},
        layers=layers_of(tally, network),
        uncounted=dict(tally.uncounted.most_common()),
        method=f"torch:{traced.kind}",
        precision=stored_as.name,
        activation_values=tally.moved,
        flops_by_form=dict(tally.by_form),
        by_fvcore=tally.by_fvcore,
        inputs={"shapes": [list(t.shape) for t in (*inputs, *kwargs.values()) if isinstance(t, torch.Tensor)]},
    )


@dataclass(frozen=True)
class Traced:
    """A pass that was counted: its tally, the kind of tensors that it ran on, and the copy of the network that ran."""

    tally: Tally
    kind: str
    network: torch.nn.Module


def run_counted(module: torch.nn.Module, inputs: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Traced:
    """Run a forward pass of a copy of a module, on the first kind of tensors that it can run on."""
    with surroundings_kept(), uncompiled():
        return _first_that_runs(module, inputs, dict(kwargs))


def phase_of(tally: Tally, per_value: float) -> Phase:
    """Return a tally as a phase."""
    return Phase(
        flops=tally.flops,
        flops_causal_half=tally.flops - tally.saved_by_mask,
        flops_all_ops=tally.flops + tally.elementwise,
        bytes_read=bytes_of(sum(tally.weights_read.values()) + tally.read, per_value),
        bytes_written=bytes_of(tally.stored, per_value),
    )


def layers_of(tally: Tally, module: torch.nn.Module) -> tuple[Layer, ...]:
    """Return the modules that computed, in the order of their first use; their FLOPs add up to the whole."""
    own = {name: sum(p.numel() for p in child.parameters(recurse=False)) for name, child in module.named_modules()}
    return tuple(
        Layer(path=path, kind=tally.kinds.get(path, ""), params=own.get(path, 0), flops=flops)
        for path, flops in tally.by_module.items()
    )


def _first_that_runs(module: torch.nn.Module, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Traced:
    kinds = ["meta", "fake"]
    on_meta = any(t.is_meta for t in (*module.parameters(), *module.buffers()) if not is_lazy(t))
    if not on_meta:
        kinds.append("cpu")
    # A failure on one kind of tensors is expected: the next is tried.
    logging.getLogger("torch._subclasses.fake_tensor").setLevel(logging.CRITICAL)
    failure: Exception | None = None
    network = module
    for gradients in (False, True):
        for kind in kinds:
            try:
                context, replace = _tensors_of(kind)
                network, given, named = copy_of(module, inputs, kwargs, replace)
                return Traced(_run(network, given, named, context, gradients), kind, network)
            # An error may come from the kind of tensors: the next kind decides. The last error is the module's.
            except Exception as error:
                failure = error
        if "does not require grad" not in str(failure):
            break
    raise InputError(_explained(failure, network)) from failure


def _tensors_of(kind: str) -> tuple[AbstractContextManager[Any], Replace]:
    """Return the context that a kind of tensors needs, and what makes them of others."""
    if kind == "meta":
        return nullcontext(), lambda tensor: _dense(tensor).to("meta")
    if kind == "cpu":
        return nullcontext(), _real
    from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: PLC0415  (seldom needed, and slow to load)

    fake = FakeTensorMode(allow_non_fake_inputs=True)
    return fake, lambda tensor: fake.from_tensor(_dense(tensor))


def _dense(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.layout not in (torch.strided, torch.jagged) or (tensor.is_nested and tensor.layout is torch.strided):
        raise TypeError(f"{str(tensor.layout).removeprefix('torch.')} tensors are counted by their values only")
    return tensor.detach()


def _real(tensor: torch.Tensor) -> torch.Tensor:
    # Types of other packages carry more than values, and know how to be copied.
    plain = type(tensor) in (torch.Tensor, torch.nn.Parameter)
    return tensor.detach().clone() if plain else copy.deepcopy(tensor)


def _run(
    network: torch.nn.Module,
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
    context: AbstractContextManager[Any],
    gradients: bool,
) -> Tally:
    network.eval()
    with torch.set_grad_enabled(gradients), context:
        if any(is_lazy(t) for t in (*network.parameters(), *network.buffers())):
            network(*inputs, **kwargs)  # a lazy layer has no weights before its first pass
        with watch(network) as tally:
            network(*inputs, **kwargs)
    return tally


def _explained(failure: Exception | None, module: torch.nn.Module) -> str:
    reason = str(failure).strip().splitlines()[0] if str(failure).strip() else type(failure).__name__
    path = _failing_layer(failure, module)
    where = f" in layer {path!r}" if path else ""
    return f"{type(module).__name__} cannot run on these inputs{where}: {reason}"


def _failing_layer(failure: Exception | None, module: torch.nn.Module) -> str:
    """Return the qualified name of the innermost submodule whose forward pass was under way."""
    names = {id(child): name for name, child in module.named_modules()}
    found, trace = "", failure.__traceback__ if failure else None
    while trace is not None:
        here = trace.tb_frame.f_locals.get("self")
        if isinstance(here, torch.nn.Module) and names.get(id(here)):
            found = names[id(here)]
        trace = trace.tb_next
    return found
