"""Efficiency of accelerators: how fast it doubles, and how far the energy of an operation is above its floor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from joulewise.catalog import Catalog, condition
from joulewise.catalog.wide import standing
from joulewise.errors import InputError
from joulewise.fits import LogLinearFit, fit_log_linear
from joulewise.formats import FORMATS, RATE_GROUPS
from joulewise.hardware.limits import landauer_op_j
from joulewise.studies.points import TENSOR_16, wall_efficiencies
from joulewise.trends import select_subset

PERIODS = ((2008, 2016), (2016, 2021), (2021, None))
"""First year, and the year before which a period ends (None: the last of the data)."""

ALL_YEARS = "all years"
ALL_KINDS = "all"
LARGEST_KIND = "server GPU"
"""The kind with enough accelerators for a fit in each period."""

GROUPS = ("FP32", TENSOR_16, "INT8", "FP8 tensor", "FP4 tensor")
"""The groups of number formats that are fitted, in the order of the charts."""

SUBSETS = {"leaders": "record", "all": "all"}

# Group -> the number format whose bits are counted, where the group has more than one.
_FORMAT_OF_GROUP = {
    RATE_GROUPS[rate]: rate.removesuffix("-tensor")
    for rate in ("fp64", "fp32", "tf32", "fp16-tensor", "fp8", "fp4", "int8", "int4")
}
_MEASURED_NETWORKS = {"resnet50": "ResNet-50", "bert-99": "BERT-Large"}
_MEASURED_FORMATS = ("int8", "fp16", "fp8")
_MIN_LEADERS = 4
"""Minimum number of leaders for a pace."""


@dataclass(frozen=True)
class EfficiencyFit:
    """The fit of efficiency over the years for some accelerators, or None where it cannot be fitted.

    Parameters
    ----------
    group : str
        One of `GROUPS`.
    kind : str
        Of accelerator; `ALL_KINDS` for all.
    subset : str
        A key of `SUBSETS`.
    period : str
        E.g. ``2016–2021``; `ALL_YEARS` for all.
    n : int
        Number of accelerators.
    fit : LogLinearFit or None
    """

    group: str
    kind: str
    subset: str
    period: str
    n: int
    fit: LogLinearFit | None


@dataclass(frozen=True)
class OpEnergy:
    """Energy of one operation, half a multiply-add, compared with its floor.

    Parameters
    ----------
    name : str
    basis : str
        ``data sheet`` (power over peak, the best of each group), ``measured at the wall`` (a whole system running a
        whole network), ``measured chip``, ``arithmetic unit``, ``memory`` or ``estimated limit``.
    group : str or None
        Of number formats; None for memory.
    joules_per_op : float
    year : float or None
        Decimal.
    landauer_joules_per_op : float or None
        The floor; see `hardware.limits`.
    times_landauer : float or None
        Ratio of the two.
    source : str
    """

    name: str
    basis: str
    group: str | None
    joules_per_op: float
    year: float | None
    landauer_joules_per_op: float | None
    times_landauer: float | None
    source: str


def efficiency_fits(peaks: pl.DataFrame) -> list[EfficiencyFit]:
    """Fit efficiency over the years by group, kind, period, leaders and all.

    A leader is more efficient at its precision than all earlier accelerators, of its kind where a kind is given.
    Leaders are chosen over all years and then cut to the period.

    Parameters
    ----------
    peaks : polars.DataFrame
        From `points.peak_efficiencies`.
    """
    found = []
    overall = (PERIODS[0][0], None)
    for group in GROUPS:
        rows = peaks.filter(group=group)
        for kind in (ALL_KINDS, *rows["kind"].unique(maintain_order=True).sort()):
            of_kind = rows if kind == ALL_KINDS else rows.filter(kind=kind)
            spans = (overall, *PERIODS) if kind in (ALL_KINDS, LARGEST_KIND) else (overall,)
            for name, subset in SUBSETS.items():
                chosen = leaders(of_kind) if subset == "record" else of_kind
                found += [_efficiency_fit(chosen, group, kind, name, first, end) for first, end in spans]
    return found


def leaders(peaks: pl.DataFrame) -> pl.DataFrame:
    """Return the rows more efficient than all before them."""
    scored = peaks.with_columns(value=pl.col("efficiency_per_j"), score=pl.col("efficiency_per_j"))
    return select_subset(scored, "record").drop("value", "score")


def paces(fitted: Sequence[EfficiencyFit]) -> dict[str, LogLinearFit]:
    """Return by group the fit through the leading server GPUs of all years, where its growth is significant.

    Only one kind is used, as the power of a chip, a card and a module are not comparable.
    """
    return {
        one.group: one.fit
        for one in fitted
        if (one.kind, one.subset, one.period) == (LARGEST_KIND, "leaders", ALL_YEARS)
        and one.n >= _MIN_LEADERS
        and one.fit is not None
        and one.fit.doubling_time_interval is not None
    }


def doubling_table(fitted: Sequence[EfficiencyFit]) -> pl.DataFrame:
    """Return fits as a table; the interval of a doubling time is null where the slope may be of either sign."""
    rows = []
    for one in fitted:
        fit = one.fit
        span = fit.doubling_time_interval if fit else None
        growth = fit.growth_per_year if fit else None
        rows.append(
            {
                "group": one.group,
                "kind": one.kind,
                "subset": one.subset,
                "period": one.period,
                "n": one.n,
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
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def op_energies(peaks: pl.DataFrame, catalog: Catalog, temperature_k: float) -> list[OpEnergy]:
    """Return the energy of an operation from data sheets, systems, chips and circuits, compared with its floor.

    Parameters
    ----------
    peaks : polars.DataFrame
        From `points.peak_efficiencies`.
    catalog : Catalog
    temperature_k : float
        Temperature of Landauer's limit. [K]
    """
    return [
        *_best_data_sheets(peaks, catalog, temperature_k),
        *_measured_at_the_wall(catalog, temperature_k),
        *_published(catalog, temperature_k),
    ]


def _efficiency_fit(
    peaks: pl.DataFrame, group: str, kind: str, subset: str, first: int, end: int | None
) -> EfficiencyFit:
    within = peaks.filter(pl.col("year") >= first)
    if end is not None:
        within = within.filter(pl.col("year") < end)
    period = ALL_YEARS if (first, end) == (PERIODS[0][0], None) else f"{first}–{end if end is not None else 'now'}"
    try:
        fit = fit_log_linear(within["year"], within["efficiency_per_j"])
    except InputError:  # fewer than three, or all of one date
        fit = None
    return EfficiencyFit(group, kind, subset, period, within.height, fit)


def _best_data_sheets(peaks: pl.DataFrame, catalog: Catalog, temperature_k: float) -> Iterator[OpEnergy]:
    best = peaks.sort("efficiency_per_j", descending=True).unique("group", keep="first", maintain_order=True)
    for row in best.filter(pl.col("group").is_in(list(_FORMAT_OF_GROUP))).to_dicts():
        attribute = "peak_ops_per_s" if row["group"].startswith("INT") else "peak_flops_per_s"
        facts = catalog.facts_of(row["id"], attribute, precision=row["precision"])
        source = (facts or catalog.facts_of(row["id"], "peak_flops_per_s"))[0].cited
        yield _op_energy(
            row["name"], "data sheet", row["group"], 1 / row["efficiency_per_j"], row["year"], temperature_k, source
        )


def _measured_at_the_wall(catalog: Catalog, temperature_k: float) -> Iterator[OpEnergy]:
    for network, name in _MEASURED_NETWORKS.items():
        measured = wall_efficiencies(network, catalog).filter(pl.col("precision").is_in(_MEASURED_FORMATS))
        for row in measured.unique("precision", keep="first", maintain_order=True).to_dicts():
            group = FORMATS[row["precision"]].tensor_group
            title, joules = f"{name} on {row['name']}", row["pj_per_op"] / 1e12
            yield _op_energy(title, "measured at the wall", group, joules, row["year"], temperature_k, row["url"])


def _published(catalog: Catalog, temperature_k: float) -> Iterator[OpEnergy]:
    """Yield the reference facts on arithmetic; a multiply-add is two operations."""
    known = standing(catalog, "references").filter(
        pl.col("attribute").is_in(["energy_per_op_j", "efficiency_limit_flops_per_j"]) & pl.col("number").is_not_null()
    )
    columns = {"volts": "voltage_v", "scope": "scope", "op": "op", "precision": "precision"}
    for fact in known.with_columns(condition(name).alias(f"_{key}") for key, name in columns.items()).to_dicts():
        number, op = float(fact["number"]), fact["_op"] or fact["_precision"] or ""
        if fact["attribute"] == "efficiency_limit_flops_per_j":
            joules, basis = 1 / number, "estimated limit"
        elif op.endswith("multiply-add"):
            joules, basis = number / 2, "arithmetic unit"
        else:
            joules, basis = number, "measured chip" if fact["_scope"] == "chip" else "arithmetic unit"
        name = f"{catalog.name_of(fact['entity'])}, {op}" + (f" at {fact['_volts']} V" if fact["_volts"] else "")
        number_format = FORMATS.get(op.split("-", maxsplit=1)[0])
        if number_format is not None:
            group = number_format.tensor_group
            yield _op_energy(name, basis, group, joules, None, temperature_k, fact["source"])
        else:
            basis = "memory" if "-read" in op else basis
            yield OpEnergy(name, basis, None, joules, None, None, None, fact["source"])


def _op_energy(
    name: str, basis: str, group: str, joules: float, year: float | None, temperature_k: float, source: str
) -> OpEnergy:
    floor = landauer_op_j(_FORMAT_OF_GROUP[group], temperature_k)
    return OpEnergy(name, basis, group, joules, year, floor, joules / floor, source)
