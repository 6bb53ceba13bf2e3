"""What kind of network a count is of."""

from __future__ import annotations

from collections.abc import Mapping

# Of the FLOPs of windows and attention together, the share from which neither is an afterthought.
_BOTH = 0.1


def network_kind(flops_by_form: Mapping[str, int]) -> str:
    """Return the kind of a network by where its FLOPs are.

    Every network spends most of its FLOPs on products of one weight with each point or token; what tells them apart is
    how they mix places: by windows (dense, grouped or depthwise convolutions) or by attention. Of the FLOPs of the two
    together, ``hybrid`` has a tenth or more in each; ``transformer`` has over nine tenths in attention, or neither
    windows nor attention (mixers by plain matrix products); the rest is ``depthwise`` or ``convolution``, whichever of
    these windows take more FLOPs.
    """
    dense, depthwise = flops_by_form.get("convolution", 0), flops_by_form.get("depthwise", 0)
    attention, windows = flops_by_form.get("attention", 0), dense + depthwise
    both = windows + attention
    if windows <= _BOTH * both:
        return "transformer"
    if attention >= _BOTH * both:
        return "hybrid"
    return "depthwise" if depthwise > dense else "convolution"
