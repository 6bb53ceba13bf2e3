"""The energy meters of this machine: which there are, which work, and how to get at those that do not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Meter:
    """One device whose energy can be read.

    Parameters
    ----------
    name : str
        E.g. ``NVIDIA H100 80GB HBM3 #0`` or ``package-0``.
    scope : str
        What it covers: ``gpu``, ``cpu`` or ``dram``.
    by : str
        ``nvml energy counter``, ``nvml power``, ``powercap``.
    energy_j : callable or None
        Counter of energy, which may start anywhere. [J]
    power_w : callable or None
        Power now, for meters without a counter: to be sampled and integrated. [W]
    wraps_at_j : float
        Where the counter starts again from 0; infinite if it never does. [J]
    """

    name: str
    scope: str
    by: str
    energy_j: Callable[[], float] | None
    power_w: Callable[[], float] | None
    wraps_at_j: float = float("inf")


@dataclass(frozen=True)
class Finding:
    """What was found of one kind of meter: whether it works, why not, and what would help."""

    name: str
    works: bool
    detail: str
    remedy: str = ""


def find_meters(powercap: Path = POWERCAP) -> tuple[list[Meter], list[Finding]]:
    """Return the meters that work here, and what was found of every kind.

    Parameters
    ----------
    powercap : Path
        Where Linux shows the counters of processors.
    """
    meters: list[Meter] = []
    findings: list[Finding] = []
    for found in (_nvidia(), _processors(powercap)):
        meters += found[0]
        findings += found[1]
    return meters, findings


def _nvidia() -> tuple[list[Meter], list[Finding]]:
    try:
        import pynvml  # noqa: PLC0415  (an extra)
    except ImportError:
        return [], [Finding("NVIDIA", False, "the library nvidia-ml-py is missing", "pip install joulewise[meter]")]
    try:
        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError as error:
        remedy = "install NVIDIA's driver, or run where it is"
        return [], [Finding("NVIDIA", False, f"NVML does not answer: {error}", remedy)]
    meters, findings = [], []
    for i in range(count):
        handle = pynvml.nvmlDeviceGetHandleByIndex(i)
        name = pynvml.nvmlDeviceGetName(handle)
        name = f"{name.decode() if isinstance(name, bytes) else name} #{i}"
        meter = _nvidia_meter(pynvml, handle, name)
        if meter is None:
            why = "it tells neither energy nor power"
            findings.append(Finding(name, False, why, "a virtual GPU? measure on its host"))
        else:
            meters.append(meter)
            findings.append(Finding(name, True, meter.by))
    return meters, findings or [Finding("NVIDIA", False, "NVML sees no device", "check nvidia-smi")]


def _nvidia_meter(nvml: Any, handle: Any, name: str) -> Meter | None:
    try:
        nvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except nvml.NVMLError:
        pass
    else:

        def counter() -> float:
            return float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3

        return Meter(name, "gpu", "nvml energy counter", counter, None)
    try:
        nvml.nvmlDeviceGetPowerUsage(handle)
    except nvml.NVMLError:
        return None

    def power() -> float:
        return float(nvml.nvmlDeviceGetPowerUsage(handle)) / 1e3

    return Meter(name, "gpu", "nvml power", None, power)


def _processors(powercap: Path) -> tuple[list[Meter], list[Finding]]:
    zones = sorted(powercap.glob("*rapl*:*/energy_uj")) if powercap.is_dir() else []
    if not zones:
        why = "Linux shows no counters of the processor here"
        remedy = "bare metal with the module intel_rapl_common; not in most virtual machines"
        return [], [Finding("CPU", False, why, remedy)]
    meters, findings = [], []
    for file in zones:
        zone = (file.parent / "name").read_text().strip() if (file.parent / "name").is_file() else file.parent.name
        scope = "dram" if "dram" in zone else "cpu"
        if scope == "cpu" and not re.fullmatch(r"package-\d+", zone):
            continue  # cores and graphics are part of their package, psys of the whole board
        try:
            file.read_text()
        except OSError:
            remedy = f"sudo chmod a+r {file}"
            findings.append(Finding(zone, False, "its counter may not be read", remedy))
            continue
        wraps = file.parent / "max_energy_range_uj"
        wraps_at_j = float(wraps.read_text()) / 1e6 if wraps.is_file() else float("inf")
        meters.append(Meter(zone, scope, "powercap", _counter_of(file), None, wraps_at_j))
        findings.append(Finding(zone, True, "powercap"))
    return meters, findings


def _counter_of(file: Path) -> Callable[[], float]:
    return lambda: float(file.read_text()) / 1e6
