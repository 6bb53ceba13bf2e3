"""Estimates corrected by measured rows of the same configuration: what was measured there holds nearby."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from joulewise.catalog import accelerator_spec
from joulewise.catalog.names import normalise
from joulewise.energy.serving import Floats, Labels
from joulewise.errors import InputError

# How far a model's error at one batch size tells that at another: the correlation falls by e for each such
# difference of ln(batch). Read off pairs of public rows of one configuration and task, estimated by fits that had
# not seen their family: 0.82 at a factor of up to 2.2, 0.55 up to 4.5, 0.31 up to 12, 0.19 up to 55.
DECAY_LN = 1.8
# The same between tasks: rows of one configuration at the same batch size correlate by 0.54.
OTHER_TASK = 0.54
NEAR = 0.5
"""Least weight at which a measured row narrows the interval."""


@dataclass(frozen=True)
class Places:
    """Where workloads are, for telling which are near to each other; arrays of one length.

    Parameters
    ----------
    configuration : array of str
        Model, accelerator, number, number format and how the work is split; rows that differ are not near.
    task : array of str
    log_work : array
        ln of batch size, and of a generator's steps times pixels.
    """

    configuration: Labels
    task: Labels
    log_work: Floats


@dataclass(frozen=True)
class Nearby:
    """The nearest measured row of each workload.

    Parameters
    ----------
    index : array of int
        Of the measured row; -1 where there is none.
    weight : array
        How much of its error is taken to hold here; 0 where there is none.
    """

    index: np.ndarray[tuple[int], np.dtype[np.int64]]
    weight: Floats


_SAME = ("precision", "engine", "tensor_parallel", "expert_parallel", "data_parallel", "sequence_parallel", "ring")


def places_of(frame: pl.DataFrame, rows: Sequence[int]) -> Places:
    """Return where some rows of a table are; columns as in `requests.NUMBERS` and `requests.TEXTS`."""
    part = frame[list(rows)]
    blank = [""] * len(part)

    def text(name: str) -> list[str]:
        return part[name].cast(pl.String).fill_null("").to_list() if name in part.columns else blank

    def number(name: str) -> Floats:
        given = part[name].cast(pl.Float64, strict=False) if name in part.columns else pl.Series([None] * len(part))
        return np.array(given.cast(pl.Float64).fill_null(1.0), dtype=np.float64)

    chips = {name: _canonical(name) for name in set(text("accelerator"))}
    counts = [f"{n:g}" for n in number("n_accelerators").tolist()]
    plain = [[_plain(t) for t in text(name)] for name in _SAME]
    scopes = ["wall" if "wall" in scope.lower() else "" for scope in text("meter_scope")]
    configuration = [
        "|".join((normalise(model.rsplit("/", 1)[-1]), chips[chip], n, *same))
        for model, chip, n, *same in zip(text("model"), text("accelerator"), counts, scopes, *plain, strict=True)
    ]
    sizes = {t: _pixels(t) for t in set(text("image_size"))}
    pixels = np.array([sizes[t] for t in text("image_size")])
    return Places(
        configuration=np.array(configuration, dtype=np.str_),
        task=np.array(text("task"), dtype=np.str_),
        log_work=np.log(number("batch_size")) + np.log(number("steps") * pixels),
    )


def _canonical(accelerator: str) -> str:
    try:
        return accelerator_spec(accelerator).name
    except InputError:
        return accelerator


def _plain(value: str) -> str:
    """Return a number without its point, so that 1 and 1.0 are the same; a format by its short name."""
    low = value.strip().lower().removesuffix(".0")
    return {"bfloat16": "bf16", "float16": "fp16"}.get(low, low)


def _pixels(size: str) -> float:
    factors = [float(p) for p in size.lower().replace("f", "").split("x") if p.strip().isdigit()]
    return float(np.prod(factors)) if factors else 1.0


def nearest(wanted: Places, measured: Places, *, same_rows: bool = False) -> Nearby:
    """Return the measured row of the same configuration that is nearest in work, its own task preferred.

    Parameters
    ----------
    wanted, measured : Places
    same_rows : bool
        Whether both are the same rows, of which none is near to itself.
    """
    index = np.full(len(wanted.task), -1, dtype=np.int64)
    weight = np.zeros(len(wanted.task))
    groups: dict[str, list[int]] = {}
    for j, name in enumerate(measured.configuration.tolist()):
        groups.setdefault(name, []).append(j)
    for i, name in enumerate(wanted.configuration.tolist()):
        found = np.array([j for j in groups.get(name, []) if not (same_rows and j == i)], dtype=np.int64)
        if not len(found):
            continue
        weights = np.exp(-np.abs(measured.log_work[found] - wanted.log_work[i]) / DECAY_LN)
        weights = weights * np.where(measured.task[found] == wanted.task[i], 1.0, OTHER_TASK)
        best = int(np.argmax(weights))
        index[i], weight[i] = found[best], weights[best]
    return Nearby(index, weight)


def corrected(estimate: Floats, nearby: Nearby, measured_over_estimated: Floats) -> Floats:
    """Return estimates times the nearest row's ratio to the power of its weight.

    Notes
    -----
    The best linear guess of an error from one correlated with it, when both vary as much (simple kriging with
    one neighbour); in logarithms, so that it is a factor.
    """
    known = nearby.index >= 0
    ratio = np.ones(len(estimate))
    ratio[known] = measured_over_estimated[nearby.index[known]] ** nearby.weight[known]
    return np.asarray(estimate * ratio)
