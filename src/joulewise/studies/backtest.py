"""Study ``backtest``: the paper's fits carried on to today, and what came instead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from joulewise.catalog import Catalog, load
from joulewise.errors import InputError
from joulewise.fits import MIN_POINTS, LogLinearFit, fit_log_linear
from joulewise.studies.backtest_charts import against_what_came, by_horizon_chart
from joulewise.studies.series import SUBSET_NAMES, Series, all_series
from joulewise.studies.study import Finding, Study, Value
from joulewise.trends.backtest import by_horizon, hold_against, rolling_backtest
from joulewise.units import significant

FIRST_CUTOFF = 2015
_FEW = 5
_WIDE = 100.0
"""A band of a single point that spans more than this factor holds nearly anything."""


def backtest(catalog: Catalog | None = None) -> Study:
    """Hold the paper's fits against what came since, and fits from every year since 2015 against what came after.

    Parameters
    ----------
    catalog : Catalog, optional
        By default the shipped one, whole. The paper's fits are those of its edition whatever is given.

    Returns
    -------
    Study
        Tables ``verdicts`` (one row a fit of the paper), ``points`` (each later value beside the fit), ``horizons``
        (by series and years ahead, from every year since 2015) and ``trust`` (how far ahead each can be trusted).
    """
    catalog = catalog or load()
    series = all_series(catalog)
    fits = {one.id: fit_log_linear(one.known["year"], one.known["value"]) for one in series}
    points = {one.id: _against(one, fits[one.id]) for one in series}
    verdicts = pl.DataFrame([_verdict(one, fits[one.id], points[one.id]) for one in series], infer_schema_length=None)
    rolled = pl.concat([_rolled(one) for one in series if one.today.height])
    horizons = pl.concat(
        [
            by_horizon(rows).select(pl.lit(key).alias("series"), pl.all())
            for (key,), rows in rolled.group_by("series", maintain_order=True)
        ]
    )
    trust = pl.DataFrame([_trust(one, horizons.filter(series=one.id)) for one in series if one.today.height])
    charts = {
        name: against_what_came(name, [one for one in series if one.id in members], fits)
        for name, members in _charted(series).items()
    }
    # Joules are FLOPs over an efficiency that was foretold well: their lines would lie close to those of FLOPs.
    drawn = {one.id: _name(one) for one in series if one.group != "joules"}
    charts["horizon"] = by_horizon_chart(horizons.filter(pl.col("series").is_in(list(drawn))), drawn)
    return Study(
        name="backtest",
        title="The paper's trends of 2021 held against what came",
        tables={
            "verdicts": verdicts,
            "points": pl.concat([frame.with_columns(series=pl.lit(key)) for key, frame in points.items()]).select(
                "series", "name", pl.exclude("series", "name")
            ),
            "horizons": horizons,
            "trust": trust,
        },
        charts=charts,
        findings=(
            _verdicts(verdicts),
            _trusts(trust),
            *map(_finding, verdicts.to_dicts()),
            *map(_trusted, trust.to_dicts()),
        ),
    )


def trusted_years(horizons: pl.DataFrame, factor: float = 2.0) -> int:
    """Return how many years ahead the middle of what came lay within a factor of the trend, from the first on.

    Parameters
    ----------
    horizons : polars.DataFrame
        Of `trends.backtest.by_horizon`.
    factor : float
        That the median absolute error may reach.
    """
    trusted = 0
    for row in horizons.sort("horizon_years").to_dicts():
        if row["horizon_years"] != trusted + 1 or row["median_abs_centre_factor"] > factor:
            break
        trusted += 1
    return trusted


def _against(one: Series, fit: LogLinearFit) -> pl.DataFrame:
    later = one.since.sort("year", maintain_order=True)
    held = hold_against(fit, later["year"], later["value"], fit.last_year)
    return held.with_columns(later["name"])


def _verdict(one: Series, fit: LogLinearFit, points: pl.DataFrame) -> dict[str, object]:
    ahead = by_horizon(points.with_columns(horizon_years=pl.lit(0.0))).row(0, named=True)
    last = points.row(-1, named=True)
    span = float(str((points["single_high"] / points["single_low"]).median()))
    since = _growth(one.since)
    growth, doublings = fit.growth_per_year, float(str(points["error_doublings"].median()))
    return {
        "series": one.id,
        "quantity": one.title,
        "subset": SUBSET_NAMES[one.subset],
        "group": one.group,
        "unit": one.unit,
        "basis_since": one.basis,
        "n_known": fit.n,
        "known_until": fit.last_year,
        "growth_per_year": growth.central,
        "growth_per_year_low": growth.low,
        "growth_per_year_high": growth.high,
        "n_since": points.height,
        "since_until": last["year"],
        "growth_since": since[1] if since else None,
        "growth_since_low": since[0] if since else None,
        "growth_since_high": since[2] if since else None,
        "median_ratio": float(str(points["ratio"].median())),
        "median_doublings": doublings,
        "median_abs_factor": ahead["median_abs_factor"],
        "median_factor": 2 ** abs(doublings),
        "last_name": last["name"],
        "last_ratio": last["ratio"],
        "last_doublings": last["error_doublings"],
        "single_coverage": ahead["single_coverage"],
        "single_coverage_low": ahead["single_coverage_low"],
        "single_coverage_high": ahead["single_coverage_high"],
        "trend_coverage": ahead["trend_coverage"],
        "band_span": span,
        "verdict": _judge(doublings, ahead["single_coverage_high"], fit.confidence, points.height, span),
    }


def _judge(doublings: float, coverage_high: float, confidence: float, n: int, span: float) -> str:
    """Return the verdict on a fit: of its line by the middle of what came, of its band by chance."""
    outside = coverage_high < confidence
    if n < _FEW and not outside:
        return "too few to say"
    if abs(doublings) <= 1:
        return "held, with more scatter than its band" if outside else "held"
    if outside:
        return f"broke, {'above' if doublings > 0 else 'below'} the line"
    return "missed, within a band so wide that it says little" if span > _WIDE else "missed, within its band"


def _growth(since: pl.DataFrame) -> tuple[float, float, float] | None:
    try:
        growth = fit_log_linear(since["year"], since["value"]).growth_per_year
    except InputError:  # too few points, or all of one date
        return None
    return growth.low, growth.central, growth.high


def _rolled(one: Series) -> pl.DataFrame:
    last = int(float(str(one.today["year"].max())))
    cutoffs = [float(year) for year in range(FIRST_CUTOFF, last + 1)]
    years, values = one.today["year"].to_numpy(), one.today["value"].to_numpy()
    if one.hardware is None:
        rows = rolling_backtest(years, values, cutoffs)
    else:
        rows = rolling_joules(years, values, one.hardware["year"].to_numpy(), one.hardware["value"].to_numpy(), cutoffs)
    return rows.with_columns(series=pl.lit(one.id), group=pl.lit(one.group))


def rolling_joules(
    years: NDArray[np.float64],
    flops: NDArray[np.float64],
    hardware_years: NDArray[np.float64],
    efficiency: NDArray[np.float64],
    cutoffs: Sequence[float],
) -> pl.DataFrame:
    """Repeat a backtest of joules from many dates, each with the trend of hardware that was known at the date.

    Joules over a trend of hardware are FLOPs less a straight line: with one trend for all dates their errors would
    be those of the FLOPs. So the fit at a date is through FLOPs over the trend of hardware known then, and what came
    is FLOPs over the trend through all hardware.

    Returns
    -------
    polars.DataFrame
        As of `trends.backtest.rolling_backtest`. Dates at which fewer than 3 models or accelerators were known are
        left out.
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


