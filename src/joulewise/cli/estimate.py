"""``joulewise estimate``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import polars as pl

from joulewise.catalog import PAPER, Catalog, load
from joulewise.catalog.records import architecture, generator, image_network, sample_network
from joulewise.cli.main import complain
from joulewise.cli.options import data_option, parse_date
from joulewise.cli.output import emit_object, emit_rows, emit_text, output_options
from joulewise.csv_input import read_lines, read_rows
from joulewise.energy import Estimate, estimate_paper
from joulewise.energy.calibrate import Calibration, load_calibration
from joulewise.energy.calibrated import estimate_many
from joulewise.energy.counted import is_target
from joulewise.energy.one import estimate as estimate_one
from joulewise.errors import ExitCode, InputError
from joulewise.impact.footprint import Footprint, footprint
from joulewise.units import with_prefix

_POSITIVE = click.FloatRange(min=0, min_open=True)
_COUNT = click.IntRange(min=1)
# Options of a workload, by the column that each fills.
_WORKLOAD = {
    "n_accelerators": click.option("--count", "n_accelerators", type=_COUNT, help="How many accelerators."),
    "batch_size": click.option("--batch-size", type=_POSITIVE, help="Requests that run together, on average."),
    "prompt_tokens": click.option("--prompt-tokens", type=_POSITIVE, help="Of one request."),
    "output_tokens": click.option("--output-tokens", type=_POSITIVE, help="Of one request."),
    "image_size": click.option("--image", "image_size", help="WxH; of a video WxHxFRAMESf."),
    "meter_scope": click.option(
        "--scope",
        "meter_scope",
        type=click.Choice(["accelerators", "wall"]),
        help="The accelerators alone (default, but for MLPerf's networks), or the whole system at the wall.",
    ),
    "steps": click.option("--steps", type=_COUNT, help="Of a generator."),
    "params_b": click.option("--params-b", type=_POSITIVE, help="Billions, for a model in no table."),
    "active_params_b": click.option("--active-params-b", type=_POSITIVE, help="The same, that one token uses."),
    "engine": click.option("--engine", help="transformers, 'vLLM 0.5' or a current one (default)."),
    "task": click.option("--task", help="One of the measured tasks, for its mean prompt."),
    "tensor_parallel": click.option("--tensor-parallel", type=_COUNT, help="By default all accelerators."),
    "expert_parallel": click.option("--expert-parallel", type=_COUNT, help="By default all, for experts."),
    "data_parallel": click.option("--data-parallel", type=_COUNT, help="Copies of the dense part."),
}
# What an estimate comes to beyond the accelerator.
_BEYOND = {
    "pue": click.option("--pue", type=_POSITIVE, help="The building's energy over its machines'."),
    "country": click.option("--country", help="Of the grid: name or ISO code. None is ever guessed."),
    "year": click.option("--year", type=int, help="Of the grid; by default the last known."),
    "grid_gco2e": click.option("--grid-gco2e", type=_POSITIVE, help="g CO2e per kWh, in place of a country."),
    "wue_l_per_kwh": click.option("--wue", "wue_l_per_kwh", type=_POSITIVE, help="Litres of water per kWh."),
    "usd_per_kwh": click.option("--usd-per-kwh", type=_POSITIVE, help="Price."),
    "embodied": click.option("--embodied", is_flag=True, help="The share of the hardware's making."),
}
_MOST_PROBLEMS_SHOWN = 20


def _workload_options(command: Any) -> Any:
    for option in reversed([*_WORKLOAD.values(), *_BEYOND.values()]):
        command = option(command)
    return command


@click.command(
    "estimate",
    help="Estimate the energy of one inference of MODEL: a network of the paper's tables (one forward pass, "
    "the paper's method), or a language model, an image generator, an image network of the catalogue or whatever "
    "joulewise count takes, on an accelerator (one request, image or sample; the calibrated method). MODEL '-' reads "
    "names, a line each, from standard input; --from reads a table.",
)
@click.argument("model", required=False)
@click.option("--on", "accelerator", help="On this accelerator; for the paper's method else on hardware of the trend.")
@click.option("--precision", help="bf16, fp8, int8, mxfp4 ...; for the paper's method fp32, fp16, fp16-tensor ...")
@_workload_options
@click.option("--at", "day", help="For the paper's method: hardware of this date; else of the model's own release.")
@click.option(
    "--method",
    type=click.Choice(["calibrated", "roofline", "ecologits", "paper"]),
    help="By default the paper's for networks of its tables without a workload, else calibrated.",
)
@click.option("--from", "table", type=click.Path(path_type=Path), help="A CSV of workloads, a row each; - for stdin.")
@click.option("--calibration", type=click.Path(path_type=Path), help="A file of joulewise calibrate.")
@click.option(
    "--measured",
    type=click.Path(path_type=Path),
    help="A CSV of measured rows, as of joulewise measure -o: one of the same configuration corrects the estimate.",
)
@click.option("--explain", is_flag=True, help="Print each step with its numbers.")
@data_option
@output_options
def command(
    model: str | None,
    accelerator: str | None,
    precision: str | None,
    day: str | None,
    method: str | None,
    table: Path | None,
    calibration: Path | None,
    measured: Path | None,
    explain: bool,
    data: Path | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
    **workload: Any,
) -> None:
    """Estimate one model, many from standard input, or a table."""
    if table is not None:
        if model is not None:
            raise InputError("both MODEL and --from are given", "give one")
        fitted, own = load_calibration(calibration), None if measured is None else read_rows(measured)
        _from_table(table, fitted, own, fmt=fmt, as_json=as_json, output=output)
        return
    beyond = {k: v for k in _BEYOND if (v := workload.pop(k)) not in (None, False)}
    asked = {k: v for k, v in workload.items() if v is not None}
    if model is None and "params_b" not in asked:
        raise InputError("there is no model", "name one, or give --params-b or --from")
    catalog = load(data)
    on_paper = {"on": accelerator, "precision": precision, "at": parse_date(day), "catalog": catalog}
    if model == "-":
        _from_names(on_paper, fmt=fmt, as_json=as_json, output=output)
        return
    if model is not None and _by_paper(model, method, asked, catalog):
        result = estimate_paper(model, **on_paper)  # type: ignore[arg-type]
    else:
        if accelerator is None:
            raise InputError("the calibrated method needs an accelerator", "e.g. --on H100")
        asked |= {"precision": precision} if precision else {}
        result = estimate_one(
            model,
            accelerator,
            method=method or "calibrated",
            calibration=load_calibration(calibration),
            measured=None if measured is None else read_rows(measured),
            **asked,
        )
    name = model or f"{asked['params_b']:g} billion parameters"
    text = _explained(result) if explain else _summary(name, result)
    value = _as_dict(result) | ({"steps": list(result.steps)} if explain else {})
    if beyond:
        if result.method == "paper":
            raise InputError("the paper's method knows the accelerator at its peak alone", "use --method calibrated")
        found = _footprint(result, accelerator or "", asked, beyond)
        value |= {name: asdict(v) for name, v in found.values.items()} | {"footprint_notes": list(found.notes)}
        text = "\n".join([text, "", *_footprint_lines(found)])
    emit_object(value, text=text, fmt=fmt, as_json=as_json, output=output)


def _footprint(result: Estimate, accelerator: str, asked: dict[str, Any], beyond: dict[str, Any]) -> Footprint:
    embodied = beyond.pop("embodied", False)
    seconds = result.results.get("time_s", 0.0) * asked.get("n_accelerators", 1) / asked.get("batch_size", 1)
    return footprint(result, embodied_of=accelerator if embodied else None, accelerator_seconds=seconds, **beyond)


_SHOWN = {
    "wall_energy_j": ("at the wall", "J"),
    "operational_gco2e": ("operation", "g CO2e"),
    "embodied_gco2e": ("making of the hardware", "g CO2e"),
    "total_gco2e": ("together", "g CO2e"),
    "water_l": ("water", "L"),
    "cost_usd": ("electricity", "USD"),
}


def _footprint_lines(found: Footprint) -> list[str]:
    lines = []
    for name, value in found.values.items():
        title, unit = _SHOWN[name]
        low, central, high = (with_prefix(v, unit) for v in (value.low, value.central, value.high))
        lines.append(f"{title}: {central} ({low} to {high})")
    return [*lines, *[f"- {note}" for note in found.notes]]


def _by_paper(model: str, method: str | None, asked: dict[str, Any], catalog: Catalog) -> bool:
    """Return whether the paper's method on its catalogue is meant, rather than a workload on an accelerator."""
    if method not in (None, "paper") or asked:
        return False
    try:
        catalog.edition(PAPER).find("models", model)
    except InputError:
        # A name that is nowhere is left to the paper's catalogue, whose error has the nearest names.
        in_tables = any(table(model) for table in (architecture, generator, sample_network, image_network))
        return not in_tables and not is_target(model)
    return True


