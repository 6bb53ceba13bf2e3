"""FLOPs, bytes and tokens that a language model computes, reads and stores per token and per prompt.

References
----------
.. [1] J. Kaplan et al., "Scaling Laws for Neural Language Models", arXiv 2001.08361, 2020, Section 2.1: two FLOPs for
   each parameter and token.
.. [2] R. Pope et al., "Efficiently Scaling Transformer Inference", arXiv 2211.05102, 2022: the cache that each step
   reads, and its copies where there are fewer heads than chips.
"""

from __future__ import annotations

import numpy as np

from joulewise.energy.physics import Floats, Numeric

_CACHE_VALUE_BYTES = 2
"""Caches of keys and values hold 16 bits per value."""


def mean_context(prompt_tokens: Numeric, output_tokens: Numeric) -> Floats:
    """Return the tokens before a token of the answer, averaged over the answer. [tokens]

    Parameters
    ----------
    prompt_tokens, output_tokens : float or array
        Tokens of one request, p and o. [tokens]

    Notes
    -----
    .. math:: c = p + o / 2

    Examples
    --------
    >>> float(mean_context(1000.0, 200.0))
    1100.0
    """
    return np.asarray(prompt_tokens + output_tokens / 2)


def attended_tokens(
    context_tokens: Numeric, attention_layers: Numeric, window_layers: Numeric, window: Numeric
) -> Floats:
    """Return the cached tokens that a new token attends to, added over all layers. [tokens]

    Parameters
    ----------
    context_tokens : float or array
        Tokens before the new one, c. [tokens]
    attention_layers, window_layers : float or array
        Layers with a cache, L_a, and those among them that see a window only, L_w. [1]
    window : float or array
        Tokens that such a layer sees, w; infinite where no layer has a window. [tokens]

    Notes
    -----
    .. math:: s = (L_a - L_w) c + L_w \\min(c, w)

    Examples
    --------
    10 layers see all 1,000 tokens, 20 others the last 100 of them.

    >>> float(attended_tokens(1000.0, 30.0, 20.0, 100.0))
    12000.0
    """
    full = attention_layers - window_layers
    return np.asarray(full * context_tokens + window_layers * np.minimum(context_tokens, window))


def token_flops(params: Numeric, attention_width: Numeric, attended: Numeric) -> Floats:
    """Return the work of one token of the answer. [FLOPs]

    Parameters
    ----------
    params : float or array
        Parameters that the token goes through, N. [1]
    attention_width : float or array
        Width of all query heads together, d. [1]
    attended : float or array
        Tokens attended to, added over all layers, s. [tokens]

    Notes
    -----
    .. math:: C = 2 N + 4 d s

    Two FLOPs for each parameter [1]_. For each token attended to, 2 d FLOPs compare the query with its key, and as
    many weigh its values.

    Examples
    --------
    >>> float(token_flops(1e9, 1000.0, 2e5))
    2800000000.0
    """
    return np.asarray(2 * params + 4 * attention_width * attended)


def prompt_flops(
    params: Numeric, attention_layers: Numeric, attention_width: Numeric, prompt_tokens: Numeric, scan_flops: Numeric
) -> Floats:
    """Return the work of reading a prompt. [FLOPs]

    Parameters
    ----------
    params : float or array
        Parameters that each token goes through, N. [1]
    attention_layers : float or array
        Layers in which a token attends to all before it, L_a. A layer of an encoder, in which it attends to those after
        it as well, counts as two. [1]
    attention_width : float or array
        Width of all query heads together, d. [1]
    prompt_tokens : float or array
        Tokens of the prompt, p. [tokens]
    scan_flops : float or array
        Work of one token in all layers that keep a state, projections aside, f. [FLOPs]

    Notes
    -----
    .. math:: C = 2 N p + 2 L_a d p^2 + f p

    A token attends to half of the prompt on average: 4 d p / 2 FLOPs in each layer.

    Examples
    --------
    2 x 1e9 x 100 for the parameters, 2 x 10 x 1000 x 100^2 for attention, 1e6 x 100 for the states.

    >>> float(prompt_flops(1e9, 10.0, 1000.0, 100.0, 1e6))
    200300000000.0
    """
    pairs = 2 * attention_layers * attention_width * prompt_tokens**2
    return np.asarray(2 * params * prompt_tokens + pairs + scan_flops * prompt_tokens)