def _charted(series: list[Series]) -> dict[str, list[str]]:
    """Return which series share a chart: by the part of their id before its subset."""
    charts: dict[str, list[str]] = {}
    for one in series:
        key = one.id.rsplit("-", 1)[0] if one.group != "efficiency" else "efficiency"
        charts.setdefault(key, []).append(one.id)
    return charts


def _name(one: Series) -> str:
    return f"{one.title}, {SUBSET_NAMES[one.subset]}"


def _verdicts(verdicts: pl.DataFrame) -> Finding:
    """Say in one sentence how many of the paper's fits held, and which came closest and furthest off."""
    kinds = verdicts["verdict"].str.extract(r"^(held|broke|missed|too few)").value_counts(sort=True, name="n")
    counts = {str(kind): int(n) for kind, n in kinds.iter_rows()}
    words = {"held": "held", "broke": "broke", "missed": "were missed within their bands", "too few": "are open"}
    said = [f"{counts[kind]} {words[kind]}" for kind in words if kind in counts]
    by_miss = verdicts.sort(pl.col("median_doublings").abs()).to_dicts()
    closest, furthest = (
        f"{row['quantity']} ({row['basis_since'] if row['group'] == 'efficiency' else row['subset']}), "
        f"×{significant(row['median_factor'], 2)} {'above' if row['median_doublings'] > 0 else 'below'}"
        for row in (by_miss[0], by_miss[-1])
    )
    text = (
        f"Of {verdicts.height} comparisons of the paper's fits with what came, {', '.join(said)}. Closest was "
        f"{closest}; furthest off {furthest}."
    )
    numbers: dict[str, Value] = {f"n_{kind.replace(' ', '_')}": n for kind, n in counts.items()}
    return Finding(text, numbers | {row["series"]: row["median_doublings"] for row in by_miss})


