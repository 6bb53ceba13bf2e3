"""Read a row as a request to a language model: defaults stated, bad cells named."""

from __future__ import annotations

from difflib import get_close_matches

from joulewise.catalog import Catalog, find_model
from joulewise.catalog.find import DEFAULT_FORMAT
from joulewise.energy.accelerators import accelerator_of, is_at_wall, runs_copies, weight_format
from joulewise.energy.flags import Flag, Flagged, assumed
from joulewise.energy.language.shape import Shape, shape_of_model, shape_of_params
from joulewise.energy.language.step import CURRENT, EAGER, EARLY
from joulewise.energy.models import model_named
from joulewise.energy.reading import BadCellError, Facts, Reading
from joulewise.energy.rows import WorkloadRow
from joulewise.errors import InputError

COLUMNS = frozenset(
    {
        *("model", "accelerator", "precision", "engine", "task", "meter_scope", "params_b", "active_params_b"),
        *("n_accelerators", "batch_size", "prompt_tokens", "output_tokens"),
        *("tensor_parallel", "pipeline_parallel", "data_parallel", "expert_parallel"),
    }
)
"""Columns of a workload that apply to a language model."""

DEFAULT_PROMPT_TOKENS = 512.0
DEFAULT_OUTPUT_TOKENS = 256.0
# MLPerf's throughput scenarios run any number of requests together and do not report it.
_LARGE_BATCH = 256.0
_SLIP = 0.75  # similarity to a measured task at which another name counts as a typing error
_LARGEST_MEASURED_BATCH = 1100.0
_CACHE_ROOM = 1.3  # an accelerator's memory over that of the weights: the rest holds the cache
_SIZE_TOLERANCE = 0.25  # published sizes are rounded: "7B" models have up to 7.6 billion parameters


def read(row: WorkloadRow, facts: Facts) -> Reading:
    """Read one row.

    Raises
    ------
    BadCellError
        If a cell makes an estimate impossible.
    """
    shape = _shape(row, facts)
    flags = [Flagged(flag) for flag in shape.flags]
    if not shape.known:
        flags.append(Flagged(Flag.SHAPE_FROM_SIZE))
    if shape.encoder_layers and engine_generation(row.engine) != EAGER:
        flags.append(Flagged(Flag.ENCODER_DECODER_NOT_MEASURED))  # one such model was measured, with an eager engine
    spec = accelerator_of(row, facts.catalog)
    weight_bytes, arithmetic = weight_format(row.precision or released_format(row.model, facts.catalog), spec)
    n = row.n_accelerators or 1.0
    task = row.task or ""
    batch = row.batch_size
    if batch is None:
        batch = _LARGE_BATCH if task.endswith(("/Offline", "/Server")) else 1.0
        flags.append(assumed(Flag.BATCH_ASSUMED, batch))
    prompt = row.prompt_tokens
    if prompt is None:
        prompt = facts.prompts.get(task)
        near = get_close_matches(task, facts.prompts, 1, _SLIP) if prompt is None else []
        if near:  # any other task is a label, and its prompt is assumed
            raise BadCellError("task", f"{task!r} was not measured: give prompt_tokens, or did you mean {near[0]}?")
        if prompt is None:
            prompt = DEFAULT_PROMPT_TOKENS
            flags.append(assumed(Flag.PROMPT_ASSUMED, prompt))
        else:
            flags.append(Flagged(Flag.PROMPT_OF_TASK))
        if task.startswith("mllm"):
            prompt += shape.image_tokens
    output = row.output_tokens
    if output is None:
        output = DEFAULT_OUTPUT_TOKENS
        flags.append(assumed(Flag.OUTPUT_ASSUMED, output))
    if prompt + output > shape.max_context:
        raise BadCellError(
            "prompt_tokens" if row.prompt_tokens and prompt >= output else "output_tokens",
            f"{prompt + output:g} tokens are more than the model's context of {shape.max_context:g}",
        )
    replicas = 1.0
    if runs_copies(row):
        least = shape.params * weight_bytes * _CACHE_ROOM / spec.memory_bytes
        group = next((g for g in (1, 2, 4, 8) if g >= least and n % g == 0), n)
        replicas, n = n / group, float(group)
        flags.append(assumed(Flag.COPIES_ASSUMED, replicas))
    tensor, expert, data = _split(row, n, sparse=shape.expert_params > 0)
    for flag, holds in (
        (Flag.AT_THE_WALL, is_at_wall(row)),
        (Flag.ACCELERATOR_NOT_MEASURED, spec.die not in facts.measured_dies),
        (Flag.DATA_PARALLEL, data > 1),
        (Flag.BATCH_BEYOND_MEASURED, batch > _LARGEST_MEASURED_BATCH),
    ):
        if holds:
            flags.append(Flagged(flag))
    return Reading(
        cells={
            **vars(shape),
            "n": n,
            "batch_size": batch,
            "prompt_tokens": prompt,
            "output_tokens": output,
            "weight_bytes": weight_bytes,
            "tensor_parallel": tensor,
            "data_parallel": data,
            "expert_parallel": expert,
            "peak_flops_per_s": spec.bf16_flops_per_s,
            "bandwidth_bytes_per_s": spec.bandwidth_bytes_per_s,
            "link_bytes_per_s": spec.link_bytes_per_s,
            "tdp_w": spec.tdp_w,
            "memory_bytes": spec.memory_bytes,
            "die": spec.die,
            "number_format": arithmetic,
            "native_fp4": spec.fp4_flops_per_s is not None,
            "engine": engine_generation(row.engine),
            "media": {"image-chat": "image", "video-chat": "video"}.get(task, ""),
        },
        flags=tuple(flags),
        at_wall=is_at_wall(row),
        replicas=replicas,
        source=shape.source,
    )


