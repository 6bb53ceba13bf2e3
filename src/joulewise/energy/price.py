"""Energy of workloads by the calibrated method, with intervals, for tables and single estimates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog import Catalog
from joulewise.energy.calibration.anchor import NEAR, corrected, nearest
from joulewise.energy.calibration.stored import Calibration
from joulewise.energy.flags import UNLIKE_MEASURED, Flag, Flagged
from joulewise.energy.kinds import kind_of
from joulewise.energy.language.measured import prompts_of
from joulewise.energy.language.shape import Shape
from joulewise.energy.language.step import CURRENT, EAGER, EARLY
from joulewise.energy.measured_rows import number_of
from joulewise.energy.physics import Floats, measured_dies
from joulewise.energy.places import places_of
from joulewise.energy.reading import Facts, Requests, read_rows_of
from joulewise.energy.rows import WorkloadRow, rows_of, typed_columns
from joulewise.energy.workload_kind import Kind, Run, longest_part
from joulewise.errors import InputError


@dataclass(frozen=True)
class Priced:
    """Time, power and energy of workloads of one kind; arrays of one length.

    Parameters
    ----------
    kind : Kind
    requests : Requests
    run : Run
    time_s, power_w : array
        Of a request; of all copies of the model together, and of the host where the whole system is priced.
    energy_j : array
        Per request. [J]
    low, high : array
        Factors from the energy to the bounds of its 90% interval.
    flags : tuple of tuple of Flagged
    """

    kind: Kind
    requests: Requests[Any]
    run: Run
    time_s: Floats
    power_w: Floats
    energy_j: Floats
    low: Floats
    high: Floats
    flags: tuple[tuple[Flagged, ...], ...]

    @property
    def bound(self) -> list[str]:
        """The longest part of each row's time."""
        return longest_part(self.run.parts_s)


def facts_for(
    kind: Kind, calibration: Calibration, catalog: Catalog, shapes: Mapping[str, Shape] | None = None
) -> Facts:
    """Return what reading the rows of a kind needs."""
    dies = measured_dies(calibration.parameters[kind.name], kind.die_parameter)
    return Facts(catalog, dies, prompts_of(calibration.parameters["language"]), shapes or {})


def price(kind: Kind, rows: Iterable[tuple[int, WorkloadRow]], calibration: Calibration, facts: Facts) -> Priced:
    """Price the rows of one kind; those that cannot be priced are in ``requests.problems``.

    Parameters
    ----------
    kind : Kind
    rows : iterable of tuple
        Place in a table, from 0, and row.
    calibration : Calibration
    facts : Facts
    """
    requests: Requests[Any] = read_rows_of(kind.workload, rows, lambda row: kind.read(row, facts))
    run = kind.run(calibration.parameters[kind.name], requests)
    power_w, energy_j = _with_host(requests, run, calibration)
    low, high = _bounds(kind, requests, run, calibration)
    flags = requests.flags
    if run.memory_share is not None:
        too_big = Flagged(Flag.DOES_NOT_FIT)
        flags = tuple(
            (*f, too_big) if share > 1 else f for f, share in zip(flags, run.memory_share.tolist(), strict=True)
        )
    return Priced(kind, requests, run, run.time_s, power_w, energy_j, low, high, flags)


def _with_host(requests: Requests[Any], run: Run, calibration: Calibration) -> tuple[Floats, Floats]:
    """Return power and energy, including the server's own where the whole system is priced."""
    all_w = run.power_w * requests.replicas
    if run.host_included:
        return all_w, run.energy_j
    of_host = calibration.parameters["sample"]
    server_w = of_host["host.server"] + of_host["per_accelerator"] * run.n * requests.replicas
    whole_w = np.where(requests.at_wall, all_w + server_w, all_w)
    return whole_w, run.energy_j * whole_w / all_w


