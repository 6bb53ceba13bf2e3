"""Correction of estimates by measured rows of the same configuration, as their errors are correlated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from joulewise.energy.physics import Floats
from joulewise.energy.places import Places

# How fast the correlation of errors falls with batch size: by e for each such difference of ln(batch). Estimated from
# pairs of public rows of one configuration and task, priced by fits that had not seen their family: 0.82 at a factor of
# up to 2.2, 0.55 up to 4.5, 0.31 up to 12, 0.19 up to 55.
DECAY_LN = 1.8
# Correlation between tasks: that of rows of one configuration at the same batch size.
OTHER_TASK = 0.54
NEAR = 0.5
"""Minimum weight at which a measured row narrows the interval."""


@dataclass(frozen=True)
class Nearby:
    """The nearest measured row of each workload.

    Parameters
    ----------
    index : array of int
        Of the measured row; -1 where there is none.
    weight : array
        Share of its log error that carries over; 0 where there is none.
    """

    index: NDArray[np.int64]
    weight: Floats


def nearest(wanted: Places, measured: Places, *, same_rows: bool = False) -> Nearby:
    """Return the measured row of the same configuration that is nearest in work, its own task preferred.

    Parameters
    ----------
    wanted, measured : Places
    same_rows : bool
        Whether both are the same rows, so that a row is not its own neighbour.

    Notes
    -----
    .. math:: w = c \\, e^{-|\\ln W - \\ln W'| / 1.8}

    with the work W of a row, its batch size (for a generator times steps and pixels), and c = 1 for the same task or
    0.54 for another: the correlation of the errors of two rows, estimated from the public ones.

    Examples
    --------
    A row of half the batch size: exp(-ln 2 / 1.8).

    >>> one = Places(np.array(["a"]), np.array(["chat"]), np.log([64.0]))
    >>> other = Places(np.array(["a"]), np.array(["chat"]), np.log([32.0]))
    >>> nearest(one, other).weight.round(2)
    array([0.68])
    """
    index = np.full(len(wanted.task), -1, dtype=np.int64)
    weight = np.zeros(len(wanted.task))
    groups: dict[str, list[int]] = {}
    for j, name in enumerate(measured.configuration.tolist()):
        groups.setdefault(name, []).append(j)
    for i, name in enumerate(wanted.configuration.tolist()):
        found = np.array([j for j in groups.get(name, []) if not (same_rows and j == i)], dtype=np.int64)
        if not len(found):
            continue
        weights = np.exp(-np.abs(measured.log_work[found] - wanted.log_work[i]) / DECAY_LN)
        weights = weights * np.where(measured.task[found] == wanted.task[i], 1.0, OTHER_TASK)
        best = int(np.argmax(weights))
        index[i], weight[i] = found[best], weights[best]
    return Nearby(index, weight)


def corrected(estimate: Floats, nearby: Nearby, measured_over_estimated: Floats) -> Floats:
    """Return estimates corrected by the nearest measured row.

    Parameters
    ----------
    estimate : array
        Of any quantity. [its own]
    nearby : Nearby
        The measured row nearest to each estimate.
    measured_over_estimated : array
        Ratio of the same quantity for each measured row. [1]

    Notes
    -----
    .. math:: E' = E r^w

    with the ratio r of the nearest row and its weight w: the best linear guess of an error from one correlated with it
    by w, when both vary as much (simple kriging with one neighbour), in logarithms.

    Examples
    --------
    >>> corrected(np.array([10.0]), Nearby(np.array([0]), np.array([0.5])), np.array([4.0]))
    array([20.])
    """
    known = nearby.index >= 0
    ratio = np.ones(len(estimate))
    ratio[known] = measured_over_estimated[nearby.index[known]] ** nearby.weight[known]
    return np.asarray(estimate * ratio)