def _from_table(
    table: Path,
    calibration: Calibration,
    measured: pl.DataFrame | None,
    *,
    fmt: str,
    as_json: bool,
    output: Path | None,
) -> None:
    frame = read_rows(None if str(table) == "-" else table)
    found, problems = estimate_many(frame, calibration, measured)
    if as_json or fmt in ("json", "jsonl"):
        emit_rows(found.to_dicts(), fmt=fmt, as_json=as_json, output=output)
    else:
        emit_text(found.write_csv(), output)
    for problem in problems[:_MOST_PROBLEMS_SHOWN]:
        complain(str(problem))
    if len(problems) > _MOST_PROBLEMS_SHOWN:
        complain(f"and {len(problems) - _MOST_PROBLEMS_SHOWN} more")
    if problems:
        complain(f"{len(found)} of {len(frame)} rows estimated")
        raise click.exceptions.Exit(int(ExitCode.BAD_INPUT))


def _from_names(options: dict[str, Any], *, fmt: str, as_json: bool, output: Path | None) -> None:
    rows, bad = [], 0
    for line, name in read_lines():
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


def _as_dict(estimate: Estimate) -> dict[str, Any]:
    return {
        "energy_j": estimate.energy.central,
        "energy_j_low": estimate.energy.low,
        "energy_j_high": estimate.energy.high,
        "method": estimate.method,
        **{k: v for k, v in estimate.results.items() if not k.startswith("energy_j")},
        "inputs": [asdict(i) for i in estimate.inputs],
        "assumptions": list(estimate.assumptions),
    }


def _summary(model: str, estimate: Estimate) -> str:
    energy = estimate.energy
    known = energy.low < energy.high
    bounds = f"({with_prefix(energy.low, 'J')} to {with_prefix(energy.high, 'J')})" if known else "(no interval known)"
    what = estimate.results.get("unit", "inference")
    lines = [f"{model}: {with_prefix(energy.central, 'J')} per {what} {bounds}, method: {estimate.method}"]
    results = estimate.results
    if "time_s" in results:
        lines.append(
            f"- {with_prefix(results['time_s'], 's')} at {with_prefix(results['power_w'], 'W')}, "
            f"bound by {results['bound'].replace('_', ' ')}"
        )
    if results.get("energy_per_output_token_j") is not None:
        share = results.get("prefill_share")
        told = f", {share:.0%} of the accelerators' time on the prompt" if share is not None else ""
        lines.append(f"- {with_prefix(results['energy_per_output_token_j'], 'J')} per output token{told}")
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
