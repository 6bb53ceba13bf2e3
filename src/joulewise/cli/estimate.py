"""``joulewise estimate``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from joulewise.catalog import load
from joulewise.cli.main import complain
from joulewise.cli.options import data_option, parse_date
from joulewise.cli.output import emit_object, emit_rows, output_options
from joulewise.energy import Estimate, estimate_paper
from joulewise.errors import ExitCode, InputError
from joulewise.units import with_prefix


@click.command(
    "estimate",
    help="Estimate the energy of one inference of MODEL (one forward pass of one input). MODEL '-' reads "
    "names, a line each, from standard input.",
)
@click.argument("model")
@click.option("--on", "accelerator", help="On this accelerator; else on hardware of the trend.")
@click.option("--precision", help="With --on: fp32 (default), fp16, fp16-tensor, tf32 or mixed.")
@click.option("--at", "day", help="Hardware of this date; else of the model's own release.")
@click.option("--method", type=click.Choice(["paper"]), default="paper", show_default=True, help="How to estimate.")
@click.option("--explain", is_flag=True, help="Print each step with its numbers.")
@data_option
@output_options
def command(
    model: str,
    accelerator: str | None,
    precision: str | None,
    day: str | None,
    method: str,
    explain: bool,
    data: Path | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """Estimate one model, or many from standard input."""
    del method  # the only one so far; the option fixes it in scripts
    options: dict[str, Any] = {
        "on": accelerator,
        "precision": precision,
        "at": parse_date(day),
        "catalog": load(data),
    }
    if model != "-":
        estimate = estimate_paper(model, **options)
        text = _explained(estimate) if explain else _summary(model, estimate)
        value = _as_dict(estimate) | ({"steps": list(estimate.steps)} if explain else {})
        emit_object(value, text=text, fmt=fmt, as_json=as_json, output=output)
        return
    rows, bad = [], 0
    for line, name in _names_from_stdin():
        try:
            estimate = estimate_paper(name, **options)
        except InputError as error:
            bad += 1
            complain(f"line {line}: {error}")
            continue
        values = _as_dict(estimate)
        rows.append({"model": name, **{key: values[key] for key in values if key.startswith("energy")}})
    if rows:
        emit_rows(rows, fmt=fmt, as_json=as_json, output=output)
    if bad or not rows:
        if not bad:
            complain("no names on standard input")
        raise click.exceptions.Exit(int(ExitCode.BAD_INPUT))


def _names_from_stdin() -> Iterator[tuple[int, str]]:
    for line, text in enumerate(sys.stdin, 1):
        if text.strip():
            yield line, text.strip()


def _as_dict(estimate: Estimate) -> dict[str, Any]:
    return {
        "energy_j": estimate.energy.central,
        "energy_j_low": estimate.energy.low,
        "energy_j_high": estimate.energy.high,
        "method": estimate.method,
        "inputs": [asdict(i) for i in estimate.inputs],
        "assumptions": list(estimate.assumptions),
    }


def _summary(model: str, estimate: Estimate) -> str:
    energy = estimate.energy
    known = energy.low < energy.high
    bounds = f"({with_prefix(energy.low, 'J')} to {with_prefix(energy.high, 'J')})" if known else "(no interval known)"
    lines = [f"{model}: {with_prefix(energy.central, 'J')} per inference {bounds}, method: {estimate.method}"]
    return "\n".join([*lines, *[f"- {assumption}" for assumption in estimate.assumptions]])


def _explained(estimate: Estimate) -> str:
    inputs = [
        f"- {i.name} = {i.value if isinstance(i.value, str) else f'{i.value:.6g}'} {i.unit}".rstrip()
        + f"  [{i.source}]"
        for i in estimate.inputs
    ]
    energy = estimate.energy
    bounds = f"interval: {with_prefix(energy.low, 'J', 4)} to {with_prefix(energy.high, 'J', 4)}"
    return "\n".join([estimate.explain(), "", bounds, "", "Inputs and their sources:", *inputs])
