"""AMD's accelerators, by AMD SMI: the energy accumulator where the chip has one, else the socket's power.

It follows the library's documentation and source (amdsmi 7.0), and has never run on such a machine.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

from joulewise.measure.device import Found, Meter, MeterStatus

_NO_PERMISSION = 10  # AMDSMI_STATUS_NO_PERM
_ALLOW = "sudo usermod -aG render,video $USER, then log in again"
_FROM_ROCM = "install amdsmi of your ROCm release: pip install /opt/rocm/share/amd_smi, or pip install amdsmi"


def find_amd() -> Found:
    """Return the meters of AMD's accelerators, and the status of each device."""
    try:
        # The library prints to standard output where the shared library is missing.
        with contextlib.redirect_stdout(io.StringIO()):
            import amdsmi  # noqa: PLC0415  (an extra)
    except ImportError:
        return [], [MeterStatus("AMD", False, "the library amdsmi is missing", _FROM_ROCM, "library-missing")]
    except Exception as error:  # the error of a missing shared library differs from release to release
        why = f"amdsmi does not load: {str(error).strip() or type(error).__name__}"
        return [], [
            MeterStatus("AMD", False, " ".join(why.split()), "install ROCm of the same release", "library-missing")
        ]
    try:
        amdsmi.amdsmi_init()
        handles = amdsmi.amdsmi_get_processor_handles()
    except amdsmi.AmdSmiException as error:
        if _code(error) == _NO_PERMISSION:
            return [], [MeterStatus("AMD", False, "this user may not ask AMD SMI", _ALLOW, "permission-missing")]
        remedy = "load the driver amdgpu, or run where it is"
        return [], [MeterStatus("AMD", False, f"AMD SMI does not answer: {_said(error)}", remedy, "no-device")]
    meters: list[Meter] = []
    findings: list[MeterStatus] = []
    serials: dict[str, str] = {}
    for i, handle in enumerate(handles):
        found = _device(amdsmi, handle, i, serials)
        if isinstance(found, Meter):
            meters.append(found)
            findings.append(MeterStatus(found.name, True, found.by))
        else:
            findings.append(found)
    return meters, findings or [MeterStatus("AMD", False, "AMD SMI sees no device", "check amd-smi list", "no-device")]


def _device(smi: Any, handle: Any, index: int, serials: dict[str, str]) -> Meter | MeterStatus:
    name = f"AMD #{index}"
    try:
        asic = smi.amdsmi_get_gpu_asic_info(handle)
        name = f"{asic['market_name']} #{index}"
        serial = str(asic.get("asic_serial", ""))
        owner = serials.setdefault(serial, name) if serial not in {"", "N/A"} else name
        if owner != name:
            why = f"a partition of {owner}, whose counter holds it"
            return MeterStatus(name, False, why, "nothing: it is in the total", "no-counter")
        return _meter(smi, handle, name)
    except smi.AmdSmiException as error:
        if _code(error) == _NO_PERMISSION:
            return MeterStatus(name, False, "this user may not read it", _ALLOW, "permission-missing")
        why = f"it reports neither energy nor power: {_said(error)}"
        return MeterStatus(name, False, why, "a virtual machine? measure on its host", "no-counter")


def _meter(smi: Any, handle: Any, name: str) -> Meter | MeterStatus:
    def counter() -> float:
        answer = smi.amdsmi_get_energy_count(handle)
        # The key was `power` before release 6.2; the resolution is in microjoules.
        count = answer["energy_accumulator"] if "energy_accumulator" in answer else answer["power"]
        return float(count) * float(answer["counter_resolution"]) / 1e6

    def power() -> float:
        answer = smi.amdsmi_get_power_info(handle)
        # Chips have different ones of these; the others are "N/A".
        watts = [answer.get(k) for k in ("current_socket_power", "average_socket_power", "socket_power")]
        numbers = [float(w) for w in watts if isinstance(w, int | float)]
        # A chip may show 0 for a reading that it lacks. Without any number there is no reading, rather than 0 W.
        return next((w for w in numbers if w > 0), numbers[0] if numbers else float("nan"))

    try:
        counts = counter() > 0
    except smi.AmdSmiException as error:
        if _code(error) == _NO_PERMISSION:
            raise
        counts = False
    if counts:
        return Meter(name, "gpu", "amdsmi energy counter", counter, None)
    if power() > 0:
        return Meter(name, "gpu", "amdsmi power", None, power)
    remedy = "the second die of an MI250 is metered by the first"
    return MeterStatus(name, False, "it reports neither energy nor power", remedy, "no-counter")


def _code(error: Exception) -> int:
    return int(getattr(error, "err_code", None) or -1)


def _said(error: Exception) -> str:
    return str(getattr(error, "err_info", "") or " ".join(str(error).split()) or type(error).__name__)
