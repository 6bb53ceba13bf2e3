"""A meter, its status on this machine, and its errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from joulewise.errors import WorkError

MeterProblem = Literal["", "library-missing", "permission-missing", "no-device", "no-counter"]


@dataclass(frozen=True)
class Meter:
    """One device whose energy can be read.

    Parameters
    ----------
    name : str
        E.g. ``NVIDIA H100 80GB HBM3 #0`` or ``package-0``; no two meters of a run share one.
    scope : str
        What it covers: ``gpu``, ``cpu``, ``dram`` or ``npu``.
    by : str
        ``nvml energy counter``, ``nvml power``, ``powercap``, ``amdsmi energy counter``, ``ioreport`` ...
    energy_j : callable or None
        Counter of energy, which may start anywhere. [J]
    power_w : callable or None
        Power now, for meters without a counter: to be sampled and integrated. [W]
    wraps_at_j : float
        Where the counter starts again from 0; infinite if it never does. [J]
    note : str
        Caveat for its figures, e.g. that a partitioned GPU reports the energy of all parts.
    """

    name: str
    scope: str
    by: str
    energy_j: Callable[[], float] | None
    power_w: Callable[[], float] | None
    wraps_at_j: float = float("inf")
    note: str = ""


@dataclass(frozen=True)
class MeterStatus:
    """Whether a meter works here, and if not, the reason.

    Parameters
    ----------
    name : str
        The device, or the kind of device where none was seen.
    works : bool
    detail : str
        How it is metered, or why it is not.
    remedy : str
        Command or step that would make it work.
    problem : str
        Blank where it works; else ``library-missing``, ``permission-missing``, ``no-device`` or ``no-counter``.
    """

    name: str
    works: bool
    detail: str
    remedy: str = ""
    problem: MeterProblem = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as data that JSON can hold."""
        return asdict(self)


Found = tuple[list[Meter], list[MeterStatus]]


class MeterError(WorkError):
    """A meter that should work does not."""


class MeterReadingError(MeterError):
    """A meter gives a value that energy or power cannot have.

    Parameters
    ----------
    meter : str
        Its name.
    value : float
        What it read: NaN, infinite or negative.
    unit : str
        ``J`` of a counter, ``W`` of power.
    """

    def __init__(self, meter: str, value: float, unit: str) -> None:
        self.meter, self.value, self.unit = meter, value, unit
        super().__init__(f"the meter of {meter} reads {value:g} {unit}", "check its driver")


class NoMeterError(MeterError):
    """No device here reports its energy."""


class MissingPermissionError(MeterError):
    """A device has a meter that this user may not read."""
