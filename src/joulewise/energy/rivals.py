"""Other methods' energy of an output token, from their published formulas: what ours is held against."""

from __future__ import annotations

import numpy as np

from joulewise.energy.requests import Requests
from joulewise.energy.serving import Flags, Floats


def paper(requests: Requests) -> Floats:
    """Return 2 FLOPs per active parameter over peak FLOP/s per watt: the paper's method. [J per output token]"""
    c = requests.columns
    return np.asarray(2 * c.active_params / (c.peak_flops_per_s / c.tdp_w))


def roofline(requests: Requests) -> Floats:
    """Return the time to read the active weights once, at peak bandwidth, times TDP. [J per output token]"""
    c = requests.columns
    step_s = c.active_params * c.weight_bytes / (c.n * c.bandwidth_bytes_per_s)
    return np.asarray(step_s * c.n * c.tdp_w / c.batch_size)


def ecologits(requests: Requests) -> Floats:
    """Return EcoLogits 0.11.3's energy of the GPUs, at the true batch size and number. [J per output token]

    Notes
    -----
    Wh of one GPU and token: 1.1665273e-6 exp(-0.0112059 B) P + 4.0529e-5, P the active parameters in
    billions and B the batch size (its `impacts/llm.py`, fitted there to H100 alone).
    """
    c = requests.columns
    watt_hours = 1.1665273e-6 * np.exp(-0.0112059 * c.batch_size) * c.active_params / 1e9 + 4.0529e-5
    return np.asarray(watt_hours * 3600 * c.n)


def log_linear(requests: Requests, energy_j: Floats, use: Flags) -> Floats:
    """Return a least-squares fit of log energy on the logs of plain columns, fitted to `use`. [J per output token]"""
    c = requests.columns
    plain = (c.active_params, np.array([s.params for s in requests.shapes]), c.batch_size, c.n, c.output_tokens)
    spec = (c.weight_bytes, c.tdp_w, c.bandwidth_bytes_per_s)
    engines = [(c.engine == e).astype(np.float64) for e in np.unique(c.engine)]
    x = np.column_stack([*(np.log(v) for v in (*plain, *spec)), *engines])
    best = np.linalg.lstsq(x[use], np.log(energy_j[use]), rcond=None)[0]
    return np.asarray(np.exp(x @ best))


METHODS = {"paper": paper, "roofline": roofline, "ecologits": ecologits}
