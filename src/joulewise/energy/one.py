"""The calibrated method on one workload, with every step shown."""

from __future__ import annotations

from typing import Any

import polars as pl

from joulewise.catalog.records import accelerator_spec
from joulewise.energy.calibrate import Calibration, load_calibration
from joulewise.energy.calibrated import estimate_many, memory_bytes
from joulewise.energy.estimate import Estimate, Input
from joulewise.energy.requests import Requests, read_requests
from joulewise.energy.rivals import METHODS
from joulewise.energy.serving import step
from joulewise.errors import InputError
from joulewise.interval import Interval


def estimate(
    model: str | None,
    accelerator: str,
    *,
    method: str = "calibrated",
    calibration: Calibration | None = None,
    **workload: Any,
) -> Estimate:
    """Estimate the energy of one request.

    Parameters
    ----------
    model : str or None
        A language model or generator of the catalogue, or a ``config.json``; None with `params_b`.
    accelerator : str
    method : str
        ``calibrated``; or, for language models, one of `rivals.METHODS`, which know no interval.
    calibration : Calibration, optional
        By default the shipped one.
    **workload
        As the columns of `estimate_many`: `params_b`, `active_params_b`, `n_accelerators`, `precision`,
        `engine`, `batch_size`, `prompt_tokens`, `output_tokens`, `image_size`, `steps`, `tensor_parallel` ...

    Returns
    -------
    Estimate
        Of one prompt with its answer, one image or one video; `results` has time, power and shares.

    Raises
    ------
    InputError
        If something cannot be, e.g. weights and cache that do not fit the accelerators: with what would.
    """
    row = {"model": model, "accelerator": accelerator, **{k: v for k, v in workload.items() if v is not None}}
    frame = pl.DataFrame({k: [v] for k, v in row.items() if v is not None})
    if model is None and "params_b" not in row:
        raise InputError("there is no model", "name one, or give --params-b")
    calibration = calibration or load_calibration()
    table, problems = estimate_many(frame, calibration)
    if problems:
        raise InputError(f"{problems[0].column.replace('_', ' ')}: {problems[0].reason}")
    result = table.row(0, named=True)
    flags = [f for f in result["flags"].split("|") if f]
    if "does-not-fit" in flags:
        raise _does_not_fit(frame, row, calibration)
    spec = accelerator_spec(accelerator)
    inputs = [Input(k, v, "", "as asked") for k, v in row.items() if v is not None]
    inputs += [
        Input(name, spec[name], unit, spec["sources"][name])
        for name, unit in (("bf16_flops_per_s", "FLOP/s"), ("bandwidth_bytes_per_s", "B/s"), ("tdp_w", "W"))
    ]
    steps: list[str] = []
    language = result["energy_per_output_token_j"] is not None
    if language:
        requests = read_requests(frame, calibration.prompts)
        if method != "calibrated":
            return _rival(method, requests, tuple(inputs))
        steps = _steps(requests, calibration)
        inputs.append(Input("shape", requests.shapes[0].params, "parameters", requests.shapes[0].source))
    elif method != "calibrated":
        raise InputError(f"the method {method} knows language models alone", "use calibrated")
    scope = "energy of the whole system at the wall" if "at-the-wall" in flags else _SCOPE
    assumptions = [scope, *_ASSUMPTIONS, *(f"flagged: {f.replace('-', ' ')}" for f in flags)]
    if spec["note"]:
        assumptions.append(f"{spec['name']}: {spec['note']}")
    return Estimate(
        energy=Interval(result["energy_j_low"], result["energy_j"], result["energy_j_high"]),
        method="calibrated",
        inputs=tuple(inputs),
        steps=(
            *steps,
            f"request: {result['time_s']:.4g} s at {result['power_w']:.4g} W of all accelerators; "
            f"most of it is {result['bound']}; {result['energy_j']:.4g} J",
        ),
        assumptions=tuple(assumptions),
        results={k: v for k, v in result.items() if k not in row and k not in ("row", "flags")} | {"flags": flags},
    )


_SCOPE = "energy of the accelerators alone: no host, no power supply, no cooling"
_ASSUMPTIONS = ("90% interval from measured model families that a fit had not seen, in the same regime",)


def _steps(requests: Requests, calibration: Calibration) -> list[str]:
    c = requests.columns
    made = step(calibration.language, c)
    parts = ", ".join(f"{k.replace('_', ' ')} {v[0] * 1e3:.3g} ms" for k, v in made.parts_s.items())
    return [
        f"weights: {c.dense_params[0] / 1e9:.4g} billion read each step, {c.expert_params[0] / 1e9:.4g} billion in "
        f"routed experts, {c.weight_bytes[0]:g} bytes each",
        f"cache: {2 * c.kv_values_per_token_layer[0] * c.layers[0] / 1e3:.4g} kB a token, context "
        f"{c.prompt_tokens[0] + c.output_tokens[0] / 2:g} tokens on average, {c.batch_size[0]:g} sequences",
        f"a step that gives each sequence a token: {parts}",
        f"host and accelerators overlap: {made.time_s[0] * 1e3:.4g} ms a step",
        f"power of an accelerator: {made.power_w[0]:.4g} W of {c.tdp_w[0]:g} W",
        f"energy of a token: {c.n[0]:g} x {made.power_w[0]:.4g} W x {made.time_s[0]:.4g} s / {c.batch_size[0]:g} "
        f"sequences = {made.energy_j[0]:.4g} J",
    ]


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
    memory = accelerator_spec(row["accelerator"])["memory_bytes"] * n
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
