"""Physics shared by every kind of workload: overlap, the power limit, energy, and constants of each chip."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Labels = NDArray[np.str_]
Numeric = float | Floats
"""A quantity of one row, or a column of it for many rows."""


def overlapped_time(host_s: Numeric, device_s: Numeric, sharpness: Numeric) -> Floats:
    """Return the time of work that the host prepares while the accelerators compute.

    Parameters
    ----------
    host_s, device_s : float or array
        Time of either alone. [s]
    sharpness : float or array
        Sharpness q of the overlap: 1 is one after the other, infinite is the longer of the two. [1]

    Returns
    -------
    array
        Between the longer of the two and their sum. [s]

    Notes
    -----
    .. math:: t = (t_{host}^q + t_{device}^q)^{1/q}

    Examples
    --------
    >>> float(overlapped_time(3.0, 4.0, 1.0)), float(overlapped_time(3.0, 4.0, 2.0))
    (7.0, 5.0)
    """
    return np.asarray((host_s**sharpness + device_s**sharpness) ** (1 / sharpness))


def energy_per_item(n: Numeric, power_w: Numeric, time_s: Numeric, items: Numeric) -> Floats:
    """Return the energy of each of the items that run together. [J]

    Parameters
    ----------
    n : float or array
        Accelerators. [1]
    power_w : float or array
        Power of one of them. [W]
    time_s : float or array
        Time in which each item gains one unit: a token, an image, a video. [s]
    items : float or array
        Items that run together, B. [1]

    Notes
    -----
    .. math:: E = n P t / B

    Examples
    --------
    Two accelerators of 500 W that give 20 sequences a token every 10 ms: 2 x 500 x 0.01 / 20.

    >>> float(energy_per_item(2.0, 500.0, 0.01, 20.0))
    0.5
    """
    return np.asarray(n * power_w * time_s / items)


def soft_limit(demand: Floats, knee: float) -> Floats:
    """Return the power that a chip draws, relative to its limit, where its work would draw `demand` of that limit.

    Parameters
    ----------
    demand : array
        Power that the work would draw without a limit, relative to the limit. [1]
    knee : float
        Sharpness k of the bend at the limit; infinite is a hard cut. [1]

    Returns
    -------
    array
        Power relative to the limit, always below both 1 and `demand`. [1]

    Notes
    -----
    .. math:: p = (1 + d^{-k})^{-1/k}

    the smooth minimum of d and 1: a chip lowers its clock as it nears its limit rather than at it.

    Examples
    --------
    >>> soft_limit(np.array([1.0]), 1.0)
    array([0.5])
    >>> soft_limit(np.array([0.5, 2.0]), 2.0).round(4)
    array([0.4472, 0.8944])
    """
    return np.asarray((1 + demand**-knee) ** (-1 / knee))


def per_die(values: Mapping[str, float], name: str, die: Labels) -> Floats:
    """Return each row's constant for its chip design, or that of unmeasured designs.

    Parameters
    ----------
    values : mapping of str to float
        Has ``{name}.{die}`` for each measured design, and ``{name}.other``.
    name : str
    die : array of str

    Examples
    --------
    >>> per_die({"idle.GH100": 0.2, "idle.other": 0.26}, "idle", np.array(["GH100", "TU104"]))
    array([0.2 , 0.26])
    """
    found = np.full(len(die), values[f"{name}.other"])
    for key, value in values.items():
        if key.startswith(f"{name}.") and not key.endswith(".other"):
            found[die == key.removeprefix(f"{name}.")] = value
    return found


def measured_dies(values: Mapping[str, float], name: str) -> frozenset[str]:
    """Return the chip designs for which a set of fitted values has a separate constant `name`."""
    return frozenset(key.removeprefix(f"{name}.") for key in values if key.startswith(f"{name}.")) - {"other"}
