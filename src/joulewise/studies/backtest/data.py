"""The quantities that the paper's fits are tested on: as the paper knew them, and since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from joulewise.energy import models_with_energy
from joulewise.fits import MIN_POINTS, fit_log_linear
from joulewise.hardware import adapted_efficiencies
from joulewise.studies.inputs import Inputs
from joulewise.studies.points import LANGUAGE, LANGUAGE_TOKENS, TASKS, TENSOR_16, VISION, dated, wall_efficiencies
from joulewise.trends import select_subset
from joulewise.trends.backtest import hold_against, rolling_backtest

FIRST_CUTOFF = 2015

_CHOICE = {
    VISION: "all of timm's weights and records, where the paper chose by popularity and accuracy",
    LANGUAGE: f"all models of public size, where the paper made a selection; at {LANGUAGE_TOKENS:,} tokens",
}
"""How the later models were chosen: ``all`` compares sets that were chosen differently."""

_COLUMNS = ("name", "year", "value", "score")


@dataclass(frozen=True)
class Series:
    """A quantity over the years, as the paper knew it and since.

    Parameters
    ----------
    id, title : str
    group : str
        ``compute``, ``efficiency`` or ``joules``.
    unit : str
        Of the values.
    subset : str
        One of `trends.SUBSETS`.
    basis : str
        How the later values differ in kind from the paper's; blank where they do not.
    known, since : polars.DataFrame
        ``name, year`` (decimal), ``value, score``: the points of the paper's fit, and those after it.
    today : polars.DataFrame
        The same for the whole catalogue from its first year, for backtests from many dates; empty where `since` is
        of another kind than `known`. For joules these are FLOPs, as the efficiency to divide by is not known
        beforehand.
    hardware : polars.DataFrame or None
        For joules, the efficiencies ``year, value`` [FLOP/J] whose fit at a date the FLOPs are divided by.
    """

    id: str
    title: str
    group: str
    unit: str
    subset: str
    basis: str
    known: pl.DataFrame
    since: pl.DataFrame
    today: pl.DataFrame
    hardware: pl.DataFrame | None = None


def all_series(inputs: Inputs) -> list[Series]:
    """Return every series that has points on both sides of the paper's data end."""
    known = {task: dated(models_with_energy(task, inputs.paper)) for task in TASKS}
    subsets = ((VISION, "all"), (VISION, "best-per-year"), (LANGUAGE, "all"), (LANGUAGE, "record"))
    compute, joules = (
        [_of_models(group, task, subset, known[task], inputs) for task, subset in subsets]
        for group in ("compute", "joules")
    )
    return [series for series in (*compute, *_of_hardware(inputs), *joules) if series.since.height]


def _of_models(group: str, task: str, subset: str, paper: pl.DataFrame, inputs: Inputs) -> Series:
    column, unit, what = ("flops", "FLOP", "FLOPs") if group == "compute" else ("energy_j", "J", "joules")
    today, basis = inputs.models[task], [_CHOICE[task]]
    hardware = None
    if group == "joules":
        basis.append("on hardware extrapolated to today")
        hardware = inputs.carried[task].points.select("year", value="efficiency_flops_per_j")
    known, later = _values(paper, column), _values(today, column)
    last = float(str(known["year"].max()))
    if subset == "best-per-year":
        # The paper's last year is half over, so the next year that has a best is the first whole one after it.
        since = select_subset(later.filter(pl.col("year") >= int(last) + 1), subset)
    elif subset == "record":
        # There may be no record since, which would hide how far below the line the later values lie.
        since = highest_of_years(later.filter(pl.col("year") > last))
        basis.append("highest of each year")
    else:
        since = later.filter(pl.col("year") > last)
    return Series(
        id=f"{task}-{what.lower()}-{subset.split('-', maxsplit=1)[0]}",
        title=f"{what} of {task} models",
        group=group,
        unit=unit,
        subset=subset,
        basis="; ".join(basis),
        known=select_subset(known, subset),
        since=since,
        today=select_subset(_values(today, "flops"), subset),
        hardware=hardware,
    )


