"""The estimate to set beside a measurement, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from joulewise.catalog import accelerator_spec
from joulewise.energy.one import estimate
from joulewise.errors import InputError
from joulewise.interval import Interval


@dataclass(frozen=True)
class Beside:
    """An estimate of the same workload.

    Parameters
    ----------
    energy : Interval or None
        Of one request or sample. [J]
    scope : str
        What that covers: the accelerators, or the whole system at the wall.
    reason : str
        Why there is none.
    """

    energy: Interval | None
    scope: str = ""
    reason: str = ""


def estimate_beside(model: str, accelerator: str, **workload: Any) -> Beside:
    """Return the calibrated estimate of what was measured.

    Parameters
    ----------
    model : str
        A name of the catalogue, or a target to count.
    accelerator : str
        Blank where it ran on a processor.
    **workload
        As for `one.estimate`.
    """
    if not accelerator:
        return Beside(None, reason="the estimator covers accelerators, not processors; --accelerator names one")
    try:
        accelerator_spec(accelerator)
    except InputError as error:
        return Beside(None, reason=str(error))
    try:
        found = estimate(model, accelerator, **workload)
    except InputError as error:
        return Beside(None, reason=str(error))
    at_wall = "at-the-wall" in found.results["flags"]
    return Beside(found.energy, "the whole system at the wall" if at_wall else "the accelerators alone")
