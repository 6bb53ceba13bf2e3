"""NVIDIA's accelerators, by NVML: the energy counter where the chip has one (since Volta), else power."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from joulewise.measure.device import Found, Meter, MeterStatus

_NO_PERMISSION = 4  # NVML_ERROR_NO_PERMISSION
_VIRTUAL = 2  # NVML_GPU_VIRTUALIZATION_MODE_VGPU
_ALLOW = "run as root, or give the container the device (--gpus all)"


def find_nvidia() -> Found:
    """Return the meters of NVIDIA's devices, and the status of each device."""
    try:
        import pynvml  # noqa: PLC0415  (an extra)
    except ImportError:
        why, remedy = "the library nvidia-ml-py is missing", "pip install joulewise[meter]"
        return [], [MeterStatus("NVIDIA", False, why, remedy, "library-missing")]
    try:
        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError as error:
        if _code(error) == _NO_PERMISSION:
            return [], [MeterStatus("NVIDIA", False, "this user may not ask NVML", _ALLOW, "permission-missing")]
        remedy = "install NVIDIA's driver, or run where it is"
        return [], [MeterStatus("NVIDIA", False, f"NVML does not answer: {error}", remedy, "no-device")]
    meters, findings = [], []
    for i in range(count):
        found = _device(pynvml, i)
        if isinstance(found, Meter):
            meters.append(found)
            findings.append(MeterStatus(found.name, True, f"{found.by}; {found.note}" if found.note else found.by))
        else:
            findings.append(found)
    return meters, findings or [MeterStatus("NVIDIA", False, "NVML sees no device", "check nvidia-smi", "no-device")]


def _device(nvml: Any, index: int) -> Meter | MeterStatus:
    name = f"NVIDIA #{index}"
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        called = nvml.nvmlDeviceGetName(handle)
        name = f"{called.decode() if isinstance(called, bytes) else called} #{index}"
        if _asked(nvml, "nvmlDeviceGetVirtualizationMode", handle) == _VIRTUAL:
            return MeterStatus(
                name, False, "a virtual GPU reports no energy of its own", "measure on its host", "no-counter"
            )
        mig = _asked(nvml, "nvmlDeviceGetMigMode", handle)
        note = "MIG is on: the energy of the whole GPU, all instances together" if mig and mig[0] else ""
        return _meter(nvml, handle, name, note)
    except nvml.NVMLError as error:
        if _code(error) == _NO_PERMISSION:
            return MeterStatus(name, False, "this user may not read it", _ALLOW, "permission-missing")
        why = f"it reports neither energy nor power: {error}"
        return MeterStatus(name, False, why, "a virtual GPU? measure on its host", "no-counter")


def _meter(nvml: Any, handle: Any, name: str, note: str) -> Meter | MeterStatus:
    def counter() -> float:
        return float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3

    def power() -> float:
        return float(nvml.nvmlDeviceGetPowerUsage(handle)) / 1e3

    # A chip that only pretends to have a counter shows 0.
    if _answers(nvml, counter):
        return Meter(name, "gpu", "nvml energy counter", counter, None, note=note)
    if power() > 0:
        return Meter(name, "gpu", "nvml power", None, power, note=note)
    return MeterStatus(name, False, "its power reads 0 W", "a virtual GPU? measure on its host", "no-counter")


def _answers(nvml: Any, counter: Callable[[], float]) -> bool:
    try:
        return counter() > 0
    except nvml.NVMLError as error:
        if _code(error) == _NO_PERMISSION:
            raise
        return False


def _asked(nvml: Any, function: str, handle: Any) -> Any:
    """Return an answer, or None where the driver or chip does not support the query."""
    try:
        return getattr(nvml, function)(handle)
    except (AttributeError, nvml.NVMLError):
        return None


def _code(error: Exception) -> int:
    return int(getattr(error, "value", -1))
