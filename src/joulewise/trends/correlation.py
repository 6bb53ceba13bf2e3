"""Pearson's correlation, with its interval.

References
----------
.. [1] R. A. Fisher, On the probable error of a coefficient of correlation, Metron 1, 1921 (the z transform).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from joulewise.errors import InputError
from joulewise.quantiles import normal_quantile


@dataclass(frozen=True)
class Correlation:
    """Pearson's r of `n` points with its confidence interval (Fisher's z)."""

    n: int
    r: float
    r_low: float
    r_high: float


def correlate(x: ArrayLike, y: ArrayLike, *, logs: bool = False, confidence: float = 0.95) -> Correlation:
    """Return Pearson's correlation of two series.

    Parameters
    ----------
    x, y : array_like
        Of equal length, at least 4.
    logs : bool
        Correlate the logarithms, so that the largest values do not decide alone.
    confidence : float
        Of the interval.

    Raises
    ------
    InputError
        If there are fewer than 4 pairs, a series is constant, or a logarithm does not exist.
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(a) != len(b) or len(a) < 4:
        raise InputError(f"a correlation needs at least 4 pairs, not {min(len(a), len(b))}")
    if logs:
        if min(a.min(), b.min()) <= 0:
            raise InputError("a correlation of logarithms needs values above zero")
        a, b = np.log10(a), np.log10(b)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        raise InputError("a correlation needs values that vary")
    r = float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))
    half = normal_quantile(0.5 + confidence / 2) / math.sqrt(len(a) - 3)
    z = math.atanh(r) if abs(r) < 1 else math.copysign(math.inf, r)
    return Correlation(len(a), r, math.tanh(z - half), math.tanh(z + half))
