"""``joulewise estimate``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import polars as pl

from joulewise.catalog import Catalog, load
from joulewise.cli.main import complain
from joulewise.cli.options import data_option, parse_date
from joulewise.cli.output import emit_object, emit_rows, output_options
from joulewise.cli.workload import BEYOND, calibration_option, footprint_options, workload_options
from joulewise.counting.workload import Workload
from joulewise.csv_input import read_lines, read_rows
from joulewise.energy.calibration.stored import load_calibration
from joulewise.energy.counted import SIZES, count_sample
from joulewise.energy.estimate import Estimate
from joulewise.energy.rows import RowProblem
from joulewise.energy.single import METHODS, estimate
from joulewise.energy.table import estimate_table
from joulewise.errors import ExitCode, InputError
from joulewise.impact.footprint import Footprint, footprint
from joulewise.units import with_prefix

_MOST_PROBLEMS_SHOWN = 20
_TARGETS = ("timm:", "hf:")
_FILES = {".json": "--config", ".onnx": "--onnx", ".py": "--module"}


@click.command(
    "estimate",
    help="Estimate the energy of one inference of MODEL, a name of the catalogue: one request to a language model, "
    "one image or video of a generator, or one sample through an image network or encoder. A network that is not in "
    "the catalogue is given by --config, --onnx or --module. MODEL '-' reads names from standard input, one per line; "
    "--from reads a table of workloads.",
)
@click.argument("model", required=False)
@click.option("--on", "accelerator", help="The accelerator. Without it, --method paper uses the trend of hardware.")
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="calibrated",
    show_default=True,
    help="calibrated: a model fitted to measurements. paper: FLOPs of one forward pass over peak efficiency. The "
    "others are baselines for language models, without an interval.",
)
@workload_options()
@footprint_options
@click.option(
    "--at", "day", help="With --method paper and without --on: date of the hardware; by default that of the model."
)
@click.option("--config", type=click.Path(path_type=Path), help="A config.json of transformers or diffusers.")
@click.option("--onnx", type=click.Path(path_type=Path), help="An ONNX file.")
@click.option(
    "--module",
    help="A network to build: timm:NAME, hf:FILE or FILE.py:FACTORY. FILE.py is executed: pass only files you trust.",
)
@click.option(
    "--from", "table", type=click.Path(path_type=Path), help="A CSV with one workload per row; - for standard input."
)
@click.option("--keep", help="With --from: columns of your own to copy to the result, separated by commas.")
@calibration_option
@click.option(
    "--measured",
    type=click.Path(path_type=Path),
    help="A CSV of measured rows, as joulewise measure -o writes it: one of the same configuration corrects the "
    "estimate.",
)
@click.option("--explain", is_flag=True, help="Print each step with its numbers.")
@data_option
@output_options
def command(
    model: str | None,
    accelerator: str | None,
    method: str,
    day: str | None,
    config: Path | None,
    onnx: Path | None,
    module: str | None,
    table: Path | None,
    keep: str | None,
    calibration: Path | None,
    measured: Path | None,
    explain: bool,
    data: Path | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
    **options: Any,
) -> None:
    """Estimate one model, many from standard input, or a table."""
    beyond = {name: value for name in BEYOND if (value := options.pop(name)) is not None and value is not False}
    workload = {name: value for name, value in options.items() if value is not None}
    catalog, fitted = load(data), None if calibration is None else load_calibration(calibration)
    own = None if measured is None else read_rows(measured)
    if table is not None:
        own_options = {"MODEL": model, "--on": accelerator, "--at": day, "--config": config, "--onnx": onnx}
        given = own_options | {"--module": module, "--explain": explain or None} | workload | beyond
        _require_alone([name for name, value in given.items() if value is not None], method)
        frame = read_rows(None if str(table) == "-" else table)
        found, problems = estimate_table(frame, fitted, own, catalog=catalog, keep=_names(keep))
        _emit_table(found, problems, len(frame), fmt=fmt, as_json=as_json, output=output)
        return
    if keep is not None:
        raise InputError("--keep is for a table", "give --from too")
    asked: dict[str, Any] = {"method": method, "at": parse_date(day), "calibration": fitted, "measured": own}
    if model == "-":
        if beyond or explain:
            raise InputError(
                "--explain and footprint options do not apply to names from standard input", "give one MODEL"
            )
        _from_names(accelerator, asked | {"catalog": catalog, **workload}, fmt=fmt, as_json=as_json, output=output)
        return
    target = _target(model, config, onnx, module, workload)
    result = estimate(target, accelerator, catalog=catalog, **asked, **workload)
    name = str(config or onnx or module or model or f"{workload['params_b']:g} billion parameters")
    text = _explained(result) if explain else _summary(name, result)
    value = result.to_dict() | ({"steps": list(result.steps)} if explain else {})
    if beyond:
        found_beyond = _footprint(result, accelerator or "", beyond, catalog)
        value |= found_beyond.to_dict()
        text = "\n".join([text, "", *_footprint_lines(found_beyond)])
    emit_object(value, text=text, fmt=fmt, as_json=as_json, output=output)


def _require_alone(given: Sequence[str], method: str) -> None:
    """Refuse options that are columns of a table, or that do not apply to one."""
    if given:
        raise InputError(
            f"--from takes every workload from the table, not from {', '.join(given)}",
            "give it as a column, or leave it out",
        )
    if method != "calibrated":
        raise InputError(f"--from estimates by the calibrated method, not by {method}")


def _target(
    model: str | None, config: Path | None, onnx: Path | None, module: str | None, workload: dict[str, Any]
) -> str | Path | Workload | None:
    """Return the model to estimate: a name, a file, or the count of a network that was built."""
    given = {"MODEL": model, "--config": config, "--onnx": onnx, "--module": module}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise InputError(f"{' and '.join(named)} are given", "give one of them")
    if not named and "params_b" not in workload:
        raise InputError("there is no model", "name one, or give --config, --onnx, --module, --params-b or --from")
    for file, ending in ((config, ".json"), (onnx, ".onnx")):
        if file is not None and file.suffix != ending:
            raise InputError(f"{file} does not end in {ending}", "give a file of that form")
    if module is not None:
        return count_sample(module, {name: workload.pop(name) for name in SIZES if name in workload})
    if model is not None and (model.startswith(_TARGETS) or Path(model).suffix in _FILES or ".py:" in model):
        option = "--module" if model.startswith(_TARGETS) or ".py:" in model else _FILES[Path(model).suffix]
        raise InputError(f"MODEL is a name of the catalogue, and {model!r} looks like a file", f"give it by {option}")
    return config or onnx or model


def _names(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _footprint(result: Estimate, accelerator: str, beyond: dict[str, Any], catalog: Catalog) -> Footprint:
    if result.serving is None:
        raise InputError(
            f"the {result.method} method gives only the accelerator at its peak", "use --method calibrated"
        )
    factors = {name: value for name, value in beyond.items() if name != "embodied"}
    return footprint(
        result.energy,
        result.scope,
        embodied_of=accelerator if "embodied" in beyond else None,
        accelerator_seconds=result.serving.accelerator_seconds,
        catalog=catalog,
        **factors,
    )


_TITLES = {
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
        title, unit = _TITLES[name]
        low, central, high = (with_prefix(v, unit) for v in (value.low, value.central, value.high))
        lines.append(f"{title}: {central} ({low} to {high})")
    return [*lines, *[f"- {note}" for note in found.notes]]


def _emit_table(
    found: pl.DataFrame, problems: Sequence[RowProblem], n: int, *, fmt: str, as_json: bool, output: Path | None
) -> None:
    flags = pl.col("flags").list.join("|") if fmt in ("table", "csv") and not as_json else pl.col("flags")
    emit_rows(found.with_columns(flags).to_dicts(), fmt=fmt, as_json=as_json, output=output)
    for problem in problems[:_MOST_PROBLEMS_SHOWN]:
        complain(str(problem))
    if len(problems) > _MOST_PROBLEMS_SHOWN:
        complain(f"and {len(problems) - _MOST_PROBLEMS_SHOWN} more")
    if problems:
        complain(f"{len(found)} of {n} rows estimated")
        raise click.exceptions.Exit(int(ExitCode.BAD_INPUT))


def _from_names(
    accelerator: str | None, asked: dict[str, Any], *, fmt: str, as_json: bool, output: Path | None
) -> None:
    rows, bad = [], 0
    for line, name in read_lines():
        try:
            found = estimate(name, accelerator, **asked)
        except InputError as error:
            bad += 1
            complain(f"line {line}: {error}")
            continue
        values = found.to_dict()
        rows.append({"model": name, **{key: values[key] for key in values if key.startswith("energy_j")}})
    if rows:
        emit_rows(rows, fmt=fmt, as_json=as_json, output=output)
    if bad or not rows:
        if not bad:
            complain("no names on standard input")
        raise click.exceptions.Exit(int(ExitCode.BAD_INPUT))


def _summary(name: str, result: Estimate) -> str:
    lines = [_first_line(name, result)]
    serving = result.serving
    if serving is not None:
        lines.append(
            f"- {with_prefix(serving.time_s, 's')} at {with_prefix(serving.power_w, 'W')}, "
            f"bound by {serving.bound.replace('_', ' ')}"
        )
    if result.energy_per_output_token_j is not None:
        share = serving.prefill_share if serving else None
        prompt = f", {share:.0%} of the accelerators' time on the prompt" if share is not None else ""
        lines.append(f"- {with_prefix(result.energy_per_output_token_j, 'J')} per output token{prompt}")
    return "\n".join([*lines, *[f"- {assumption}" for assumption in result.assumptions]])


def _first_line(name: str, result: Estimate) -> str:
    energy = result.energy
    known = energy.low < energy.high
    bounds = f"({with_prefix(energy.low, 'J')} to {with_prefix(energy.high, 'J')})" if known else "(no interval known)"
    return f"{name}: {with_prefix(energy.central, 'J')} per {result.unit} {bounds}, method: {result.method}"


def _explained(result: Estimate) -> str:
    inputs = [
        f"- {i.name} = {i.value if isinstance(i.value, str) else f'{i.value:.6g}'} {i.unit}".rstrip()
        + f"  [{i.source}]"
        for i in result.inputs
    ]
    energy = result.energy
    bounds = f"interval: {with_prefix(energy.low, 'J', 4)} to {with_prefix(energy.high, 'J', 4)}"
    return "\n".join([result.explain(), "", bounds, "", "Inputs and their sources:", *inputs])
