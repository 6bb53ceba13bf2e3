"""`joulewise measure` and `doctor` as installed, on a made-up processor whose counter the measured work moves."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Run

# What is measured: it moves the counter by 2 J, after a tenth of a second.
WORK = """
import pathlib, sys, time
file = pathlib.Path(sys.argv[1])
time.sleep(0.1)
part = file.with_suffix(".part")
part.write_text(str((int(file.read_text()) + 2_000_000) % 9_000_000))
part.replace(file)
print("noise")
"""
NETWORK = """
import os, pathlib, torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(8, 4)
    def forward(self, x):
        file = pathlib.Path(os.environ["COUNTER"])
        part = file.with_suffix(".part")
        part.write_text(str(int(file.read_text()) + 3_000))
        part.replace(file)
        return self.line(x)

def net():
    return Net(), torch.ones(1, 8)
"""


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """A machine with one package, whose counter starts again at 9 J."""
    zone = tmp_path / "powercap" / "intel-rapl:0"
    zone.mkdir(parents=True)
    (zone / "name").write_text("package-0\n")
    (zone / "energy_uj").write_text("1000000\n")
    (zone / "max_energy_range_uj").write_text("9000000\n")
    (tmp_path / "work.py").write_text(WORK)
    (tmp_path / "nets.py").write_text(NETWORK)
    return {**os.environ, "JOULEWISE_POWERCAP": str(tmp_path / "powercap"), "COUNTER": str(zone / "energy_uj")}


def _work(machine: dict[str, str], tmp_path: Path) -> list[str]:
    return [sys.executable, str(tmp_path / "work.py"), machine["COUNTER"]]


def test_a_command_its_row_and_what_is_in_the_total(joulewise: Run, machine: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    options = ("--per", "4", "--idle-seconds", "0.05", "--seconds", "5", "-o", str(out))
    for _ in range(2):
        done = joulewise("measure", *options, "--json", *_work(machine, tmp_path), env=machine)
        assert (done.returncode, done.stderr) == (0, "")
    value = json.loads(done.stdout)
    assert value["energy_per_inference_j"] == pytest.approx(0.5)
    assert value["energy_per_inference_j_low"] == pytest.approx(0.5)
    assert value["in_total"] == {"package-0": "cpu"}
    assert value["idle_w"] == {"package-0": 0}
    assert value["narrow"]
    with out.open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert [float(r["energy_j_per_unit"]) for r in rows] == [pytest.approx(0.5)] * 2
    assert rows[0]["meter_scope"] == "cpu (powercap), idling included"
    text_ = joulewise("measure", *options, *_work(machine, tmp_path), env=machine).stdout
    assert "in the total: package-0 (cpu)" in text_
    assert "never in the total: gpu, dram, power supply" in text_
    done = joulewise("validate", "--measured", str(out))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("joulewise: no row is a measurement that can be compared")
    assert joulewise("calibrate", "--measured", str(out)).returncode == 2


def test_a_network_of_a_file(joulewise: Run, machine: dict[str, str], tmp_path: Path) -> None:
    options = ("--batch-size", "3", "--device", "cpu", "--idle-seconds", "0.05", "--seconds", "3")
    done = joulewise("measure", "--module", "nets.py:net", *options, "--json", env=machine, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "joulewise: running nets.py to build its module\n"
    value = json.loads(done.stdout)
    assert value["energy_per_inference_j"] == pytest.approx(0.001)
    assert value["inferences_per_run"] == 3
    assert value["throughput_per_s"] == pytest.approx(3 / value["latency_s"])
    assert value["warm_up_runs"] >= 1
    assert value["runs_per_reading"] > 1
    assert "accelerators, not processors" in value["estimate"]["reason"]


def test_failing_commands_are_reported_with_their_exit_code(
    joulewise: Run, machine: dict[str, str], tmp_path: Path
) -> None:
    quick = ("measure", "--idle-seconds", "0.05")
    for code, expected in (
        ("raise SystemExit(7)", "failed with exit code 7"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by signal 9"),
    ):
        done = joulewise(*quick, "-o", str(tmp_path / "x.csv"), sys.executable, "-c", code, env=machine)
        assert (done.returncode, done.stdout) == (1, "")
        assert expected in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "x.csv").exists()
    done = joulewise(*quick, "no-such-command", env=machine)
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot run 'no-such-command'" in done.stderr


def test_without_a_meter_it_refuses_with_advice(joulewise: Run, machine: dict[str, str], tmp_path: Path) -> None:
    bare = {**machine, "JOULEWISE_POWERCAP": str(tmp_path / "none")}
    done = joulewise("measure", "true", env=bare)
    assert (done.returncode, done.stdout) == (1, "")
    assert "joulewise doctor" in done.stderr
    assert "--assume-tdp" in done.stderr
    assumed = joulewise("measure", "--assume-tdp", "65", "--seconds", "0.2", "true", env=bare)
    assert assumed.returncode == 0
    assert "estimated, not measured" in assumed.stdout
    doctor = json.loads(joulewise("doctor", "--json", env=bare).stdout)
    findings = {r["name"]: r for r in doctor if r["what"] == "meter"}
    assert {"NVIDIA", "AMD", "Apple", "CPU"} <= findings.keys()
    assert all(f["problem"] and f["remedy"] for f in findings.values() if not f["works"])


def test_an_interrupt_ends_it_and_the_command(machine: dict[str, str], tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    (tmp_path / "long.py").write_text(
        f"import pathlib, time\nfor i in range(600):\n"
        f" pathlib.Path({str(begun)!r}).write_text(str(i))\n time.sleep(0.1)\n"
    )
    line = [str(Path(sys.executable).parent / "joulewise"), "measure", "--idle-seconds", "0.05"]
    line += [sys.executable, str(tmp_path / "long.py")]
    # A test run in the background of a shell would hand down that interrupts are ignored.
    usual = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        running = subprocess.Popen(line, env=machine, stdout=-1, stderr=-1, text=True)
    finally:
        signal.signal(signal.SIGINT, usual)
    with running:
        for _ in range(300):
            if begun.exists() and begun.read_text():
                break
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        stdout, stderr = running.communicate(timeout=20)
    assert (running.returncode, stdout, stderr.strip()) == (130, "", "joulewise: interrupted")
    last = begun.read_text()
    time.sleep(0.4)
    assert begun.read_text() == last


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "nothing to measure"),
        (("--module", "nets.py:net", "true"), "both --module and the command 'true'"),
        (("--batch-size", "2", "true"), "--batch-size is for --module"),
        (("--input", "3x2x2", "true"), "--input is for --module"),
        (("--per", "2", "--module", "nets.py:net"), "--per is for a command"),
        (("--module", "nets.py:none"), "has no function 'none'"),
        (("--module", "none.py:net"), "no such file"),
        (("--module", "nets.py:net", "--precision", "fp4"), "cannot run in 'fp4'"),
        (("--module", "nets.py:net", "--device", "cpu", "--accelerator", "H100"), "runs on the processor"),
        (("--within", "2", "true"), "--within must be between 0.0001 and 0.9999, not 2"),
        (("--seconds", "0", "true"), "must be between 0.001 and 604,800 s, not 0"),
        (("--assume-tdp", "nan", "true"), "--assume-tdp must be between 0.001 and 1,000,000,000 W, not nan"),
        (("--meter", "gpu7", "true"), "no meter is called gpu7"),
        (("-o", "no/rows.csv", "true"), "no such folder: no"),
        (("-o", "work.py", "true"), "work.py has no column"),
        (("-o", ".", "true"), "not a text file that can be read"),
    ],
)
def test_bad_options(
    joulewise: Run, machine: dict[str, str], tmp_path: Path, args: tuple[str, ...], message: str
) -> None:
    done = joulewise("measure", *args, env=machine, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_an_accelerator_without_a_meter_is_refused(joulewise: Run, machine: dict[str, str]) -> None:
    done = joulewise("measure", "--accelerator", "H100", "true", env=machine)
    assert (done.returncode, done.stdout) == (1, "")
    assert "missing from the total" in done.stderr
