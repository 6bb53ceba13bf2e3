"""Count any PyTorch module: on meta tensors where possible, else on fake tensors, else on real ones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch.utils._pytree import tree_map_only

from joulewise.counting.trace.dispatch import Tally, watch
from joulewise.counting.workload import Layer, Phase, Workload, bytes_of
from joulewise.errors import InputError
from joulewise.formats import format_named


def count_module(
    module: torch.nn.Module,
    *inputs: Any,
    name: str | None = None,
    precision: str = "fp32",
    **kwargs: Any,
) -> Workload:
    """Count one forward pass of a module.

    The module's own weights are neither read nor changed: its parameters and buffers are replaced for the
    pass by meta tensors of their shape; where the module cannot run on these, by fake tensors; and where
    it cannot on those either, it runs on the real ones.

    Parameters
    ----------
    module : torch.nn.Module
        Counted in evaluation mode, without gradients; its mode is left as it was.
    *inputs, **kwargs
        Of its ``forward``; tensors of any device.
    name : str, optional
        By default the class name.
    precision : str
        Of weights and activations, for the bytes: see `formats.FORMATS`.

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
    tally, device = run_counted(module, inputs, kwargs)
    params = {id(p): p.numel() for p in module.parameters()}
    stored = {**params, **{id(b): b.numel() for b in module.buffers()}}
    phase = phase_of(tally, per_value)
    return Workload(
        name=name or type(module).__name__,
        params=sum(params.values()),
        active_params=sum(params.values()),
        weight_bytes=bytes_of(sum(stored.values()), per_value),
        kv_bytes=0,
        activation_bytes=bytes_of(tally.written, per_value),
        phases={"forward": phase},
        layers=layers_of(tally, module),
        uncounted=dict(tally.uncounted.most_common()),
        method=f"torch:{device}",
        precision=stored_as.name,
        activation_values=tally.moved,
        flops_by_form=dict(tally.by_form),
        by_fvcore=tally.by_fvcore,
        inputs={"shapes": [list(t.shape) for t in (*inputs, *kwargs.values()) if isinstance(t, torch.Tensor)]},
    )


def run_counted(module: torch.nn.Module, inputs: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Tally, str]:
    """Run a forward pass on the first kind of tensors that it can run on; return its tally and their kind."""
    modes = [(child, child.training) for child in module.modules()]
    module.eval()
    try:
        return _first_that_runs(module, inputs, kwargs)
    finally:
        for child, training in modes:
            child.training = training


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


def _first_that_runs(module: torch.nn.Module, inputs: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Tally, str]:
    kinds = ["meta", "fake"]
    on_meta = any(t.is_meta for t in (*module.parameters(), *module.buffers()))
    if not on_meta:
        kinds.append("cpu")
    # A failure on one kind of tensors is expected: the next is tried.
    logging.getLogger("torch._subclasses.fake_tensor").setLevel(logging.CRITICAL)
    failure: Exception | None = None
    for kind in kinds:
        try:
            return _run(module, inputs, kwargs, *_tensors_of(kind)), kind
        # An error may come from the kind of tensors: the next kind decides. An error on the last kind is the module's.
        except Exception as error:
            failure = error
    raise InputError(_explained(failure, module)) from failure


def _tensors_of(kind: str) -> tuple[AbstractContextManager[Any], Callable[[torch.Tensor], torch.Tensor]]:
    """Return the context that a kind of tensors needs, and what makes them of others."""
    if kind == "meta":
        return nullcontext(), lambda tensor: tensor.to("meta")
    if kind == "cpu":
        return nullcontext(), lambda tensor: tensor
    from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: PLC0415  (seldom needed, and slow to load)

    fake = FakeTensorMode(allow_non_fake_inputs=True)
    return fake, fake.from_tensor


def _run(
    module: torch.nn.Module,
    inputs: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    context: AbstractContextManager[Any],
    replace: Callable[[torch.Tensor], torch.Tensor],
) -> Tally:
    with torch.no_grad():
        replaced: dict[int, torch.Tensor] = {}

        def once(tensor: torch.Tensor) -> torch.Tensor:
            # Shared weights stay shared.
            if id(tensor) not in replaced:
                replaced[id(tensor)] = replace(tensor)
            return replaced[id(tensor)]

        # Kept alive by `tensors`: the storages of meta tensors are identified by address.
        tensors = {name: once(t) for name, t in module.named_parameters(remove_duplicate=False)}
        tensors |= {name: once(t) for name, t in module.named_buffers(remove_duplicate=False)}
        given, named = tree_map_only(torch.Tensor, once, (inputs, dict(kwargs)))
        with context, watch(module, tensors) as tally:
            torch.func.functional_call(module, tensors, given, named)
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
