"""Times that make up one step of a serving engine, in which each running sequence gains one token.

Each time is an amount of bytes or FLOPs over the achieved rate of all accelerators, a share of the data sheet's [1]_.
Shares, latencies and the host's times are fitted to measurements [3]_; `parameters` has each with its prior.

References
----------
.. [1] S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model for multicore
   architectures", Communications of the ACM 52 (4), 2009.
.. [2] R. Pope et al., "Efficiently Scaling Transformer Inference", arXiv 2211.05102, 2022: time to load weights and
   cache, time to compute, and exchanges between chips.
.. [3] J.-W. Chung et al., "The ML.ENERGY Benchmark: Toward Automated Inference Energy Measurement and Optimization",
   arXiv 2505.06371, 2025.
"""

from __future__ import annotations

import numpy as np

from joulewise.energy.physics import Floats, Numeric


def weights_time(
    params: Numeric,
    value_bytes: Numeric,
    data_parallel: Numeric,
    n: Numeric,
    bandwidth_bytes_per_s: Numeric,
    share: Numeric,
) -> Floats:
    """Return the time to read the weights that every step needs, whatever the batch. [s]

    Parameters
    ----------
    params : float or array
        Parameters outside the routed experts, D. [1]
    value_bytes : float or array
        Bytes of one stored parameter, b. [B]
    data_parallel : float or array
        Groups of accelerators that each read a copy, n_dp. [1]
    n : float or array
        Accelerators. [1]
    bandwidth_bytes_per_s : float or array
        Bandwidth of one accelerator's memory, W. [B/s]
    share : float or array
        Share of the bandwidth that is achieved, e. [1]

    Notes
    -----
    .. math:: t = \\frac{D b n_{dp}}{n W e}

    Weights are read once for all sequences of a step [2]_, so the batch size matters most.

    Examples
    --------
    10 billion parameters of 2 bytes on two accelerators of 1 TB/s, half of it achieved: 2e10 / (2 x 1e12 x 0.5).

    >>> float(weights_time(1e10, 2.0, 1.0, 2.0, 1e12, 0.5))
    0.02
    """
    return np.asarray(params * value_bytes * data_parallel / (n * bandwidth_bytes_per_s * share))


def expert_imbalance(excess: Numeric, expert_parallel: Numeric) -> Floats:
    """Return the load of the busiest accelerator relative to the mean, where experts are spread. [1]

    Parameters
    ----------
    excess : float or array
        Excess x of the busiest of very many accelerators. [1]
    expert_parallel : float or array
        Accelerators among which the experts are spread, n_ep. [1]

    Notes
    -----
    .. math:: i = 1 + x (1 - 1 / n_{ep})

    Examples
    --------
    >>> float(expert_imbalance(0.2, 4.0)), float(expert_imbalance(0.2, 1.0))
    (1.15, 1.0)
    """
    return np.asarray(1 + excess * (1 - 1 / expert_parallel))


def expert_read_time(
    params: Numeric,
    value_bytes: Numeric,
    touched: Numeric,
    imbalance: Numeric,
    n: Numeric,
    bandwidth_bytes_per_s: Numeric,
    share: Numeric,
) -> Floats:
    """Return the time to read the routed experts that the tokens of a step choose. [s]

    Parameters
    ----------
    params : float or array
        Parameters of all routed experts, X. [1]
    value_bytes : float or array
        Bytes of one stored parameter, b. [B]
    touched : float or array
        Share of the experts that some token chooses, f; see `work.touched_share`. [1]
    imbalance : float or array
        Load of the busiest accelerator relative to the mean, i; see `expert_imbalance`. [1]
    n, bandwidth_bytes_per_s, share : float or array
        As for `weights_time`: n, W and e.

    Notes
    -----
    .. math:: t = \\frac{X b f i}{n W e}

    Examples
    --------
    Half of 40 billion parameters of 1 byte on two accelerators of 1 TB/s, half of it achieved, the busiest with 1.5
    times the mean: 4e10 x 0.5 x 1.5 / (2 x 1e12 x 0.5).

    >>> float(expert_read_time(4e10, 1.0, 0.5, 1.5, 2.0, 1e12, 0.5))
    0.03
    """
    return np.asarray(params * value_bytes * touched * imbalance / (n * bandwidth_bytes_per_s * share))


