"""Time, power and energy of one sample through a single-pass network, an image network or an encoder, at the wall.

Scenarios are those of MLPerf [1]_: SingleStream and MultiStream send one request after another, Server and Offline keep
the machine full.

References
----------
.. [1] V. J. Reddi et al., "MLPerf Inference Benchmark", arXiv 1911.02549, 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from joulewise.energy.physics import Bools, Floats, Labels, Numeric, per_die
from joulewise.energy.reading import Requests

MULTI_STREAM = 8.0
"""Samples of a request in MLPerf's MultiStream."""
_LARGE_BATCH = 64.0


@dataclass(frozen=True)
class Columns:
    """Samples through single-pass networks, one workload per row.

    Parameters
    ----------
    flops, activation_values, params : array
        Of one sample.
    value_bytes : array
    n : array
        Accelerators in the system; one of them works where samples come alone.
    peak_per_s, bandwidth_bytes_per_s, tdp_w : array
        Of one accelerator, at the precision asked for.
    die, kind, scenario, system : array of str
        Kind of network; scenario as MLPerf calls it; ``server``, ``edge`` or ``soc``.
    whole : array of bool
        Whether the power is that of the whole system at the wall, or of its accelerators alone.
    """

    flops: Floats
    activation_values: Floats
    params: Floats
    value_bytes: Floats
    n: Floats
    peak_per_s: Floats
    bandwidth_bytes_per_s: Floats
    tdp_w: Floats
    die: Labels
    kind: Labels
    scenario: Labels
    system: Labels
    whole: Bools


@dataclass(frozen=True)
class Pass:
    """Time and energy of a sample, power of the system or its accelerators, and components of the time."""

    time_s: Floats
    power_w: Floats
    energy_j: Floats
    parts_s: Mapping[str, Floats]


def step(values: Mapping[str, float], c: Columns) -> Pass:
    """Return time, power and energy of a sample.

    Parameters
    ----------
    values : mapping
        Of the parameters in `parameters.PARAMETERS`.
    c : Columns

    Notes
    -----
    Arithmetic at an achieved share of the peak, by kind of network, and traffic of activations and weights, one after
    another: layers alternate between the two. Alone, a sample also waits for its request.
    """
    rate = np.array([values[f"rate.{s}"] for s in c.scenario.tolist()])
    speed, memory = per_die(values, "speed", c.die), per_die(values, "memory", c.die)
    kinds = {k: v for name, v in values.items() if (k := name.removeprefix("kind.")) != name}
    kinds["hybrid"] = hybrid_rate(kinds["convolution"], kinds["transformer"])
    kind = np.array([kinds[k] for k in c.kind.tolist()])
    single, multi = c.scenario == "SingleStream", c.scenario == "MultiStream"
    alone = single | multi
    working = np.where(alone, 1.0, c.n)
    batch = np.where(single, 1.0, np.where(multi, MULTI_STREAM, _LARGE_BATCH))

    compute_s = compute_time(c.flops, working, c.peak_per_s, values["compute"], kind, speed, rate)
    traffic = traffic_bytes(c.activation_values, c.params, batch, c.value_bytes)
    achieved = c.bandwidth_bytes_per_s * values["activation_bandwidth"] * memory
    activations_s = traffic_time(traffic, working, achieved, rate)
    waiting_s = request_time(values["latency_s"], speed, np.where(multi, MULTI_STREAM, 1.0))
    host_s = np.where(alone, waiting_s, 0.0)
    time_s = compute_s + activations_s + host_s

    fixed_w = np.array([values[f"host.{s}"] for s in c.system.tolist()])
    host_w = host_power(fixed_w, np.where(c.system == "server", values["per_accelerator"], 0.0), c.n)
    busy = busy_accelerators(working, c.n, values["idle"]) * np.where(single, values["alone"], 1.0)
    power_w = c.whole * host_w + c.tdp_w * per_die(values, "power", c.die) * busy
    parts = {"compute": compute_s, "activations": activations_s, "host": host_s}
    return Pass(time_s=time_s, power_w=power_w, energy_j=power_w * time_s, parts_s=parts)


def hybrid_rate(convolution: float, transformer: float) -> float:
    """Return the rate of a hybrid of convolutions and attention, of which none was measured. [1]

    Parameters
    ----------
    convolution, transformer : float
        Rates of either kind of network, relative to the same. [1]

    Notes
    -----
    .. math:: r = \\sqrt{r_c r_t}

    Examples
    --------
    >>> hybrid_rate(1.0, 0.25)
    0.5
    """
    return float(np.sqrt(convolution * transformer))