def _bounds(kind: Kind, requests: Requests[Any], run: Run, calibration: Calibration) -> tuple[Floats, Floats]:
    """Return the factors to the bounds of each row's interval: the widest of those that apply."""
    intervals = calibration.intervals
    low, high = np.ones(len(requests.rows)), np.ones(len(requests.rows))
    known: dict[tuple[Any, ...], tuple[float, float]] = {}
    for i, (regime, flags) in enumerate(zip(run.regimes.tolist(), requests.flags, strict=True)):
        key = (regime, flags)
        if key not in known:
            names = [regime if regime in intervals else kind.interval, *(str(flag) for flag in flags)]
            if not UNLIKE_MEASURED.isdisjoint(flag.flag for flag in flags):
                names += _of_language(calibration)
            if kind.interval != "wall" and any(flag.flag == Flag.AT_THE_WALL for flag in flags):
                names.append("wall")  # these were metered without the server around them
            found = [intervals[name] for name in names if name in intervals]
            known[key] = min(bounds[0] for bounds in found), max(bounds[1] for bounds in found)
        low[i], high[i] = known[key]
    return low, high


def _of_language(calibration: Calibration) -> list[str]:
    """Return the names of all intervals of language models, including that of models known by size alone."""
    starts = ("language", EAGER, EARLY, CURRENT, Flag.SHAPE_FROM_SIZE.value)
    return [name for name in calibration.intervals if name.split(",")[0] in starts]


def anchored(
    priced: Priced, rows: Sequence[WorkloadRow], measured: pl.DataFrame, calibration: Calibration, catalog: Catalog
) -> Priced:
    """Return estimates corrected by the nearest measured row of their configuration, where there is one.

    Parameters
    ----------
    priced : Priced
    rows : sequence of WorkloadRow
        The priced rows.
    measured : DataFrame
        Measured rows, in the form of the shipped ones; rows of other kinds are ignored.
    calibration : Calibration
    catalog : Catalog

    Raises
    ------
    InputError
        If the measured rows lack a column, or have no energy.
    """
    kind = priced.kind
    if not {"energy_j_per_unit", "unit"} <= set(measured.columns):
        raise InputError("the measured rows lack energy_j_per_unit or unit", "see the form of the shipped data")
    usable = measured.filter(pl.col("energy_j_per_unit").cast(pl.Float64, strict=False).gt(0).fill_null(value=False))
    if usable.is_empty():
        raise InputError("no measured row has an energy_j_per_unit above 0", "see the form of the shipped data")
    typed, _ = typed_columns(usable)
    own_rows = rows_of(typed, len(usable), kind.columns)
    of_kind = [(i, row) for i, row in enumerate(own_rows) if kind_of(row, catalog) is kind]
    own = price(kind, of_kind, calibration, facts_for(kind, calibration, catalog))
    places = own.requests.rows.tolist()
    good = usable[places]
    tokens = np.ones(len(places)) if own.run.output_tokens is None else own.run.output_tokens
    ratio = number_of(good, "energy_j_per_unit") / (own.energy_j / tokens)
    nearby = nearest(places_of(rows, catalog), places_of([own_rows[i] for i in places], catalog))
    ones = np.ones(len(rows))
    factor = corrected(ones, nearby, ratio)
    slower = corrected(ones, nearby, _time_ratio(good, own, tokens))
    near = nearby.weight >= NEAR
    low, high = priced.low.copy(), priced.high.copy()
    name = f"{kind.interval}, measured-nearby"
    if name in calibration.intervals:  # unknown for single-pass networks, which keep their interval
        low[near], high[near] = calibration.intervals[name]
    marks = np.where(near, Flag.MEASURED_NEARBY, np.where(nearby.index >= 0, Flag.MEASURED_AFAR, "")).tolist()
    return replace(
        priced,
        time_s=priced.time_s * slower,
        power_w=priced.power_w * factor / slower,
        energy_j=priced.energy_j * factor,
        low=low,
        high=high,
        flags=tuple((*f, Flagged(Flag(m))) if m else f for f, m in zip(priced.flags, marks, strict=True)),
    )


def _time_ratio(measured: pl.DataFrame, own: Priced, tokens: Floats) -> Floats:
    """Return measured over estimated time of rows with a throughput; 1 where there is none."""
    batch = np.nan_to_num(number_of(measured, "batch_size"), nan=1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = batch / number_of(measured, "throughput") * tokens / own.time_s
    return np.where(np.isfinite(ratio) & (ratio > 0), ratio, 1.0)
