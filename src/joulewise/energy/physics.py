"""What the models of every kind of workload share: arrays, the power limit, and constants fitted for each chip."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Labels = NDArray[np.str_]


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
    """Return the chip designs that a set of fitted constants has a constant `name` of their own for."""
    return frozenset(key.removeprefix(f"{name}.") for key in values if key.startswith(f"{name}.")) - {"other"}
