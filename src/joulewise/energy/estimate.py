"""An estimate of energy: joules and interval, with the inputs, steps and assumptions behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from joulewise.energy.flags import Flag, Flagged
from joulewise.interval import Interval


class Scope(StrEnum):
    """What an energy covers: the accelerators alone, or the whole system at the wall socket."""

    ACCELERATORS = "accelerators"
    WALL = "wall"


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
class Serving:
    """Time and power of a request, and what bounds them, by a method that models serving.

    Parameters
    ----------
    time_s : float
        From the start of a request to its end. [s]
    power_w : float
        Of all accelerators together, or of the whole system. [W]
    bound : str
        The longest part of the time.
    accelerator_seconds : float
        Time of accelerators that the request takes up, by which embodied emissions are shared out. [s]
    per_output_token : Interval or None
        For language models. [J]
    prefill_share, decode_share : float or None
        For language models: shares of the accelerators' busy time.
    prefill_bound, decode_bound : str or None
        For language models: what bounds each phase.
    """

    time_s: float
    power_w: float
    bound: str
    accelerator_seconds: float
    per_output_token: Interval | None = None
    prefill_share: float | None = None
    decode_share: float | None = None
    prefill_bound: str | None = None
    decode_bound: str | None = None


@dataclass(frozen=True)
class Estimate:
    """Energy of one inference.

    Parameters
    ----------
    energy : Interval
        [J]
    method : str
        ``"paper"``, ``"calibrated"``, ...
    unit : str
        Unit of work: ``inference`` (one forward pass), ``request``, ``image or video`` or ``sample``.
    inputs : tuple of Input
        Everything the figure was computed from, each with its source.
    steps : tuple of str
        The computation with its numbers, one line per step, so that a reader can redo it by hand.
    assumptions : tuple of str
        What was assumed, what the interval covers, and what the method leaves out.
    scope : Scope
    flags : tuple of Flagged
        What was assumed in the workload or lies outside the measured data.
    serving : Serving or None
        Time, power and what bounds them, by methods that model them.
    energy_per_output_token_j : float or None
        By methods for language models. [J]
    """

    energy: Interval
    method: str
    unit: str
    inputs: tuple[Input, ...]
    steps: tuple[str, ...]
    assumptions: tuple[str, ...]
    scope: Scope = Scope.ACCELERATORS
    flags: tuple[Flagged, ...] = ()
    serving: Serving | None = None
    energy_per_output_token_j: float | None = None

    @property
    def energy_j(self) -> float:
        """Central value. [J]"""
        return self.energy.central

    def has(self, flag: Flag) -> bool:
        """Return whether a flag is set."""
        return any(each.flag == flag for each in self.flags)

    def explain(self) -> str:
        """Return the steps and assumptions as text."""
        lines = [f"method: {self.method}", "", *[f"{i}. {step}" for i, step in enumerate(self.steps, 1)], ""]
        return "\n".join([*lines, "Assumptions and exclusions:", *[f"- {a}" for a in self.assumptions]])

    def to_dict(self) -> dict[str, Any]:
        """Return the estimate as plain values, in the keys of ``joulewise estimate --json``."""
        return {
            "energy_j": self.energy.central,
            "energy_j_low": self.energy.low,
            "energy_j_high": self.energy.high,
            "method": self.method,
            **self._serving(),
            "inputs": [asdict(i) for i in self.inputs],
            "assumptions": list(self.assumptions),
        }

    def _serving(self) -> Mapping[str, Any]:
        per_token = {"energy_per_output_token_j": self.energy_per_output_token_j}
        if self.serving is None:
            return per_token if self.energy_per_output_token_j is not None else {}
        s = self.serving
        each = s.per_output_token
        phases = {"decode_share": s.decode_share, "prefill_bound": s.prefill_bound, "decode_bound": s.decode_bound}
        return {
            "time_s": s.time_s,
            "power_w": s.power_w,
            **per_token,
            "energy_per_output_token_j_low": each.low if each else None,
            "energy_per_output_token_j_high": each.high if each else None,
            "prefill_share": s.prefill_share,
            "bound": s.bound,
            **(phases if each else {}),
            "unit": self.unit,
            "flags": [str(flag) for flag in self.flags],
        }
