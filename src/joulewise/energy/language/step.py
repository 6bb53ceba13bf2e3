"""Time, power and energy of one step of a serving engine, for whole columns of requests to language models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from joulewise.energy.language import power, times, work
from joulewise.energy.physics import Bools, Floats, Labels, energy_per_item, overlapped_time, per_die, soft_limit
from joulewise.energy.reading import Requests

EAGER, EARLY, CURRENT = "eager", "early", "current"
"""Generations of engines: one kernel after another (transformers); continuous batching with a slow host
loop (vLLM 0.x); the same with the host's work hidden behind the accelerator's (vLLM 1)."""

_MEMORY_FACTOR = 1.1
"""Memory in use over that of weights and caches."""


@dataclass(frozen=True)
class Columns:
    """Requests to language models, one per row; the dimensions of `Shape` by their names, and:

    Parameters
    ----------
    n : array
        Accelerators.
    batch_size : array
        Sequences that run together, on average.
    prompt_tokens, output_tokens : array
        Of one request; tokens of images are part of the prompt.
    weight_bytes : array
        Of one stored weight.
    tensor_parallel, data_parallel, expert_parallel : array
    peak_flops_per_s, bandwidth_bytes_per_s, link_bytes_per_s, tdp_w, memory_bytes : array
        Of one accelerator; the rate is dense, at 16 bits.
    die : array of str
        Of the accelerator: the design whose achieved rates are fitted.
    number_format : array of str
        ``bf16``, ``fp8`` or ``mxfp4``.
    native_fp4 : array of bool
        Whether the accelerator computes in 4 bits; else 4-bit weights are widened as they are read.
    engine : array of str
        Its generation.
    media : array of str
        What comes with a prompt and is prepared by the host: blank, ``image`` or ``video``.
    """

    params: Floats
    dense_params: Floats
    expert_params: Floats
    active_params: Floats
    experts: Floats
    experts_per_token: Floats
    layers: Floats
    attention_layers: Floats
    expert_layers: Floats
    hidden: Floats
    kv_heads: Floats
    kv_values_per_token_layer: Floats
    attention_width: Floats
    window: Floats
    window_layers: Floats
    state_bytes: Floats
    scan_flops: Floats
    image_tokens: Floats
    encoder_params: Floats
    encoder_layers: Floats
    n: Floats
    batch_size: Floats
    prompt_tokens: Floats
    output_tokens: Floats
    weight_bytes: Floats
    tensor_parallel: Floats
    data_parallel: Floats
    expert_parallel: Floats
    peak_flops_per_s: Floats
    bandwidth_bytes_per_s: Floats
    link_bytes_per_s: Floats
    tdp_w: Floats
    memory_bytes: Floats
    die: Labels
    number_format: Labels
    native_fp4: Bools
    engine: Labels
    media: Labels


@dataclass(frozen=True)
class Step:
    """One step, in which each running sequence gains one token and the prompts that have arrived are read.

    Parameters
    ----------
    time_s, power_w : array
        Of the step; of one accelerator.
    energy_j : array
        Of one output token, prefill shared out among the answer's tokens.
    prefill_share : array
        Of the accelerators' busy time.
    parts_s : mapping of str to array
        Components of the step's time, before overlap: ``weights``, ``experts``, ``kv_cache`` (and states),
        ``compute``, ``communication``, ``launches``, ``prefill``, ``host``.
    """

    time_s: Floats
    power_w: Floats
    energy_j: Floats
    prefill_share: Floats
    parts_s: Mapping[str, Floats]


@dataclass(frozen=True)
class Rates:
    """Fitted constants that apply to each row's accelerator, number format and engine.

    Parameters
    ----------
    bandwidth_bytes_per_s : array
        Of the memory of this design of chip, before the shares for weights, experts and cache. [B/s]
    flops_per_s : array
        Peak of the number format, before the shares of decoding and prefill. [FLOP/s]
    dense_bytes : array
        Of one weight outside the routed experts. [B]
    expert_share : array
        Of the bandwidth, where experts are read. [1]
    expert_launch_s, expert_tile_s : array
        Dispatch of a layer of experts, and time of each expert held. [s]
    expert_draw : array
        Power of grouped products, relative to the limit. [1]
    layer_launch_s : array
        Launches of a layer. [s]
    overlap : array
        Sharpness of the overlap of host and accelerators. [1]
    """

    bandwidth_bytes_per_s: Floats
    flops_per_s: Floats
    dense_bytes: Floats
    expert_share: Floats
    expert_launch_s: Floats
    expert_tile_s: Floats
    expert_draw: Floats
    layer_launch_s: Floats
    overlap: Floats


def rates_of(values: Mapping[str, float], c: Columns) -> Rates:
    """Return the constants that apply to each row.

    Notes
    -----
    Checkpoints in 4 bits keep all but the routed experts at 16 bits; where a chip does not compute in 4 bits, it widens
    the experts as it reads them. Engines: an eager one waits for no launches of layers beyond the host's own time, and
    an early one works after the host instead of overlapping with it.
    """
    fp8, fp4 = c.number_format == "fp8", c.number_format == "mxfp4"
    eager, early = c.engine == EAGER, c.engine == EARLY
    share_fp4 = np.where(c.native_fp4, values["expert_bandwidth_fp4"], values["expert_bandwidth_fp4_emulated"])
    share_fp8 = np.where(fp8, values["expert_bandwidth_fp8"], values["expert_bandwidth"])
    launch_fp8_s = np.where(fp8, values["expert_launch_fp8_s"], values["expert_launch_s"])
    return Rates(
        bandwidth_bytes_per_s=c.bandwidth_bytes_per_s * per_die(values, "bandwidth", c.die),
        flops_per_s=c.peak_flops_per_s * np.where(fp8, values["fp8_gain"], 1.0),
        dense_bytes=np.where(fp4, 2.0, c.weight_bytes),
        expert_share=np.where(fp4, share_fp4, share_fp8),
        expert_launch_s=np.where(fp4, values["expert_launch_fp4_s"], launch_fp8_s),
        expert_tile_s=np.where(fp8, values["expert_tile_fp8_s"], values["expert_tile_s"]),
        expert_draw=np.where(fp8, values["power_experts_fp8"], values["power_experts"]),
        layer_launch_s=np.where(eager, 0.0, np.where(early, values["early_layer_s"], values["current_layer_s"])),
        overlap=np.where(eager, 4.0, np.where(early, 1.0, values["current_overlap"])),
    )


def step(values: Mapping[str, float], c: Columns) -> Step:
    """Return time, power and energy of a step of each workload.

    Parameters
    ----------
    values : mapping
        Of the parameters in `parameters.SERVING`.
    c : Columns

    Notes
    -----
    The accelerators' times add up, as each waits for the one before; the host's time overlaps with their sum. The terms
    are those of `times`, from the amounts in `work`; power is that of `power`, bent at the limit by
    `physics.soft_limit`.
    """
    rates = rates_of(values, c)
    t = _times(values, c, rates)
    device_s = t.weights_s + t.experts_s + t.cache_s + t.compute_s + t.exchange_s + t.launches_s + t.prefill_s
    time_s = overlapped_time(t.host_s, device_s, rates.overlap)
    power_w = c.tdp_w * soft_limit(_demand(values, c, rates, t, device_s, time_s), values["power_knee"])
    return Step(
        time_s=time_s,
        power_w=power_w,
        energy_j=energy_per_item(c.n, power_w, time_s, c.batch_size),
        prefill_share=t.prefill_s / device_s,
        parts_s={
            "weights": t.weights_s,
            "experts": t.experts_s,
            "kv_cache": t.cache_s,
            "compute": t.compute_s,
            "communication": t.exchange_s,
            "launches": t.launches_s,
            "prefill": t.prefill_s,
            "host": t.host_s,
        },
    )


@dataclass(frozen=True)
class _Times:
    """The parts of a step's time, before overlap; `expert_reads_s` is part of `experts_s`. [s]"""

    weights_s: Floats
    expert_reads_s: Floats
    experts_s: Floats
    cache_s: Floats
    compute_s: Floats
    prefill_s: Floats
    exchange_s: Floats
    launches_s: Floats
    host_s: Floats