def expert_tile_time(expert_layers: Numeric, tile_s: Numeric, experts: Numeric, expert_parallel: Numeric) -> Floats:
    """Return the time that the experts an accelerator holds take beyond their weights, chosen or not. [s]

    Parameters
    ----------
    expert_layers : float or array
        Layers with routed experts, L_e. [1]
    tile_s : float or array
        Time of one expert in one layer, tau. [s]
    experts, expert_parallel : float or array
        Routed experts of a layer, E, and accelerators among which they are spread, n_ep. [1]

    Notes
    -----
    .. math:: t = L_e \\tau E / n_{ep}

    Examples
    --------
    >>> float(expert_tile_time(50.0, 1e-6, 80.0, 2.0))
    0.002
    """
    return np.asarray(expert_layers * tile_s * experts / expert_parallel)


def cache_time(traffic_bytes: Numeric, n: Numeric, bandwidth_bytes_per_s: Numeric, share: Numeric) -> Floats:
    """Return the time to read the caches, and to read and write the states. [s]

    Parameters
    ----------
    traffic_bytes : float or array
        Bytes moved in a step, Q; see `work.cache_traffic`. [B]
    n, bandwidth_bytes_per_s, share : float or array
        As for `weights_time`: n, W and e.

    Notes
    -----
    .. math:: t = \\frac{Q}{n W e}

    Examples
    --------
    >>> float(cache_time(2e9, 2.0, 1e12, 0.5))
    0.002
    """
    return np.asarray(traffic_bytes / (n * bandwidth_bytes_per_s * share))


def compute_time(batch_size: Numeric, flops: Numeric, n: Numeric, peak_flops_per_s: Numeric, share: Numeric) -> Floats:
    """Return the time of the arithmetic of one token per sequence. [s]

    Parameters
    ----------
    batch_size : float or array
        Sequences that run together, B. [1]
    flops : float or array
        Work of one token, C; see `work.token_flops`. [FLOPs]
    n : float or array
        Accelerators. [1]
    peak_flops_per_s : float or array
        Peak rate of one accelerator, F. [FLOP/s]
    share : float or array
        Share of the peak that is achieved while decoding, e. [1]

    Notes
    -----
    .. math:: t = \\frac{B C}{n F e}

    Examples
    --------
    >>> float(compute_time(100.0, 2e10, 2.0, 1e15, 0.5))
    0.002
    """
    return np.asarray(batch_size * flops / (n * peak_flops_per_s * share))


def prefill_time(
    batch_size: Numeric,
    output_tokens: Numeric,
    flops: Numeric,
    n: Numeric,
    peak_flops_per_s: Numeric,
    share: Numeric,
) -> Floats:
    """Return the time in a step for the prompts that arrive while the running answers gain one token. [s]

    Parameters
    ----------
    batch_size, output_tokens : float or array
        Sequences that run together, B, and tokens of an answer, o: of B sequences B/o end in each step, and as many
        new prompts are read. [1]
    flops : float or array
        Work of reading one prompt, C; see `work.prompt_flops`. [FLOPs]
    n, peak_flops_per_s : float or array
        As for `compute_time`: n and F.
    share : float or array
        Share of the peak that is achieved while reading prompts, e. [1]

    Notes
    -----
    .. math:: t = \\frac{B}{o} \\frac{C}{n F e}

    Examples
    --------
    >>> float(prefill_time(100.0, 200.0, 2e13, 2.0, 1e15, 0.5))
    0.01
    """
    return np.asarray(batch_size / output_tokens * flops / (n * peak_flops_per_s * share))


