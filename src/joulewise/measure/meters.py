"""The energy meters of this machine: which exist, which work, and how to make the others work."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from joulewise.measure.amd import find_amd
from joulewise.measure.apple import find_apple
from joulewise.measure.device import Meter, MeterStatus, MissingPermissionError, NoMeterError
from joulewise.measure.nvidia import find_nvidia
from joulewise.measure.powercap import find_processors, powercap_folder


def find_meters(powercap: Path | None = None) -> tuple[list[Meter], list[MeterStatus]]:
    """Return the meters that work here, and the status of every kind of meter.

    Parameters
    ----------
    powercap : Path, optional
        Folder of the processors' counters; by default ``JOULEWISE_POWERCAP``, or the one of Linux.
    """
    meters: list[Meter] = []
    findings: list[MeterStatus] = []
    for found in (find_nvidia(), find_amd(), find_apple(), find_processors(powercap or powercap_folder())):
        meters += found[0]
        findings += found[1]
    return meters, findings


def working_meters(findings_and_meters: tuple[list[Meter], list[MeterStatus]] | None = None) -> list[Meter]:
    """Return the meters that work here.

    Raises
    ------
    MissingPermissionError
        If there are meters and none may be read.
    NoMeterError
        If there are none, rather than a silent zero.
    """
    meters, findings = findings_and_meters or find_meters()
    if meters:
        return meters
    barred = denied(findings)
    if barred:
        raise MissingPermissionError(f"no energy meter may be read here: {barred[0].name}", barred[0].remedy)
    raise NoMeterError("no energy meter works here", "joulewise doctor says why; --assume-tdp W gives an estimate")


def denied(findings: Iterable[MeterStatus]) -> list[MeterStatus]:
    """Return the meters that exist but that this user may not read."""
    return [f for f in findings if f.problem == "permission-missing"]
