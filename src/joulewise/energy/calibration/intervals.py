"""Intervals: the spread of measured over estimated energy on groups that a fit had not seen.

References
----------
.. [1] R. Dunn, L. Wasserman, A. Ramdas, "Distribution-Free Prediction Sets for Two-Layer Hierarchical Models",
   arXiv 1809.07441, 2018: pooling of the groups' distribution functions.
"""

from __future__ import annotations

import numpy as np

from joulewise.energy.calibration.anchor import NEAR, corrected, nearest
from joulewise.energy.physics import Floats, Labels
from joulewise.energy.places import Places

LEVEL = 0.965
"""Nominal level of an interval. At this level 90% of the rows of held-out families of the public data fall inside, and
about 83% at 0.90: rows of a family share its error, and there are fewer families than rows."""

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
        Probability, half of the rest of it beyond either bound. [1]

    Returns
    -------
    tuple of float
        Factors from an estimate to its bounds, which always contain the estimate: the first at most 1, the second at
        least 1. [1]

    Notes
    -----
    Conformal prediction for clustered data [1]_. With g groups, and n_i rows in the group of row i, the distribution

    .. math:: F(r) = \\frac{1}{g} \\sum_{i: r_i \\le r} \\frac{1}{n_i}

    is cut where it reaches (1 - level) / 2 and (1 + level) / 2.

    Examples
    --------
    Four groups of one row weigh 1/4 each; a quarter is cut off either tail.

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
    """Return the interval of estimates that the nearest other row has corrected.

    Parameters
    ----------
    ratios, groups : array
        As for `conformal`.
    places : Places
        Of the same rows.
    default : tuple of float
        Returned where fewer than `FEWEST` rows have another near enough.
    """
    nearby = nearest(places, places, same_rows=True)
    near = nearby.weight >= NEAR
    left = ratios[near] / corrected(np.ones(len(ratios)), nearby, ratios)[near]
    return conformal(left, groups[near]) if near.sum() >= FEWEST else default


def intervals_of_regimes(
    ratios: Floats, regimes: Labels, groups: Labels, level: float
) -> dict[str, tuple[float, float]]:
    """Return the interval of each regime that has `FEWEST` rows or more.

    Parameters
    ----------
    ratios, groups, level : array, array and float
        As for `conformal`.
    regimes : array of str
        Regime of each row, by which errors differ.
    """
    found = {}
    for regime in np.unique(regimes).tolist():
        inside = regimes == regime
        if inside.sum() >= FEWEST:
            found[regime] = conformal(ratios[inside], groups[inside], level)
    return found


def unseen_intervals(ratios: Floats, regimes: Labels, groups: Labels, level: float) -> tuple[Floats, Floats]:
    """Return factors to the bounds of each row by rows that are not of its group.

    Parameters
    ----------
    ratios, regimes, groups, level : array, array, array and float
        As for `intervals_of_regimes`.

    Returns
    -------
    tuple of array
        Lower and upper factors, from the other groups of the row's regime; from those of all regimes where there are
        fewer than `FEWEST` such rows.
    """
    low, high = np.ones(len(ratios)), np.ones(len(ratios))
    for regime in np.unique(regimes):
        for group in np.unique(groups[regimes == regime]):
            here = (regimes == regime) & (groups == group)
            others = (regimes == regime) & (groups != group)
            basis = others if others.sum() >= FEWEST else groups != group
            low[here], high[here] = conformal(ratios[basis], groups[basis], level)
    return low, high
