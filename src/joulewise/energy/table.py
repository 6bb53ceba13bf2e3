"""Estimates of a whole table of workloads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from joulewise.catalog import Catalog, load
from joulewise.csv_input import frame_of
from joulewise.energy.calibration.stored import Calibration, load_calibration
from joulewise.energy.flags import Flagged
from joulewise.energy.kinds import KINDS, kind_of
from joulewise.energy.price import Priced, anchored, facts_for, price
from joulewise.energy.rows import COLUMNS, RowProblem, check_columns, not_applicable, rows_of, typed_columns
from joulewise.errors import InputError

OUTPUT = (
    "row",
    "time_s",
    "power_w",
    "energy_j",
    "energy_j_low",
    "energy_j_high",
    "energy_per_output_token_j",
    "energy_per_output_token_j_low",
    "energy_per_output_token_j_high",
    "prefill_share",
    "bound",
    "flags",
)
"""Columns that an estimate adds to those of the workload."""


def estimate_table(
    frame: object,
    calibration: Calibration | None = None,
    measured: object = None,
    *,
    catalog: Catalog | None = None,
    keep: Sequence[str] = (),
) -> tuple[pl.DataFrame, tuple[RowProblem, ...]]:
    """Estimate a table of workloads, one per row.

    Parameters
    ----------
    frame : DataFrame
        Of Polars, or of any library with Arrow's C stream interface, such as pandas; see `csv_input.frame_of`.
        Columns of `rows.WorkloadRow`; a model or its parameters, and an accelerator. Models are names of the
        catalogue: no cell is ever opened as a file.
    calibration : Calibration, optional
        By default the shipped one.
    measured : DataFrame, optional
        Measured rows, in the form of the shipped ones: where one is of the same configuration as a workload, its
        error corrects the estimate (see `calibration.anchor`); flagged ``measured-nearby`` or ``measured-afar``.
    catalog : Catalog, optional
        By default the shipped one.
    keep : sequence of str
        Other columns, which are copied to the result.

    Returns
    -------
    DataFrame
        The good rows, with the columns of `OUTPUT` after their own: per request, that is one prompt with
        its answer, one image or one video; `row` counts from 1; `power_w` is of all accelerators together;
        `flags` is a list of texts.
    tuple of RowProblem
        Why each other row was left out.

    Raises
    ------
    InputError
        If the table has no rows, lacks a column that every row needs, or has one that is not known.
    """
    frame = frame_of(frame)
    check_columns(frame, keep)
    for name in keep:
        if name in OUTPUT:
            raise InputError(f"column {name} is one that an estimate adds", "rename yours to keep it")
    anchors = None if measured is None else frame_of(measured)
    catalog, calibration = catalog or load(), calibration or load_calibration()
    typed, problems = typed_columns(frame)
    rows = rows_of(typed, len(frame))
    kinds = np.array([kind_of(row, catalog).name for row in rows])
    results: list[pl.DataFrame] = []
    for name, kind in KINDS.items():
        places = np.flatnonzero(kinds == name)
        if not len(places):
            continue
        bad = {problem.row - 1 for problem in problems}
        places = np.array([place for place in places.tolist() if place not in bad], dtype=np.int64)
        problems += not_applicable(typed, places, kind.columns, kind.what)
        bad = {problem.row - 1 for problem in problems}
        good = [(i, rows[i]) for i in places.tolist() if i not in bad]
        priced = price(kind, good, calibration, facts_for(kind, calibration, catalog))
        problems += priced.requests.problems
        if anchors is not None:
            wanted = [rows[i] for i in priced.requests.rows.tolist()]
            priced = anchored(priced, wanted, anchors, calibration, catalog)
        results.append(_frame(priced))
    found = pl.concat(results).sort("row")
    kept = frame[(found["row"] - 1).to_list()]
    return pl.concat([kept, found], how="horizontal"), tuple(
        sorted(problems, key=lambda p: (p.row, COLUMNS.index(p.column)))
    )


def _frame(priced: Priced) -> pl.DataFrame:
    """Return the columns of `OUTPUT`."""
    tokens = priced.run.output_tokens
    blank = np.full(len(priced.energy_j), np.nan)
    per_token = blank if tokens is None else priced.energy_j / tokens
    share = blank if priced.run.prefill_share is None else priced.run.prefill_share
    return pl.DataFrame(
        {
            "row": priced.requests.rows + 1,
            "time_s": priced.time_s,
            "power_w": priced.power_w,
            "energy_j": priced.energy_j,
            "energy_j_low": priced.energy_j * priced.low,
            "energy_j_high": priced.energy_j * priced.high,
            "energy_per_output_token_j": per_token,
            "energy_per_output_token_j_low": per_token * priced.low,
            "energy_per_output_token_j_high": per_token * priced.high,
            "prefill_share": share,
            "bound": pl.Series(priced.bound, dtype=pl.String),
            "flags": _texts(priced.flags),
        },
        nan_to_null=True,
    )


def _texts(flags: Sequence[tuple[Flagged, ...]]) -> pl.Series:
    """Return flags as lists of texts; each of the few combinations is made once."""
    which = {combination: i for i, combination in enumerate(dict.fromkeys(flags))}
    lists = pl.Series([[str(flag) for flag in combination] for combination in which], dtype=pl.List(pl.String))
    return lists.gather([which[combination] for combination in flags])
