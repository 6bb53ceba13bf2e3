"""Networks that take one sample at a time, encoders and image networks: how long, and what the system draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from joulewise.energy.serving import Flags, Floats, Labels, per_die

MULTI_STREAM = 8.0
"""Samples of a request in MLPerf's MultiStream."""
_LARGE_BATCH = 64.0


@dataclass(frozen=True)
class Samples:
    """Workloads of samples, a row each.

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
    whole: Flags


@dataclass(frozen=True)
class Run:
    """Time of a sample, power of the system or its accelerators, energy of a sample, what the time is made of."""

    time_s: Floats
    power_w: Floats
    energy_j: Floats
    parts_s: Mapping[str, Floats]


def run_samples(values: Mapping[str, float], c: Samples) -> Run:
    """Return time, power and energy of a sample.

    Notes
    -----
    Arithmetic at an achieved share of the peak, by kind of network, and traffic of activations and weights,
    one after another: layers alternate between the two. Alone, a sample also waits for its request. Hybrids of
    convolutions and attention were never measured: they take the geometric mean of the two kinds' rates.
    """
    rate = np.array([values[f"rate.{s}"] for s in c.scenario.tolist()])
    of_kind = {k: v for name, v in values.items() if (k := name.removeprefix("kind.")) != name}
    of_kind["hybrid"] = float(np.sqrt(of_kind["convolution"] * of_kind["transformer"]))
    kind = np.array([of_kind[k] for k in c.kind.tolist()])
    alone = np.isin(c.scenario, ["SingleStream", "MultiStream"])
    streams = np.where(c.scenario == "MultiStream", MULTI_STREAM, 1.0)
    working = np.where(alone, 1.0, c.n)
    batch = np.where(c.scenario == "SingleStream", 1.0, np.where(alone, MULTI_STREAM, _LARGE_BATCH))
    speed = per_die(values, "speed", c.die)
    compute_s = c.flops / (working * c.peak_per_s * values["compute"] * kind * speed * rate)
    traffic = (c.activation_values + c.params / batch) * c.value_bytes
    bandwidth = c.bandwidth_bytes_per_s * values["activation_bandwidth"] * per_die(values, "memory", c.die)
    activations_s = traffic / (working * bandwidth * rate)
    host_s = np.where(alone, values["latency_s"] / speed / streams, 0.0)
    time_s = compute_s + activations_s + host_s
    server = c.system == "server"
    host_w = np.array([values[f"host.{s}"] for s in c.system.tolist()]) + server * values["per_accelerator"] * c.n
    busy = np.where(alone, 1 + (c.n - 1) * values["idle"], c.n)
    busy = busy * np.where(c.scenario == "SingleStream", values["alone"], 1.0)
    power_w = c.whole * host_w + c.tdp_w * per_die(values, "power", c.die) * busy
    parts = {"compute": compute_s, "activations": activations_s, "host": host_s}
    return Run(time_s=time_s, power_w=power_w, energy_j=power_w * time_s, parts_s=parts)
