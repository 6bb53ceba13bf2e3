"""Products whose weights are packed: several values in a byte. FLOPs, and the true number of weights.

References
----------
.. [1] ONNX Runtime contributed operators (domain com.microsoft): MatMulNBits, MatMulBnb4, MoE, QMoE,
       GatherBlockQuantized.
"""

from __future__ import annotations

import math

from joulewise.counting.onnx_graph.call import Call, Formula, MisfitError, plain, same, share

MOE_WEIGHTS = (2, 4, 6)
"""Inputs of MoE that hold the experts' weights."""
QMOE_WEIGHTS = (2, 5, 8)
"""The same of QMoE, which has a scale after each weight."""

# Bits of a weight of QMoE where the type of its quantisation decides, not the attribute.
_BITS_BY_TYPE = {"fp8": 8, "fp4": 4, "nvfp4": 4, "wfp4afp8": 4}


def n_bits_values(c: Call) -> int:
    """Return the weights of a MatMulNBits: K for each of N outputs, in blocks that are filled up to whole bytes."""
    k, n, bits, block = c.positive("K"), c.positive("N"), c.positive("bits", 4), c.positive("block_size")
    stored = c.maybe(1)
    if stored is not None:
        same(math.prod(stored), n * -(-k // block) * -(-block * bits // 8), "bytes of its weight and N, K, bits")
    return k * n


def bnb4_values(c: Call) -> int:
    """Return the weights of a MatMulBnb4, two in a byte."""
    k, n = c.positive("K"), c.positive("N")
    stored = c.maybe(1)
    if stored is not None:
        same(math.prod(stored), -(-k * n // 2), "bytes of its weight and N, K")
    return k * n


def expert_values(c: Call, index: int) -> int:
    """Return the weights of all experts in one input of a QMoE."""
    bits = _BITS_BY_TYPE.get(str(c.attributes.get("quant_type", "int"))) or c.positive("expert_weight_bits", 4)
    return share(math.prod(c.given(index, 3)) * 8, bits, "bits of its experts")


def top_k(c: Call, experts: int) -> int:
    """Return how many of the experts a token selects."""
    k = c.positive("k", 1)
    if k > experts:
        raise MisfitError(f"each token selects {k} of {experts} experts")
    return k


def _by_output(values: int, c: Call) -> int:
    rows = c.given(0)
    same(rows[-1] if rows else 1, c.positive("K"), "features of its input and K")
    return 2 * math.prod(rows[:-1]) * values


def _mixture(c: Call) -> int:
    present = [c.given(i, 3) for i in MOE_WEIGHTS if c.maybe(i) is not None]
    return _selected(c, sum(math.prod(w) for w in present))


def _quantised_mixture(c: Call) -> int:
    return _selected(c, sum(expert_values(c, i) for i in QMOE_WEIGHTS if c.maybe(i) is not None))


def _selected(c: Call, values: int) -> int:
    """Each token passes the experts that it selects; the router is an operator of its own."""
    first, tokens = c.given(2, 3), c.given(0, 2, 3)
    experts = first[0]
    if c.maybe(1) is not None:
        same(c.given(1)[-1], experts, "experts of the router and of the weights")
    if experts < 1:
        raise MisfitError("it has no experts")
    per_expert = share(values, experts, "weights of its experts")
    return 2 * math.prod(tokens[:-1]) * top_k(c, experts) * per_expert


PACKED: dict[str, Formula] = {
    "MatMulNBits": plain(lambda c: _by_output(n_bits_values(c), c)),
    "MatMulBnb4": plain(lambda c: _by_output(bnb4_values(c), c)),
    "MoE": plain(_mixture),
    "QMoE": plain(_quantised_mixture),
}