def exchange_time(
    layers: Numeric,
    latency_s: Numeric,
    volumes: Numeric,
    batch_size: Numeric,
    hidden: Numeric,
    link_bytes_per_s: Numeric,
    n: Numeric,
) -> Floats:
    """Return the time of the exchanges between accelerators, two in each layer; zero on a single accelerator. [s]

    Parameters
    ----------
    layers : float or array
        Layers of one part that mixes tokens and one feed-forward part, L. [1]
    latency_s : float or array
        Latency of one exchange, a. [s]
    volumes : float or array
        Times that the activations cross the link in an exchange, v. [1]
    batch_size, hidden : float or array
        Sequences that run together, B, and width of the activations of one, of 2 bytes each, d. [1]
    link_bytes_per_s : float or array
        Rate of one accelerator's link, W. [B/s]
    n : float or array
        Accelerators. [1]

    Notes
    -----
    .. math:: t = 2 L \\left(a + \\frac{2 v B d}{W}\\right)

    Two exchanges in each layer, as products split by columns and then by rows need [2]_.

    Examples
    --------
    2 x 50 x (1e-5 + 3 x 2 x 100 x 5000 / 3e11), in seconds.

    >>> float(exchange_time(50.0, 1e-5, 3.0, 100.0, 5000.0, 3e11, 2.0))
    0.002
    >>> float(exchange_time(50.0, 1e-5, 3.0, 100.0, 5000.0, 3e11, 1.0))
    0.0
    """
    exchange_s = 2 * layers * (latency_s + volumes * 2 * batch_size * hidden / link_bytes_per_s)
    return np.asarray(np.where(np.greater(n, 1), exchange_s, 0.0))


def launch_time(layers: Numeric, layer_s: Numeric, expert_layers: Numeric, expert_layer_s: Numeric) -> Floats:
    """Return the time of launches that the accelerators wait for. [s]

    Parameters
    ----------
    layers, expert_layers : float or array
        Layers, L, and those among them with routed experts, L_e. [1]
    layer_s, expert_layer_s : float or array
        Launches of a layer, tau, and dispatch of a layer of experts, tau_e. [s]

    Notes
    -----
    .. math:: t = L \\tau + L_e \\tau_e

    Examples
    --------
    >>> float(launch_time(50.0, 2e-5, 40.0, 1e-4))
    0.005
    """
    return np.asarray(layers * layer_s + expert_layers * expert_layer_s)


def eager_host_time(step_s: Numeric, layers: Numeric, layer_s: Numeric) -> Floats:
    """Return the host's time for a step of an eager engine, which starts one kernel after another. [s]

    Parameters
    ----------
    step_s, layer_s : float or array
        Host's work for a step, h, and for a layer, tau. [s]
    layers : float or array
        Layers, L. [1]

    Notes
    -----
    .. math:: t = h + L \\tau

    Examples
    --------
    >>> float(eager_host_time(0.01, 50.0, 4e-4))
    0.03
    """
    return np.asarray(step_s + layers * layer_s)


def early_host_time(
    step_s: Numeric, sequence_s: Numeric, batch_size: Numeric, tensor_parallel: Numeric, parallel_s: Numeric
) -> Floats:
    """Return the host's time for a step of an early continuous-batching engine (vLLM 0.x). [s]

    Parameters
    ----------
    step_s, sequence_s : float or array
        Host's work for a step, h, and for each sequence in it, s. [s]
    batch_size : float or array
        Sequences that run together, B. [1]
    tensor_parallel : float or array
        Accelerators that share a layer, n_tp. [1]
    parallel_s : float or array
        Host's work to feed more than one accelerator, m. [s]

    Notes
    -----
    .. math:: t = h + s B + m [n_{tp} > 1]

    Examples
    --------
    >>> float(early_host_time(0.004, 5e-4, 20.0, 1.0, 0.03)), float(early_host_time(0.004, 5e-4, 20.0, 2.0, 0.03))
    (0.014, 0.044)
    """
    return np.asarray(step_s + sequence_s * batch_size + np.greater(tensor_parallel, 1) * parallel_s)


def current_host_time(
    step_s: Numeric, sequence_s: Numeric, batch_size: Numeric, output_tokens: Numeric, request_s: Numeric
) -> Floats:
    """Return the host's time for a step of a current continuous-batching engine (vLLM 1). [s]

    Parameters
    ----------
    step_s, sequence_s : float or array
        Host's work for a step, h, and for each sequence in it, s. [s]
    batch_size, output_tokens : float or array
        Sequences that run together, B, and tokens of an answer, o. [1]
    request_s : float or array
        Host's work to prepare the image or video of a request, r. [s]

    Notes
    -----
    .. math:: t = h + s B + \\frac{B}{o} r

    Examples
    --------
    0.004 + 5e-5 x 20 + 20 / 100 x 0.1, in seconds.

    >>> round(float(current_host_time(0.004, 5e-5, 20.0, 100.0, 0.1)), 6)
    0.025
    """
    return np.asarray(step_s + sequence_s * batch_size + batch_size / output_tokens * request_s)
