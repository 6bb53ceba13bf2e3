"""How sure an estimate is: the spread of measured over estimated on groups that no fit had seen."""

from __future__ import annotations

import numpy as np

from joulewise.energy.anchor import NEAR, Places, corrected, nearest
from joulewise.energy.requests import Requests
from joulewise.energy.serving import Floats, Labels
from joulewise.energy.wall import Samples


def regime_of(requests: Requests) -> Labels:
    """Return what decides how sure an estimate is: engine, dense or experts, and batch."""
    c = requests.columns
    kind = np.where(c.expert_params > 0, "experts", "dense")
    batch = np.where(c.batch_size <= 16, "batch to 16", np.where(c.batch_size <= 128, "batch to 128", "batch above"))
    return np.array([f"{e}, {k}, {b}" for e, k, b in zip(c.engine, kind, batch, strict=True)], dtype=np.str_)


def regime_of_samples(columns: Samples) -> Labels:
    """Return the same for samples: the kind of system, and whether samples come alone."""
    alone = np.where(np.isin(columns.scenario, ["SingleStream", "MultiStream"]), "few at a time", "many at a time")
    return np.array([f"wall, {s}, {a}" for s, a in zip(columns.system, alone, strict=True)], dtype=np.str_)


LEVEL = 0.965
"""Nominal level of an interval. Left-out families of the public data fell inside 90% of the time at this level,
inside some 83% at 0.90: rows of a family share its error, so that there are fewer families than rows."""

LEVEL_OF_FEW = 0.975
"""The same for generators and for machines at the wall, of which fewer were measured."""


def conformal(ratios: Floats, groups: Labels, level: float = LEVEL) -> tuple[float, float]:
    """Return the factors between which measured over estimated falls with this chance, for a row like these.

    Parameters
    ----------
    ratios : array
        Measured over estimated, by fits that had not seen a row's group.
    groups : array of str
        Each group weighs the same, however many rows it has: a new row will be of a new group.
    level : float

    Notes
    -----
    Conformal for clustered data: quantiles of each tail apart under equal weights of the groups; never tighter
    than the estimate itself.
    """
    order = np.argsort(ratios)
    logs = np.log(ratios[order])
    _, which, counts = np.unique(groups[order], return_inverse=True, return_counts=True)
    share = np.cumsum(1 / counts[which]) / len(counts)
    tail = (1 - level) / 2
    low = logs[np.searchsorted(share, tail)]
    high = logs[min(len(logs) - 1, int(np.searchsorted(share, 1 - tail)))]
    return float(np.exp(min(low, 0.0))), float(np.exp(max(high, 0.0)))


def nearby_ratios(ratios: Floats, places: Places) -> Floats:
    """Return measured over estimated once the nearest other row has corrected each estimate, where one is near.

    Parameters
    ----------
    ratios : array
        Measured over estimated, by fits that had not seen a row's family.
    places : Places
        Of the same rows.
    """
    nearby = nearest(places, places, same_rows=True)
    return np.where(nearby.weight >= NEAR, ratios / corrected(np.ones(len(ratios)), nearby, ratios), np.nan)