def compute_time(
    flops: Numeric,
    working: Numeric,
    peak_per_s: Numeric,
    share: Numeric,
    kind: Numeric,
    speed: Numeric,
    rate: Numeric,
) -> Floats:
    """Return the time of a sample's arithmetic. [s]

    Parameters
    ----------
    flops : float or array
        Work of one sample, C. [FLOPs]
    working : float or array
        Accelerators that work at the same time, each on samples of its own, m. [1]
    peak_per_s : float or array
        Peak rate of one accelerator, F. [FLOP/s]
    share : float or array
        Share of the peak that convolutions achieve in large batches, e. [1]
    kind, speed, rate : float or array
        Rates relative to that: of the kind of network, k, of the design of chip, g, and of the scenario, r. [1]

    Notes
    -----
    .. math:: t = \\frac{C}{m F e k g r}

    Examples
    --------
    >>> float(compute_time(8e9, 2.0, 1e14, 0.5, 0.5, 0.8, 0.5))
    0.0004
    """
    return np.asarray(flops / (working * peak_per_s * share * kind * speed * rate))


def traffic_bytes(activation_values: Numeric, params: Numeric, batch: Numeric, value_bytes: Numeric) -> Floats:
    """Return the memory traffic of a sample. [B]

    Parameters
    ----------
    activation_values, params : float or array
        Values of activations that a sample reads and writes, a, and parameters that its batch reads once, N. [1]
    batch : float or array
        Samples that share a reading of the parameters, B. [1]
    value_bytes : float or array
        Bytes of one value, b. [B]

    Notes
    -----
    .. math:: Q = b (a + N / B)

    Examples
    --------
    >>> float(traffic_bytes(3e7, 8e7, 8.0, 2.0))
    80000000.0
    """
    return np.asarray((activation_values + params / batch) * value_bytes)


def traffic_time(n_bytes: Numeric, working: Numeric, bandwidth_bytes_per_s: Numeric, rate: Numeric) -> Floats:
    """Return the time of a sample's memory traffic. [s]

    Parameters
    ----------
    n_bytes : float or array
        Moved for one sample, Q; see `traffic_bytes`. [B]
    working, rate : float or array
        As for `compute_time`: m and r.
    bandwidth_bytes_per_s : float or array
        Achieved by one accelerator's memory in large batches, W. [B/s]

    Notes
    -----
    .. math:: t = \\frac{Q}{m W r}

    Examples
    --------
    >>> float(traffic_time(8e7, 2.0, 4e11, 0.5))
    0.0002
    """
    return np.asarray(n_bytes / (working * bandwidth_bytes_per_s * rate))


def request_time(latency_s: Numeric, speed: Numeric, samples: Numeric) -> Floats:
    """Return the time that a sample waits for its request where requests come one at a time. [s]

    Parameters
    ----------
    latency_s : float or array
        Overhead of a request, a. [s]
    speed : float or array
        Rate of the design of chip, g: slower chips come with slower hosts. [1]
    samples : float or array
        Samples of a request, s. [1]

    Notes
    -----
    .. math:: t = \\frac{a}{g s}

    Examples
    --------
    >>> float(request_time(4e-4, 0.5, 8.0))
    0.0001
    """
    return np.asarray(latency_s / speed / samples)


def host_power(fixed_w: Numeric, per_accelerator_w: Numeric, n: Numeric) -> Floats:
    """Return the power of a system without its accelerators. [W]

    Parameters
    ----------
    fixed_w, per_accelerator_w : float or array
        Whatever the number of accelerators, p, and for each of them, q. [W]
    n : float or array
        Accelerators in the system. [1]

    Notes
    -----
    .. math:: P = p + q n

    Examples
    --------
    >>> float(host_power(200.0, 15.0, 8.0))
    320.0
    """
    return np.asarray(fixed_w + per_accelerator_w * n)


def busy_accelerators(working: Numeric, n: Numeric, idle: Numeric) -> Floats:
    """Return how many busy accelerators draw as much as those of a system, some of which wait. [1]

    Parameters
    ----------
    working, n : float or array
        Accelerators that work, m, and those in the system. [1]
    idle : float or array
        Power of one that waits relative to a busy one, i. [1]

    Notes
    -----
    .. math:: b = m + i (n - m)

    Examples
    --------
    >>> float(busy_accelerators(1.0, 8.0, 0.25)), float(busy_accelerators(8.0, 8.0, 0.25))
    (2.75, 8.0)
    """
    return np.asarray(working + (n - working) * idle)


def explain(values: Mapping[str, float], requests: Requests[Columns]) -> list[str]:
    """Return the steps of the first sample's estimate, with the numbers that redo it by hand."""
    c = requests.columns
    made = step(values, c)
    parts = ", ".join(f"{name} {v[0] * 1e3:.3g} ms" for name, v in made.parts_s.items())
    return [
        f"one sample: {c.flops[0] / 1e9:.4g} GFLOP, {c.activation_values[0] / 1e6:.4g} million values of "
        f"{c.value_bytes[0]:g} bytes read and written, {c.params[0] / 1e6:.4g} million parameters; {c.kind[0]}",
        f"taken as {c.scenario[0]} on {c.n[0]:g} accelerators: {parts}",
    ]
