"""Total energy of inference: people, how often they ask, and how long the answers are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from joulewise.errors import InputError
from joulewise.units import JOULES_PER_TWH, SECONDS_PER_DAY, SECONDS_PER_YEAR

# Wider than anything that may be assumed, so that a slip of the keyboard is caught and no product overflows.
_BOUNDS = {
    "users": (1.0, 1e11),
    "population": (1.0, 1e11),
    "inferences_per_user_day": (1e-6, 1e6),
    "tokens_per_inference": (0.001, 1e8),
    "reasoning_share": (0.0, 1.0),
    "reasoning_multiplier": (1.0, 1e5),
    "growth_per_year": (0.01, 100.0),
    "overhead": (1.0, 20.0),
}


@dataclass(frozen=True)
class Scenario:
    """An assumed amount of inference.

    Parameters
    ----------
    name : str
    users : float
        People who use it.
    population : float
        People over whom it is averaged, at least the users.
    inferences_per_user_day : float
    tokens_per_inference : float
        Of an answer without reasoning, or 1 where an inference is an image.
    reasoning_share : float
        Of inferences that reason first. [0 to 1]
    reasoning_multiplier : float
        Tokens of such an answer over those of one without, at least 1.
    growth_per_year : float
        Factor by which the inferences grow in a year, from `start`.
    start : float
        Decimal year at which the figures above hold.
    overhead : float
        Energy of everything over that of the accelerators: host, idle machines, building; at least 1.

    Raises
    ------
    InputError
        If a value is absurd, or there are more users than people.
    """

    name: str
    users: float
    population: float
    inferences_per_user_day: float
    tokens_per_inference: float = 1.0
    reasoning_share: float = 0.0
    reasoning_multiplier: float = 1.0
    growth_per_year: float = 1.0
    start: float = 2025.0
    overhead: float = 1.0

    def __post_init__(self) -> None:
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"{name.replace('_', ' ')} {value:g} is not between {low:,g} and {high:,g}")
        if self.users > self.population:
            raise InputError(f"{self.users:g} users are more than the {self.population:g} people")

    @property
    def tokens_of_mean_inference(self) -> float:
        """Tokens of an answer, averaged over those with reasoning and those without."""
        return self.tokens_per_inference * (1 + self.reasoning_share * (self.reasoning_multiplier - 1))

    @property
    def tokens_per_s(self) -> float:
        """Tokens of all users together in a second, at `start`. [1/s]"""
        return self.users * self.inferences_per_user_day * self.tokens_of_mean_inference / SECONDS_PER_DAY


def power_w(energy_per_token_j: ArrayLike, scenario: Scenario, years: ArrayLike) -> NDArray[np.float64]:
    """Return the mean power of a scenario. [W]

    Parameters
    ----------
    energy_per_token_j : array_like
        Of the accelerators, at each of the years. [J]
    scenario : Scenario
    years : array_like
        Decimal years.
    """
    energy = np.asarray(energy_per_token_j, dtype=float)
    grown = scenario.growth_per_year ** (np.asarray(years, dtype=float) - scenario.start)
    return np.asarray(energy * scenario.tokens_per_s * grown * scenario.overhead, dtype=float)


def per_person_w(power: ArrayLike, scenario: Scenario) -> NDArray[np.float64]:
    """Return a power averaged over the population. [W]"""
    return np.asarray(power, dtype=float) / scenario.population


def twh_per_year(power: ArrayLike) -> NDArray[np.float64]:
    """Return what a power adds up to in a year. [TWh]"""
    return np.asarray(power, dtype=float) * SECONDS_PER_YEAR / JOULES_PER_TWH