def _times(values: Mapping[str, float], c: Columns, rates: Rates) -> _Times:
    n, bandwidth, peak = c.n, rates.bandwidth_bytes_per_s, rates.flops_per_s
    attended = _attended(c)
    touched = work.touched_share(c.experts, c.experts_per_token, values["expert_spread"] * c.batch_size)
    imbalance = times.expert_imbalance(values["expert_imbalance"], c.expert_parallel)
    copies = work.cache_copies(n, c.tensor_parallel, c.data_parallel, c.kv_heads)
    traffic = work.cache_traffic(c.batch_size, c.kv_values_per_token_layer, attended, copies, c.state_bytes)
    reads_s = times.expert_read_time(
        c.expert_params, c.weight_bytes, touched, imbalance, n, bandwidth, rates.expert_share
    )
    tiles_s = times.expert_tile_time(c.expert_layers, rates.expert_tile_s, c.experts, c.expert_parallel)
    return _Times(
        weights_s=times.weights_time(
            c.dense_params, rates.dense_bytes, c.data_parallel, n, bandwidth, values["weight_bandwidth"]
        ),
        expert_reads_s=reads_s,
        experts_s=reads_s + tiles_s,
        cache_s=times.cache_time(traffic, n, bandwidth, values["kv_bandwidth"]),
        compute_s=times.compute_time(c.batch_size, _token_flops(c, attended), n, peak, values["decode_compute"]),
        prefill_s=times.prefill_time(
            c.batch_size, c.output_tokens, _prompt_flops(c), n, peak, values["prefill_compute"]
        ),
        exchange_s=_exchange_time(values, c),
        launches_s=times.launch_time(c.layers, rates.layer_launch_s, c.expert_layers, rates.expert_launch_s),
        host_s=_host_time(values, c),
    )


