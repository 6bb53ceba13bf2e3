"""The count that fvcore gives for an operator, to explain a number that was published with it.

fvcore counts a multiply-add as one. It includes norms, pooling and resizing, and counts fused attention, recurrent
layers and convolutions with named padding ("same") as zero.

References
----------
.. [1] fvcore 0.1.5.post20221221, ``fvcore.nn.FlopCountAnalysis``: its table of supported operators.
"""

from __future__ import annotations

from typing import Any

import torch

_PRODUCTS = {"convolution", "addmm", "mm", "bmm", "baddbmm", "mv", "dot", "addmv"}
# Modules that torch runs by operators that fvcore does not see: its count cannot be derived from ours.
OPAQUE = (torch.nn.MultiheadAttention, torch.nn.TransformerEncoderLayer)
_PER_OUTPUT = {"upsample_nearest2d": 1, "upsample_bilinear2d": 4, "grid_sampler_2d": 4}
# Where a norm's weight is among the arguments, and what an element costs without and with one.
_NORMS = {"native_layer_norm": (2, 4, 5), "native_group_norm": (1, 4, 5)}
_BATCH_NORM = (1, 1, 2)


def fvcore_flops(name: str, args: Any, out: Any, flops: int) -> int:
    """Return the count of one operator; `flops` is ours, and `name` the operator's base name."""
    if name in _PRODUCTS:
        return flops // 2
    if name in _PER_OUTPUT:
        return _PER_OUTPUT[name] * int(out.numel())
    norm = _BATCH_NORM if "batch_norm" in name else _NORMS.get(name)
    if norm is None:
        return 0
    place, plain, affine = norm
    weight = args[place] if len(args) > place else None
    return int(args[0].numel()) * (plain if weight is None else affine)
