"""``joulewise measure``."""

from __future__ import annotations

import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from joulewise.cli.output import emit_object, emit_rows
from joulewise.errors import InputError, WorkError
from joulewise.measure.run import Measurement, measure
from joulewise.units import with_prefix


@click.command(
    "measure",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    help="Measure the energy of COMMAND: idling first, then runs until the interval is narrow. What the command prints "
    "to standard output is dropped. -o writes a row in the form of the shipped measurements.",
)
@click.argument("command_line", nargs=-1, required=True, metavar="COMMAND...")
@click.option("--per", type=click.FloatRange(min=0, min_open=True), default=1.0, help="Inferences in one run.")
@click.option("--warm-up", type=click.IntRange(min=0), default=1, show_default=True, help="Runs that do not count.")
@click.option("--within", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.05, show_default=True)
@click.option("--most-seconds", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True)
@click.option("--assume-tdp", "assume_tdp_w", type=click.FloatRange(min=0, min_open=True), help="Watts; no meter.")
@click.option("--model", default="", help="For the row of -o.")
@click.option("--accelerator", default="", help="For the row of -o.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write a row of measurements as CSV.")
def command(
    command_line: tuple[str, ...],
    per: float,
    warm_up: int,
    within: float,
    most_seconds: float,
    assume_tdp_w: float | None,
    model: str,
    accelerator: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """Measure and print."""

    def run() -> None:
        try:
            done = subprocess.run(command_line, stdout=subprocess.DEVNULL, check=False)
        except OSError as error:
            raise InputError(f"cannot run {command_line[0]!r}: {error.strerror}") from None
        if done.returncode:
            raise WorkError(f"{command_line[0]!r} failed with exit code {done.returncode}")

    found = measure(run, assume_tdp_w=assume_tdp_w, warm_up=warm_up, within=within, most_seconds=most_seconds)
    if output is not None:
        emit_rows([_row(found, per, model, accelerator)], fmt="csv", as_json=False, output=output)
    value = {**asdict(found), "energy_per_inference_j": found.energy.central / per}
    emit_object(value, text=_text(found, per), fmt="table", as_json=as_json, output=None)


def _text(found: Measurement, per: float) -> str:
    each = [v / per for v in (found.energy.low, found.energy.central, found.energy.high)]
    low, central, high = (with_prefix(v, "J") for v in each)
    lines = [
        f"{central} per inference ({low} to {high}, 95%) in {found.runs} runs of {with_prefix(found.seconds, 's')}",
        f"- by {found.method}; idling included",
    ]
    for name, energy in found.energy_j.items():
        idle = f", of which idling {with_prefix(found.idle_w[name], 'W')}" if name in found.idle_w else ""
        lines.append(f"- {name}: {with_prefix(energy / found.seconds, 'W')}{idle}")
    return "\n".join(lines)


def _row(found: Measurement, per: float, model: str, accelerator: str) -> dict[str, Any]:
    """Return a row in the form of the shipped measurements."""
    return {
        "id": "",
        "source": "own measurement",
        "license": "",
        "tier": "B" if found.idle_w else "estimated",
        "task": "",
        "model": model,
        "accelerator": accelerator,
        "latency_s": found.seconds,
        "throughput": per / found.seconds,
        "avg_power_w": found.energy.central / found.seconds,
        "energy_j_per_unit": found.energy.central / per,
        "unit": "inference",
        "meter_scope": found.method,
        "notes": f"runs={found.runs};energy_j_low={found.energy.low / per:g};energy_j_high={found.energy.high / per:g}",
    }