def highest_of_years(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the row of highest ``value`` of each calendar year, by year."""
    return (
        frame.sort("value", descending=True, maintain_order=True)
        .unique(pl.col("year").floor(), keep="first", maintain_order=True)
        .sort("year")
    )


def _of_hardware(inputs: Inputs) -> list[Series]:
    found = []
    for task, carried in inputs.carried.items():
        known = _values(dated(adapted_efficiencies(task, inputs.paper)), "efficiency_flops_per_j", scored=False)
        today = _values(carried.points, "efficiency_flops_per_j", scored=False)
        basis = f"16-bit tensor peaks times {carried.share.central:.3f}, the share that networks reached until 2021"
        found.append(_efficiency(task, task, basis, known, today, today))
    vision = found[0]
    for name, basis, rows in (
        ("fp32", "FP32 peaks over TDP", inputs.peaks.filter(group="FP32")),
        ("tensor", "16-bit tensor peaks over TDP", inputs.peaks.filter(group=TENSOR_16)),
        ("wall", "ResNet-50 measured at the wall, whole systems", wall_efficiencies("resnet50", inputs.catalog)),
    ):
        later = _values(rows, "efficiency_per_j", scored=False)
        found.append(_efficiency(name, VISION, basis, vision.known, later, later.clear()))
    return found


def _efficiency(
    name: str, task: str, basis: str, known: pl.DataFrame, later: pl.DataFrame, today: pl.DataFrame
) -> Series:
    since = later.filter(pl.col("year") > float(str(known["year"].max())))
    title = f"efficiency of hardware for {task}"
    return Series(f"efficiency-{name}", title, "efficiency", "FLOP/J", "all", basis, known, since, today)


def _values(frame: pl.DataFrame, column: str, *, scored: bool = True) -> pl.DataFrame:
    score = pl.col("score") if scored else pl.lit(None, dtype=pl.Float64)
    return (
        frame.filter(pl.col(column).is_not_null())
        .select("name", "year", value=pl.col(column), score=score)
        .select(_COLUMNS)
    )


def rolled(series: Series) -> pl.DataFrame:
    """Return the backtests of a series from every year since `FIRST_CUTOFF`; see `trends.backtest.rolling_backtest`."""
    cutoffs = [float(year) for year in range(FIRST_CUTOFF, int(float(str(series.today["year"].max()))) + 1)]
    years, values = series.today["year"].to_numpy(), series.today["value"].to_numpy()
    if series.hardware is None:
        return rolling_backtest(years, values, cutoffs)
    hardware = series.hardware
    return rolling_joules(years, values, hardware["year"].to_numpy(), hardware["value"].to_numpy(), cutoffs)


def rolling_joules(
    years: NDArray[np.float64],
    flops: NDArray[np.float64],
    hardware_years: NDArray[np.float64],
    efficiency: NDArray[np.float64],
    cutoffs: Sequence[float],
) -> pl.DataFrame:
    """Repeat a backtest of joules from many dates, each with the hardware trend that was known at the date.

    Dividing FLOPs by one hardware trend for all dates would subtract a straight line from their logarithms and leave
    the errors those of the FLOPs. So the fit at a date goes through FLOPs over the hardware trend known then, and the
    later values are FLOPs over the trend through all hardware.

    Returns
    -------
    polars.DataFrame
        The columns of `trends.backtest.rolling_backtest`. Dates at which fewer than 3 models or accelerators were known
        are left out.
    """
    now = fit_log_linear(hardware_years, efficiency)
    found = [rolling_backtest([], [], [])]
    for cutoff in cutoffs:
        known, before = years < cutoff, hardware_years < cutoff
        if min(known.sum(), before.sum()) < MIN_POINTS:
            continue
        then = fit_log_linear(hardware_years[before], efficiency[before])
        fit = fit_log_linear(years[known], flops[known] / then.predict_many(years[known])[:, 1])
        came = flops[~known] / now.predict_many(years[~known])[:, 1]
        found.append(hold_against(fit, years[~known], came, cutoff))
    return pl.concat(found)
