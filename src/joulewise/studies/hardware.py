"""Study ``hardware``: efficiency by precision and kind, how fast it doubles, and how far physics still is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from joulewise.catalog import Catalog, load
from joulewise.errors import InputError
from joulewise.fits import LogLinearFit, fit_log_linear
from joulewise.hardware.limits import ROOM_K
from joulewise.studies import hardware_charts
from joulewise.studies.floors import distances
from joulewise.studies.points import accelerator_points
from joulewise.studies.study import Finding, Study, Value
from joulewise.trends import select_subset
from joulewise.units import significant

PERIODS = ((2008, 2016), (2016, 2021), (2021, None))
"""First year, and the year before which a period ends (None: the last of the data)."""

GROUPS = ("FP32", "16-bit tensor", "INT8", "FP8 tensor", "FP4 tensor")
"""The groups of precisions that are fitted, in the order of the charts."""

SUBSETS = {"leaders": "record", "all": "all"}
_ALL_KINDS = "all"
_OVERALL = "all years"
_PACE = "server GPU"
_BY_PERIOD = (_ALL_KINDS, _PACE)
"""Kinds of which there are enough for periods."""

_LEAST = {
    "measured at the wall": "whole system measured at the wall with a network",
    "measured chip": "measured chip",
    "arithmetic unit": "arithmetic unit by itself",
    "estimated limit": "estimate of how far ordinary circuits could go",
}

_MIN_DRAWN = 4  # leaders through which a line is drawn


@dataclass(frozen=True)
class Doubling:
    """One fit of efficiency over the years, or why there is none."""

    group: str
    kind: str
    subset: str
    period: str
    n: int
    fit: LogLinearFit | None

    def row(self) -> dict[str, object]:
        """Return it as a row of a table; doubling times are null where the slope may be of either sign."""
        fit = self.fit
        span = fit.doubling_time_interval if fit else None
        growth = fit.growth_per_year if fit else None
        return {
            "group": self.group,
            "kind": self.kind,
            "subset": self.subset,
            "period": self.period,
            "n": self.n,
            "first_year": fit.first_year if fit else None,
            "last_year": fit.last_year if fit else None,
            "growth_per_year": growth.central if growth else None,
            "growth_per_year_low": growth.low if growth else None,
            "growth_per_year_high": growth.high if growth else None,
            "doubling_time_years": fit.doubling_time_years if fit else None,
            "doubling_time_years_low": span[0] if span else None,
            "doubling_time_years_high": span[1] if span else None,
            "r2": fit.r2 if fit else None,
        }


def hardware(catalog: Catalog | None = None, temperature_k: float = ROOM_K) -> Study:
    """Study the efficiency of accelerators at their dense theoretical peak.

    Parameters
    ----------
    catalog : Catalog, optional
        By default the shipped one, whole.
    temperature_k : float
        At which the least energy to erase a bit is taken. [K]

    Returns
    -------
    Study
        Tables ``efficiency`` (one row an accelerator and group of precisions), ``doubling`` (every fit by precision,
        kind, period, leaders and all) and ``limits`` (joules per operation of the best there is, and the floors).
    """
    catalog = catalog or load()
    points = accelerator_points(catalog)
    doubling = doublings(points)
    table = pl.DataFrame([one.row() for one in doubling], infer_schema_length=None)
    limits = distances(points, catalog, temperature_k)
    fitted = {one.group: one.fit for one in doubling if _is_overall(one) and one.fit is not None}
    return Study(
        name="hardware",
        title="Work per joule of accelerators",
        tables={"efficiency": points, "doubling": table, "limits": limits},
        charts={
            "by-precision": hardware_charts.by_precision(points, GROUPS, fitted),
            "by-kind": hardware_charts.by_kind(points),
            "doubling": hardware_charts.doubling_times(table),
            "limits": hardware_charts.towards_limits(points, limits, temperature_k),
        },
        findings=(
            *_headline(table),
            *_by_period(table),
            *_by_kind(points),
            *_to_the_floor(limits, fitted, temperature_k),
        ),
    )


def doublings(points: pl.DataFrame) -> list[Doubling]:
    """Fit efficiency over the years by precision, kind, period, leaders and all.

    A leader is more efficient at its precision than all before it, among its kind where a kind is asked for. Leaders
    are told over all years and then cut to the period.
    """
    found = []
    overall = (PERIODS[0][0], None)
    for group in GROUPS:
        rows = points.filter(group=group)
        for kind in (_ALL_KINDS, *rows["kind"].unique(maintain_order=True).sort()):
            of_kind = rows if kind == _ALL_KINDS else rows.filter(kind=kind)
            spans = (overall, *PERIODS) if kind in _BY_PERIOD else (overall,)
            for name, subset in SUBSETS.items():
                chosen = leaders(of_kind) if subset == "record" else of_kind
                found += [_doubling(chosen, group, kind, name, first, end) for first, end in spans]
    return found


def leaders(points: pl.DataFrame) -> pl.DataFrame:
    """Return the rows more efficient than all before them."""
    scored = points.with_columns(value=pl.col("efficiency_per_j"), score=pl.col("efficiency_per_j"))
    return select_subset(scored, "record").drop("value", "score")


def _doubling(points: pl.DataFrame, group: str, kind: str, subset: str, first: int, end: int | None) -> Doubling:
    within = points.filter(pl.col("year") >= first)
    if end is not None:
        within = within.filter(pl.col("year") < end)
    period = _OVERALL if (first, end) == (PERIODS[0][0], None) else f"{first}–{end if end is not None else 'now'}"
    try:
        fit = fit_log_linear(within["year"], within["efficiency_per_j"])
    except InputError:  # fewer than three, or all of one date
        fit = None
    return Doubling(group, kind, subset, period, within.height, fit)


def _is_overall(one: Doubling) -> bool:
    """Tell whether a fit is through the leading server GPUs of all years, enough of them to tell growth from none.

    Of one kind, as the power of a chip, a card and a module are not alike.
    """
    return (
        one.kind == _PACE
        and one.subset == "leaders"
        and one.period == _OVERALL
        and one.n >= _MIN_DRAWN
        and one.fit is not None
        and one.fit.doubling_time_interval is not None
    )


def _headline(table: pl.DataFrame) -> list[Finding]:
    """Say how the pace has changed: of all at FP32, and of server GPUs at 16 bits, by period."""
    said: list[str] = []
    numbers: dict[str, Value] = {}
    for group, kind, whose in (
        ("FP32", _ALL_KINDS, "Work per joule at FP32, all accelerators:"),
        ("16-bit tensor", _PACE, "at 16 bits, server GPUs with matrix units:"),
    ):
        rows = table.filter(group=group, kind=kind, subset="all").filter(
            (pl.col("period") != _OVERALL) & pl.col("growth_per_year").is_not_null()
        )
        parts = [f"{row['period']} {_doubles(row)}" for row in rows.to_dicts()]
        numbers |= {f"{group}_{row['period']}_growth_per_year": row["growth_per_year"] for row in rows.to_dicts()}
        if parts:
            said.append(f"{whose} {', '.join(parts)}")
    return [Finding(f"{'; '.join(said)}.", numbers)] if said else []


def _by_period(table: pl.DataFrame) -> list[Finding]:
    found = []
    chosen = [(kind, subset) for kind in _BY_PERIOD for subset in SUBSETS]
    for group in GROUPS:
        for kind, subset in chosen:
            rows = table.filter(group=group, kind=kind, subset=subset).filter(pl.col("growth_per_year").is_not_null())
            whole = rows.filter(period=_OVERALL)["n"].to_list()
            # A period that holds everything says it twice.
            known = [row for row in rows.to_dicts() if row["period"] == _OVERALL or [row["n"]] != whole]
            if not known:
                continue
            said = "; ".join(f"{_span(row)} {_doubles(row)}" for row in known)
            whose = "accelerators" if kind == _ALL_KINDS else f"{kind}s"
            who = f"{whose} more efficient than all before" if subset == "leaders" else f"all {whose}"
            numbers: dict[str, Value] = {"group": group, "kind": kind, "subset": subset}
            for row in known:
                for key in ("n", "doubling_time_years", "doubling_time_years_low", "doubling_time_years_high"):
                    numbers[f"{key}_{row['period']}"] = row[key]
            found.append(Finding(f"{group}, {who}: {said}.", numbers))
    return found


def _span(row: dict[str, object]) -> str:
    return f"since {int(float(str(row['first_year'])))}" if row["period"] == _OVERALL else str(row["period"])


def _doubles(row: dict[str, object]) -> str:
    years, low, high = (row[f"doubling_time_years{end}"] for end in ("", "_low", "_high"))
    n = f"n = {row['n']}"
    if low is None or high is None:
        growth = tuple(significant(float(str(row[f"growth_per_year{end}"]))) for end in ("", "_low", "_high"))
        return f"×{growth[0]} a year, growing or not ({growth[1]} to {growth[2]}, {n})"
    ends = sorted(abs(float(str(value))) for value in (low, high))
    verb = "doubles" if float(str(years)) > 0 else "halves"
    return (
        f"{verb} in {significant(abs(float(str(years))), 2)} years ({significant(ends[0], 2)} to "
        f"{significant(ends[1], 2)}, {n})"
    )


def _by_kind(points: pl.DataFrame) -> list[Finding]:
    found = []
    for group in GROUPS:
        rows = points.filter(group=group)
        best = rows.sort("efficiency_per_j", descending=True).unique("kind", keep="first", maintain_order=True)
        if best.is_empty():
            continue
        said = "; ".join(
            f"{row['kind']} {significant(row['efficiency_per_j'] / 1e9)} ({row['name']}, {row['release_date'].year})"
            for row in best.to_dicts()
        )
        unit = "GOP/J" if group.startswith("INT") else "GFLOP/J"
        numbers: dict[str, Value] = {"group": group}
        numbers |= {f"{row['kind']}_per_j": row["efficiency_per_j"] for row in best.to_dicts()}
        found.append(Finding(f"Most efficient at {group} by kind, in {unit} at peak and TDP: {said}.", numbers))
    return found


def _to_the_floor(limits: pl.DataFrame, fitted: dict[str, LogLinearFit], temperature_k: float) -> list[Finding]:
    found = []
    for row in limits.filter(pl.col("basis") == "data sheet").to_dicts():
        ratio = row["times_landauer"]
        if ratio is None:
            continue
        numbers: dict[str, Value] = {
            "group": row["group"],
            "pj_per_op": row["joules_per_op"] * 1e12,
            "landauer_pj_per_op": row["landauer_joules_per_op"] * 1e12,
            "times_landauer": ratio,
            "doublings_left": math.log2(ratio),
            "source": row["source"],
            "temperature_k": temperature_k,
        }
        left = math.log2(ratio)
        text = (
            f"{row['group']}: the best data sheet, {row['name']}, gives {significant(row['joules_per_op'] * 1e12)} pJ "
            f"an operation, {_times(ratio)} the least at {temperature_k:.0f} K if arithmetic erases the bits that an "
            f"array multiplier does: {left:.0f} doublings{_pace(fitted.get(row['group']), left, numbers)}."
        )
        found.append(Finding(text, numbers))
    # A multiplication or an addition alone is less than an operation of a network, which is half of both.
    whole = (pl.col("basis") != "arithmetic unit") | pl.col("name").str.contains("(?i)multiply-add")
    known = limits.filter(pl.col("basis").is_in(_LEAST) & pl.col("group").is_not_null() & whole)
    least = known.sort("joules_per_op").unique("basis", keep="first", maintain_order=True)
    for row in least.to_dicts():
        text = (
            f"The least of any {_LEAST[row['basis']]}: {significant(row['joules_per_op'] * 1e12)} pJ an operation "
            f"({row['name']}), {_times(row['times_landauer'])} the least at {temperature_k:.0f} K of that width."
        )
        numbers = {"pj_per_op": row["joules_per_op"] * 1e12, "name": row["name"], "source": row["source"]}
        found.append(Finding(text, numbers | {"times_landauer": row["times_landauer"]}))
    return found


def _pace(fit: LogLinearFit | None, doublings: float, numbers: dict[str, Value]) -> str:
    """Return how long so many doublings take at the pace of a fit, and add it to the numbers; blank if unsure."""
    span = fit.doubling_time_interval if fit else None
    if fit is None or span is None or fit.slope_log10 <= 0:
        return ""
    years = tuple(doublings * one for one in (fit.doubling_time_years, *span))
    numbers |= dict(zip(("years_left", "years_left_low", "years_left_high"), years, strict=True))
    return (
        f", {years[0]:.0f} years at the pace of leading server GPUs since {int(fit.first_year)} ({years[1]:.0f} to "
        f"{years[2]:.0f})"
    )


def _times(ratio: float) -> str:
    return f"{float(f'{ratio:.2g}'):,.0f} times"
