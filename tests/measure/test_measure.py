"""Meters on a made-up machine: a counter that wraps, a device with power alone, permissions, none at all."""

from __future__ import annotations

import sys
import time
import types
from pathlib import Path

import pytest

from joulewise.errors import InputError, WorkError
from joulewise.measure.meters import Meter, find_meters
from joulewise.measure.run import measure, meter


def _powercap(folder: Path, zone: str, name: str, energy_uj: int) -> Path:
    place = folder / zone
    place.mkdir(parents=True)
    (place / "name").write_text(f"{name}\n")
    (place / "energy_uj").write_text(f"{energy_uj}\n")
    (place / "max_energy_range_uj").write_text("1000000\n")
    return place / "energy_uj"


def test_processors_are_read_and_parts_are_not_counted_twice(tmp_path: Path) -> None:
    _powercap(tmp_path, "intel-rapl:0", "package-0", 5_000_000)
    _powercap(tmp_path, "intel-rapl:0:0", "core", 1)
    _powercap(tmp_path, "intel-rapl:0:1", "dram", 2_000_000)
    _powercap(tmp_path, "intel-rapl:1", "psys", 9)
    meters, findings = find_meters(tmp_path)
    assert [(m.name, m.scope) for m in meters if m.by == "powercap"] == [("package-0", "cpu"), ("dram", "dram")]
    assert meters[-2].energy_j is not None
    assert meters[-2].energy_j() == pytest.approx(5.0)
    assert any(f.name == "package-0" and f.works for f in findings)


def test_a_counter_that_wraps_is_carried_on(tmp_path: Path) -> None:
    file = _powercap(tmp_path, "intel-rapl:0", "package-0", 900_000)
    meters = [m for m in find_meters(tmp_path)[0] if m.by == "powercap"]
    with meter(meters) as reading:
        file.write_text("100000")
    assert reading.total_j == pytest.approx(0.2)


def test_power_is_integrated_where_there_is_no_counter() -> None:
    with meter([Meter("gpu", "gpu", "nvml power", None, lambda: 50.0)]) as reading:
        time.sleep(0.3)
    assert reading.total_j == pytest.approx(50.0 * reading.seconds, rel=0.1)


def test_nvidia_devices_by_counter_else_by_power(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class FakeError(Exception):
        pass

    def counter(handle: int) -> int:
        if handle == 1:
            raise FakeError("not supported")
        return 7_000

    fake = types.ModuleType("pynvml")
    fake.__dict__.update(
        NVMLError=FakeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda i: i,
        nvmlDeviceGetName=lambda i: f"GPU{i}",
        nvmlDeviceGetTotalEnergyConsumption=counter,
        nvmlDeviceGetPowerUsage=lambda _: 123_000,
    )
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    meters, _ = find_meters(tmp_path)
    assert [(m.name, m.by) for m in meters] == [("GPU0 #0", "nvml energy counter"), ("GPU1 #1", "nvml power")]
    assert meters[0].energy_j is not None
    assert meters[0].energy_j() == pytest.approx(7.0)
    assert meters[1].power_w is not None
    assert meters[1].power_w() == pytest.approx(123.0)


def test_without_a_meter_nothing_is_made_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    meters, findings = find_meters(tmp_path / "none")
    assert not meters
    assert all(not f.works and f.remedy for f in findings)
    with pytest.raises(WorkError, match="no energy meter"):
        measure(lambda: None, meters=[])


def test_runs_are_repeated_until_the_interval_is_narrow() -> None:
    spent = iter(float(x) for x in [0, 2, *(y for i in range(50) for y in (10 * i, 10 * i + 10 + i % 2))])
    found = measure(
        lambda: None, meters=[Meter("cpu", "cpu", "powercap", lambda: next(spent), None)], idle_seconds=0.01, warm_up=0
    )
    assert 3 <= found.runs < 50
    assert found.energy.low < 10.5 < found.energy.high
    assert (found.energy.high - found.energy.low) / 2 <= 0.05 * found.energy.central
    assert found.idle_w["cpu"] > 0


def test_a_counter_that_does_not_move_is_an_error() -> None:
    with pytest.raises(WorkError, match="did not move"):
        stuck = Meter("cpu", "cpu", "powercap", lambda: 1.0, None)
        measure(lambda: None, meters=[stuck], idle_seconds=0.01, most_seconds=0.01)


def test_assumed_power_is_labelled_as_estimated() -> None:
    found = measure(lambda: time.sleep(0.01), assume_tdp_w=100.0, most_seconds=0.1)
    assert "not measured" in found.method
    assert found.energy.central == pytest.approx(100.0 * found.seconds, rel=0.05)
    assert not found.idle_w


def test_bad_parameters() -> None:
    with pytest.raises(InputError, match="must be positive"):
        measure(lambda: None, assume_tdp_w=-1)
