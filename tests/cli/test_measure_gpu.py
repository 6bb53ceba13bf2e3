"""`joulewise measure` on made-up GPUs: the row, its estimate, and refusals."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from joulewise.cli import measure as cli
from joulewise.counting.build import Built
from joulewise.errors import InputError, JoulewiseError
from joulewise.measure.device import Meter, MeterError, MeterStatus

GPU = Meter("NVIDIA H100 80GB HBM3 #0", "gpu", "nvml power", None, lambda: 400.0)
OTHER = Meter("NVIDIA H100 80GB HBM3 #1", "gpu", "nvml power", None, lambda: 100.0)
CPU = Meter("package-0", "cpu", "powercap", None, lambda: 50.0)
BARRED = MeterStatus("package-1", False, "this user may not read its counter", "sudo chmod a+r x", "permission-missing")
QUICK = ("--seconds", "0.2", "--idle-seconds", "0.05", "--within", "0.5")


def _built(device: str = "cuda:0", name: str = "NVIDIA H100 80GB HBM3") -> Built:
    return Built(
        "hf:Qwen3-0.6B", lambda: time.sleep(0.02), "language", 4, 64, 16, "bf16", device, "transformers 5", name, 10**9
    )


def _measure(
    monkeypatch: pytest.MonkeyPatch, meters: list[Meter], built: Built, *args: str, target: str = "hf:Qwen/Qwen3-0.6B"
) -> str:
    monkeypatch.setattr(cli, "find_meters", lambda: (meters, [BARRED]))
    monkeypatch.setattr("joulewise.counting.build.build_target", lambda *_: built)
    done = CliRunner().invoke(cli.command, ["--module", target, *QUICK, *args], standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.stdout


def test_a_row_is_of_the_accelerator_and_the_total_of_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    value = json.loads(_measure(monkeypatch, [GPU, CPU], _built(), "--json", "-o", str(out)))
    assert value["power_w"] == pytest.approx(450.0, rel=0.05)
    assert value["energy_per_output_token_j"] == pytest.approx(value["energy_per_inference_j"] / 16)
    assert value["idle_w"] == {GPU.name: pytest.approx(400.0, rel=0.2), "package-0": pytest.approx(50.0, rel=0.2)}
    assert [f["name"] for f in value["not_in_total"]] == ["package-1"]
    with out.open(newline="") as text:
        (row,) = csv.DictReader(text)
    assert float(row["avg_power_w"]) == pytest.approx(400.0, rel=0.05)
    assert float(row["energy_j_per_unit"]) == pytest.approx(value["energy_per_output_token_j"] * 8 / 9, rel=0.02)
    assert (row["model"], row["tier"], row["n_accelerators"]) == ("Qwen/Qwen3-0.6B", "A-gpu", "1")
    assert (row["batch_size"], row["prompt_tokens"], row["output_tokens"]) == ("4", "64", "16")


def test_the_estimate_is_of_the_same_workload(monkeypatch: pytest.MonkeyPatch) -> None:
    from joulewise.energy.single import estimate  # noqa: PLC0415

    value = json.loads(_measure(monkeypatch, [GPU], _built(), "--json"))
    expected = estimate(
        "Qwen/Qwen3-0.6B",
        "H100",
        batch_size=4,
        prompt_tokens=64,
        output_tokens=16,
        precision="bf16",
        engine="transformers",
    )
    assert value["estimate"]["energy_per_inference_j"] == pytest.approx(expected.energy_j)
    assert value["estimate"]["scope"] == "the accelerators alone"
    unknown = json.loads(_measure(monkeypatch, [GPU], _built(name="NVIDIA Nonesuch"), "--json"))
    assert "unknown accelerator 'NVIDIA Nonesuch'" in unknown["estimate"]["reason"]


def test_a_total_names_the_meters_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    text = _measure(monkeypatch, [GPU, CPU], _built())
    assert "in the total: NVIDIA H100 80GB HBM3 #0 (gpu)" in text
    assert "not in the total: package-1: this user may not read its counter (sudo chmod a+r x)" in text
    assert "never in the total: dram, power supply, cooling, disks" in text
    only = _measure(monkeypatch, [GPU, CPU], _built(), "--meter", "GPU")
    assert "not in the total: package-0: left out by --meter" in only


@pytest.mark.parametrize(
    ("meters", "args", "error", "message"),
    [
        ([CPU], (), MeterError, "cuda:0 has no meter here"),
        ([GPU, OTHER], ("-o", "rows.csv"), InputError, "2 GPUs are metered, but the network runs on one"),
    ],
)
def test_totals_that_would_be_wrong_are_refused(
    monkeypatch: pytest.MonkeyPatch,
    meters: list[Meter],
    args: tuple[str, ...],
    error: type[JoulewiseError],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        _measure(monkeypatch, meters, _built(), *args)
