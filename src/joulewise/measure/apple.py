"""Apple's chips, by IOReport through zeus-apple-silicon: the chip's own estimates.

It follows the library's documentation (zeus-apple-silicon 1.1), and has never run on such a machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from joulewise.measure.device import Found, Meter, MeterStatus

# Field of the library's reading -> name and scope. Fields that are part of another one are left out.
_PARTS = {
    "cpu_total_mj": ("Apple CPU", "cpu"),
    "gpu_mj": ("Apple GPU", "gpu"),
    "ane_mj": ("Apple neural engine", "npu"),
    "dram_mj": ("Apple DRAM", "dram"),
}
_NOTE = "the chip's own estimate, by IOReport"


def find_apple() -> Found:
    """Return the meters of an Apple chip, and their status."""
    if sys.platform != "darwin":
        return [], [MeterStatus("Apple", False, "not a Mac", "run on a Mac with an Apple chip", "no-device")]
    try:
        import zeus_apple_silicon  # noqa: PLC0415  (an extra)
    except ImportError:
        why, remedy = "the library zeus-apple-silicon is missing", "pip install joulewise[meter]"
        return [], [MeterStatus("Apple", False, why, remedy, "library-missing")]
    try:
        monitor = zeus_apple_silicon.AppleEnergyMonitor()
        now = monitor.get_cumulative_energy()
    except RuntimeError as error:
        return [], [MeterStatus("Apple", False, f"IOReport does not answer: {error}", "a virtual Mac?", "no-device")]
    meters, findings = [], []
    for field, (name, scope) in _PARTS.items():
        if getattr(now, field) is None:
            findings.append(
                MeterStatus(name, False, "this chip does not report it", "nothing would help", "no-counter")
            )
            continue
        meters.append(Meter(name, scope, "ioreport", _counter(monitor, field), None, note=_NOTE))
        findings.append(MeterStatus(name, True, f"ioreport; {_NOTE}"))
    return meters, findings


def _counter(monitor: Any, field: str) -> Callable[[], float]:
    return lambda: float(getattr(monitor.get_cumulative_energy(), field)) / 1e3
