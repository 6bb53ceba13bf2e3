"""A kind of workload: the functions that read, price, explain and fit it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from joulewise.catalog import Catalog
from joulewise.energy.flags import Flag
from joulewise.energy.measured_rows import Measured
from joulewise.energy.parameter import Parameter
from joulewise.energy.physics import Bools, Floats, Labels
from joulewise.energy.reading import Facts, Reading, Requests
from joulewise.energy.rows import WorkloadRow

Values = Mapping[str, float]


@dataclass(frozen=True)
class Run:
    """Time, power and energy of requests; arrays of equal length.

    Parameters
    ----------
    time_s : array
        From the start of a request to its end. [s]
    power_w : array
        Of the accelerators of one copy of the model together, or of the whole system where `whole` says so. [W]
    energy_j : array
        Per request: a prompt with its answer, an image or video, or a sample. [J]
    parts_s : mapping of str to array
        Components of the time, before overlap.
    regimes : array of str
        Regime of each row, by which errors differ; names an interval of the calibration.
    n : array
        Accelerators of one copy.
    accelerator_seconds : array
        Accelerator time of one request, including accelerators that wait for others. [s]
    output_tokens, prefill_share : array or None
        For language models: tokens of an answer, and the prompt's share of the accelerators' busy time.
    memory_share : array or None
        Memory needed relative to what the accelerators have.
    host_included : bool
        Whether `power_w` of a whole system already includes the host.
    """

    time_s: Floats
    power_w: Floats
    energy_j: Floats
    parts_s: Mapping[str, Floats]
    regimes: Labels
    n: Floats
    accelerator_seconds: Floats
    output_tokens: Floats | None = None
    prefill_share: Floats | None = None
    memory_share: Floats | None = None
    host_included: bool = False


@dataclass(frozen=True)
class Unlike:
    """A way in which a workload may differ from all measured ones, and how to find the error of its estimate.

    Parameters
    ----------
    flag : Flag
        Flag of such workloads; also the name of their interval.
    groups : callable
        From measured rows to the groups that are treated as unknown, one after another.
    hidden : callable
        From measured rows, and which of them are treated as unknown, to the rows as they are then read.
    refit : bool
        Whether a fit without the group prices it, rather than the full fit.
    """

    flag: Flag
    groups: Callable[[Measured], Labels]
    hidden: Callable[[Measured, Bools], Measured]
    refit: bool


@dataclass(frozen=True)
class Kind:
    """A kind of workload.

    Parameters
    ----------
    name : str
    section : str
        Key of its parameters in a calibration file.
    what : str
        Its name in messages, as in "does not apply to a language model".
    unit : str
        Unit of work that the energy is given for, e.g. ``request``.
    interval_note : str
        Sentence that says how its 90% interval was obtained.
    columns : frozenset of str
        Columns of a workload that apply to it.
    workload : type
        Dataclass of its columns of numbers.
    read : callable
        Reads a row.
    run : callable
        From fitted values and requests to a `Run`.
    explain : callable
        From fitted values and the request of one row to the steps of its estimate, as text.
    parameters : mapping of str to Parameter
        Fitted parameters with their priors.
    die_parameter : str
        Name of the constant that is fitted for each measured chip design.
    measured : callable
        From a table and a catalogue to its measured rows, or None.
    predict : callable
        From fitted values and measured rows to energy, time and power like those measured.
    fit_weights : mapping of str to float
        Weight of each of ``energy, time, power`` in a fit.
    families_share_weight : bool
        Whether rows of one family are down-weighted, being correlated.
    interval : str
        Name of the interval that applies where a regime has none of its own.
    level : float
        Nominal level of its intervals.
    near_rows_narrow : bool
        Whether an estimate that a measured row corrects has a separate interval.
    unlike : tuple of Unlike
    title : str
        Title of its scores.
    labels : tuple of str
        Names of its rows in scores, as in the column ``kind`` of `described`.
    described : callable
        From measured rows to the columns by which scores group them: ``kind, task``, ``batch_size`` or ``scenario``,
        and ``at-peak``, the energy at the accelerator's peak rate and thermal design power. [J]
    """

    name: str
    section: str
    what: str
    unit: str
    interval_note: str
    columns: frozenset[str]
    workload: type
    read: Callable[[WorkloadRow, Facts], Reading]
    run: Callable[[Values, Requests[Any]], Run]
    explain: Callable[[Values, Requests[Any]], list[str]]
    parameters: Mapping[str, Parameter]
    die_parameter: str
    measured: Callable[[pl.DataFrame, Catalog], Measured | None]
    predict: Callable[[Values, Measured], tuple[Floats, Floats, Floats]]
    fit_weights: Mapping[str, float]
    families_share_weight: bool
    interval: str
    level: float
    near_rows_narrow: bool
    unlike: tuple[Unlike, ...]
    title: str
    labels: tuple[str, ...]
    described: Callable[[Measured], Mapping[str, Labels | Floats]]


def longest_part(parts_s: Mapping[str, Floats]) -> list[str]:
    """Return the name of the longest part of each row."""
    names = list(parts_s)
    return [names[i] for i in np.stack(list(parts_s.values())).argmax(axis=0).tolist()]
