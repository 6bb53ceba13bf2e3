"""Accelerators by their makers' libraries: made-up ones with the functions, keys and codes of the real ones."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any

import pytest

from joulewise.measure import MeterReadingError, meter
from joulewise.measure.amd import find_amd
from joulewise.measure.apple import find_apple
from joulewise.measure.nvidia import find_nvidia


class FakeNVMLError(Exception):
    def __init__(self, value: int) -> None:
        super().__init__({3: "Not Supported", 4: "Insufficient Permissions", 9: "Driver Not Loaded"}[value])
        self.value = value


def _raises(error: Exception) -> Callable[..., Any]:
    def raising(*_: object) -> Any:
        raise error

    return raising


def _nvml(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    fake = types.ModuleType("pynvml")
    usual = {
        "NVMLError": FakeNVMLError,
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: 1,
        "nvmlDeviceGetHandleByIndex": lambda i: i,
        "nvmlDeviceGetName": lambda i: f"GPU{i}",
        "nvmlDeviceGetTotalEnergyConsumption": lambda _: 7_000,
        "nvmlDeviceGetPowerUsage": lambda _: 123_000,
        "nvmlDeviceGetVirtualizationMode": lambda _: 0,
        "nvmlDeviceGetMigMode": _raises(FakeNVMLError(3)),
    }
    fake.__dict__.update(usual | functions)
    monkeypatch.setitem(sys.modules, "pynvml", fake)


def test_the_functions_asked_of_nvml_are_in_the_real_library() -> None:
    pynvml = pytest.importorskip("pynvml")
    names = (
        "nvmlInit nvmlDeviceGetCount nvmlDeviceGetHandleByIndex nvmlDeviceGetName nvmlDeviceGetVirtualizationMode "
        "nvmlDeviceGetTotalEnergyConsumption nvmlDeviceGetPowerUsage nvmlDeviceGetMigMode"
    )
    assert all(callable(getattr(pynvml, n)) for n in names.split())
    assert (pynvml.NVML_ERROR_NO_PERMISSION, pynvml.NVML_GPU_VIRTUALIZATION_MODE_VGPU) == (4, 2)
    assert pynvml.NVMLError(4).value == 4


def test_nvidia_by_its_counter_else_by_power(monkeypatch: pytest.MonkeyPatch) -> None:
    def counter(handle: int) -> int:
        if handle == 1:
            raise FakeNVMLError(3)
        return [7_000, 0, 0][handle]

    _nvml(monkeypatch, nvmlDeviceGetCount=lambda: 3, nvmlDeviceGetTotalEnergyConsumption=counter)
    meters, findings = find_nvidia()
    assert [(m.name, m.by) for m in meters] == [
        ("GPU0 #0", "nvml energy counter"),
        ("GPU1 #1", "nvml power"),
        ("GPU2 #2", "nvml power"),  # a counter that shows 0 is none
    ]
    assert meters[0].energy_j is not None
    assert meters[0].energy_j() == pytest.approx(7.0)
    assert meters[1].power_w is not None
    assert meters[1].power_w() == pytest.approx(123.0)
    assert all(f.works for f in findings)


def test_a_virtual_gpu_is_refused_and_mig_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    _nvml(
        monkeypatch,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetVirtualizationMode=lambda i: 2 * i,
        nvmlDeviceGetMigMode=lambda _: [1, 1],
    )
    meters, findings = find_nvidia()
    assert [m.name for m in meters] == ["GPU0 #0"]
    assert "whole GPU, all instances" in meters[0].note
    assert meters[0].note in findings[0].detail
    assert (findings[1].name, findings[1].problem) == ("GPU1 #1", "no-counter")
    assert "host" in findings[1].remedy


def test_nvidia_without_counter_or_power_or_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = {"nvmlDeviceGetTotalEnergyConsumption": _raises(FakeNVMLError(3))}
    for functions, problem in (
        ({**silent, "nvmlDeviceGetPowerUsage": _raises(FakeNVMLError(3))}, "no-counter"),
        ({**silent, "nvmlDeviceGetPowerUsage": lambda _: 0}, "no-counter"),
        ({"nvmlDeviceGetTotalEnergyConsumption": _raises(FakeNVMLError(4))}, "permission-missing"),
        ({"nvmlDeviceGetHandleByIndex": _raises(FakeNVMLError(4))}, "permission-missing"),
        ({"nvmlInit": _raises(FakeNVMLError(4))}, "permission-missing"),
        ({"nvmlInit": _raises(FakeNVMLError(9))}, "no-device"),
        ({"nvmlDeviceGetCount": lambda: 0}, "no-device"),
    ):
        _nvml(monkeypatch, **functions)
        meters, (finding,) = find_nvidia()
        assert not meters
        assert (finding.problem, bool(finding.remedy)) == (problem, True)


def test_an_older_driver_without_the_newer_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    _nvml(monkeypatch)
    del sys.modules["pynvml"].nvmlDeviceGetMigMode
    assert [m.by for m in find_nvidia()[0]] == ["nvml energy counter"]


@pytest.mark.parametrize(
    ("module", "find", "name"),
    [("pynvml", find_nvidia, "nvidia-ml-py"), ("amdsmi", find_amd, "amdsmi")],
)
def test_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch, module: str, find: Any, name: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    meters, (finding,) = find()
    assert not meters
    assert finding.problem == "library-missing"
    assert name in finding.detail


class FakeSmiError(Exception):
    """As amdsmi's AmdSmiException; AmdSmiLibraryException has `err_code` and `err_info`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.err_code = code
        self.err_info = {
            2: "AMDSMI_STATUS_NOT_SUPPORTED - Feature not supported",
            10: "AMDSMI_STATUS_NO_PERM - Permission Denied",
            34: "AMDSMI_STATUS_DRIVER_NOT_LOADED - Driver not loaded",
        }[code]