def touched_share(experts: Numeric, experts_per_token: Numeric, tokens: Numeric) -> Floats:
    """Return the share of a layer's routed experts that the tokens of a step choose. [1]

    Parameters
    ----------
    experts, experts_per_token : float or array
        Routed experts of a layer, E, and those that one token goes through, k. [1]
    tokens : float or array
        Tokens that choose independently, m; fewer than one are taken as one. [tokens]

    Notes
    -----
    .. math:: f = \\max\\left(\\frac{k}{E},\\ 1 - \\left(1 - \\frac{k}{E}\\right)^{\\max(m, 1)}\\right)

    the expected share of cells that are not empty after m draws of k cells out of E (the occupancy problem).

    Examples
    --------
    Two tokens that choose 2 of 8 experts each: 1 - (3/4)^2.

    >>> float(touched_share(8.0, 2.0, 2.0))
    0.4375
    """
    routed = experts_per_token / experts
    return np.asarray(np.maximum(routed, 1 - (1 - routed) ** np.maximum(tokens, 1)))


def cache_copies(n: Numeric, tensor_parallel: Numeric, data_parallel: Numeric, kv_heads: Numeric) -> Floats:
    """Return how many accelerators read each value of the cache. [1]

    Parameters
    ----------
    n : float or array
        Accelerators. [1]
    tensor_parallel, data_parallel : float or array
        Accelerators that share a layer, and groups that each serve sequences of their own. [1]
    kv_heads : float or array
        Heads among which the cache can be split, h; 1 for latent attention. [1]

    Notes
    -----
    .. math:: r = \\max\\left(1,\\ \\max(n_{tp},\\ n / n_{dp}) / h\\right)

    Where experts are spread over the accelerators, attention is split over them all the same; a head that cannot be
    split further is read by several accelerators [2]_.

    Examples
    --------
    >>> float(cache_copies(8.0, 8.0, 1.0, 2.0)), float(cache_copies(8.0, 8.0, 1.0, 32.0))
    (4.0, 1.0)
    """
    return np.asarray(np.maximum(1, np.maximum(tensor_parallel, n / data_parallel) / kv_heads))


def cache_bytes(batch_size: Numeric, values_per_token: Numeric, attended: Numeric, state_bytes: Numeric) -> Floats:
    """Return what all running sequences keep in memory: caches and states. [B]

    Parameters
    ----------
    batch_size : float or array
        Sequences that run together, B. [1]
    values_per_token : float or array
        Values that a token leaves in the cache of one layer, v. [1]
    attended : float or array
        Cached tokens of a sequence that a new one attends to, added over all layers, s. [tokens]
    state_bytes : float or array
        State of one sequence in the layers without a cache, S. [B]

    Notes
    -----
    .. math:: M = B (2 v s + S)

    with 2 bytes for each cached value.

    Examples
    --------
    >>> float(cache_bytes(10.0, 2000.0, 5e4, 1e6))
    2010000000.0
    """
    return np.asarray(batch_size * _CACHE_VALUE_BYTES * values_per_token * attended + batch_size * state_bytes)


def cache_traffic(
    batch_size: Numeric, values_per_token: Numeric, attended: Numeric, copies: Numeric, state_bytes: Numeric
) -> Floats:
    """Return what a step reads of the caches, and reads and writes of the states. [B]

    Parameters
    ----------
    batch_size, values_per_token, attended, state_bytes : float or array
        As for `cache_bytes`: B, v, s and S.
    copies : float or array
        Accelerators that read each value of the cache, r. [1]

    Notes
    -----
    .. math:: Q = B (2 v s r + 2 S)

    with 2 bytes for each cached value. A step also writes one token per sequence, which is left out as small compared
    with the context that it reads.

    Examples
    --------
    >>> float(cache_traffic(10.0, 2000.0, 5e4, 2.0, 1e6))
    4020000000.0
    """
    read = batch_size * _CACHE_VALUE_BYTES * values_per_token * attended * copies
    return np.asarray(read + 2 * batch_size * state_bytes)