def _trusts(trust: pl.DataFrame) -> Finding:
    """Say in one sentence how far ahead each quantity could be foretold."""
    known = trust.filter(pl.col("trusted_years") > 0).sort("trusted_years", descending=True, maintain_order=True)
    parts = [f"{row['quantity']} ({row['subset']}) {_years(row['trusted_years'])}" for row in known.to_dicts()]
    others = trust.height - known.height
    if others:
        parts.append(f"{others} other {'series' if parts else 'of them'} not even one year")
    text = f"How far ahead fits since {FIRST_CUTOFF} stayed within a factor of 2 of what came: {'; '.join(parts)}."
    return Finding(text, {row["series"]: row["trusted_years"] for row in trust.to_dicts()})


def _finding(row: dict[str, object]) -> Finding:
    number = {key: float(str(value)) for key, value in row.items() if isinstance(value, int | float)}
    side = "above" if number["median_doublings"] > 0 else "below"
    grew = ""
    if "growth_since" in number:
        grew = (
            f", and grew ×{significant(number['growth_since'])} a year since "
            f"({significant(number['growth_since_low'])} to {significant(number['growth_since_high'])})"
        )
    basis = f" ({row['basis_since']})" if row["basis_since"] else ""
    text = (
        f"{_capital(row['quantity'])}, {row['subset']}: fitted until "
        f"{number['known_until']:.1f} as ×{significant(number['growth_per_year'])} a year "
        f"({significant(number['growth_per_year_low'])} to {significant(number['growth_per_year_high'])}). "
        f"What came{basis} lay {significant(abs(number['median_doublings']), 2)} doublings "
        f"(×{significant(number['median_factor'], 2)}) {side} it in the median of {number['n_since']:.0f}{grew}; "
        f"{number['single_coverage']:.0%} fell inside the 95% band of a single point, {number['trend_coverage']:.0%} "
        f"inside that of the trend. Verdict: {row['verdict']}."
    )
    return Finding(text, _numbers(row))


def _trust(one: Series, horizons: pl.DataFrame) -> dict[str, object]:
    years = trusted_years(horizons)
    within = horizons.filter(pl.col("horizon_years") <= max(years, 1))
    last = horizons.sort("horizon_years").row(-1, named=True)
    return {
        "series": one.id,
        "quantity": one.title,
        "subset": SUBSET_NAMES[one.subset],
        "group": one.group,
        "trusted_years": years,
        "n_within": within["n"].sum(),
        "coverage_within": _weighted(within),
        "longest_horizon_years": last["horizon_years"],
        "centre_factor_longest": last["median_abs_centre_factor"],
    }


def _weighted(horizons: pl.DataFrame) -> float:
    return float(np.average(horizons["single_coverage"].to_numpy(), weights=horizons["n"].to_numpy()))


def _trusted(row: dict[str, object]) -> Finding:
    years, factor = int(str(row["trusted_years"])), float(str(row["centre_factor_longest"]))
    said = (
        f"lay within a factor of 2 of the fits up to {_years(years)} ahead"
        if years
        else "lay further than a factor of 2 from the fits even one year ahead"
    )
    text = (
        f"{_capital(row['quantity'])}, {row['subset']}: from every year since {FIRST_CUTOFF}, the middle of what came "
        f"{said}, and {float(str(row['coverage_within'])):.0%} of single values fell inside their 95% band there; "
        f"{_years(int(str(row['longest_horizon_years'])))} ahead it was off by ×{significant(factor, 2)}."
    )
    return Finding(text, _numbers(row))


def _years(n: int) -> str:
    return f"{n} year" if n == 1 else f"{n} years"


def _capital(text: object) -> str:
    return f"{str(text)[:1].upper()}{str(text)[1:]}"


def _numbers(row: dict[str, object]) -> dict[str, Value]:
    return {key: value for key, value in row.items() if isinstance(value, int | float | str | None)}
