"""The calibrated method on one workload, with every step shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from joulewise.catalog import accelerator_spec
from joulewise.counting.config.families import model_of
from joulewise.counting.config.read import read_config
from joulewise.counting.config.spec import Multimodal, Stack
from joulewise.counting.workload import Workload
from joulewise.energy.calibrate import Calibration, load_calibration
from joulewise.energy.calibrated import estimate_many, kinds_of, memory_bytes
from joulewise.energy.counted import columns_of, is_target, work_of_target
from joulewise.energy.estimate import Estimate, Input
from joulewise.energy.explain import generator_steps, language_steps, sample_steps
from joulewise.energy.requests import UNLIKE_MEASURED, Requests, read_requests
from joulewise.energy.rivals import METHODS
from joulewise.errors import InputError
from joulewise.interval import Interval


def estimate(
    model: str | Workload | None,
    accelerator: str,
    *,
    method: str = "calibrated",
    calibration: Calibration | None = None,
    measured: pl.DataFrame | None = None,
    **workload: Any,
) -> Estimate:
    """Estimate the energy of one request.

    Parameters
    ----------
    model : str or Workload or None
        A language model, generator or image network of the catalogue, or a target of `counting.count_target`;
        what `joulewise.count` gave for one; None with `params_b`.
    accelerator : str
    method : str
        ``calibrated``; or, for language models, one of `rivals.METHODS`, which know no interval.
    calibration : Calibration, optional
        By default the shipped one.
    measured : DataFrame, optional
        Measured rows that correct the estimate where one is of the same configuration; see `anchor`.
    **workload
        As the columns of `estimate_many`: `params_b`, `active_params_b`, `n_accelerators`, `precision`,
        `engine`, `batch_size`, `prompt_tokens`, `output_tokens`, `image_size`, `steps`, `tensor_parallel` ...

    Returns
    -------
    Estimate
        Of one prompt with its answer, one image or video, or one sample of a network; `results` has time, power,
        the shares of prefill and decode, what bounds each, and `unit`.

    Raises
    ------
    InputError
        If something cannot be, e.g. weights and cache that do not fit the accelerators: with what would.
    """
    given = {k: v for k, v in workload.items() if v is not None}
    if isinstance(model, Workload):
        given = columns_of(model) | given
        model = model.name
    row = {"model": model, "accelerator": accelerator, **given}
    if "flops" not in row and model is not None and is_target(model) and not _is_decoder(model):
        row |= work_of_target(model, prompt_tokens=row.get("prompt_tokens"), image_size=row.get("image_size"))
    frame = pl.DataFrame({k: [v] for k, v in row.items() if v is not None})
    if model is None and "params_b" not in row:
        raise InputError("there is no model", "name one, or give --params-b")
    calibration = calibration or load_calibration()
    table, problems = estimate_many(frame, calibration, measured)
    if problems:
        raise InputError(f"{problems[0].column.replace('_', ' ')}: {problems[0].reason}")
    result = table.row(0, named=True)
    flags = [f for f in result["flags"].split("|") if f]
    if "does-not-fit" in flags:
        raise _does_not_fit(frame, row, calibration)
    spec = accelerator_spec(accelerator).to_dict()
    inputs = [Input(k, v, "", "as asked") for k, v in row.items() if v is not None]
    inputs += [
        Input(name, spec[name], unit, spec["sources"][name])
        for name, unit in (("bf16_flops_per_s", "FLOP/s"), ("bandwidth_bytes_per_s", "B/s"), ("tdp_w", "W"))
    ]
    kind = str(kinds_of(frame)[0])
    phases: dict[str, Any] = {}
    if kind == "language":
        requests = read_requests(frame, calibration.prompts)
        if method != "calibrated":
            return _rival(method, requests, tuple(inputs))
        steps, phases = language_steps(requests, calibration)
        inputs.append(Input("shape", requests.shapes[0].params, "parameters", requests.shapes[0].source))
    elif method != "calibrated":
        raise InputError(f"the method {method} knows language models alone", "use calibrated")
    else:
        steps = (generator_steps if kind == "generator" else sample_steps)(frame, calibration)
    unit = _UNITS[kind]
    scope = "energy of the whole system at the wall" if "at-the-wall" in flags else _SCOPE
    interval = _INTERVAL[unit] if UNLIKE_MEASURED.isdisjoint(flags) else _UNLIKE_INTERVAL
    assumptions = [scope, interval, *(f"flagged: {f.replace('-', ' ')}" for f in flags)]
    if spec["note"]:
        assumptions.append(f"{spec['name']}: {spec['note']}")
    return Estimate(
        energy=Interval(result["energy_j_low"], result["energy_j"], result["energy_j_high"]),
        method="calibrated",
        inputs=tuple(inputs),
        steps=(
            *steps,
            f"{unit}: {result['time_s']:.4g} s at {result['power_w']:.4g} W of all accelerators; "
            f"most of it is {result['bound']}; {result['energy_j']:.4g} J",
        ),
        assumptions=tuple(assumptions),
        results={k: v for k, v in result.items() if k not in row and k not in ("row", "flags")}
        | phases
        | {"unit": unit, "flags": flags},
    )


def _is_decoder(model: str) -> bool:
    """Return whether a target is the configuration of a model that generates, which is estimated by its steps."""
    if not model.endswith(".json") or model.startswith("hf:"):
        return False
    found = model_of(read_config(Path(model)))
    stack = found.text if isinstance(found, Multimodal) else found
    return not isinstance(stack, Stack) or stack.generates


_UNITS = {"language": "request", "generator": "image or video", "sample": "sample"}
_SCOPE = "energy of the accelerators alone: no host, no power supply, no cooling"
_INTERVAL = {
    "request": "90% interval from measured model families that a fit had not seen, in the same regime",
    "image or video": "90% interval from measured generators that a fit had not seen",
    "sample": "90% interval from measured machines or kinds of network that a fit had not seen",
}
_UNLIKE_INTERVAL = "no model of its kind was measured: an interval as wide as any of a language model"


def _rival(method: str, requests: Requests, inputs: tuple[Input, ...]) -> Estimate:
    if method not in METHODS:
        raise InputError(f"there is no method {method!r}", f"one of calibrated, {', '.join(METHODS)}")
    per_token = float(METHODS[method](requests)[0])
    tokens = float(requests.columns.output_tokens[0])
    if method == "paper":
        tokens += float(requests.columns.prompt_tokens[0])
    energy = per_token * tokens
    return Estimate(
        energy=Interval(energy, energy, energy),
        method=method,
        inputs=inputs,
        steps=(f"{per_token:.4g} J a token x {tokens:g} tokens = {energy:.4g} J",),
        assumptions=(*(METHODS[method].__doc__ or "").splitlines()[:1], "no interval known"),
        results={"energy_per_output_token_j": energy / float(requests.columns.output_tokens[0])},
    )


def _does_not_fit(frame: pl.DataFrame, row: dict[str, Any], calibration: Calibration) -> InputError:
    """Return the error with the least number of accelerators, or the precision, that would do."""

    def need(**changes: Any) -> float:
        changed = frame.with_columns(**{k: pl.lit(v) for k, v in changes.items()})
        return float(memory_bytes(read_requests(changed, calibration.prompts))[0])

    n = int(row.get("n_accelerators", 1))
    now = need()
    hints = [f"--count {m}" for m in (2, 4, 8, 16, 32, 64) if m > n and need(n_accelerators=m, **_UNSPLIT) <= 1][:1]
    for precision in ("fp8", "int8", "int4"):
        changed = replace_precision(frame, precision)
        if changed is not None and memory_bytes(read_requests(changed, calibration.prompts))[0] <= 1:
            hints.append(f"--precision {precision}")
            break
    memory = accelerator_spec(row["accelerator"]).memory_bytes * n
    return InputError(
        f"{now * memory / 1e9:.0f} GB of weights, cache and buffers do not fit the {memory / 1e9:.0f} GB of "
        f"{n} {row['accelerator']}",
        " or ".join(hints) or "a smaller batch or context, or more accelerators",
    )


_UNSPLIT = {"tensor_parallel": None, "expert_parallel": None, "data_parallel": None, "pipeline_parallel": None}


def replace_precision(frame: pl.DataFrame, precision: str) -> pl.DataFrame | None:
    """Return a request at another precision, or None where its accelerator lacks that."""
    changed = frame.with_columns(precision=pl.lit(precision))
    return changed if len(read_requests(changed, {}).rows) else None
