"""Decomposition of a change of energy into work, hardware, and utilisation of the hardware.

Notes
-----
E = F / (p u): energy [J] is the work [FLOP] over the peak efficiency of the hardware [FLOP/J] times the share
of it that is reached. In logarithms the change of E between two points is the sum of three changes, exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joulewise.errors import InputError

PARTS = ("algorithms", "hardware", "utilisation")


@dataclass(frozen=True)
class Change:
    """A change of energy and its parts, each as log10 of a factor of energy: below zero saves.

    Parameters
    ----------
    total : float
        log10 of energy after over energy before.
    algorithms : float
        Part of less work. [log10]
    hardware : float
        Part of more FLOP/J at the peak. [log10]
    utilisation : float
        Part of a larger share of that peak: batch, memory traffic, overheads. [log10]
    """

    total: float
    algorithms: float
    hardware: float
    utilisation: float

    def share(self, part: str) -> float | None:
        """Return what share of the change a part is; None where nothing changed.

        Shares sum to 1; one of them is below 0 where a part worked against the others.
        """
        return float(getattr(self, part)) / self.total if self.total else None


def decompose(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """Split the change of energy between two points.

    Parameters
    ----------
    before, after : mapping
        ``energy_j`` [J], ``flops`` [FLOP] and ``peak_flops_per_j`` [FLOP/J], all positive.

    Raises
    ------
    InputError
        If a value is missing or not positive.

    Examples
    --------
    >>> change = decompose(
    ...     {"energy_j": 8.0, "flops": 4e9, "peak_flops_per_j": 1e9},
    ...     {"energy_j": 1.0, "flops": 2e9, "peak_flops_per_j": 4e9},
    ... )
    >>> round(10 ** change.algorithms, 3), round(10 ** change.hardware, 3), round(10 ** change.utilisation, 3)
    (0.5, 0.25, 1.0)
    """
    for name in ("energy_j", "flops", "peak_flops_per_j"):
        for row in (before, after):
            if not (row.get(name) or 0) > 0:
                raise InputError(f"a decomposition needs {name} above zero, not {row.get(name)}")
    return Change(
        total=math.log10(after["energy_j"]) - math.log10(before["energy_j"]),
        algorithms=math.log10(after["flops"]) - math.log10(before["flops"]),
        hardware=math.log10(before["peak_flops_per_j"]) - math.log10(after["peak_flops_per_j"]),
        utilisation=math.log10(utilisation(before)) - math.log10(utilisation(after)),
    )


def utilisation(row: Mapping[str, Any]) -> float:
    """Return the share of the peak efficiency that is reached: the energy at the peak over the energy."""
    return float(row["flops"] / row["peak_flops_per_j"] / row["energy_j"])


@dataclass(frozen=True)
class Swap:
    """A change of energy split into parts of the model and of the accelerator, as log10 of factors of energy.

    Parameters
    ----------
    total, model, accelerator : float
        The second and third sum to the first.
    """

    total: float
    model: float
    accelerator: float


def swap(first: float, other_accelerator: float, other_model: float, last: float) -> Swap:
    """Split a change of energy by swapping model and accelerator one after the other, in both orders.

    Parameters
    ----------
    first : float
        Energy of the first model on the first accelerator. [J]
    other_accelerator : float
        Of the first model on the last accelerator. [J]
    other_model : float
        Of the last model on the first accelerator. [J]
    last : float
        Of the last model on the last accelerator. [J]

    Raises
    ------
    InputError
        If one is not positive.

    Notes
    -----
    The saving by a new accelerator depends on the model, and vice versa. Each part is the mean of its effects with the
    other part old and new (Shapley's value for two players), so the parts add up to the total.

    References
    ----------
    .. [1] L. S. Shapley, A value for n-person games, 1953.

    Examples
    --------
    >>> parts = swap(first=8.0, other_accelerator=4.0, other_model=2.0, last=1.0)
    >>> round(10 ** parts.accelerator, 3), round(10 ** parts.model, 3)
    (0.5, 0.25)
    """
    energies = (first, other_accelerator, other_model, last)
    if not all(e > 0 for e in energies):
        raise InputError(f"a decomposition needs energies above zero, not {min(energies)}")
    a, b, c, d = (math.log10(e) for e in energies)
    return Swap(total=d - a, model=((c - a) + (d - b)) / 2, accelerator=((b - a) + (d - c)) / 2)
