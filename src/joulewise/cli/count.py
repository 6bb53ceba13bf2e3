"""``joulewise count``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set
from dataclasses import asdict
from pathlib import Path

import click
from click.core import ParameterSource

from joulewise.cli.main import complain
from joulewise.cli.options import bounded_int, parse_image, parse_size
from joulewise.cli.output import emit_object, emit_rows, output_options, table
from joulewise.cli.progress import progress
from joulewise.counting.options import InferenceOptions
from joulewise.counting.targets import TARGET_FORMS, count
from joulewise.counting.workload import Workload
from joulewise.csv_input import read_lines
from joulewise.errors import ExitCode, InputError
from joulewise.units import with_prefix

_WHOLE = bounded_int(1, 1_000_000_000)
# The options of a single target that apply to each kind; any other is refused.
_TOKENS = frozenset({"prompt_tokens", "output_tokens", "image_size"})
_APPLY = {
    "a network of timm": {"input_size", "batch_size", "precision"},
    "a model of transformers": {"batch_size", "precision", "online", *_TOKENS},
    "a Python file": {"input_size", "batch_size", "precision"},
    "a configuration": {"batch_size", "precision", "kv_precision", "steps", *_TOKENS},
    "an ONNX file": {"dims", "precision"},
}
_OF_NETWORKS = frozenset.union(*map(frozenset, _APPLY.values()))
_OF_ONE = frozenset({"compat", "by_layer", "depth", "fmt", "as_json"})


@click.command(
    "count",
    help="Count parameters, FLOPs and bytes of one inference of TARGET, without its weights. TARGET is "
    f"{TARGET_FORMS}; or '-' to count targets from standard input, one per line, into the CSV or Parquet file of -o.",
)
@click.argument("target", required=False)
@click.option(
    "--input",
    "input_size",
    help="Channels, height and width of an input image, e.g. 3x384x384; by default those of the network.",
)
@click.option("--batch-size", type=_WHOLE, default=1, show_default=True, help="Inputs per batch.")
@click.option("--prompt-tokens", type=_WHOLE, default=2048, show_default=True, help="Prompt tokens per sequence.")
@click.option(
    "--output-tokens",
    type=_WHOLE,
    default=1,
    show_default=True,
    help="Output tokens per sequence; 1 = prompt only.",
)
@click.option(
    "--image",
    "image_size",
    help="Height and width of an image in the prompt, or of a generated image, e.g. 1024x1024.",
)
@click.option("--steps", type=_WHOLE, default=1, show_default=True, help="Steps of a diffusion transformer per image.")
@click.option("--dim", "dims", multiple=True, help="Set a named dimension of an ONNX model, e.g. batch=8; repeatable.")
@click.option(
    "--precision",
    help="Format of weights and activations, for the bytes: fp32, bf16, fp8, int4, ...; by default that of the target.",
)
@click.option("--kv-precision", help="Format of a configuration's key-value cache; by default that of --precision.")
@click.option(
    "--compat",
    type=click.Choice(["electra", "fvcore", "paper"]),
    help="Also count one forward pass (of the prompt) by another convention: that of the ELECTRA paper's counter or "
    "of the paper, for configurations; fvcore's, for traced modules.",
)
@click.option("--by-layer", is_flag=True, help="Show the tree of layers with the share of each.")
@click.option(
    "--depth", type=click.IntRange(min=1), default=3, show_default=True, help="Depth of the tree of --by-layer."
)
@click.option(
    "--all-timm", is_flag=True, help="Count every network of timm into the CSV or Parquet file of -o; resumable."
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes for many targets.")
@click.option("--families", is_flag=True, help="List the families of models that are counted in closed form.")
@click.option("--online", is_flag=True, help="Let hf:ORG/NAME fetch a configuration; code from the hub is never run.")
@output_options
@click.pass_context
def command(
    ctx: click.Context,
    target: str | None,
    input_size: str | None,
    batch_size: int,
    prompt_tokens: int,
    output_tokens: int,
    image_size: str | None,
    steps: int,
    dims: tuple[str, ...],
    precision: str | None,
    kv_precision: str | None,
    compat: str | None,
    by_layer: bool,
    depth: int,
    all_timm: bool,
    workers: int | None,
    families: bool,
    online: bool,
    fmt: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """Count one target, or many into a file."""
    if families:
        if target is not None or all_timm:
            raise InputError("--families counts nothing", "leave the target out")
        emit_rows(_families(), fmt=fmt, as_json=as_json, output=output, least=("source", "published"))
        return
    options = InferenceOptions(
        input_size=parse_size(input_size),
        batch_size=batch_size,
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        image_size=parse_image(image_size),
        steps=steps,
        precision=precision,
        kv_precision=kv_precision,
        online=online,
        dims=dict(_dim(text) for text in dims),
    )
    if all_timm and target is not None:
        raise InputError(f"--all-timm and {target} are given", "give one of them")
    if all_timm or target == "-":
        _refuse_given(ctx, _OF_ONE, "many targets", "the file of -o has a row per target")
        _many(_all_timm() if all_timm else _from_stdin(), options, output, workers)
        return
    if target is None:
        raise InputError("nothing to count", f"give {TARGET_FORMS}, - or --all-timm")
    _refuse_what_does_not_apply(ctx, target)
    _refuse_given(ctx, {"workers"}, "one target", "leave it out")
    if not by_layer:
        _refuse_given(ctx, {"depth"}, "a count without --by-layer", "give --by-layer too")
    if ".py:" in target:
        complain(f"running {target.rpartition(':')[0]} to build its module")
    work = count(target, options=options)
    text = _tree(work, depth) if by_layer else _summary(work)
    value = work.to_dict()
    if compat:
        other = _by_convention(target, work, compat, prompt_tokens, batch_size)
        value["compat"] = {"convention": compat, "flops": other}
        whose = {"electra": "the counter of the ELECTRA paper", "paper": "the paper's convention", "fvcore": "fvcore"}
        text += f"\nby {whose[compat]}: {with_prefix(other, '' if compat == 'fvcore' else 'FLOP', 4)}"
    emit_object(value, text=text, fmt=fmt, as_json=as_json, output=output)


def _refuse_what_does_not_apply(ctx: click.Context, target: str) -> None:
    kind = _kind(target)
    if kind:
        hint = "set its dimensions: --dim NAME=N" if kind == "an ONNX file" else f"leave it out for {target}"
        _refuse_given(ctx, _OF_NETWORKS - _APPLY[kind], kind, hint)


def _refuse_given(ctx: click.Context, names: Set[str], what: str, hint: str) -> None:
    """Refuse an option of these names that is on the command line."""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if name in names and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise InputError(f"{parameter.opts[0]} does not apply to {what}", hint)


def _kind(target: str) -> str | None:
    if target.startswith("timm:"):
        return "a network of timm"
    if target.startswith("hf:"):
        return "a model of transformers"
    if ".py:" in target:
        return "a Python file"
    return {".json": "a configuration", ".onnx": "an ONNX file"}.get(Path(target).suffix)


def _by_convention(target: str, work: Workload, convention: str, tokens: int, batch_size: int) -> int:
    """Return the count of one forward pass of the batch by another convention."""
    if convention == "fvcore":
        if work.by_fvcore is None:
            raise InputError(
                "--compat fvcore is for modules without torch's attention layers", "give timm: or FILE.py:"
            )
        return work.by_fvcore
    from joulewise.counting.config.compat import electra_flops, paper_flops  # noqa: PLC0415
    from joulewise.counting.config.families import model_of  # noqa: PLC0415
    from joulewise.counting.config.read import read_config  # noqa: PLC0415

    if not target.endswith(".json") or target.startswith("hf:"):
        raise InputError(f"--compat {convention} is for a configuration", "give a config.json")
    by = {"electra": electra_flops, "paper": paper_flops}[convention]
    return batch_size * by(model_of(read_config(Path(target))), tokens)


def _dim(text: str) -> tuple[str, int]:
    name, _, size = text.partition("=")
    if not name or not size.isdecimal():
        raise InputError(f"{text!r} sets no dimension", "write NAME=NUMBER, e.g. batch=8")
    return name, int(size)


def _summary(work: Workload) -> str:
    active = f", {work.active_params:,} active per token" if work.active_params != work.params else ""
    lines = [
        f"{work.name}: {with_prefix(work.flops, 'FLOP', 4)} ({work.flops:,}); {with_prefix(work.macs, 'MAC', 4)}",
        f"parameters: {work.params:,}{active}; weights {with_prefix(work.weight_bytes, 'B')} at {work.precision}"
        + (f", cache {with_prefix(work.kv_bytes, 'B')}" if work.kv_bytes else ""),
    ]
    rows = [
        {
            "phase": name,
            "FLOPs": with_prefix(phase.flops, "FLOP", 4),
            "causal half": with_prefix(phase.flops_causal_half, "FLOP", 4),
            "all operations": with_prefix(phase.flops_all_ops, "FLOP", 4),
            "read": with_prefix(phase.bytes_read, "B"),
            "written": with_prefix(phase.bytes_written, "B"),
        }
        for name, phase in work.phases.items()
    ]
    inputs = ", ".join(f"{k} {v}" for k, v in work.inputs.items())
    missed = ", ".join(f"{name} x{n}" for name, n in work.uncounted.items()) or "nothing"
    tail = [f"inputs: {inputs}", f"counted by {work.method}; {work.convention}", f"not counted: {missed}"]
    return "\n".join([*lines, table(rows, list(rows[0])), *tail])


def _tree(work: Workload, depth: int) -> str:
    flops: dict[str, int] = defaultdict(int)
    params: dict[str, int] = defaultdict(int)
    kinds = {layer.path: layer.kind for layer in work.layers}
    for layer in work.layers:
        parts = layer.path.split(".") if layer.path else ["(itself)"]
        for level in range(1, min(depth, len(parts)) + 1):
            path = ".".join(parts[:level])
            flops[path] += layer.flops
            params[path] += layer.params
    rows = [
        {
            "layer": "  " * path.count(".") + path.rpartition(".")[2],
            "kind": kinds.get(path, ""),
            "params": float(params[path]),
            "FLOPs": with_prefix(amount, "FLOP", 4),
            "share": f"{amount / work.flops:.1%}" if work.flops else "-",
        }
        for path, amount in flops.items()
    ]
    return _summary(work) + "\n" + table(rows, list(rows[0])) if rows else _summary(work)


def _many(targets: list[str], options: InferenceOptions, output: Path | None, workers: int | None) -> None:
    from joulewise.counting.many import count_many  # noqa: PLC0415

    if output is None:
        raise InputError("many targets are counted into a file", "give one with -o counts.csv")
    with progress("count", len(targets)) as done:
        counted, failed = count_many(targets, output, options, workers, done)
    complain(f"{counted} counted into {output}, {failed} failed" + (": see its column error" if failed else ""))
    if failed:
        raise click.exceptions.Exit(int(ExitCode.WORK_FAILED))


def _families() -> list[dict[str, str]]:
    from joulewise.counting.config.checked import families  # noqa: PLC0415

    return [asdict(family) for family in families()]


def _all_timm() -> list[str]:
    from joulewise.counting.timm_models import all_names  # noqa: PLC0415

    return [f"timm:{name}" for name in all_names()]


def _from_stdin() -> list[str]:
    names = [line for _, line in read_lines()]
    if not names:
        raise InputError("no names on standard input")
    return names
