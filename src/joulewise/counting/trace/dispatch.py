"""Trace a forward pass operator by operator."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch._ops import HigherOrderOperator
from torch.nested._internal.nested_tensor import NestedTensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from joulewise.counting.trace.elementwise import BAGS, MOVEMENT, PER_INPUT, PER_OUTPUT, base_name
from joulewise.counting.trace.formulas import (
    COMPLEX,
    REAL_OPERATIONS,
    attention_flops,
    formulas,
    jagged_attention_flops,
    stored_elements,
)
from joulewise.counting.trace.fvcore import OPAQUE, fvcore_flops
from joulewise.counting.trace.higher_order import run_plainly

_SOFTMAX_COST = PER_INPUT["_softmax"]
# Matrices stacked in one weight of a recurrent layer.
_GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
_CONVOLUTIONS = {"conv1d", "conv2d", "conv3d"}
_ALL_CONVOLUTIONS = _CONVOLUTIONS | {"conv_transpose1d", "conv_transpose2d", "conv_transpose3d"}
_CONVOLVED = {"convolution", "_convolution", "convolution_overrideable"}
_NORM_OF_FUSED_LAYER = 2 * PER_INPUT["native_layer_norm"]


@dataclass
class Tally:
    """Tally of one forward pass, filled while it runs; values are numbers of elements, not bytes."""

    flops: int = 0
    saved_by_mask: int = 0
    elementwise: int = 0
    written: int = 0  # outputs of every operator that computes
    read: int = 0  # activations read by matrix products, convolutions and attention
    stored: int = 0  # outputs of these
    by_module: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    kinds: dict[str, str] = field(default_factory=dict)
    weights_read: dict[int, int] = field(default_factory=dict)  # storage -> elements
    uncounted: Counter[str] = field(default_factory=Counter)
    by_form: Counter[str] = field(default_factory=Counter)  # FLOPs: see `_form_of`
    moved: int = 0  # read and stored by products, but for weights that were computed in the pass
    by_fvcore: int | None = 0  # by that counter's rules; None where they are unknown


@contextmanager
def watch(module: torch.nn.Module) -> Iterator[Tally]:
    """Count the operators that are dispatched while the block runs.

    Parameters
    ----------
    module : torch.nn.Module
        Module whose submodules are identified by their qualified names, and whose parameters and buffers are weights.
    """
    weights = (*module.parameters(), *module.buffers())
    tally = Tally()
    stack: list[str] = []
    names = {id(child): name for name, child in reversed(list(module.named_modules()))}
    causal: list[bool] = [False]

    def enter(child: torch.nn.Module, _: Any) -> None:
        # A module that is made during the pass has no name; its work counts towards its parent.
        name = names.get(id(child), stack[-1] if stack else "")
        stack.append(name)
        tally.kinds.setdefault(name, type(child).__name__)
        causal.append(causal[-1] or getattr(child, "is_causal", False) is True)
        if isinstance(child, OPAQUE):
            tally.by_fvcore = None

    def leave(_child: torch.nn.Module, _args: Any, _out: Any) -> None:
        stack.pop()
        causal.pop()

    hooks = torch.nn.modules.module
    handles = (
        hooks.register_module_forward_pre_hook(enter),
        hooks.register_module_forward_hook(leave, always_call=True),
    )
    storages = {_storage(t): _elements(t) for t in weights}
    counter = _Counter(tally, stack, storages)
    try:
        with counter, _WholeCalls(counter, causal):
            yield tally
    finally:
        for handle in handles:
            handle.remove()


class _Counter(TorchDispatchMode):
    """Sees every operator below autograd."""

    def __init__(self, tally: Tally, stack: list[str], storages: dict[int, int]) -> None:
        super().__init__()
        self.tally = tally
        self.stack = stack
        self.storages = storages
        self.formulas = formulas()
        self.paused = False
        self.unseen_by_fvcore = False

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Otherwise torch would load its compiler, which takes most of a second, only to switch it off for this mode.
        return False

    # `torch.cond`, `flex_attention` and the like come through here too.
    supports_higher_order_operators = True

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if isinstance(func, HigherOrderOperator):
            with self:
                return run_plainly(func, *args, **kwargs)
        if any(issubclass(kind, NestedTensor) for kind in types):
            return NotImplemented  # it calls operators on its values, which come here in turn
        if self.paused:
            return func(*args, **kwargs)
        if any(isinstance(t, torch.Tensor) and t.is_nested for t in args):
            raise TypeError("nested tensors are counted in the layout torch.jagged only")
        packet = func._overloadpacket
        name = base_name(str(packet))
        known = packet in self.formulas or any(name in table for table in (PER_OUTPUT, PER_INPUT, MOVEMENT, BAGS))
        if not known and func is not torch.ops.prim.device.default:
            with self:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        out = func(*args, **kwargs)
        self._count(func, packet, name, args, kwargs, out)
        return out

    def _count(self, func: Any, packet: Any, name: str, args: Any, kwargs: Any, out: Any) -> None:
        inputs = [t for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)]
        outputs = [t for t in tree_leaves(out) if isinstance(t, torch.Tensor)]
        made = sum(map(_elements, outputs))
        flops = int(self.formulas[packet](*args, **kwargs, out_val=out)) if packet in self.formulas else 0
        if inputs and inputs[0].is_complex() and name not in REAL_OPERATIONS:
            flops *= COMPLEX
        if self.tally.by_fvcore is not None and not self.unseen_by_fvcore:
            self.tally.by_fvcore += fvcore_flops(name, args, out, flops)
        if packet in self.formulas:
            convolved = args if name in _CONVOLVED else ()
            self.products(flops, inputs, made, convolved=convolved)
            if name == "_transformer_encoder_layer_fwd":
                self.tally.elementwise += _NORM_OF_FUSED_LAYER * inputs[0].numel()
        if name in BAGS:
            # Sums of rows: additions alone, and a multiplication each where the rows are weighted.
            rows, weighted = args[1].numel(), len(args) > 6 and args[6] is not None
            self.tally.elementwise += (2 if weighted else 1) * rows * args[0].shape[-1]
            self.tally.read += rows * args[0].shape[-1]
            self.tally.written += outputs[0].numel()
        elif name in PER_OUTPUT:
            self.tally.elementwise += PER_OUTPUT[name] * (outputs[0].numel() if outputs else 0)
            self.tally.written += made
        elif name in PER_INPUT:
            self.tally.elementwise += PER_INPUT[name] * (inputs[0].numel() if inputs else 0)
            self.tally.written += made
        elif packet not in self.formulas:
            if name == "embedding" and inputs:
                self.tally.read += made
            if not (name in MOVEMENT or getattr(func, "is_view", False)) and inputs:
                self.tally.uncounted[str(packet)] += 1

    def products(
        self, flops: int, inputs: list[torch.Tensor], made: int, saved_by_mask: int = 0, convolved: Any = ()
    ) -> None:
        """Enter an operator made of multiply-adds; `convolved` has the arguments of a convolution."""
        tally = self.tally
        tally.flops += flops
        tally.saved_by_mask += saved_by_mask
        tally.by_module[self.stack[-1] if self.stack else ""] += flops
        tally.written += made
        tally.stored += made
        for tensor in inputs:
            storage = _storage(tensor)
            if storage in self.storages:
                tally.weights_read[storage] = self.storages[storage]
            else:
                tally.read += _elements(tensor)
        weighed = [t for t in inputs if _storage(t) in self.storages]
        tally.by_form[_form_of(convolved, bool(weighed))] += flops
        tally.moved += made + sum(
            _elements(t)
            for t in inputs
            if not any(t is w for w in weighed) and not (convolved and any(t is w for w in convolved[1:3]))
        )


def _storage(tensor: torch.Tensor) -> int:
    """Return what tells a tensor's memory from others'; a sparse or nested tensor has several pieces of it."""
    plain = tensor.layout is torch.strided and not tensor.is_nested
    return tensor.untyped_storage()._cdata if plain else id(tensor)


def _elements(tensor: torch.Tensor) -> int:
    if isinstance(tensor, NestedTensor):
        return tensor.values().numel()
    return stored_elements(tensor)


def _form_of(convolved: Any, weighed: bool) -> str:
    """Return the form of a product.

    ``convolution`` is over overlapping windows of several channels, ``depthwise`` over those of single channels;
    ``pointwise`` multiplies a weight with each point, token or patch; ``attention`` multiplies two tensors that depend
    on the input.
    """
    if not convolved:
        return "pointwise" if weighed else "attention"
    weight, stride, groups = convolved[1], convolved[3], convolved[8]
    kernel = tuple(weight.shape[2:])
    strides = tuple(stride) * (len(kernel) if len(stride) == 1 else 1)
    if all(k <= s for k, s in zip(kernel, strides, strict=True)):
        return "pointwise"
    return "depthwise" if groups > 1 and weight.shape[1] == 1 else "convolution"


def _has_no_data(tensor: torch.Tensor) -> bool:
    return tensor.is_meta or (type(tensor).__name__ == "FakeTensor" and not tensor.is_cpu)


class _WholeCalls(TorchFunctionMode):
    """Counts attention and recurrent layers when they are called.

    That is before a device selects one of its many kernels for attention, and before a recurrent layer without data is
    unrolled step by step.
    """

    def __init__(self, counter: _Counter, causal: list[bool]) -> None:
        super().__init__()
        self.counter = counter
        self.causal = causal

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self.counter.paused:
            return func(*args, **kwargs)
        if func is torch.nn.functional.scaled_dot_product_attention:
            return self._attention(func, args, kwargs)
        called = getattr(func, "__name__", "")
        if called == "adaptive_avg_pool2d" and self.counter.tally.by_fvcore is not None:
            self.counter.tally.by_fvcore += args[0].numel()
        if called in _ALL_CONVOLUTIONS and args and args[0].is_complex():
            return self._complex_convolution(func, args, kwargs)
        if called in _CONVOLUTIONS and isinstance(kwargs.get("padding", args[4] if len(args) > 4 else 0), str):
            self.counter.unseen_by_fvcore = True
            try:
                return func(*args, **kwargs)
            finally:
                self.counter.unseen_by_fvcore = False
        if called in _GATES and _has_no_data(args[0]):
            # Packed sequences have the lengths of their steps as a second tensor; a padded batch has its layout last.
            packed = isinstance(args[3], list | tuple)
            return self._recurrent(called, args[0], *(args[2:] if packed else args[1:-1]))
        return func(*args, **kwargs)

    def _complex_convolution(self, func: Any, args: Any, kwargs: Any) -> Any:
        self.counter.paused = True  # torch makes it of three real ones
        try:
            out = func(*args, **kwargs)
        finally:
            self.counter.paused = False
        x, weight = args[0], kwargs["weight"] if "weight" in kwargs else args[1]
        rows = x if "transpose" in func.__name__ else out
        self.counter.products(COMPLEX * 2 * rows.numel() * weight[0].numel(), [x, weight], out.numel())
        return out

    def _recurrent(
        self, kind: str, x: Any, states: Any, weights: Any, biases: bool, layers: int, _dropout: float, _train: bool,
        both: bool,
    ) -> Any:  # fmt: skip
        """Count a recurrent layer on tensors without data, and return tensors of the shapes of its results."""
        matrices = [w for w in weights if w.dim() == 2]
        steps = x.numel() // x.shape[-1]  # time steps x batch
        flops = 2 * steps * sum(w.numel() for w in matrices)
        hidden = matrices[1].shape[0] // _GATES[kind]  # rows of the recurrent matrix
        projected = len(weights) // (layers * (2 if both else 1)) > (4 if biases else 2)
        width = weights[-1].shape[0] if projected else hidden
        wide = 2 * width if both else width
        out = x.new_empty((*x.shape[:-1], wide))
        tuple_of_states = states if isinstance(states, list | tuple) else (states,)
        last = tuple(state.new_empty(state.shape) for state in tuple_of_states)
        self.counter.products(flops, [x, *matrices], steps * wide * layers)
        # Gates and state: as many operations as the cells dispatched alone.
        cost = PER_OUTPUT["_thnn_fused_lstm_cell" if kind == "lstm" else "_thnn_fused_gru_cell"]
        self.counter.tally.elementwise += cost * steps * hidden * layers * (2 if both else 1)
        return (out, *last)

    def _attention(self, func: Any, args: Any, kwargs: Any) -> Any:
        self.counter.paused = True
        try:
            out = func(*args, **kwargs)
        finally:
            self.counter.paused = False
        named = dict(zip(("query", "key", "value", "attn_mask", "dropout_p", "is_causal"), args, strict=False)) | kwargs
        query, key, value = named["query"], named["key"], named["value"]
        if query.is_nested:
            flops = jagged_attention_flops(query, key, value)
            self.counter.products(flops, [query, key, value], _elements(out))
            return out
        flops = attention_flops(query, key, value)
        rows, columns = query.shape[-2], key.shape[-2]
        kept = rows * columns
        if named.get("is_causal", False):
            # torch aligns its mask to the first query and the first key.
            short = min(rows, columns)
            kept = short * (short + 1) // 2 + (rows - short) * columns
        elif self.causal[-1] and columns >= rows:
            # A module's own mask lets its queries, the last of the sequence, see all keys before them.
            kept = rows * (columns - rows) + rows * (rows + 1) // 2
        # Exact: flops is a whole multiple of all rows x columns pairs.
        saved = flops // (rows * columns) * (rows * columns - kept) if rows * columns else 0
        self.counter.products(flops, [query, key, value], out.numel(), saved)
        self.counter.tally.elementwise += (_SOFTMAX_COST + 1) * math.prod(out.shape[:-1]) * columns
        return out
