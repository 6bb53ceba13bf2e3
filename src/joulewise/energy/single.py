"""The estimate of one workload, with every step shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Unpack

from joulewise.catalog import AcceleratorSpec, Catalog, find_model, load
from joulewise.counting.workload import Workload
from joulewise.csv_input import frame_of
from joulewise.energy.accelerators import accelerator_named
from joulewise.energy.calibration.baselines import BASELINES
from joulewise.energy.calibration.stored import Calibration, load_calibration
from joulewise.energy.counted import SIZES, columns_of, count_sample, tokens_of
from joulewise.energy.estimate import Estimate, Input, Scope, Serving
from joulewise.energy.flags import UNLIKE_MEASURED, Flag
from joulewise.energy.kinds import kind_of
from joulewise.energy.language.kind import LANGUAGE
from joulewise.energy.language.shape import Shape, generates_text, shape_of_config
from joulewise.energy.language.step import Columns, bounds_of_phases
from joulewise.energy.paper_method import estimate_paper
from joulewise.energy.price import Priced, anchored, facts_for, price
from joulewise.energy.reading import Facts
from joulewise.energy.rows import COLUMNS, WorkloadOptions, WorkloadRow, not_applicable_to, row_of
from joulewise.errors import InputError, UnknownNameError
from joulewise.interval import Interval

METHODS = ("calibrated", "paper", *BASELINES)
"""Names of methods; ``calibrated`` is the default for every kind of workload."""

_SCOPES = {
    Scope.ACCELERATORS: "energy of the accelerators alone: no host, no power supply, no cooling",
    Scope.WALL: "energy of the whole system at the wall",
}
# Number, precision and batch size decide for every method whether a model fits.
_LEFT_OUT_BY_BASELINES = frozenset(
    {
        *("engine", "meter_scope"),
        *("tensor_parallel", "pipeline_parallel", "data_parallel", "expert_parallel"),
    }
)
_UNLIKE_INTERVAL = "no model of its kind was measured: an interval as wide as any of a language model"


def estimate(
    model: str | Path | Workload | None = None,
    accelerator: str | None = None,
    *,
    method: str = "calibrated",
    at: date | None = None,
    calibration: Calibration | None = None,
    measured: object = None,
    catalog: Catalog | None = None,
    **workload: Unpack[WorkloadOptions],
) -> Estimate:
    """Estimate the energy of one request, image, video or sample.

    Parameters
    ----------
    model : str, Path or Workload, optional
        A name of the catalogue, never a file; or the path of a ``config.json`` or ONNX file; or the result of
        `joulewise.count`. None with `params_b`.
    accelerator : str, optional
        Every method but the paper's needs one.
    method : str
        ``calibrated``, for every kind of workload; ``paper``, FLOPs over peak efficiency for one forward pass; or for
        language models one of `baselines.BASELINES`, which have no interval.
    at : datetime.date, optional
        For the paper's method without an accelerator: the date of the hardware.
    calibration : Calibration, optional
        By default the shipped one.
    measured : DataFrame, optional
        Measured rows that correct the estimate where one is of the same configuration; see `calibration.anchor`.
    catalog : Catalog, optional
        By default the shipped one.
    **workload
        Columns of `rows.WorkloadRow`: ``batch_size``, ``prompt_tokens``, ``output_tokens``, ``precision`` ...

    Returns
    -------
    Estimate

    Raises
    ------
    InputError
        If an option is unknown or does not apply, a name is not known, or the weights and the cache do not fit the
        accelerators: with what would be right.
    """
    if method not in METHODS:
        raise UnknownNameError("method", method, METHODS)
    catalog = catalog or load()
    given = {name: value for name, value in workload.items() if value is not None}
    for name, fitted in (("calibration", calibration), ("measured", measured)):
        if method != "calibrated" and fitted is not None:
            raise InputError(f"{name} does not apply to the method {method}", "use calibrated, or leave it out")
    if method == "paper":
        return _by_paper(model, accelerator, at, catalog, given)
    if at is not None:
        raise InputError("a date is for the paper's method", "give method paper too, or leave it out")
    if accelerator is None:
        if isinstance(model, str):
            find_model(model, catalog)  # a misspelt name is the first thing to say
        raise InputError(
            f"the {method} method needs an accelerator",
            "e.g. --on H100; or --method paper for the trend of hardware",
        )
    shapes: dict[str, Shape] = {}
    if isinstance(model, Path):
        name = str(model)
        shape = shape_of_config(model) if model.suffix == ".json" and generates_text(model) else None
        if shape is None:
            counted = columns_of(count_sample(name, given))
            del counted["batch_size"]
            given = counted | {name: value for name, value in given.items() if name not in SIZES}
        else:
            shapes[name] = shape
        model = name
    elif isinstance(model, Workload):
        if model.config is not None and generates_text(model.config):
            shapes[model.name] = replace(shape_of_config(model.config), source=model.name)
            given = tokens_of(model) | given
        else:
            given = columns_of(model) | given
        model = model.name
    row = row_of({"model": model, "accelerator": accelerator, **given})
    kind = LANGUAGE if shapes else kind_of(row, catalog)
    not_applicable_to(row, kind.columns, kind.what)
    if method in BASELINES:
        if kind is not LANGUAGE:
            raise InputError(f"the method {method} is only for language models", "use calibrated")
        not_applicable_to(row, LANGUAGE.columns - _LEFT_OUT_BY_BASELINES, f"the method {method}")
    calibration = calibration or load_calibration()
    facts = facts_for(kind, calibration, catalog, shapes)
    priced = price(kind, [(0, row)], calibration, facts)
    for problem in priced.requests.problems:
        raise InputError(f"{problem.column}: {problem.reason}")
    chosen = accelerator_named(accelerator, catalog)
    spec = chosen.spec
    share = priced.run.memory_share
    if share is not None and share[0] > 1:
        raise _does_not_fit(row, spec, calibration, facts, float(share[0]))
    if method in BASELINES:
        return _by_baseline(method, priced.requests.columns, _inputs(row, spec, priced))
    if measured is not None:
        priced = anchored(priced, [row], frame_of(measured), calibration, catalog)
    return _estimate(priced, row, spec, calibration, chosen.variants)


def _estimate(
    priced: Priced, row: WorkloadRow, spec: AcceleratorSpec, calibration: Calibration, variants: tuple[str, ...]
) -> Estimate:
    kind, run, flags = priced.kind, priced.run, priced.flags[0]
    energy_j, low, high = (float(values[0]) for values in (priced.energy_j, priced.low, priced.high))
    values = calibration.parameters[kind.name]
    at_wall = any(flag.flag == Flag.AT_THE_WALL for flag in flags)
    scope = Scope.WALL if at_wall else Scope.ACCELERATORS
    unlike = not UNLIKE_MEASURED.isdisjoint(flag.flag for flag in flags)
    assumptions = [_SCOPES[scope], _UNLIKE_INTERVAL if unlike else kind.interval_note]
    assumptions += [f"flagged: {str(flag).replace('-', ' ')}" for flag in flags]
    if variants:
        assumptions.append(f"{row.accelerator} is taken as {spec.full_name}; there are also {', '.join(variants)}")
    if spec.note:
        assumptions.append(f"{spec.name}: {spec.note}")
    serving = Serving(
        time_s=float(priced.time_s[0]),
        power_w=float(priced.power_w[0]),
        bound=priced.bound[0],
        # A measured row corrects the time, and with it this.
        accelerator_seconds=float(run.accelerator_seconds[0] * priced.time_s[0] / run.time_s[0]),
    )
    per_token: float | None = None
    if run.output_tokens is not None and run.prefill_share is not None:
        tokens, share = float(run.output_tokens[0]), float(run.prefill_share[0])
        per_token = energy_j / tokens
        prefill_bound, decode_bound = bounds_of_phases(values, priced.requests.columns)
        serving = replace(
            serving,
            per_output_token=Interval(per_token * low, per_token, per_token * high),
            prefill_share=share,
            decode_share=1 - share,
            prefill_bound=prefill_bound,
            decode_bound=decode_bound,
        )
    return Estimate(
        energy=Interval(energy_j * low, energy_j, energy_j * high),
        method="calibrated",
        unit=kind.unit,
        inputs=_inputs(row, spec, priced),
        steps=(
            *kind.explain(values, priced.requests),
            f"{kind.unit}: {serving.time_s:.4g} s at {serving.power_w:.4g} W of all accelerators; "
            f"the longest part is {serving.bound}; {energy_j:.4g} J",
        ),
        assumptions=tuple(assumptions),
        scope=scope,
        flags=flags,
        serving=serving,
        energy_per_output_token_j=per_token,
    )


def _inputs(row: WorkloadRow, spec: AcceleratorSpec, priced: Priced) -> tuple[Input, ...]:
    """Return the workload as asked, the accelerator's figures, and the model's size with their sources."""
    inputs = [Input(k, v, "", "as asked") for k, v in zip(COLUMNS, row, strict=True) if v is not None]
    for name, value, unit in (
        ("bf16_flops_per_s", spec.bf16_flops_per_s, "FLOP/s"),
        ("bandwidth_bytes_per_s", spec.bandwidth_bytes_per_s, "B/s"),
        ("tdp_w", spec.tdp_w, "W"),
    ):
        inputs.append(Input(name, value, unit, spec.sources[name]))
    if priced.kind is LANGUAGE:
        params = float(priced.requests.columns.params[0])
        inputs.append(Input("shape", params, "parameters", priced.requests.sources[0]))
    return tuple(inputs)


def _by_paper(
    model: str | Path | Workload | None, on: str | None, at: date | None, catalog: Catalog, given: dict[str, Any]
) -> Estimate:
    if not isinstance(model, str):
        raise InputError("the paper's method takes models of the catalogue by name", "use calibrated")
    for name in given:
        if name not in WorkloadOptions.__annotations__:
            raise UnknownNameError("option", name, WorkloadOptions.__annotations__)
        if name != "precision":
            raise InputError(
                f"{name.replace('_', ' ')} does not apply to the paper's method",
                "it divides the FLOPs of one forward pass by peak efficiency; use calibrated",
            )
    return estimate_paper(model, on=on, precision=given.get("precision"), at=at, catalog=catalog)


def _by_baseline(method: str, c: Columns, inputs: tuple[Input, ...]) -> Estimate:
    baseline = BASELINES[method]
    per_token, output = float(baseline.energy_j(c)[0]), float(c.output_tokens[0])
    tokens = output + float(c.prompt_tokens[0]) * baseline.per_prompt_token
    energy_j = per_token * tokens
    return Estimate(
        energy=Interval.exact(energy_j),
        method=method,
        unit=LANGUAGE.unit,
        inputs=inputs,
        steps=(f"{per_token:.4g} J per token x {tokens:g} tokens = {energy_j:.4g} J",),
        assumptions=(baseline.assumption, "no interval known"),
        energy_per_output_token_j=energy_j / output,
    )


_UNSPLIT = {"tensor_parallel": None, "expert_parallel": None, "data_parallel": None, "pipeline_parallel": None}


def _does_not_fit(
    row: WorkloadRow, spec: AcceleratorSpec, calibration: Calibration, facts: Facts, share: float
) -> InputError:
    """Return the error with the smallest number of accelerators, or the number format, that would do."""

    def fits(**changes: Any) -> bool:
        changed = price(LANGUAGE, [(0, row._replace(**changes))], calibration, facts)
        return changed.run.memory_share is not None and bool((changed.run.memory_share <= 1).any())

    n = int(row.n_accelerators or 1)
    hints = [f"--count {m}" for m in (2, 4, 8, 16, 32, 64) if m > n and fits(n_accelerators=float(m), **_UNSPLIT)][:1]
    hints += [f"--precision {precision}" for precision in ("fp8", "int8", "int4") if fits(precision=precision)][:1]
    memory = spec.memory_bytes * n
    return InputError(
        f"{share * memory / 1e9:.0f} GB of weights, cache and buffers do not fit the {memory / 1e9:.0f} GB of "
        f"{n} {row.accelerator}",
        " or ".join(hints) or "a smaller batch or context, or more accelerators",
    )
