"""Measure a run repeatedly: idling first, then warm-up until steady, then repeats until the interval is narrow."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from joulewise.errors import InputError, WorkError
from joulewise.interval import Interval
from joulewise.measure.device import Meter
from joulewise.measure.meters import working_meters
from joulewise.measure.reading import SAMPLES_PER_S, Reading, meter
from joulewise.quantiles import t_quantile

NARROW = 0.02
"""Half-width of the 95% interval, relative to the mean, that is narrow enough by default."""

ASSUMED = "assumed TDP (estimated, not measured)"

_FEWEST_READINGS = 3
# Warm-up ends when none of the last runs is further than this from their mean, or this share of the time is up.
_STEADY_RUNS = 3
_STEADY_WITHIN = 0.1
_WARM_UP_SHARE = 0.25


@dataclass(frozen=True)
class Measurement:
    """The result of measuring a run repeatedly.

    Parameters
    ----------
    energy : Interval
        Of one run, all devices, idling included; 95% by Student's t over the readings. [J]
    seconds : float
        Of one run, on average.
    idle_w : mapping of str to float
        Power of each device before the runs. [W]
    energy_j : mapping of str to float
        Of one run, by device. [J]
    scopes : mapping of str to str
        What each device covers: ``gpu``, ``cpu``, ``dram``, ``npu``; or ``assumed``.
    readings, runs_per_reading, warm_up_runs : int
    steady : bool
        Whether the last runs of the warm-up took the same time, within a tenth.
    narrow : bool
        Whether the interval became as narrow as asked for.
    method : str
        The meters; or ``assumed TDP``, which measures nothing.
    notes : tuple of str
        Caveats for the figures.
    """

    energy: Interval
    seconds: float
    idle_w: Mapping[str, float]
    energy_j: Mapping[str, float]
    scopes: Mapping[str, str]
    readings: int
    runs_per_reading: int
    warm_up_runs: int
    steady: bool
    narrow: bool
    method: str
    notes: tuple[str, ...] = ()

    @property
    def power_w(self) -> float:
        """Mean power of all devices while it ran. [W]"""
        return self.energy.central / self.seconds

    @property
    def above_idle_j(self) -> float:
        """Energy of one run beyond what idling would have taken. [J]"""
        return self.energy.central - sum(self.idle_w.values()) * self.seconds

    def to_dict(self, inferences: float = 1.0, output_tokens: float = 0.0) -> dict[str, Any]:
        """Return the measurement as data that JSON can hold, energy per inference.

        Parameters
        ----------
        inferences : float
            In one run.
        output_tokens : float
            In one run; 0 for what generates none.
        """
        energy = self.energy
        return {
            "energy_per_inference_j": energy.central / inferences,
            "energy_per_inference_j_low": energy.low / inferences,
            "energy_per_inference_j_high": energy.high / inferences,
            "energy_per_inference_above_idle_j": self.above_idle_j / inferences if self.idle_w else None,
            "energy_per_output_token_j": energy.central / output_tokens if output_tokens else None,
            "inferences_per_run": inferences,
            "latency_s": self.seconds,
            "throughput_per_s": inferences / self.seconds,
            "power_w": self.power_w,
            "in_total": dict(self.scopes),
            "idle_w": dict(self.idle_w),
            "energy_j": dict(self.energy_j),
            "readings": self.readings,
            "runs_per_reading": self.runs_per_reading,
            "warm_up_runs": self.warm_up_runs,
            "steady": self.steady,
            "narrow": self.narrow,
            "method": self.method,
            "notes": list(self.notes),
        }

    def energy_of(self, *scopes: str) -> float:
        """Return the energy of one run of the devices that cover one of these. [J]"""
        return sum(e for name, e in self.energy_j.items() if self.scopes[name] in scopes)


def measure(
    run: Callable[[], object],
    *,
    meters: Sequence[Meter] | None = None,
    assume_tdp_w: float | None = None,
    warm_up: int = 1,
    until_steady: bool = False,
    within: float = NARROW,
    most_seconds: float = 60.0,
    idle_seconds: float = 2.0,
    reading_seconds: float = 0.0,
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
        Runs before those that count, at least.
    until_steady : bool
        Whether to warm up until three runs take the same time, within a tenth, or a quarter of the time is up.
    within : float
        Half-width of the interval, relative to the mean, that is narrow enough.
    most_seconds : float
        After which no further reading begins; at least three are made.
    idle_seconds : float
        For which idling is metered before.
    reading_seconds : float
        How long a reading lasts at least: short runs are repeated within one, as counters move in steps.

    Raises
    ------
    InputError
        If a parameter is impossible.
    MeterError
        If no meter works, or one fails.
    WorkError
        If no counter moved.

    Notes
    -----
    The interval assumes independent readings. On a chip that warms up slowly they are correlated, and the interval is
    narrower than a run on another day would show.
    """
    _require(warm_up, within, most_seconds, idle_seconds, reading_seconds, assume_tdp_w)
    idle: dict[str, float] = {}
    if assume_tdp_w is None:
        meters = working_meters() if meters is None else meters
        with meter(meters) as resting:
            time.sleep(idle_seconds)
        idle = {name: energy / resting.seconds for name, energy in resting.energy_j.items()}
    begun = time.perf_counter()
    times, steady = _warm_up(run, warm_up, until_steady=until_steady, most_seconds=_WARM_UP_SHARE * most_seconds)
    each = 1
    if reading_seconds and times:
        each = max(1, math.ceil(reading_seconds / max(float(np.mean(times[-_STEADY_RUNS:])), 1e-6)))
    readings: list[Reading] = []
    while True:
        readings.append(_read(run, each, meters, assume_tdp_w))
        totals = np.array([r.total_j for r in readings]) / each
        if len(readings) < _FEWEST_READINGS:
            continue
        half = float(t_quantile(len(totals) - 1, 0.975) * totals.std(ddof=1) / len(totals) ** 0.5)
        narrow = half <= within * totals.mean()
        if narrow or time.perf_counter() - begun >= most_seconds:
            break
    mean = float(totals.mean())
    if mean <= 0:
        raise WorkError("the energy counters did not move", "the run is too short: repeat it inside the command")
    used = [] if assume_tdp_w else list(meters or ())
    by_device = {n: float(np.mean([r.energy_j[n] for r in readings])) / each for n in readings[0].energy_j}
    still = [f"the counter of {name} did not move" for name, energy in by_device.items() if energy <= 0]
    return Measurement(
        energy=Interval(max(0.0, mean - half), mean, mean + half),
        seconds=float(np.mean([r.seconds for r in readings])) / each,
        idle_w=idle,
        energy_j=by_device,
        scopes={m.name: m.scope for m in used} or {"assumed": "assumed"},
        readings=len(readings),
        runs_per_reading=each,
        warm_up_runs=len(times),
        steady=steady,
        narrow=bool(narrow),
        method=", ".join(sorted({m.by for m in used})) or ASSUMED,
        notes=(
            *(f"{m.name}: {m.note}" for m in used if m.note),
            *(f"{m.name}: power read {SAMPLES_PER_S:g} times a second, integrated" for m in used if not m.energy_j),
            *still,
        ),
    )


