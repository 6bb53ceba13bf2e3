"""Intervals: the spread of measured over estimated energy on groups that a fit had not seen."""

from __future__ import annotations

import numpy as np

from joulewise.energy.calibration.anchor import NEAR, corrected, nearest
from joulewise.energy.physics import Floats, Labels
from joulewise.energy.places import Places

LEVEL = 0.965
"""Nominal level of an interval. Left-out families of the public data fall inside 90% of the time at this level, and
some 83% at 0.90: rows of a family share its error, so that there are fewer families than rows."""

FEWEST = 25
"""Rows that a regime needs for an interval of its own."""


def conformal(ratios: Floats, groups: Labels, level: float = LEVEL) -> tuple[float, float]:
    """Return the factors between which measured over estimated falls with a probability, for a row like these.

    Parameters
    ----------
    ratios : array
        Measured over estimated, by fits that had not seen a row's group. [1]
    groups : array of str
        Each group weighs the same, however many rows it has: a new row will be of a new group.
    level : float

    Notes
    -----
    Conformal prediction for clustered data: the quantile of each tail under equal weights of the groups; never
    tighter than the estimate itself.

    Examples
    --------
    >>> conformal(np.array([0.5, 0.9, 1.1, 3.0]), np.array(["a", "b", "c", "d"]), 0.5)
    (0.5, 1.1)
    """
    order = np.argsort(ratios)
    logs = np.log(ratios[order])
    _, which, counts = np.unique(groups[order], return_inverse=True, return_counts=True)
    cumulative = np.cumsum(1 / counts[which]) / len(counts)
    tail = (1 - level) / 2
    low = logs[np.searchsorted(cumulative, tail)]
    high = logs[min(len(logs) - 1, int(np.searchsorted(cumulative, 1 - tail)))]
    return float(np.exp(min(low, 0.0))), float(np.exp(max(high, 0.0)))


def nearby_interval(
    ratios: Floats, groups: Labels, places: Places, default: tuple[float, float]
) -> tuple[float, float]:
    """Return the interval of estimates that the nearest other row has corrected; the default where too few have one.

    Parameters
    ----------
    ratios, groups : array
        As for `conformal`.
    places : Places
        Of the same rows.
    default : tuple of float
    """
    nearby = nearest(places, places, same_rows=True)
    near = nearby.weight >= NEAR
    left = ratios[near] / corrected(np.ones(len(ratios)), nearby, ratios)[near]
    return conformal(left, groups[near]) if near.sum() >= FEWEST else default


def intervals_of_regimes(
    ratios: Floats, regimes: Labels, groups: Labels, level: float
) -> dict[str, tuple[float, float]]:
    """Return the interval of each regime that has enough rows."""
    found = {}
    for regime in np.unique(regimes).tolist():
        inside = regimes == regime
        if inside.sum() >= FEWEST:
            found[regime] = conformal(ratios[inside], groups[inside], level)
    return found


def unseen_intervals(ratios: Floats, regimes: Labels, groups: Labels, level: float) -> tuple[Floats, Floats]:
    """Return bounds of each row from the other groups of its regime alone, or from all others where they are few."""
    low, high = np.ones(len(ratios)), np.ones(len(ratios))
    for regime in np.unique(regimes):
        for group in np.unique(groups[regimes == regime]):
            here = (regimes == regime) & (groups == group)
            others = (regimes == regime) & (groups != group)
            basis = others if others.sum() >= FEWEST else groups != group
            low[here], high[here] = conformal(ratios[basis], groups[basis], level)
    return low, high