def _demand(
    values: Mapping[str, float], c: Columns, rates: Rates, t: _Times, device_s: Floats, time_s: Floats
) -> Floats:
    """Return the power that an accelerator would draw without a limit, relative to the limit. [1]"""
    bandwidth = rates.bandwidth_bytes_per_s
    moving_s = (
        t.weights_s * values["weight_bandwidth"]
        + t.expert_reads_s * rates.expert_share
        + t.cache_s * values["kv_bandwidth"]
    )
    computing_s = t.compute_s * values["decode_compute"] + t.prefill_s * values["prefill_compute"]
    flops = computing_s * rates.flops_per_s
    return (
        per_die(values, "idle", c.die)
        + power.busy_demand(values["power_busy"], device_s, time_s)
        + power.memory_demand(values["power_memory"], moving_s, time_s, bandwidth, c.bandwidth_bytes_per_s)
        + power.arithmetic_demand(values["power_compute"], flops, time_s, c.peak_flops_per_s)
        + power.experts_demand(rates.expert_draw, t.experts_s, time_s)
    )


def _exchange_time(values: Mapping[str, float], c: Columns) -> Floats:
    """Return the time of exchanges between accelerators, which cost more where experts are spread."""
    spread = c.expert_parallel > 1
    latency_s = np.where(spread, values["expert_link_s"], values["link_s"])
    volumes = np.where(spread, values["expert_link_volume"], values["link_volume"])
    return times.exchange_time(c.layers, latency_s, volumes, c.batch_size, c.hidden, c.link_bytes_per_s, c.n)


def _host_time(values: Mapping[str, float], c: Columns) -> Floats:
    """Return the host's time for a step, by generation of engine; only a current one is priced with media."""
    eager_s = times.eager_host_time(values["eager_host_s"], c.layers, values["eager_layer_s"])
    early_s = times.early_host_time(
        values["early_host_s"],
        values["early_host_per_sequence_s"],
        c.batch_size,
        c.tensor_parallel,
        values["early_parallel_host_s"],
    )
    request_s = np.where(c.media == "image", values["image_host_s"], 0.0)
    request_s = np.where(c.media == "video", values["video_host_s"], request_s)
    current_s = times.current_host_time(
        values["current_host_s"], values["current_host_per_sequence_s"], c.batch_size, c.output_tokens, request_s
    )
    return np.where(c.engine == EAGER, eager_s, np.where(c.engine == EARLY, early_s, current_s))


def request_flops(c: Columns) -> Floats:
    """Return the work of one request: reading its prompt and writing its answer. [FLOPs]"""
    return np.asarray(_prompt_flops(c) + c.output_tokens * _token_flops(c, _attended(c)))


