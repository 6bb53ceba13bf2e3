"""``joulewise measure``."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from joulewise.cli.main import complain
from joulewise.cli.options import bounded_float, bounded_int, parse_image, parse_size
from joulewise.cli.output import emit_object
from joulewise.errors import InputError, WorkError
from joulewise.measure.device import Meter, MeterError, MeterStatus
from joulewise.measure.meters import denied, find_meters, working_meters
from joulewise.measure.rows import TOKEN, append_row, require_appendable, row_of
from joulewise.measure.run import NARROW, Measurement, measure
from joulewise.units import with_prefix

if TYPE_CHECKING:
    from joulewise.counting.build import Built
    from joulewise.energy.counterpart import Counterpart
    from joulewise.energy.rows import WorkloadOptions

_SECONDS = bounded_float(0.001, 604_800, "s")
_COUNT = bounded_int(1, 1_000_000)
_TOKENS = bounded_int(1, 10_000_000)
# A counter moves in steps of up to 0.1 s: a reading spans several.
_READING_SECONDS = 0.5
_OF_MODULE = ("batch_size", "input_size", "image_size", "prompt_tokens", "output_tokens", "precision", "device")


@dataclass(frozen=True)
class _Run:
    """The run to measure, its inferences and tokens, and the columns of its row."""

    name: str
    call: Callable[[], object]
    inferences: float
    tokens: float
    about: dict[str, Any]
    built: Built | None = None
    target: str = ""


@click.command(
    "measure",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    help="Measure the energy of COMMAND, or of a network (--module) with random weights: first idling, then repeated "
    "runs until the 95% interval is narrow enough or the time is up. The standard output of a command is "
    "dropped. -o appends a row in the form of the shipped measurements.",
)
@click.argument("command_line", nargs=-1, metavar="COMMAND...")
@click.option(
    "--module", "target", help="FILE.py:FACTORY (the file is executed), timm:NAME, hf:CONFIG.json or CONFIG.json."
)
@click.option("--batch-size", type=_COUNT, help="Inputs per run (with --module). Default 1.")
@click.option("--input", "input_size", help="Channels, height and width of an input (with --module), e.g. 3x384x384.")
@click.option("--image", "image_size", help="Height and width, for a configuration that takes images (with --module).")
@click.option("--prompt-tokens", type=_TOKENS, help="Prompt tokens per sequence (with --module). Default 512.")
@click.option(
    "--output-tokens", type=_TOKENS, help="Output tokens per sequence (with --module; 1 = prompt only). Default 1."
)
@click.option("--precision", help="fp32, bf16 or fp16 (with --module); by default fp32, bf16 for transformers.")
@click.option("--device", help="cuda, cuda:1, mps or cpu (with --module); by default the first accelerator.")
@click.option("--per", type=bounded_float(1e-6, 1e12), help="Inferences in one run of COMMAND. Default 1.")
@click.option(
    "--warm-up",
    type=bounded_int(0, 1_000_000),
    default=1,
    show_default=True,
    help="Warm-up runs, which are not counted.",
)
@click.option(
    "--within",
    type=bounded_float(0.0001, 0.9999),
    default=NARROW,
    show_default=True,
    help="Stop when the half-width of the 95% interval is within this share of the mean.",
)
@click.option(
    "--seconds", "--most-seconds", type=_SECONDS, default=60.0, show_default=True, help="Time limit for all runs."
)
@click.option("--idle-seconds", type=_SECONDS, default=2.0, show_default=True, help="Seconds of idling to meter first.")
@click.option(
    "--meter", "chosen", multiple=True, help="Use only meters with this text in their name or scope; repeatable."
)
@click.option(
    "--assume-tdp",
    "assume_tdp_w",
    type=bounded_float(0.001, 1e9, "W"),
    help="Assume this power in watts instead of metering: an estimate.",
)
@click.option("--model", help="Model name to record in the row; by default that of --module.")
@click.option(
    "--accelerator", help="Accelerator for the row and the estimate; by default the name that the device gives."
)
@click.option("--task", help="Task name to record in the row.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Append a row of measurements to this CSV.")
def command(
    command_line: tuple[str, ...],
    target: str | None,
    per: float | None,
    warm_up: int,
    within: float,
    seconds: float,
    idle_seconds: float,
    chosen: tuple[str, ...],
    assume_tdp_w: float | None,
    model: str | None,
    accelerator: str | None,
    task: str | None,
    as_json: bool,
    output: Path | None,
    **sizes: Any,
) -> None:
    """Measure and print."""
    _check(command_line, target, per, sizes)
    if output is not None:
        require_appendable(output)  # before, not after a minute of measuring
    meters, left_out = ([], []) if assume_tdp_w else _meters(chosen)
    run = _of_command(command_line, per or 1.0) if target is None else _of_module(target, sizes)
    about = {**run.about, "model": model or run.about.get("model"), "task": task}
    about["accelerator"] = accelerator or _known_accelerator(run)
    _require_accelerator(run, accelerator, meters, assumed=assume_tdp_w is not None)
    gpus = [m.name for m in meters if m.scope == "gpu"]
    if run.built and output is not None and len(gpus) > 1:
        raise InputError(
            f"{len(gpus)} GPUs are metered, but the network runs on one, and its row would include idle power",
            "keep that one, e.g. --meter '#0'",
        )
    found = measure(
        run.call,
        meters=meters,
        assume_tdp_w=assume_tdp_w,
        warm_up=warm_up,
        until_steady=target is not None,
        within=within,
        most_seconds=seconds,
        idle_seconds=idle_seconds,
        reading_seconds=0.0 if target is None else _READING_SECONDS,
    )
    counterpart = _counterpart(run, about) if run.built else None
    if output is not None:
        unit = TOKEN if run.tokens else "inference"
        append_row(output, row_of(found, run.tokens or run.inferences, unit, about))
    value = _value(run, found, left_out, counterpart)
    emit_object(value, text=_text(value, found, run, within), fmt="table", as_json=as_json, output=None)


def _check(command_line: tuple[str, ...], target: str | None, per: float | None, sizes: dict[str, Any]) -> None:
    if target is None and not command_line:
        raise InputError("nothing to measure", "give a command, or --module FILE.py:FACTORY")
    if target is not None and command_line:
        raise InputError(f"both --module and the command {command_line[0]!r} are given", "give one")
    if target is not None and per is not None:
        raise InputError("--per is for a command", "the inferences of a network are its --batch-size")
    given = [name for name in _OF_MODULE if sizes[name] is not None]
    if target is None and given:
        option = given[0].removesuffix("_size") if given[0] in {"input_size", "image_size"} else given[0]
        raise InputError(f"--{option.replace('_', '-')} is for --module", "a command sets its own; see --per")


def _meters(chosen: tuple[str, ...]) -> tuple[list[Meter], list[MeterStatus]]:
    """Return the meters of the run, and those that this user may not read: every total names them."""
    meters, findings = find_meters()
    meters = working_meters((meters, findings))
    if not chosen:
        return meters, denied(findings)
    wanted = [m for m in meters if any(c.lower() in m.name.lower() or c.lower() == m.scope for c in chosen)]
    if not wanted:
        there = ", ".join(f"{m.name} ({m.scope})" for m in meters)
        raise InputError(f"no meter is called {' or '.join(chosen)}", f"there are {there}")
    rest = [MeterStatus(m.name, True, "left out by --meter") for m in meters if m not in wanted]
    return wanted, [*denied(findings), *rest]


def _require_accelerator(run: _Run, named: str | None, meters: list[Meter], *, assumed: bool) -> None:
    """Refuse a total that would lack the accelerator it ran on, or that of another device under its name."""
    device = run.built.device if run.built else None
    if named and device == "cpu":
        raise InputError(f"--accelerator says {named}, but the network runs on the processor", "leave it out")
    if assumed or not (named or (device and device != "cpu")) or any(m.scope == "gpu" for m in meters):
        return
    raise MeterError(
        f"{named or device} has no meter here, so its energy would be missing from the total",
        "joulewise doctor says why; --assume-tdp W gives an estimate",
    )


def _of_command(command_line: tuple[str, ...], per: float) -> _Run:
    # With Polars' handler of interrupts the wait for a command would continue; Windows has no such setting.
    if hasattr(signal, "siginterrupt"):
        signal.siginterrupt(signal.SIGINT, True)

    def call() -> None:
        try:
            done = subprocess.run(command_line, stdout=subprocess.DEVNULL, check=False)
        except OSError as error:
            raise InputError(f"cannot run {command_line[0]!r}: {error.strerror}") from None
        if done.returncode < 0:
            raise WorkError(f"{command_line[0]!r} was ended by signal {-done.returncode}")
        if done.returncode:
            raise WorkError(f"{command_line[0]!r} failed with exit code {done.returncode}")

    return _Run(Path(command_line[0]).name, call, per, 0.0, {})


def _of_module(target: str, sizes: dict[str, Any]) -> _Run:
    from joulewise.counting.build import build_target  # noqa: PLC0415  (torch takes seconds to import)
    from joulewise.counting.options import InferenceOptions  # noqa: PLC0415

    options = InferenceOptions(
        input_size=parse_size(sizes["input_size"]),
        batch_size=sizes["batch_size"] or 1,
        prompt_tokens=sizes["prompt_tokens"] or 512,
        output_tokens=sizes["output_tokens"] or 1,
        image_size=parse_image(sizes["image_size"]),
        precision=sizes["precision"],
    )
    if ".py:" in target:
        complain(f"running {target.rpartition(':')[0]} to build its module")
    built = build_target(target, options, sizes["device"])
    size = options.input_size[1:] if options.input_size else options.image_size
    about = {
        "model": target.removeprefix("hf:").removeprefix("timm:"),
        "params_b": built.params / 1e9,
        "precision": built.precision,
        "engine": built.engine,
        "batch_size": built.batch_size,
        "prompt_tokens": built.prompt_tokens or "",
        "output_tokens": built.output_tokens or "",
        "image_size": "x".join(map(str, size)) if size else "",
    }
    tokens = built.batch_size * built.output_tokens if built.kind == "language" else 0
    return _Run(built.name, built.run, built.batch_size, tokens, about, built, target)


def _known_accelerator(run: _Run) -> str:
    return run.built.device_name if run.built else ""


def _counterpart(run: _Run, about: dict[str, Any]) -> Counterpart:
    from joulewise.energy.counted import SIZES, count_sample  # noqa: PLC0415  (only networks have an estimate)
    from joulewise.energy.counterpart import estimate_of_measured  # noqa: PLC0415

    options: WorkloadOptions = {"precision": about["precision"], "batch_size": about["batch_size"]}
    if run.tokens > 0:
        # A language model is estimated by its name or configuration, other networks by the count of the built network.
        options["engine"] = about["engine"]
        options["prompt_tokens"], options["output_tokens"] = about["prompt_tokens"], about["output_tokens"]
        model = Path(about["model"]) if about["model"].endswith(".json") else about["model"]
        return estimate_of_measured(model, about["accelerator"], options)
    work = count_sample(run.target, {name: about[name] for name in SIZES if about[name]})
    options["meter_scope"] = "accelerators"
    return estimate_of_measured(work, about["accelerator"], options)


def _value(
    run: _Run, found: Measurement, left_out: list[MeterStatus], counterpart: Counterpart | None
) -> dict[str, Any]:
    value = {
        "name": run.name,
        **found.to_dict(run.inferences, run.tokens),
        "not_in_total": [finding.to_dict() for finding in left_out],
    }
    if counterpart is not None:
        known = counterpart.energy
        value["estimate"] = {
            "energy_per_inference_j": known.central if known else None,
            "energy_per_inference_j_low": known.low if known else None,
            "energy_per_inference_j_high": known.high if known else None,
            "scope": counterpart.scope,
            "reason": counterpart.reason,
        }
    return value


def _text(value: dict[str, Any], found: Measurement, run: _Run, within: float) -> str:
    def joules(name: str, of: dict[str, Any] = value) -> str:
        return with_prefix(of[name], "J")

    what = "per inference"
    lines = [
        f"{run.name}: {joules('energy_per_inference_j')} {what} ({joules('energy_per_inference_j_low')} to "
        f"{joules('energy_per_inference_j_high')}, 95%), idling included; by {found.method}",
        f"- {with_prefix(found.seconds, 's')} for {run.inferences:g} at once, "
        f"{value['throughput_per_s']:.4g} inferences per second, {with_prefix(found.power_w, 'W')}",
        f"- {found.readings} readings of {found.runs_per_reading} runs, {found.warm_up_runs} to warm up",
    ]
    if run.tokens:
        lines.append(f"- {joules('energy_per_output_token_j')} per output token, including the prompt's energy")
    if found.idle_w:
        lines.append(f"- {joules('energy_per_inference_above_idle_j')} {what} above idling")
    for name, energy in found.energy_j.items():
        idle = f", idling {with_prefix(found.idle_w[name], 'W')}" if name in found.idle_w else ""
        lines.append(f"- in the total: {name} ({found.scopes[name]}): {with_prefix(energy / found.seconds, 'W')}{idle}")
    for finding in value["not_in_total"]:
        remedy = f" ({finding['remedy']})" if finding["remedy"] else ""
        lines.append(f"- not in the total: {finding['name']}: {finding['detail']}{remedy}")
    if found.idle_w:
        rest = [s for s in ("gpu", "cpu", "dram") if s not in found.scopes.values()]
        lines.append(f"- never in the total: {', '.join([*rest, 'power supply, cooling, disks'])}")
    lines += [f"- {note}" for note in found.notes]
    if not found.narrow:
        lines.append(f"- the time was up before the interval was within {within:.0%}: give more --seconds")
    if run.built and not found.steady:
        lines.append("- the warm-up did not become steady: the time per run still varies")
    if "estimate" in value:
        estimate = value["estimate"]
        lines.append(
            f"- no estimate: {estimate['reason']}"
            if estimate["reason"]
            else f"- estimated: {joules('energy_per_inference_j', estimate)} {what} "
            f"({joules('energy_per_inference_j_low', estimate)} to {joules('energy_per_inference_j_high', estimate)}), "
            f"{estimate['scope']}"
        )
    return "\n".join(lines)
