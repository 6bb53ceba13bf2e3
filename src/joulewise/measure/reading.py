"""Meter any code: energy by device, from counters, with their wrap-around, or from integrated power."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from joulewise.measure.device import Meter, MeterError, MeterReadingError
from joulewise.measure.meters import working_meters

SAMPLES_PER_S = 20.0
"""Readings per second of power, and of energy counters that wrap around."""


@dataclass
class Reading:
    """Energy of the code that ran inside `meter`; filled in at its end.

    Parameters
    ----------
    energy_j : dict of str to float
        By device, idling included. [J]
    seconds : float
    """

    energy_j: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def total_j(self) -> float:
        """Energy of all devices together. [J]"""
        return sum(self.energy_j.values())


@contextmanager
def meter(meters: Sequence[Meter] | None = None) -> Iterator[Reading]:
    """Meter any code.

    Parameters
    ----------
    meters : sequence of Meter, optional
        By default all that work here.

    Raises
    ------
    NoMeterError
        If none works here, rather than a silent zero.
    MissingPermissionError
        If there are meters but none may be read.
    MeterReadingError
        If one reads NaN, infinity or less than zero.
    MeterError
        If one fails during the run, or its counter goes backwards without a wrap-around.

    Examples
    --------
    With a made-up chip that always draws 10 W; without an argument, every meter that works here:

    >>> with meter([Meter("chip", "cpu", "made up", None, lambda: 10.0)]) as reading:
    ...     time.sleep(0.1)
    >>> 0.9 < reading.total_j < 10
    True
    """
    tallies = [_Tally(m) for m in (working_meters() if meters is None else _some(meters))]
    # A counter that never wraps around is only read at both ends.
    watched = [t for t in tallies if not t.waits]
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(watched, stop), daemon=True)
    reading = Reading()
    begun = time.perf_counter()
    for tally in tallies:
        tally.begin()
    if watched:
        watcher.start()
    try:
        yield reading
    finally:
        stop.set()
        if watched:
            watcher.join()
        reading.seconds = time.perf_counter() - begun
    for tally in tallies:
        if tally.waits:
            tally.look()
        reading.energy_j[tally.meter.name] = tally.energy()


def _some(meters: Sequence[Meter]) -> Sequence[Meter]:
    return meters or working_meters(([], []))


class _Tally:
    """Energy that one device has used so far."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.waits = meter.energy_j is not None and meter.wraps_at_j == float("inf")
        self._last = self._at = self._spent_j = 0.0
        self._failure: Exception | None = None

    def begin(self) -> None:
        self._last, self._at = self._read(), time.perf_counter()

    def look(self) -> None:
        """Add the energy since the last reading; a failure is kept for `energy`, as this may run in another thread."""
        if self._failure is not None:
            return
        try:
            now, at = self._read(), time.perf_counter()
        except MeterError as error:
            self._failure = error
            return
        if self.meter.energy_j is None:
            self._spent_j += (self._last + now) / 2 * (at - self._at)
        else:
            passed = now - self._last
            passed += self.meter.wraps_at_j if passed < 0 else 0.0
            if not 0 <= passed < float("inf"):
                problem = f"the counter of {self.meter.name} went backwards"
                self._failure = MeterError(problem, "was its driver reloaded?")
                return
            self._spent_j += passed
        self._last, self._at = now, at

    def energy(self) -> float:
        if self._failure is not None:
            raise self._failure
        return self._spent_j

    def _read(self) -> float:
        read = self.meter.energy_j or self.meter.power_w
        if read is None:
            raise MeterError(f"{self.meter.name} has neither a counter nor power")
        try:
            value = float(read())
        # Each library raises its own errors, some of them unrelated to Python's.
        except Exception as error:
            raise MeterError(f"the meter of {self.meter.name} failed: {' '.join(str(error).split())}") from error
        if not 0 <= value < float("inf"):
            raise MeterReadingError(self.meter.name, value, "J" if self.meter.energy_j else "W")
        return value


def _watch(tallies: Sequence[_Tally], stop: threading.Event) -> None:
    while True:
        ended = stop.wait(1 / SAMPLES_PER_S)
        for tally in tallies:
            tally.look()
        if ended:
            return
