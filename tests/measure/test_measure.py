"""Meters on a made-up machine: counters that start again, devices with power alone, failures, none at all."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from itertools import count, repeat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulewise.errors import InputError, WorkError
from joulewise.interval import Interval
from joulewise.measure import (
    Measurement,
    Meter,
    MeterError,
    MeterReadingError,
    MissingPermissionError,
    NoMeterError,
    find_meters,
    measure,
    meter,
)
from joulewise.measure.device import MeterStatus
from joulewise.measure.meters import denied, working_meters
from joulewise.measure.powercap import find_processors, powercap_folder


def zone_of(folder: Path, zone: str, name: str, energy_uj: int, wraps_uj: int = 1_000_000) -> Path:
    place = folder / zone
    place.mkdir(parents=True)
    (place / "name").write_text(f"{name}\n")
    (place / "energy_uj").write_text(f"{energy_uj}\n")
    (place / "max_energy_range_uj").write_text(f"{wraps_uj}\n")
    return place / "energy_uj"


def test_processors_are_read_and_parts_are_not_counted_twice(tmp_path: Path) -> None:
    zone_of(tmp_path, "intel-rapl:0", "package-0", 5_000_000)
    zone_of(tmp_path, "intel-rapl:0:0", "core", 1)
    zone_of(tmp_path, "intel-rapl:0:1", "dram", 2_000_000)
    zone_of(tmp_path, "intel-rapl:1", "package-1", 5)
    zone_of(tmp_path, "intel-rapl:1:0", "dram", 7)
    zone_of(tmp_path, "intel-rapl:2", "psys", 9)
    zone_of(tmp_path, "intel-rapl-mmio:0", "package-0", 5_000_000)
    meters, findings = find_processors(tmp_path)
    scopes = {m.name: m.scope for m in meters}
    assert scopes == {"package-0": "cpu", "package-0 dram": "dram", "package-1": "cpu", "package-1 dram": "dram"}
    assert len(meters) == len(findings) == 4
    assert meters[0].energy_j is not None
    assert meters[0].energy_j() == pytest.approx(5.0)


def test_a_counter_that_wraps_around_is_continued(tmp_path: Path) -> None:
    file = zone_of(tmp_path, "intel-rapl:0", "package-0", 900_000)
    with meter(find_processors(tmp_path)[0]) as reading:
        file.write_text("100000")
    assert reading.total_j == pytest.approx(0.2)


def test_a_counter_may_start_again_more_than_once_in_a_run() -> None:
    begun = time.perf_counter()

    def counter() -> float:
        return (100.0 * (time.perf_counter() - begun)) % 30.0  # 100 W, once round in 0.3 s

    with meter([Meter("cpu", "cpu", "powercap", counter, None, wraps_at_j=30.0)]) as reading:
        time.sleep(1.0)
    assert reading.total_j == pytest.approx(100.0 * reading.seconds, rel=0.05)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 0.999), min_size=2, max_size=6))
def test_energy_over_a_round_is_never_negative_and_less_than_a_round_a_look(values: list[float]) -> None:
    readings = iter([*values, *repeat(values[-1], 50)])
    with meter([Meter("cpu", "cpu", "made up", lambda: next(readings), None, wraps_at_j=1.0)]) as reading:
        pass
    assert 0 <= reading.total_j < 2


def test_a_counter_that_goes_backwards_and_never_starts_again_is_an_error() -> None:
    readings = iter([5.0, 3.0])
    with (
        pytest.raises(MeterError, match="went backwards"),
        meter([Meter("x", "gpu", "x", lambda: next(readings), None)]),
    ):
        pass


def test_a_counter_beyond_where_it_starts_again_is_an_error() -> None:
    readings = iter([50.0, 3.0, 3.0])
    with (
        pytest.raises(MeterError, match="the counter of x went backwards"),
        meter([Meter("x", "cpu", "x", lambda: next(readings), None, wraps_at_j=10.0)]),
    ):
        pass


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.5])
@pytest.mark.parametrize("of_power", [True, False])
def test_a_value_that_energy_and_power_cannot_have_is_an_error(value: float, of_power: bool) -> None:
    readings = iter([10.0])

    def read() -> float:
        return next(readings, value)

    chip = Meter("chip 7", "gpu", "x", None, read) if of_power else Meter("chip 7", "gpu", "x", read, None)
    with pytest.raises(
        MeterReadingError, match=rf"the meter of chip 7 reads {value:g} {'W' if of_power else 'J'}"
    ) as e:
        measure(lambda: None, meters=[chip], idle_seconds=0.01, most_seconds=0.01)
    assert e.value.meter == "chip 7"
    assert math.isnan(e.value.value) if math.isnan(value) else e.value.value == value


def test_power_is_integrated_where_there_is_no_counter() -> None:
    with meter([Meter("gpu", "gpu", "nvml power", None, lambda: 50.0)]) as reading:
        time.sleep(0.3)
    assert reading.total_j == pytest.approx(50.0 * reading.seconds, rel=0.05)


def test_power_that_rises_is_integrated_to_its_triangle() -> None:
    begun = time.perf_counter()
    with meter([Meter("gpu", "gpu", "x", None, lambda: 100 * (time.perf_counter() - begun))]) as reading:
        time.sleep(0.5)
    assert reading.total_j == pytest.approx(100 * reading.seconds**2 / 2, rel=0.1)


def test_a_meter_that_fails_meanwhile_is_an_error_and_no_zero() -> None:
    watts = iter([50.0, 50.0])

    def power() -> float:
        return next(watts, None) or _lost()

    with pytest.raises(MeterError, match="the meter of gpu failed: fell off the bus"):  # noqa: SIM117
        with meter([Meter("gpu", "gpu", "nvml power", None, power)]):
            time.sleep(0.3)


def _lost() -> float:
    raise RuntimeError("fell off\nthe bus")


def test_an_error_of_what_is_metered_is_passed_on_and_nothing_keeps_running() -> None:
    with pytest.raises(KeyboardInterrupt), meter([Meter("gpu", "gpu", "nvml power", None, lambda: 50.0)]):
        raise KeyboardInterrupt


def test_an_unreadable_counter_is_reported_and_not_treated_as_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    zone_of(tmp_path, "intel-rapl:0", "package-0", 5)
    secret = zone_of(tmp_path, "intel-rapl:1", "package-1", 5)
    usual = Path.read_text

    def read(self: Path, *args: str, **kwargs: str) -> str:
        if self == secret:
            raise PermissionError(13, "Permission denied")
        return usual(self, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", read)
    meters, findings = find_processors(tmp_path)
    assert [m.name for m in meters] == ["package-0"]
    (barred,) = denied(findings)
    assert (barred.name, barred.problem) == ("package-1", "permission-missing")
    assert f"chmod a+r {secret}" in barred.remedy
    with pytest.raises(MissingPermissionError, match="package-1"):
        working_meters(([], findings))


def test_a_counter_that_does_not_answer(tmp_path: Path) -> None:
    zone_of(tmp_path, "intel-rapl:0", "package-0", 5).write_text("none\n")
    meters, (finding,) = find_processors(tmp_path)
    assert not meters
    assert (finding.problem, finding.works) == ("no-counter", False)


@pytest.mark.parametrize("wraps_uj", [0, -5])
def test_a_counter_without_a_sound_range_never_starts_again(tmp_path: Path, wraps_uj: int) -> None:
    zone_of(tmp_path, "intel-rapl:0", "package-0", 5, wraps_uj)
    (found,) = find_processors(tmp_path)[0]
    assert math.isinf(found.wraps_at_j)


def test_the_environment_says_where_the_counters_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert powercap_folder() == Path("/sys/class/powercap")
    monkeypatch.setenv("JOULEWISE_POWERCAP", str(tmp_path))
    zone_of(tmp_path, "intel-rapl:0", "package-7", 5)
    assert "package-7" in {m.name for m in find_meters()[0]}


def test_without_a_meter_there_is_no_figure(tmp_path: Path) -> None:
    meters, findings = find_processors(tmp_path / "none")
    assert not meters
    assert all(not f.works and f.remedy and f.problem for f in findings)
    with pytest.raises(NoMeterError, match="joulewise doctor says why"):
        measure(lambda: None, meters=[])
    assert isinstance(NoMeterError("x"), WorkError)
    with pytest.raises(NoMeterError):
        working_meters(([], [MeterStatus("CPU", False, "none", "", "no-device")]))


def test_runs_are_repeated_until_the_interval_is_narrow() -> None:
    spent = iter(float(x) for x in [0, 2, *(y for i in range(90) for y in (10 * i, 10 * i + 10 + i % 2))])
    found = measure(
        lambda: None,
        meters=[Meter("cpu", "cpu", "powercap", lambda: next(spent), None)],
        idle_seconds=0.01,
        warm_up=0,
        within=0.05,
    )
    assert 3 <= found.readings < 50
    assert found.narrow
    assert found.energy.low < 10.5 < found.energy.high
    assert (found.energy.high - found.energy.low) / 2 <= 0.05 * found.energy.central
    assert found.idle_w["cpu"] > 0
    assert found.scopes == {"cpu": "cpu"}


def test_short_runs_are_repeated_within_a_reading_after_they_are_steady() -> None:
    ran = count()

    def run() -> None:
        next(ran)
        time.sleep(0.01)

    found = measure(
        run,
        meters=[Meter("chip", "gpu", "made up", None, lambda: 20.0)],
        idle_seconds=0.1,
        until_steady=True,
        reading_seconds=0.1,
        most_seconds=5,
        within=0.2,
    )
    assert found.warm_up_runs >= 3
    assert found.steady
    assert found.notes == ("chip: power read 20 times a second, integrated",)
    assert 5 <= found.runs_per_reading <= 10
    assert next(ran) == found.warm_up_runs + found.readings * found.runs_per_reading
    assert found.power_w == pytest.approx(20.0, rel=0.05)
    assert found.above_idle_j == pytest.approx(0.0, abs=0.1 * found.energy.central)


def test_the_end_of_the_time_is_reported() -> None:
    joules = iter([0.0, 1.0, 1.0, 2.0, 2.0, 20.0, 20.0, 21.0])
    meters = [Meter("cpu", "cpu", "powercap", lambda: next(joules), None)]
    found = measure(lambda: None, meters=meters, idle_seconds=0.01, warm_up=0, most_seconds=1e-9)
    assert (found.readings, found.narrow) == (3, False)
    assert found.energy.low == 0.0


def test_a_counter_that_does_not_move_is_an_error_or_a_note() -> None:
    stuck = Meter("cpu", "cpu", "powercap", lambda: 1.0, None)
    with pytest.raises(WorkError, match="did not move"):
        measure(lambda: None, meters=[stuck], idle_seconds=0.01, most_seconds=0.01)
    moves = Meter("gpu", "gpu", "x", None, lambda: 10.0)
    found = measure(lambda: time.sleep(0.01), meters=[stuck, moves], idle_seconds=0.01, most_seconds=0.01)
    assert "the counter of cpu did not move" in found.notes


def test_assumed_power_is_labelled_as_estimated() -> None:
    found = measure(lambda: time.sleep(0.01), assume_tdp_w=100.0, most_seconds=0.1)
    assert "not measured" in found.method
    assert found.energy.central == pytest.approx(100.0 * found.seconds, rel=0.05)
    assert not found.idle_w
    assert found.scopes == {"assumed": "assumed"}


def test_a_measurement_as_data() -> None:
    # 6 J in 2 s of which 1 W idling, by hand: 4 inferences of 1.5 J, 1 J above idling, 0.5 s each.
    found = Measurement(
        energy=Interval(5.0, 6.0, 8.0),
        seconds=2.0,
        idle_w={"gpu": 0.75, "cpu": 0.25},
        energy_j={"gpu": 4.0, "cpu": 2.0},
        scopes={"gpu": "gpu", "cpu": "cpu"},
        readings=3,
        runs_per_reading=1,
        warm_up_runs=1,
        steady=True,
        narrow=False,
        method="x",
        notes=("a", "b"),
    )
    value = found.to_dict(4, output_tokens=12)
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert (
        value.items()
        >= {
            "energy_per_inference_j": 1.5,
            "energy_per_inference_j_low": 1.25,
            "energy_per_inference_j_high": 2.0,
            "energy_per_inference_above_idle_j": 1.0,
            "energy_per_output_token_j": 0.5,
            "latency_s": 2.0,
            "throughput_per_s": 2.0,
            "power_w": 3.0,
            "inferences_per_run": 4,
        }.items()
    )
    assert found.to_dict()["energy_per_output_token_j"] is None
    assert replace(found, idle_w={}).to_dict()["energy_per_inference_above_idle_j"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"assume_tdp_w": -1},
        {"assume_tdp_w": 0},
        {"assume_tdp_w": math.inf},
        {"warm_up": -1},
        {"within": 0},
        {"within": math.nan},
        {"most_seconds": 0},
        {"most_seconds": math.nan},
        {"idle_seconds": math.inf},
    ],
)
def test_bad_parameters(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="must be positive"):
        measure(lambda: None, **wrong)  # type: ignore[arg-type]