def _smi(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    fake = types.ModuleType("amdsmi")
    usual = {
        "AmdSmiException": FakeSmiError,
        "amdsmi_init": lambda: None,
        "amdsmi_get_processor_handles": lambda: ["a"],
        "amdsmi_get_gpu_asic_info": lambda h: {"market_name": "MI300X", "asic_serial": f"0x{h}"},
        "amdsmi_get_energy_count": lambda _: {
            "energy_accumulator": 1_000_000,
            "counter_resolution": 15.3,
            "timestamp": 1,
        },
        "amdsmi_get_power_info": lambda _: {
            "socket_power": "N/A",
            "current_socket_power": "N/A",
            "average_socket_power": 90,
        },
    }
    fake.__dict__.update(usual | functions)
    monkeypatch.setitem(sys.modules, "amdsmi", fake)


def test_amd_by_its_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    _smi(monkeypatch)
    (found,), (finding,) = find_amd()
    assert (found.name, found.scope, found.by) == ("MI300X #0", "gpu", "amdsmi energy counter")
    assert found.energy_j is not None
    assert found.energy_j() == pytest.approx(15.3)  # 10^6 steps of 15.3 uJ
    assert finding.works


@pytest.mark.parametrize("later", ["N/A", -3.0, float("nan")])
def test_amd_power_that_is_lost_is_an_error_and_not_zero(monkeypatch: pytest.MonkeyPatch, later: object) -> None:
    watts: Iterator[object] = chain([90.0, 90.0], repeat(later))
    _smi(
        monkeypatch,
        amdsmi_get_energy_count=_raises(FakeSmiError(2)),
        amdsmi_get_power_info=lambda _: {"socket_power": next(watts)},
    )
    (found,), _ = find_amd()
    assert found.by == "amdsmi power"
    with pytest.raises(MeterReadingError, match="MI300X #0 reads"), meter([found]):
        pass


def test_amd_with_the_key_of_older_releases(monkeypatch: pytest.MonkeyPatch) -> None:
    _smi(monkeypatch, amdsmi_get_energy_count=lambda _: {"power": 2_000_000, "counter_resolution": 15.3})
    (found,), _ = find_amd()
    assert found.energy_j is not None
    assert found.energy_j() == pytest.approx(30.6)


def test_amd_by_power_where_there_is_no_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    _smi(monkeypatch, amdsmi_get_energy_count=_raises(FakeSmiError(2)))
    (found,), _ = find_amd()
    assert (found.by, found.energy_j) == ("amdsmi power", None)
    assert found.power_w is not None
    assert found.power_w() == pytest.approx(90.0)


def test_partitions_of_one_amd_chip_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _smi(
        monkeypatch,
        amdsmi_get_processor_handles=lambda: ["a", "b", "c"],
        amdsmi_get_gpu_asic_info=lambda h: {"market_name": "MI300X", "asic_serial": "0x1" if h in "ab" else "0x2"},
    )
    meters, findings = find_amd()
    assert [m.name for m in meters] == ["MI300X #0", "MI300X #2"]
    assert "a partition of MI300X #0" in findings[1].detail


def test_amd_without_any_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = {"energy_accumulator": 0, "counter_resolution": 15.3}
    for functions, problem in (
        (
            {"amdsmi_get_energy_count": lambda _: nothing, "amdsmi_get_power_info": lambda _: {"socket_power": "N/A"}},
            "no-counter",
        ),
        ({"amdsmi_get_energy_count": _raises(FakeSmiError(10))}, "permission-missing"),
        ({"amdsmi_get_gpu_asic_info": _raises(FakeSmiError(2))}, "no-counter"),
        ({"amdsmi_init": _raises(FakeSmiError(10))}, "permission-missing"),
        ({"amdsmi_init": _raises(FakeSmiError(34))}, "no-device"),
        ({"amdsmi_get_processor_handles": list}, "no-device"),
    ):
        _smi(monkeypatch, **functions)
        meters, (finding,) = find_amd()
        assert not meters
        assert (finding.problem, bool(finding.remedy)) == (problem, True)


def _apple(monkeypatch: pytest.MonkeyPatch, monitor: Any) -> None:
    fake = types.ModuleType("zeus_apple_silicon")
    fake.__dict__.update(AppleEnergyMonitor=monitor)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "zeus_apple_silicon", fake)


def test_apple_chips_report_their_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = types.SimpleNamespace(cpu_total_mj=4_000, gpu_mj=2_500, gpu_sram_mj=9, ane_mj=0, dram_mj=None)
    _apple(monkeypatch, lambda: types.SimpleNamespace(get_cumulative_energy=lambda: readings))
    meters, findings = find_apple()
    assert [(m.name, m.scope) for m in meters] == [
        ("Apple CPU", "cpu"),
        ("Apple GPU", "gpu"),
        ("Apple neural engine", "npu"),
    ]
    assert meters[1].energy_j is not None
    assert meters[1].energy_j() == pytest.approx(2.5)
    assert all("estimate" in m.note for m in meters)
    (missing,) = [f for f in findings if not f.works]
    assert (missing.name, missing.problem) == ("Apple DRAM", "no-counter")


def test_apple_elsewhere_without_the_library_and_without_ioreport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert [f.problem for f in find_apple()[1]] == ["no-device"]
    _apple(monkeypatch, _raises(RuntimeError("Failed to create IOReport subscription.")))
    assert [f.problem for f in find_apple()[1]] == ["no-device"]
    monkeypatch.setitem(sys.modules, "zeus_apple_silicon", None)
    assert [f.problem for f in find_apple()[1]] == ["library-missing"]
