"""Power that an accelerator would draw while serving, relative to its limit, before the limit bends it.

Demand adds an idle floor, being busy, memory traffic, arithmetic, and grouped products of experts; `physics.soft_limit`
turns it into power. Each term is a fitted draw times a use between 0 and 1.
"""

from __future__ import annotations

import numpy as np

from joulewise.energy.physics import Floats, Numeric


def busy_demand(draw: Numeric, device_s: Numeric, time_s: Numeric) -> Floats:
    """Return the demand of being busy at all. [1]

    Parameters
    ----------
    draw : float or array
        Power of a busy accelerator beyond the idle floor, relative to the limit, p. [1]
    device_s, time_s : float or array
        Time in which accelerators work, t_d, and time of the whole step, t. [s]

    Notes
    -----
    .. math:: u = p \\min(1, t_d / t)

    Examples
    --------
    >>> float(busy_demand(0.3, 0.01, 0.02)), float(busy_demand(0.3, 0.03, 0.02))
    (0.15, 0.3)
    """
    return np.asarray(draw * np.minimum(1, device_s / time_s))


def memory_demand(
    draw: Numeric, moving_s: Numeric, time_s: Numeric, achieved_bytes_per_s: Numeric, bandwidth_bytes_per_s: Numeric
) -> Floats:
    """Return the demand of memory traffic. [1]

    Parameters
    ----------
    draw : float or array
        Power of memory at its peak bandwidth, relative to the limit, p. [1]
    moving_s : float or array
        Bytes moved in a step over n times the achieved bandwidth, t_m. [s]
    time_s : float or array
        Time of the step, t. [s]
    achieved_bytes_per_s, bandwidth_bytes_per_s : float or array
        Bandwidth that this design of chip achieves, W_a, and its peak, W. [B/s]

    Notes
    -----
    .. math:: u = p \\frac{t_m}{t} \\frac{W_a}{W} = p \\frac{Q}{n W t}

    for Q bytes moved: the share of the peak bandwidth that is used.

    Examples
    --------
    4 ms of traffic at 90% of the peak bandwidth in a step of 10 ms: 0.5 x 0.4 x 0.9.

    >>> round(float(memory_demand(0.5, 0.004, 0.01, 0.9e12, 1e12)), 12)
    0.18
    """
    return np.asarray(draw * moving_s / time_s * achieved_bytes_per_s / bandwidth_bytes_per_s)


def arithmetic_demand(draw: Numeric, flops_per_accelerator: Numeric, time_s: Numeric, peak: Numeric) -> Floats:
    """Return the demand of arithmetic. [1]

    Parameters
    ----------
    draw : float or array
        Power of arithmetic at its 16-bit peak, relative to the limit, p. [1]
    flops_per_accelerator : float or array
        Work of one accelerator in a step, C / n. [FLOPs]
    time_s : float or array
        Time of the step, t. [s]
    peak : float or array
        16-bit peak rate of one accelerator, F. [FLOP/s]

    Notes
    -----
    .. math:: u = p \\frac{C}{n F t}

    the share of the 16-bit peak that is used, also where arithmetic has fewer bits.

    Examples
    --------
    >>> float(arithmetic_demand(0.8, 5e12, 0.01, 1e15))
    0.4
    """
    return np.asarray(draw * flops_per_accelerator / time_s / peak)


def experts_demand(draw: Numeric, experts_s: Numeric, time_s: Numeric) -> Floats:
    """Return the demand of grouped products of experts while they run, beyond their memory traffic. [1]

    Parameters
    ----------
    draw : float or array
        Power of such products, relative to the limit, p. [1]
    experts_s, time_s : float or array
        Time of the experts, t_e, and of the whole step, t. [s]

    Notes
    -----
    .. math:: u = p \\, t_e / t

    Examples
    --------
    >>> float(experts_demand(0.5, 0.004, 0.01))
    0.2
    """
    return np.asarray(draw * experts_s / time_s)
