"""Study ``hardware``: efficiency by precision and kind, how fast it doubles, and how far above its floor it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import polars as pl

from joulewise.fits import LogLinearFit
from joulewise.hardware.limits import ROOM_K
from joulewise.studies.hardware import charts
from joulewise.studies.hardware.data import (
    ALL_KINDS,
    ALL_YEARS,
    GROUPS,
    LARGEST_KIND,
    SUBSETS,
    EfficiencyFit,
    OpEnergy,
    doubling_table,
    efficiency_fits,
    op_energies,
    paces,
)
from joulewise.studies.inputs import Inputs
from joulewise.studies.points import TENSOR_16
from joulewise.studies.study import Study, StudyFinding, Value, table_of
from joulewise.units import significant

# Basis of an energy per operation -> what it is the lowest of.
_LOWEST_OF = {
    "measured at the wall": "whole systems measured at the wall with a network",
    "measured chip": "measured chips",
    "arithmetic unit": "arithmetic units by themselves",
    "estimated limit": "estimates of how far ordinary circuits could go",
}


def study(inputs: Inputs, temperature_k: float = ROOM_K) -> Study:
    """Study the efficiency of accelerators at their dense theoretical peak.

    Parameters
    ----------
    inputs : Inputs
    temperature_k : float
        Temperature of Landauer's limit. [K]

    Returns
    -------
    Study
        Tables ``efficiency`` (one row per accelerator and group of precisions), ``doubling`` (every fit by precision,
        kind, period, leaders and all) and ``limits`` (joules per operation of the best there is, and the floors).
    """
    fitted = efficiency_fits(inputs.peaks)
    doubling, pace = doubling_table(fitted), paces(fitted)
    energies = op_energies(inputs.peaks, inputs.catalog, temperature_k)
    limits = table_of(energies)
    return Study(
        name="hardware",
        title="Work per joule of accelerators",
        tables={"efficiency": inputs.peaks, "doubling": doubling, "limits": limits},
        charts={
            "by-precision": charts.by_precision(inputs.peaks, GROUPS, pace),
            "by-kind": charts.by_kind(inputs.peaks),
            "doubling": charts.doubling_times(doubling),
            "limits": charts.towards_limits(inputs.peaks, limits, temperature_k),
        },
        findings=(
            *_change_of_pace(fitted),
            *_by_period(fitted),
            *_by_kind(inputs.peaks),
            *_above_the_floor(energies, pace, temperature_k),
            *_lowest(energies, temperature_k),
        ),
    )


def _change_of_pace(fitted: Sequence[EfficiencyFit]) -> list[StudyFinding]:
    """Summarise how the pace has changed: of all accelerators at FP32, and of server GPUs at 16 bits, by period."""
    parts: list[str] = []
    numbers: dict[str, Value] = {}
    for group, kind, whose in (
        ("FP32", ALL_KINDS, "Work per joule at FP32, all accelerators:"),
        (TENSOR_16, LARGEST_KIND, "at 16 bits, server GPUs with matrix units:"),
    ):
        periods = [
            (one.period, one.fit, _doubling(one.fit, one.n))
            for one in fitted
            if (one.group, one.kind, one.subset) == (group, kind, "all") and one.period != ALL_YEARS and one.fit
        ]
        numbers |= {f"{group}_{period}_growth_per_year": fit.growth_per_year.central for period, fit, _ in periods}
        if periods:
            parts.append(f"{whose} {', '.join(f'{period} {doubling}' for period, _, doubling in periods)}")
    return [StudyFinding(f"{'; '.join(parts)}.", numbers)] if parts else []


def _by_period(fitted: Sequence[EfficiencyFit]) -> list[StudyFinding]:
    found = []
    chosen = [(kind, subset) for kind in (ALL_KINDS, LARGEST_KIND) for subset in SUBSETS]
    for group in GROUPS:
        for kind, subset in chosen:
            rows = [one for one in fitted if (one.group, one.kind, one.subset) == (group, kind, subset) and one.fit]
            whole = [one.n for one in rows if one.period == ALL_YEARS]
            # A period that holds all accelerators would repeat the fit through all years.
            known = [(one, one.fit) for one in rows if one.fit and (one.period == ALL_YEARS or [one.n] != whole)]
            if not known:
                continue
            periods = "; ".join(f"{_span(one.period, fit)} {_doubling(fit, one.n)}" for one, fit in known)
            whose = "accelerators" if kind == ALL_KINDS else f"{kind}s"
            who = f"{whose} more efficient than all before" if subset == "leaders" else f"all {whose}"
            numbers: dict[str, Value] = {"group": group, "kind": kind, "subset": subset}
            for one, fit in known:
                low, high = fit.doubling_time_interval or (None, None)
                numbers[f"n_{one.period}"] = one.n
                numbers[f"doubling_time_years_{one.period}"] = fit.doubling_time_years
                numbers[f"doubling_time_years_low_{one.period}"] = low
                numbers[f"doubling_time_years_high_{one.period}"] = high
            found.append(StudyFinding(f"{group}, {who}: {periods}.", numbers))
    return found


def _span(period: str, fit: LogLinearFit) -> str:
    return f"since {int(fit.first_year)}" if period == ALL_YEARS else period


def _doubling(fit: LogLinearFit, n: int) -> str:
    """Return how fast efficiency doubles, or that its growth is not significant."""
    span = fit.doubling_time_interval
    if span is None:
        growth = fit.growth_per_year
        ends = f"{significant(growth.low)} to {significant(growth.high)}"
        return f"×{significant(growth.central)} a year, not significantly different from flat ({ends}, n = {n})"
    low, high = sorted(abs(end) for end in span)
    verb = "doubles" if fit.doubling_time_years > 0 else "halves"
    years = significant(abs(fit.doubling_time_years), 2)
    return f"{verb} in {years} years ({significant(low, 2)} to {significant(high, 2)}, n = {n})"


def _by_kind(peaks: pl.DataFrame) -> list[StudyFinding]:
    found = []
    for group in GROUPS:
        rows = peaks.filter(group=group)
        best = rows.sort("efficiency_per_j", descending=True).unique("kind", keep="first", maintain_order=True)
        if best.is_empty():
            continue
        kinds = "; ".join(
            f"{row['kind']} {significant(row['efficiency_per_j'] / 1e9)} ({row['name']}, {row['release_date'].year})"
            for row in best.to_dicts()
        )
        unit = "GOP/J" if group.startswith("INT") else "GFLOP/J"
        numbers: dict[str, Value] = {"group": group}
        numbers |= {f"{row['kind']}_per_j": row["efficiency_per_j"] for row in best.to_dicts()}
        found.append(StudyFinding(f"Most efficient at {group} by kind, in {unit} at peak and TDP: {kinds}.", numbers))
    return found


def _above_the_floor(
    energies: Sequence[OpEnergy], pace: Mapping[str, LogLinearFit], temperature_k: float
) -> list[StudyFinding]:
    """Say for each group how far the best data sheet is above the floor, and how long that would take to close."""
    found = []
    for one in energies:
        if one.basis != "data sheet" or one.times_landauer is None or one.landauer_joules_per_op is None:
            continue
        left = math.log2(one.times_landauer)
        time_left, numbers_left = _time_left(pace.get(one.group or ""), left)
        numbers: dict[str, Value] = {
            "group": one.group,
            "pj_per_op": one.joules_per_op * 1e12,
            "landauer_pj_per_op": one.landauer_joules_per_op * 1e12,
            "times_landauer": one.times_landauer,
            "doublings_left": left,
            "source": one.source,
            "temperature_k": temperature_k,
        }
        text = (
            f"{one.group}: the best data sheet, of the {one.name}, gives {significant(one.joules_per_op * 1e12)} pJ "
            f"per operation, {_times(one.times_landauer)} the minimum at {temperature_k:.0f} K if arithmetic erases as "
            f"many bits as an array multiplier: {left:.0f} doublings{time_left}."
        )
        found.append(StudyFinding(text, numbers | numbers_left))
    return found


def _time_left(fit: LogLinearFit | None, doublings: float) -> tuple[str, dict[str, Value]]:
    """Return the time of a number of doublings at the pace of a fit, as words and numbers; blank without growth."""
    span = fit.doubling_time_interval if fit else None
    if fit is None or span is None or fit.slope_log10 <= 0:
        return "", {}
    years, low, high = (doublings * one for one in (fit.doubling_time_years, *span))
    text = (
        f", {years:.0f} years at the pace of leading server GPUs since {int(fit.first_year)} ({low:.0f} to {high:.0f})"
    )
    return text, {"years_left": years, "years_left_low": low, "years_left_high": high}


def _lowest(energies: Sequence[OpEnergy], temperature_k: float) -> list[StudyFinding]:
    """Say what the lowest measured or estimated energy of an operation is, by what it rests on."""
    found = []
    for basis, lowest_of in _LOWEST_OF.items():
        # A multiplication or an addition alone is less than an operation of a network, which is half of both.
        rows = [
            one
            for one in energies
            if one.basis == basis and one.group and (basis != "arithmetic unit" or "multiply-add" in one.name.lower())
        ]
        if not rows:
            continue
        one = min(rows, key=lambda row: row.joules_per_op)
        text = (
            f"Lowest of {lowest_of}: {significant(one.joules_per_op * 1e12)} pJ per operation ({one.name}), "
            f"{_times(one.times_landauer or math.nan)} the minimum at {temperature_k:.0f} K for that width."
        )
        numbers: dict[str, Value] = {"pj_per_op": one.joules_per_op * 1e12, "name": one.name, "source": one.source}
        found.append((one.joules_per_op, StudyFinding(text, numbers | {"times_landauer": one.times_landauer})))
    return [finding for _, finding in sorted(found, key=lambda pair: pair[0])]


def _times(ratio: float) -> str:
    return f"{float(f'{ratio:.2g}'):,.0f} times"
