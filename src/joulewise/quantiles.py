"""Quantiles of Student's t, the normal and the binomial distribution.

Estimates, trends and studies need only these three of SciPy, which takes 140 MB to install. The tests compare each with
SciPy's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist

import numpy as np


def normal_quantile(probability: float) -> float:
    """Return the value below which a standard normal variable falls with a probability in (0, 1).

    Examples
    --------
    >>> round(normal_quantile(0.975), 6)
    1.959964
    """
    return NormalDist().inv_cdf(probability)


@lru_cache(maxsize=4096)
def t_quantile(degrees_of_freedom: int, probability: float) -> float:
    """Return the value below which a variable of Student's t distribution falls with a probability.

    Parameters
    ----------
    degrees_of_freedom : int
        At least 1.
    probability : float
        In [0.5, 1); the distribution is symmetric.

    Notes
    -----
    The probability of falling within plus and minus t is a finite sum for whole degrees of freedom (equations 26.7.3
    and 26.7.4 of [1]_). It is concave in t above zero, so Newton's method from the normal quantile, which lies below,
    climbs to the answer without overshooting. Twelve digits are right up to 1,000 degrees of freedom, eleven at 5,000.

    References
    ----------
    .. [1] M. Abramowitz and I. A. Stegun (eds.), Handbook of Mathematical Functions, 1964, section 26.7.

    Examples
    --------
    >>> [round(t_quantile(n, 0.975), 3) for n in (1, 2, 10, 100)]
    [12.706, 4.303, 2.228, 1.984]
    """
    if degrees_of_freedom < 1 or not 0.5 <= probability < 1:
        raise ValueError(f"no t quantile at {degrees_of_freedom} degrees of freedom and probability {probability}")
    n = degrees_of_freedom
    if n == 1:
        return math.tan(math.pi * (probability - 0.5))
    log_peak = math.lgamma((n + 1) / 2) - math.lgamma(n / 2) - 0.5 * math.log(n * math.pi)
    t = normal_quantile(probability)
    while True:
        missing = (2 * probability - 1) - _within(t, n)
        step = missing / (2 * math.exp(log_peak - (n + 1) / 2 * math.log1p(t * t / n)))
        t += step
        # The last step is below rounding, or rounding has turned it round.
        if step <= 4e-16 * t:
            return t


def _within(t: float, n: int) -> float:
    """Return the probability that a t variable with n > 1 degrees of freedom lies between -t and t."""
    angle = math.atan2(t, math.sqrt(n))
    sine, cosine = math.sin(angle), math.cos(angle)
    even = n % 2 == 0
    term = 1.0 if even else cosine
    terms = [term]
    for k in range(1 if even else 2, n - 2, 2):
        term *= k / (k + 1) * cosine * cosine
        terms.append(term)
    if even:
        return sine * math.fsum(terms)
    return 2 / math.pi * (angle + sine * math.fsum(terms))


def binomial_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson for the probability of a success.

    Parameters
    ----------
    successes, trials : int
        ``0 <= successes <= trials``, and one trial at least.
    confidence : float
        Minimum confidence of the interval, with equal tails.

    Notes
    -----
    At the low end the probability of that many successes or more is half of one minus the confidence; at the high end
    the probability of that many or fewer is [1]_.

    References
    ----------
    .. [1] C. J. Clopper and E. S. Pearson, The use of confidence or fiducial limits illustrated in the case of the
       binomial, Biometrika 26 (1934), 404-413.

    Examples
    --------
    >>> low, high = binomial_interval(10, 10)
    >>> round(low, 4), high  # 0.025 ** (1 / 10)
    (0.6915, 1.0)
    """
    tail = (1 - confidence) / 2
    low = _root(_at_least(successes, trials), tail) if successes > 0 else 0.0
    high = 1 - _root(_at_least(trials - successes, trials), tail) if successes < trials else 1.0
    return low, high


def _at_least(k: int, n: int) -> Callable[[float], float]:
    """Return the probability of k successes or more in n trials as a function of that of one, within 0 and 1."""
    i = np.arange(1, n + 1)
    log_choices = np.concatenate([[0.0], np.cumsum(np.log((n + 1 - i) / i))])[k:]
    hits = np.arange(k, n + 1)
    return lambda p: float(np.exp(log_choices + hits * math.log(p) + (n - hits) * math.log1p(-p)).sum())


def _root(rising: Callable[[float], float], target: float) -> float:
    """Return where a function that rises over (0, 1) reaches a target, by bisection to the last digit."""
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        if rising(middle) < target:
            low = middle
        else:
            high = middle
    return middle
