"""Time, power and energy of one sample: the physics of single-pass networks (image networks, encoders) at the wall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from joulewise.energy.physics import Bools, Floats, Labels, per_die
from joulewise.energy.rows import Requests

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
    """Time of a sample, power of the system or its accelerators, energy of a sample, what the time is made of."""

    time_s: Floats
    power_w: Floats
    energy_j: Floats
    parts_s: Mapping[str, Floats]


def step(values: Mapping[str, float], c: Columns) -> Pass:
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
    return Pass(time_s=time_s, power_w=power_w, energy_j=power_w * time_s, parts_s=parts)


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