def _require(
    warm_up: int, within: float, most_seconds: float, idle_seconds: float, reading_seconds: float, tdp_w: float | None
) -> None:
    inf = float("inf")
    times = (0 < most_seconds < inf, 0 < idle_seconds < inf, 0 <= reading_seconds < inf)
    power = tdp_w is None or 0 < tdp_w < inf
    if warm_up < 0 or not 0 < within < 1 or not all(times) or not power:
        hint = "e.g. 1 run, 0.02, 60 s, 350 W"
        raise InputError("warm-up, interval, time and power must be positive and finite", hint)


def _warm_up(
    run: Callable[[], object], least: int, *, until_steady: bool, most_seconds: float
) -> tuple[list[float], bool]:
    """Run until it is steady; return the time of each run, and whether the last ones agree."""
    begun = time.perf_counter()
    times: list[float] = []
    while len(times) < least or (
        until_steady and not _alike(times) and (not times or time.perf_counter() - begun < most_seconds)
    ):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return times, _alike(times)


def _alike(times: Sequence[float]) -> bool:
    last = np.array(times[-_STEADY_RUNS:])
    return len(last) == _STEADY_RUNS and bool(np.abs(last / last.mean() - 1).max() <= _STEADY_WITHIN)


def _read(run: Callable[[], object], each: int, meters: Sequence[Meter] | None, assume_tdp_w: float | None) -> Reading:
    if assume_tdp_w is None:
        with meter(meters) as reading:
            for _ in range(each):
                run()
        return reading
    begun = time.perf_counter()
    for _ in range(each):
        run()
    seconds = time.perf_counter() - begun
    return Reading({"assumed": seconds * assume_tdp_w}, seconds)