def kept_bytes(c: Columns) -> Floats:
    """Return the cache and states of all running sequences, at the mean context. [B]"""
    return work.cache_bytes(c.batch_size, c.kv_values_per_token_layer, _attended(c), c.state_bytes)


def _attended(c: Columns) -> Floats:
    context = work.mean_context(c.prompt_tokens, c.output_tokens)
    return work.attended_tokens(context, c.attention_layers, c.window_layers, c.window)


def _token_flops(c: Columns, attended: Floats) -> Floats:
    """Return the work of one token; the decoder of an encoder-decoder goes through its own weights alone."""
    params = np.where(c.encoder_layers > 0, c.dense_params, c.active_params)
    return work.token_flops(params, c.attention_width, attended)


def _prompt_flops(c: Columns) -> Floats:
    """Return the work of a prompt: of the encoder where there is one, whose tokens see those after them too."""
    encoded = c.encoder_layers > 0
    params = np.where(encoded, c.encoder_params, c.active_params)
    layers = np.where(encoded, 2 * c.encoder_layers, c.attention_layers)
    return work.prompt_flops(params, layers, c.attention_width, c.prompt_tokens, c.scan_flops)


def memory_share(c: Columns) -> Floats:
    """Return the memory that weights and caches need, relative to what the accelerators have. [1]

    Notes
    -----
    .. math:: m = 1.1 \\frac{N b n_{dp} + M}{n V}

    with N parameters of b bytes, a copy of them in each of n_dp groups, M bytes of caches and states (`kept_bytes`),
    and V bytes of memory on each of n accelerators. A tenth more is for activations, the engine's buffers and
    fragmentation.
    """
    weights = c.params * c.weight_bytes * c.data_parallel
    return np.asarray((weights + kept_bytes(c)) * _MEMORY_FACTOR / (c.n * c.memory_bytes))


def bounds_of_phases(values: Mapping[str, float], c: Columns) -> tuple[str, str]:
    """Return what bounds the prompt's phase and the answer's, of the first row."""
    parts = step(values, c).parts_s
    decode = {name: float(part[0]) for name, part in parts.items() if name != "prefill"}
    return "compute", max(decode, key=lambda name: decode[name])


def at_peak(c: Columns) -> Floats:
    """Return the work of a token over the accelerator's peak rate per watt. [J per token]

    Notes
    -----
    .. math:: E = \\frac{2 N}{F / P}

    with N active parameters, the peak rate F [FLOP/s] and the thermal design power P [W]: the efficiency by which the
    paper divides FLOPs [1]_, applied to one token.

    References
    ----------
    .. [1] Desislavov et al., Compute and Energy Consumption Trends in Deep Learning Inference, 2021, Eqs. 1, 2.
    """
    return np.asarray(2 * c.active_params / (c.peak_flops_per_s / c.tdp_w))


def explain(values: Mapping[str, float], requests: Requests[Columns]) -> list[str]:
    """Return the steps of the first request's estimate, with the numbers that redo it by hand."""
    c = requests.columns
    made = step(values, c)
    parts = ", ".join(f"{k.replace('_', ' ')} {v[0] * 1e3:.3g} ms" for k, v in made.parts_s.items())
    state = f", and {c.state_bytes[0] / 1e6:.4g} MB of state per sequence" if c.state_bytes[0] else ""
    return [
        f"weights: {c.dense_params[0] / 1e9:.4g} billion read in each step, {c.expert_params[0] / 1e9:.4g} billion in "
        f"routed experts, {c.weight_bytes[0]:g} bytes each",
        f"cache: {2 * c.kv_values_per_token_layer[0] * c.attention_layers[0] / 1e3:.4g} kB per token{state}, context "
        f"{c.prompt_tokens[0] + c.output_tokens[0] / 2:g} tokens on average, {c.batch_size[0]:g} sequences",
        f"a step that gives each sequence one token: {parts}",
        f"host and accelerators overlap: {made.time_s[0] * 1e3:.4g} ms per step",
        f"power of an accelerator: {made.power_w[0]:.4g} W of {c.tdp_w[0]:g} W",
        f"energy of a token: {c.n[0]:g} x {made.power_w[0]:.4g} W x {made.time_s[0]:.4g} s / {c.batch_size[0]:g} "
        f"sequences = {made.energy_j[0]:.4g} J",
    ]