def engine_generation(name: str | None) -> str:
    """Return the generation of a serving engine by its name; an unknown or blank one counts as current.

    Raises
    ------
    BadCellError
        If the name is a slip of one that would decide otherwise.
    """
    low = (name or "").lower()
    if "transformers" in low or "fastchat" in low or low == EAGER:
        return EAGER
    if "vllm 0" in low or low == EARLY:
        return EARLY
    slip = get_close_matches(low, ("transformers", "fastchat", EAGER, EARLY), 1, _SLIP)
    if slip:
        raise BadCellError("engine", f"{name!r} is not known; did you mean {slip[0]}?")
    return CURRENT


def _split(row: WorkloadRow, n: float, *, sparse: bool) -> tuple[float, float, float]:
    """Return over how many accelerators tensors, experts and data are split."""
    pipeline, data = row.pipeline_parallel or 1.0, row.data_parallel or 1.0
    expert = row.expert_parallel or (n if sparse and row.tensor_parallel is None else 1.0)
    tensor = row.tensor_parallel or (1.0 if expert > 1 else max(1.0, n / pipeline / data))
    split = {"tensor_parallel": tensor, "pipeline_parallel": pipeline, "expert_parallel": expert, "data_parallel": data}
    for name, value in split.items():
        if value > n:
            raise BadCellError(name, f"{value:g} is more than the {n:g} accelerators")
    return tensor, expert, data


def _shape(row: WorkloadRow, facts: Facts) -> Shape:
    params = None if row.params_b is None else row.params_b * 1e9
    active = None if row.active_params_b is None else row.active_params_b * 1e9
    if row.model is None and params is None:
        raise BadCellError("model", "is blank; name one or give params_b")
    if row.model is not None and row.model in facts.shapes:
        known: Shape | None = facts.shapes[row.model]
    else:
        known = _known_shape(row.model, params, facts.catalog) if row.model is not None else None
    if known is None:
        try:
            return shape_of_params(params or 0.0, active)
        except InputError as error:
            raise BadCellError("params_b", str(error)) from None
    if params is not None and abs(params / known.params - 1) > _SIZE_TOLERANCE:
        raise BadCellError(
            "params_b", f"{row.params_b:g} is not the size of {row.model}, {known.params / 1e9:.4g}; leave it out"
        )
    if active is not None and abs(active / known.active_params - 1) > _SIZE_TOLERANCE:
        raise BadCellError(
            "active_params_b",
            f"{row.active_params_b:g} is not what a token of {row.model} uses, {known.active_params / 1e9:.4g}; "
            "leave it out",
        )
    return known


def _known_shape(model: str, params: float | None, catalog: Catalog) -> Shape | None:
    try:
        found = shape_of_model(model, catalog)
        if found is None and params is None:
            find_model(model, catalog)  # raises, with the nearest names
    except InputError as error:
        if params is None:
            raise BadCellError("model", str(error)) from None
        return None
    return found


def released_format(model: str | None, catalog: Catalog) -> str:
    """Return the number format that the weights of a model were released in, or that its name ends in."""
    known = model_named(model, catalog) if model else None
    return (known.asked_format or known.released_format) if known else DEFAULT_FORMAT
