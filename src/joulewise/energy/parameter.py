"""A fitted parameter: its meaning, unit and prior."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """A positive quantity that is fitted to measurements.

    Parameters
    ----------
    prior, log_sd : float
        Median of the log-normal prior, and standard deviation of its logarithm; 0 fixes the parameter at the prior.
    unit : str
    meaning : str
    """

    prior: float
    log_sd: float
    unit: str
    meaning: str


def share(prior: float, log_sd: float, meaning: str) -> Parameter:
    """Return a dimensionless parameter."""
    return Parameter(prior, log_sd, "1", meaning)


def seconds(prior: float, log_sd: float, meaning: str) -> Parameter:
    """Return a parameter that is a time. [s]"""
    return Parameter(prior, log_sd, "s", meaning)
