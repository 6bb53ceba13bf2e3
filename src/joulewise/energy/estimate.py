"""What an estimate of energy says: the joules, their interval, and all that they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joulewise.interval import Interval


@dataclass(frozen=True)
class Input:
    """One quantity that went into an estimate.

    Parameters
    ----------
    name : str
        E.g. ``"flops"``.
    value : float or str
        In `unit`.
    unit : str
        SI; blank for dates and names.
    source : str
        Citation of the fact, or the method that derived it.
    """

    name: str
    value: float | str
    unit: str
    source: str


@dataclass(frozen=True)
class Estimate:
    """Energy of one inference.

    Parameters
    ----------
    energy : Interval
        [J]
    method : str
        ``"paper"``, ...
    inputs : tuple of Input
        Everything the figure was computed from, each with its source.
    steps : tuple of str
        The computation, a line each, with numbers: what a reader can redo by hand.
    assumptions : tuple of str
        What was taken for granted, what the interval covers, and what the method leaves out.
    results : mapping
        What else the method says: ``time_s``, ``power_w``, ``energy_per_output_token_j``, shares, flags.
    """

    energy: Interval
    method: str
    inputs: tuple[Input, ...]
    steps: tuple[str, ...]
    assumptions: tuple[str, ...]
    results: Mapping[str, Any] = field(default_factory=dict)

    @property
    def energy_j(self) -> float:
        """Central value. [J]"""
        return self.energy.central

    def explain(self) -> str:
        """Return the steps and assumptions as text."""
        lines = [f"method: {self.method}", "", *[f"{i}. {step}" for i, step in enumerate(self.steps, 1)], ""]
        return "\n".join([*lines, "Taken for granted, and left out:", *[f"- {a}" for a in self.assumptions]])
