"""A meter around a run: energy by device with what idling takes apart, repeated until it is sure enough."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from scipy.special import stdtrit

from joulewise.errors import InputError, WorkError
from joulewise.interval import Interval
from joulewise.measure.meters import Meter, find_meters

SAMPLES_PER_S = 20.0
"""How often power is read where a device has no energy counter."""


@dataclass
class Reading:
    """Energy of what ran inside `meter`; filled in at its end.

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


@dataclass(frozen=True)
class Measurement:
    """A run measured over and over.

    Parameters
    ----------
    energy : Interval
        Of one run, all devices, idling included; 95% by Student's t. [J]
    seconds : float
        Of one run, on average.
    idle_w : mapping of str to float
        Power of each device before the runs. [W]
    energy_j : mapping of str to float
        Of one run, by device. [J]
    runs : int
    method : str
        The meters; or ``assumed TDP``, which measures nothing.
    """

    energy: Interval
    seconds: float
    idle_w: Mapping[str, float]
    energy_j: Mapping[str, float]
    runs: int
    method: str


@contextmanager
def meter(meters: Sequence[Meter] | None = None) -> Iterator[Reading]:
    """Meter any code.

    Parameters
    ----------
    meters : sequence of Meter, optional
        By default all that work here.

    Raises
    ------
    WorkError
        If none works here: never a silent zero.

    Examples
    --------
    With a made-up chip that always draws 10 W; without an argument, every meter that works here:

    >>> with meter([Meter("chip", "cpu", "made up", None, lambda: 10.0)]) as reading:
    ...     time.sleep(0.1)
    >>> 0.9 < reading.total_j < 10
    True
    """
    meters = _working(meters)
    reading = Reading()
    counters = {m.name: m.energy_j() for m in meters if m.energy_j}
    sampled = {m.name: m.power_w for m in meters if m.power_w}
    stop, sums = threading.Event(), dict.fromkeys(sampled, 0.0)
    sampler = threading.Thread(target=_integrate, args=(sampled, sums, stop), daemon=True)
    begun = time.perf_counter()
    if sampled:
        sampler.start()
    try:
        yield reading
    finally:
        stop.set()
        if sampled:
            sampler.join()
        reading.seconds = time.perf_counter() - begun
        for m in meters:
            if m.energy_j:
                passed = m.energy_j() - counters[m.name]
                reading.energy_j[m.name] = passed if passed >= 0 else passed + m.wraps_at_j
            else:
                reading.energy_j[m.name] = sums[m.name]


def _working(meters: Sequence[Meter] | None) -> Sequence[Meter]:
    found = find_meters()[0] if meters is None else meters
    if not found:
        raise WorkError("no energy meter works here", "joulewise doctor says why; --assume-tdp gives an estimate")
    return found


def _integrate(powers: Mapping[str, Callable[[], float]], sums: dict[str, float], stop: threading.Event) -> None:
    last = time.perf_counter()
    watts = {name: power() for name, power in powers.items()}
    while True:
        ended = stop.wait(1 / SAMPLES_PER_S)
        now = time.perf_counter()
        fresh = {name: power() for name, power in powers.items()}
        for name in powers:
            sums[name] += (watts[name] + fresh[name]) / 2 * (now - last)
        last, watts = now, fresh
        if ended:
            return


def measure(
    run: Callable[[], object],
    *,
    meters: Sequence[Meter] | None = None,
    assume_tdp_w: float | None = None,
    warm_up: int = 1,
    within: float = 0.05,
    most_seconds: float = 60.0,
    idle_seconds: float = 2.0,
) -> Measurement:
    """Measure a run until the interval of its energy is narrow enough or the time is up.

    Parameters
    ----------
    run : callable
    meters : sequence of Meter, optional
        By default all that work here.
    assume_tdp_w : float, optional
        In place of meters: time times this power, labelled as estimated. [W]
    warm_up : int
        Runs before those that count.
    within : float
        Half-width of the interval, relative to the mean, that is narrow enough.
    most_seconds : float
        After which no further run begins; at least three are made.
    idle_seconds : float
        For which idling is metered before.

    Raises
    ------
    InputError
        If a parameter cannot be.
    WorkError
        If no meter works, or its counter did not move.
    """
    if warm_up < 0 or not 0 < within < 1 or most_seconds <= 0 or (assume_tdp_w is not None and assume_tdp_w <= 0):
        raise InputError("warm-up, interval, time and power must be positive", "e.g. 1 run, 0.05, 60 s, 350 W")
    idle: dict[str, float] = {}
    if assume_tdp_w is None:
        meters = _working(meters)
        with meter(meters) as resting:
            time.sleep(idle_seconds)
        idle = {name: energy / resting.seconds for name, energy in resting.energy_j.items()}
    for _ in range(warm_up):
        run()
    begun = time.perf_counter()
    readings: list[Reading] = []
    while True:
        readings.append(_read(run, meters, assume_tdp_w))
        totals = np.array([r.total_j for r in readings])
        if len(readings) < _FEWEST_RUNS:
            continue
        half = float(stdtrit(len(totals) - 1, 0.975) * totals.std(ddof=1) / len(totals) ** 0.5)
        if half <= within * totals.mean() or time.perf_counter() - begun >= most_seconds:
            break
    mean = float(totals.mean())
    if mean <= 0:
        raise WorkError("the energy counters did not move", "the run is too short: repeat it inside the command")
    by = "assumed TDP (estimated, not measured)" if assume_tdp_w else ", ".join(sorted({m.by for m in meters or ()}))
    return Measurement(
        energy=Interval(max(0.0, mean - half), mean, mean + half),
        seconds=float(np.mean([r.seconds for r in readings])),
        idle_w=idle,
        energy_j={n: float(np.mean([r.energy_j[n] for r in readings])) for n in readings[0].energy_j},
        runs=len(readings),
        method=by,
    )


_FEWEST_RUNS = 3


def _read(run: Callable[[], object], meters: Sequence[Meter] | None, assume_tdp_w: float | None) -> Reading:
    if assume_tdp_w is None:
        with meter(meters) as reading:
            run()
        return reading
    begun = time.perf_counter()
    run()
    seconds = time.perf_counter() - begun
    return Reading({"assumed": seconds * assume_tdp_w}, seconds)
