"""The kind of a network, by the operations that mix positions."""

from __future__ import annotations

from collections.abc import Mapping

# The smallest share of the FLOPs in windows and attention at which either makes a network a hybrid.
_BOTH = 0.1


def network_kind(flops_by_form: Mapping[str, int]) -> str:
    """Return the kind of a network: ``convolution``, ``depthwise``, ``transformer`` or ``hybrid``.

    Parameters
    ----------
    flops_by_form : mapping of str to int
        FLOPs by the form of product, see `Workload.flops_by_form`.

    Notes
    -----
    Every network spends most of its FLOPs on products of one weight with each point or token; kinds differ in how
    positions are mixed: by windows (dense, grouped or depthwise convolutions) or by attention. If each of the two has a
    tenth or more of the FLOPs of both together, the network is ``hybrid``. If windows have less, or there are neither
    (mixers by plain matrix products), it is a ``transformer``. Otherwise it is ``depthwise`` or ``convolution``,
    whichever of these windows take more FLOPs.

    Examples
    --------
    >>> network_kind({"pointwise": 700, "convolution": 280, "attention": 20})
    'convolution'
    >>> network_kind({"pointwise": 700, "convolution": 240, "attention": 60})
    'hybrid'
    """
    dense, depthwise = flops_by_form.get("convolution", 0), flops_by_form.get("depthwise", 0)
    attention, windows = flops_by_form.get("attention", 0), dense + depthwise
    both = windows + attention
    if not windows or windows < _BOTH * both:
        return "transformer"
    if attention >= _BOTH * both:
        return "hybrid"
    return "depthwise" if depthwise > dense else "convolution"
