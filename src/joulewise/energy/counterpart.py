"""The estimate of a measured workload, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from joulewise.counting.workload import Workload
from joulewise.energy.estimate import Scope
from joulewise.energy.rows import WorkloadOptions
from joulewise.energy.single import estimate
from joulewise.errors import InputError
from joulewise.interval import Interval


@dataclass(frozen=True)
class Counterpart:
    """An estimate of a workload that was measured.

    Parameters
    ----------
    energy : Interval or None
        Of one request or sample. [J]
    scope : str
        What the energy covers: the accelerators, or the whole system at the wall.
    reason : str
        Why there is no estimate; blank where there is one.
    """

    energy: Interval | None
    scope: str = ""
    reason: str = ""


def estimate_of_measured(model: str | Path | Workload, accelerator: str, workload: WorkloadOptions) -> Counterpart:
    """Return the calibrated estimate of what was measured.

    Parameters
    ----------
    model : str, Path or Workload
        As for `single.estimate`.
    accelerator : str
        Blank where the workload ran on a processor.
    workload : mapping
        Keyword arguments of `single.estimate`.
    """
    if not accelerator:
        return Counterpart(None, reason="the estimator covers accelerators, not processors; --accelerator names one")
    try:
        found = estimate(model, accelerator, **workload)
    except InputError as error:
        return Counterpart(None, reason=str(error))
    at_wall = found.scope is Scope.WALL
    return Counterpart(found.energy, "the whole system at the wall" if at_wall else "the accelerators alone")
