"""Processors and their memory, by the counters in Linux's ``/sys/class/powercap``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from joulewise.measure.device import Found, Meter, MeterStatus

PLACE = "JOULEWISE_POWERCAP"
"""Environment variable with another folder of the counters, e.g. the host's, mounted in a container."""


def powercap_folder() -> Path:
    """Return the folder of the counters: ``/sys/class/powercap``, or that of the environment variable."""
    return Path(os.environ.get(PLACE) or "/sys/class/powercap")


def find_processors(folder: Path) -> Found:
    """Return the meters of processor packages and of DRAM.

    Cores and graphics are part of their package and not added to it; ``psys``, of the whole board, includes the
    packages and is left out. A package that two drivers show (MSR and MMIO) is counted once.

    Parameters
    ----------
    folder : Path
        Folder of the counters.
    """
    files = sorted(folder.glob("*rapl*:*/energy_uj")) if folder.is_dir() else []
    # Of two drivers on one zone the first by name is that of the model-specific registers.
    files.sort(key=lambda f: ("mmio" in f.parent.name, f.parent.name))
    meters, findings, seen = [], [], set()
    for file in files:
        zone = _name(file.parent)
        scope = "dram" if "dram" in zone else "cpu"
        if scope == "cpu" and not re.fullmatch(r"package-\d+(-die-\d+)?", zone):
            continue
        if scope == "dram":
            zone = f"{_name(file.parent.with_name(file.parent.name.rpartition(':')[0]))} {zone}"
        if zone in seen:
            continue
        seen.add(zone)
        try:
            _counter(file)()
        except PermissionError:
            remedy = f"sudo chmod a+r {file}, until the next start; or run as root"
            findings.append(
                MeterStatus(zone, False, "this user may not read its counter", remedy, "permission-missing")
            )
            continue
        except (OSError, ValueError) as error:
            why = f"its counter does not answer: {error}"
            findings.append(MeterStatus(zone, False, why, "see whether a virtual machine hides it", "no-counter"))
            continue
        meters.append(Meter(zone, scope, "powercap", _counter(file), None, _wraps_at_j(file)))
        findings.append(MeterStatus(zone, True, "powercap"))
    if not findings:
        remedy = "bare metal with the module intel_rapl_common; not in most virtual machines"
        return [], [MeterStatus("CPU", False, "Linux shows no counters of the processor here", remedy, "no-device")]
    return meters, findings


def _name(zone: Path) -> str:
    try:
        return (zone / "name").read_text().strip()
    except OSError:
        return zone.name


def _wraps_at_j(file: Path) -> float:
    try:
        range_uj = float((file.parent / "max_energy_range_uj").read_text())
    except (OSError, ValueError):
        return float("inf")
    return range_uj / 1e6 if range_uj > 0 else float("inf")


def _counter(file: Path) -> Callable[[], float]:
    return lambda: float(file.read_text()) / 1e6
