"""Time, power and energy of one step of a serving engine: the physics of language models, on whole columns at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from joulewise.energy.physics import Bools, Floats, Labels, per_die, soft_limit
from joulewise.energy.rows import Requests

EAGER, EARLY, CURRENT = "eager", "early", "current"
"""Generations of engines: one kernel after another (transformers); continuous batching with a slow host
loop (vLLM 0.x); the same with the host's work hidden behind the accelerator's (vLLM 1)."""


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
    """One step: each running sequence moves on by one token, and the prompts that arrive meanwhile are read.

    Parameters
    ----------
    time_s, power_w : array
        Of the step; of one accelerator.
    energy_j : array
        Of one output token, prefill shared out among the answer's tokens.
    prefill_share : array
        Of the accelerators' busy time.
    parts_s : mapping of str to array
        What the step's time is made of, before overlap: ``weights``, ``experts``, ``kv_cache`` (and states),
        ``compute``, ``communication``, ``launches``, ``prefill``, ``host``.
    """

    time_s: Floats
    power_w: Floats
    energy_j: Floats
    prefill_share: Floats
    parts_s: Mapping[str, Floats]


def step(values: Mapping[str, float], c: Columns) -> Step:
    """Return time, power and energy of a step of each workload.

    Parameters
    ----------
    values : mapping
        Of the parameters in `parameters.LANGUAGE`.
    c : Columns

    Notes
    -----
    Weights read: the dense part once, of the routed experts the share that a batch of ``rho * B`` tokens
    drawn at random touches, and a time for each expert held, touched or not. The cache is read at the mean
    context, prompt and half the answer, by each accelerator whole where there are more than heads to split.
    Layers with a state in place of a cache read and write it, at any context, at the cache's rate.
    An encoder reads the prompt, and the decoder's cross-attention its cache: as much as if it had read it itself.
    Power: an idle floor and what being busy, memory traffic, arithmetic and grouped products of experts draw,
    softly capped by the power limit.
    Form and first values: a prototype's study of the same data; all values here are fitted anew.
    """
    fp8, fp4 = c.number_format == "fp8", c.number_format == "mxfp4"
    bandwidth = c.bandwidth_bytes_per_s * per_die(values, "bandwidth", c.die)
    peak = c.peak_flops_per_s * np.where(fp8, values["fp8_gain"], 1.0)
    seen = _seen(c)
    routed = c.experts_per_token / c.experts
    touched = np.maximum(routed, 1 - (1 - routed) ** np.maximum(values["expert_spread"] * c.batch_size, 1))
    touched = np.where(c.expert_params > 0, touched, 0.0)
    at_fp4 = np.where(c.native_fp4, values["expert_bandwidth_fp4"], values["expert_bandwidth_fp4_emulated"])
    e_experts = np.where(fp4, at_fp4, np.where(fp8, values["expert_bandwidth_fp8"], values["expert_bandwidth"]))
    launch = np.where(
        fp4, values["expert_launch_fp4_s"], np.where(fp8, values["expert_launch_fp8_s"], values["expert_launch_s"])
    )
    dense_bytes = np.where(fp4, 2.0, c.weight_bytes)  # 4-bit checkpoints keep all but the experts at 16 bits

    weights_s = c.dense_params * dense_bytes * c.data_parallel / (c.n * bandwidth * values["weight_bandwidth"])
    imbalance = 1 + values["expert_imbalance"] * (1 - 1 / c.expert_parallel)
    read_s = c.expert_params * c.weight_bytes * touched * imbalance / (c.n * bandwidth * e_experts)
    tile_s = np.where(fp8, values["expert_tile_fp8_s"], values["expert_tile_s"])
    experts_s = read_s + c.expert_layers * tile_s * c.experts / c.expert_parallel
    # Where experts are spread, attention is split over the accelerators all the same.
    copies = np.maximum(1, np.maximum(c.tensor_parallel, c.n / c.data_parallel) / c.kv_heads)
    cache_bytes = c.batch_size * 2 * c.kv_values_per_token_layer * seen * copies + 2 * c.batch_size * c.state_bytes
    cache_s = cache_bytes / (c.n * bandwidth * values["kv_bandwidth"])
    compute_s = c.batch_size * _token_flops(c, seen) / (c.n * peak * values["decode_compute"])
    prefill_s = c.batch_size / c.output_tokens * _prompt_flops(c) / (c.n * peak * values["prefill_compute"])
    spread = c.expert_parallel > 1
    latency_s = np.where(spread, values["expert_link_s"], values["link_s"])
    volumes = np.where(spread, values["expert_link_volume"], values["link_volume"])
    exchange_s = 2 * c.layers * (latency_s + volumes * 2 * c.batch_size * c.hidden / c.link_bytes_per_s)
    exchange_s = np.where(c.n > 1, exchange_s, 0.0)

    eager, early = c.engine == EAGER, c.engine == EARLY
    current = ~eager & ~early
    per_layer = np.where(early, values["early_layer_s"], np.where(current, values["current_layer_s"], 0.0))
    launches_s = c.layers * per_layer + c.expert_layers * launch
    eager_s = values["eager_host_s"] + c.layers * values["eager_layer_s"]
    early_s = values["early_host_s"] + values["early_host_per_sequence_s"] * c.batch_size
    early_s = early_s + (c.tensor_parallel > 1) * values["early_parallel_host_s"]
    current_s = values["current_host_s"] + values["current_host_per_sequence_s"] * c.batch_size
    per_request = np.where(c.media == "image", values["image_host_s"], 0.0)
    per_request = np.where(c.media == "video", values["video_host_s"], per_request)
    current_s = current_s + c.batch_size / c.output_tokens * per_request
    host_s = np.where(eager, eager_s, np.where(early, early_s, current_s))

    device_s = weights_s + experts_s + cache_s + compute_s + exchange_s + launches_s + prefill_s
    overlap = np.where(eager, 4.0, np.where(early, 1.0, values["current_overlap"]))
    time_s = (host_s**overlap + device_s**overlap) ** (1 / overlap)

    moved = weights_s * values["weight_bandwidth"] + read_s * e_experts + cache_s * values["kv_bandwidth"]
    computed = (compute_s * values["decode_compute"] + prefill_s * values["prefill_compute"]) * peak
    demand = (
        per_die(values, "idle", c.die)
        + values["power_busy"] * np.minimum(1, device_s / time_s)
        + values["power_memory"] * moved / time_s * bandwidth / c.bandwidth_bytes_per_s
        + values["power_compute"] * computed / time_s / c.peak_flops_per_s
        + np.where(fp8, values["power_experts_fp8"], values["power_experts"]) * experts_s / time_s
    )
    power_w = c.tdp_w * soft_limit(demand, values["power_knee"])
    return Step(
        time_s=time_s,
        power_w=power_w,
        energy_j=c.n * power_w * time_s / c.batch_size,
        prefill_share=prefill_s / device_s,
        parts_s={
            "weights": weights_s,
            "experts": experts_s,
            "kv_cache": cache_s,
            "compute": compute_s,
            "communication": exchange_s,
            "launches": launches_s,
            "prefill": prefill_s,
            "host": host_s,
        },
    )


def request_flops(c: Columns) -> Floats:
    """Return the work of one request: reading its prompt and writing its answer. [FLOP]"""
    return np.asarray(_prompt_flops(c) + c.output_tokens * _token_flops(c, _seen(c)))


def kept_bytes(c: Columns) -> Floats:
    """Return the cache and the states of all running sequences, requests being in all stages of their answers."""
    return np.asarray(c.batch_size * 2 * c.kv_values_per_token_layer * _seen(c) + c.batch_size * c.state_bytes)


def _seen(c: Columns) -> Floats:
    """Return the tokens in the cache that a new one attends to, over all layers, at the mean context."""
    context = c.prompt_tokens + c.output_tokens / 2
    full = c.attention_layers - c.window_layers
    return np.asarray(full * context + c.window_layers * np.minimum(context, c.window))


def _token_flops(c: Columns, seen: Floats) -> Floats:
    params = np.where(c.encoder_layers > 0, c.dense_params, c.active_params)
    return np.asarray(2 * params + 4 * c.attention_width * seen)


def _prompt_flops(c: Columns) -> Floats:
    encoded = c.encoder_layers > 0
    params = np.where(encoded, c.encoder_params, c.active_params)
    # All tokens of an encoder see each other, half of the pairs in a decoder.
    layers = np.where(encoded, 2 * c.encoder_layers, c.attention_layers)
    pairs = 2 * layers * c.attention_width * c.prompt_tokens**2
    return np.asarray(2 * params * c.prompt_tokens + pairs + c.scan_flops * c.prompt_tokens)


# Memory beside weights and cache: activations, the engine's own buffers, fragmentation.
_OTHER_MEMORY = 1.1


def memory_share(c: Columns) -> Floats:
    """Return the memory that weights and caches need, relative to what the accelerators have. [1]"""
    weights = c.params * c.weight_bytes * c.data_parallel
    return np.asarray((weights + kept_bytes(c)) * _OTHER_MEMORY / (c.n * c.memory_bytes))


def bounds_of_phases(values: Mapping[str, float], c: Columns) -> tuple[str, str]:
    """Return what bounds the prompt's phase and the answer's, of the first row."""
    parts = step(values, c).parts_s
    decode = {name: float(part[0]) for name, part in parts.items() if name != "prefill"}
    return "compute", max(decode, key=lambda name: decode[name])


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
