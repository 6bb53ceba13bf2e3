"""Baselines: energy per output token by the published formulas of other methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from joulewise.energy.language.step import Columns, at_peak
from joulewise.energy.physics import Bools, Floats


@dataclass(frozen=True)
class Baseline:
    """A method that the calibrated one is compared with.

    Parameters
    ----------
    energy_j : callable
        From columns of requests to joules per token.
    assumption : str
        What it assumes, as a sentence for users.
    per_prompt_token : bool
        Whether a token of the prompt takes as much as one of the answer; otherwise the prompt is left out.
    """

    energy_j: Callable[[Columns], Floats]
    assumption: str
    per_prompt_token: bool = False


def roofline(c: Columns) -> Floats:
    """Return the time to read the active weights once, at peak bandwidth, times the power limit. [J per output token]

    Notes
    -----
    .. math:: E = \\frac{N b}{n W} \\frac{n P}{B} = \\frac{N b P}{W B}

    with N active parameters of b bytes, n accelerators of the bandwidth W [B/s] and the thermal design power P [W], and
    B sequences that share a reading.
    """
    step_s = c.active_params * c.weight_bytes / (c.n * c.bandwidth_bytes_per_s)
    return np.asarray(step_s * c.n * c.tdp_w / c.batch_size)


def ecologits(c: Columns) -> Floats:
    """Return EcoLogits 0.11.3's energy of the GPUs, at the true batch size and number. [J per output token]

    Notes
    -----
    .. math:: E = 3600 n (1.1665273 \\cdot 10^{-6} e^{-0.0112059 B} N + 4.0529 \\cdot 10^{-5})

    with N billion active parameters, n GPUs and B sequences; the bracket is in Wh [1]_.

    References
    ----------
    .. [1] EcoLogits 0.11.3, ``ecologits/impacts/llm.py``, fitted to measurements on H100 alone.
    """
    watt_hours = 1.1665273e-6 * np.exp(-0.0112059 * c.batch_size) * c.active_params / 1e9 + 4.0529e-5
    return np.asarray(watt_hours * 3600 * c.n)


def log_linear(c: Columns, energy_j: Floats, use: Bools) -> Floats:
    """Return a least-squares fit of log energy to the logs of plain columns. [J per output token]

    Parameters
    ----------
    c : Columns
        Of which active and all parameters, batch size, accelerators, output tokens, bytes per weight, power limit and
        bandwidth are used, and one level for each engine.
    energy_j : array
        Measured energy. [J per output token]
    use : array of bool
        Rows that are fitted; all rows are predicted.
    """
    plain = (c.active_params, c.params, c.batch_size, c.n, c.output_tokens)
    spec = (c.weight_bytes, c.tdp_w, c.bandwidth_bytes_per_s)
    engines = [(c.engine == e).astype(np.float64) for e in np.unique(c.engine)]
    x = np.column_stack([*(np.log(v) for v in (*plain, *spec)), *engines])
    best = np.linalg.lstsq(x[use], np.log(energy_j[use]), rcond=None)[0]
    return np.asarray(np.exp(x @ best))


BASELINES = {
    "at-peak": Baseline(
        at_peak,
        "Each token takes 2 FLOPs per active parameter, at the accelerator's 16-bit peak rate and thermal design "
        "power: the paper's formula applied to a request.",
        per_prompt_token=True,
    ),
    "roofline": Baseline(
        roofline,
        "Each step of the answer reads the active weights once, at peak bandwidth and thermal design power; the prompt "
        "and the cache are left out.",
    ),
    "ecologits": Baseline(
        ecologits,
        "EcoLogits 0.11.3's fit to H100 of energy per output token by active parameters and batch size; the prompt is "
        "left out.",
    ),
}
"""Baselines by the name that ``--method`` takes."""
