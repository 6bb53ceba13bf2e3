"""Study ``backtest``: the paper's fits extrapolated to today and tested on later data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from joulewise.errors import InputError
from joulewise.fits import LogLinearFit, fit_log_linear
from joulewise.studies.backtest.charts import by_horizon_chart, extrapolated_chart
from joulewise.studies.backtest.data import FIRST_CUTOFF, Series, all_series, rolled
from joulewise.studies.inputs import Inputs
from joulewise.studies.points import SUBSET_NAMES
from joulewise.studies.study import Study, StudyFinding, Value, numbers_of, table_of
from joulewise.studies.wording import capital, plural
from joulewise.trends.backtest import by_horizon, hold_against
from joulewise.units import significant

_FEW = 5
_WIDE = 100.0
"""A band of a single point that spans more than this factor contains nearly anything."""


@dataclass(frozen=True)
class Verdict:
    """Comparison of one of the paper's fits with later values; ratios are actual over predicted."""

    series: str
    quantity: str
    subset: str
    group: str
    unit: str
    basis_since: str
    n_known: int
    known_until: float
    growth_per_year: float
    growth_per_year_low: float
    growth_per_year_high: float
    n_since: int
    since_until: float
    growth_since: float | None
    growth_since_low: float | None
    growth_since_high: float | None
    median_ratio: float
    median_doublings: float
    median_abs_factor: float
    median_factor: float
    last_name: str
    last_ratio: float
    last_doublings: float
    single_coverage: float
    single_coverage_low: float
    single_coverage_high: float
    trend_coverage: float
    band_span: float
    verdict: str


@dataclass(frozen=True)
class Trust:
    """Number of years ahead for which the fits of a series stayed within a factor of 2 of the later values."""

    series: str
    quantity: str
    subset: str
    group: str
    trusted_years: int
    n_within: int
    coverage_within: float
    longest_horizon_years: int
    centre_factor_longest: float


def study(inputs: Inputs) -> Study:
    """Compare the paper's fits with later values, and fits from every year since 2015 with the values after it.

    Returns
    -------
    Study
        Tables ``verdicts`` (one row per fit of the paper), ``points`` (each later value with the fit), ``horizons``
        (by series and years ahead, from every year since 2015) and ``trust`` (how far ahead each can be trusted).
    """
    every = all_series(inputs)
    fitted = {one.id: fit_log_linear(one.known["year"], one.known["value"]) for one in every}
    points = {one.id: _later_values(one, fitted[one.id]) for one in every}
    verdicts = [verdict_of(one, fitted[one.id], points[one.id]) for one in every]
    repeated = [one for one in every if one.today.height]
    by_years_ahead = {one.id: by_horizon(rolled(one)) for one in repeated}
    trusts = [trust_of(one, by_years_ahead[one.id]) for one in repeated]
    horizons = pl.concat([frame.select(pl.lit(key).alias("series"), pl.all()) for key, frame in by_years_ahead.items()])
    charts = {
        name: extrapolated_chart(name, [one for one in every if one.id in members], fitted)
        for name, members in _charted(every).items()
    }
    # Joules are FLOPs over an efficiency that was forecast well, so their lines would lie close to those of FLOPs.
    drawn = {one.id: f"{one.title}, {SUBSET_NAMES[one.subset]}" for one in every if one.group != "joules"}
    charts["horizon"] = by_horizon_chart(horizons.filter(pl.col("series").is_in(list(drawn))), drawn)
    return Study(
        name="backtest",
        title="The paper's trends of 2021 tested on later data",
        tables={
            "verdicts": table_of(verdicts),
            "points": pl.concat([frame.with_columns(series=pl.lit(key)) for key, frame in points.items()]).select(
                "series", "name", pl.exclude("series", "name")
            ),
            "horizons": horizons,
            "trust": table_of(trusts),
        },
        charts=charts,
        findings=(
            _all_verdicts(verdicts),
            _all_trusts(trusts),
            *map(_one_verdict, verdicts),
            *map(_one_trust, trusts),
        ),
    )


def verdict_of(series: Series, fit: LogLinearFit, points: pl.DataFrame) -> Verdict:
    """Return how a fit compares with the later values, ``points`` of `trends.backtest.hold_against`."""
    coverage = by_horizon(points.with_columns(horizon_years=pl.lit(0.0))).row(0, named=True)
    last = points.row(-1, named=True)
    span = float(str((points["single_high"] / points["single_low"]).median()))
    doublings = float(str(points["error_doublings"].median()))
    growth, since = fit.growth_per_year, _growth(series.since)
    return Verdict(
        series=series.id,
        quantity=series.title,
        subset=SUBSET_NAMES[series.subset],
        group=series.group,
        unit=series.unit,
        basis_since=series.basis,
        n_known=fit.n,
        known_until=fit.last_year,
        growth_per_year=growth.central,
        growth_per_year_low=growth.low,
        growth_per_year_high=growth.high,
        n_since=points.height,
        since_until=last["year"],
        growth_since=since[0],
        growth_since_low=since[1],
        growth_since_high=since[2],
        median_ratio=float(str(points["ratio"].median())),
        median_doublings=doublings,
        median_abs_factor=coverage["median_abs_factor"],
        median_factor=2 ** abs(doublings),
        last_name=last["name"],
        last_ratio=last["ratio"],
        last_doublings=last["error_doublings"],
        single_coverage=coverage["single_coverage"],
        single_coverage_low=coverage["single_coverage_low"],
        single_coverage_high=coverage["single_coverage_high"],
        trend_coverage=coverage["trend_coverage"],
        band_span=span,
        verdict=judge(doublings, coverage["single_coverage_high"], fit.confidence, points.height, span),
    )


def judge(doublings: float, coverage_high: float, confidence: float, n: int, band_span: float) -> str:
    """Return the verdict on a fit.

    Parameters
    ----------
    doublings : float
        Median error of the later values. [doublings]
    coverage_high : float
        Upper end of the interval of the share of them inside the band of a single point.
    confidence : float
        Of that band, i.e. the share expected inside it.
    n : int
        Number of later values.
    band_span : float
        Upper over lower edge of that band.

    Examples
    --------
    >>> judge(-2.2, 0.89, 0.95, 697, 60.0)
    'broke, below the line'
    """
    outside = coverage_high < confidence
    if n < _FEW and not outside:
        return "too few to say"
    if abs(doublings) <= 1:
        return "held, with more scatter than its band" if outside else "held"
    if outside:
        return f"broke, {'above' if doublings > 0 else 'below'} the line"
    return "missed, within a band so wide that it says little" if band_span > _WIDE else "missed, within its band"


def trust_of(series: Series, horizons: pl.DataFrame) -> Trust:
    """Return how far ahead the fits of a series can be trusted; ``horizons`` of `trends.backtest.by_horizon`."""
    years = trusted_years(horizons)
    within = horizons.filter(pl.col("horizon_years") <= max(years, 1))
    last = horizons.sort("horizon_years").row(-1, named=True)
    return Trust(
        series=series.id,
        quantity=series.title,
        subset=SUBSET_NAMES[series.subset],
        group=series.group,
        trusted_years=years,
        n_within=int(within["n"].sum()),
        coverage_within=float(np.average(within["single_coverage"].to_numpy(), weights=within["n"].to_numpy())),
        longest_horizon_years=last["horizon_years"],
        centre_factor_longest=last["median_abs_centre_factor"],
    )


def trusted_years(horizons: pl.DataFrame, factor: float = 2.0) -> int:
    """Return how many years ahead, counted from the first, the median error stayed within a factor.

    Parameters
    ----------
    horizons : polars.DataFrame
        Of `trends.backtest.by_horizon`.
    factor : float
        Maximum of the median absolute error.
    """
    trusted = 0
    for row in horizons.sort("horizon_years").to_dicts():
        if row["horizon_years"] != trusted + 1 or row["median_abs_centre_factor"] > factor:
            break
        trusted += 1
    return trusted


def _later_values(series: Series, fit: LogLinearFit) -> pl.DataFrame:
    later = series.since.sort("year", maintain_order=True)
    return hold_against(fit, later["year"], later["value"], fit.last_year).with_columns(later["name"])


def _growth(since: pl.DataFrame) -> tuple[float, float, float] | tuple[None, None, None]:
    try:
        growth = fit_log_linear(since["year"], since["value"]).growth_per_year
    except InputError:  # too few points, or all of one date
        return None, None, None
    return growth.central, growth.low, growth.high


def _charted(series: Sequence[Series]) -> dict[str, list[str]]:
    """Return which series share a chart: those of one efficiency, or of the same models and quantity."""
    charts: dict[str, list[str]] = {}
    for one in series:
        key = one.id.rsplit("-", 1)[0] if one.group != "efficiency" else "efficiency"
        charts.setdefault(key, []).append(one.id)
    return charts


def _all_verdicts(verdicts: Sequence[Verdict]) -> StudyFinding:
    """Summarise how many of the paper's fits held, and which came closest and furthest off."""
    words = {"held": "held", "broke": "broke", "missed": "missed within their bands", "too few": "are open"}
    counts = {kind: sum(one.verdict.startswith(kind) for one in verdicts) for kind in words}
    results = [f"{n} {words[kind]}" for kind, n in counts.items() if n]
    by_miss = sorted(verdicts, key=lambda one: abs(one.median_doublings))
    text = (
        f"Of {len(verdicts)} comparisons of the paper's fits with later values, {', '.join(results)}. The closest was "
        f"{_miss(by_miss[0])}; the furthest off was {_miss(by_miss[-1])}."
    )
    numbers: dict[str, Value] = {f"n_{kind.replace(' ', '_')}": n for kind, n in counts.items() if n}
    return StudyFinding(text, numbers | {one.series: one.median_doublings for one in by_miss})


def _miss(one: Verdict) -> str:
    basis = one.basis_since if one.group == "efficiency" else one.subset
    return f"{one.quantity} ({basis}), by ×{significant(one.median_factor, 2)} {_side(one)} the line"


def _side(one: Verdict) -> str:
    return "above" if one.median_doublings > 0 else "below"


def _all_trusts(trusts: Sequence[Trust]) -> StudyFinding:
    """Summarise how far ahead each quantity could be forecast."""
    known = sorted((one for one in trusts if one.trusted_years), key=lambda one: -one.trusted_years)
    parts = [f"{one.quantity} ({one.subset}) {plural(one.trusted_years, 'year')}" for one in known]
    others = len(trusts) - len(known)
    if others:
        parts.append(f"{others} other series not even one year" if parts else f"none of {others} series even one year")
    text = f"How far ahead fits since {FIRST_CUTOFF} stayed within a factor of 2 of the later values: "
    return StudyFinding(f"{text}{'; '.join(parts)}.", {one.series: one.trusted_years for one in trusts})


def _one_verdict(one: Verdict) -> StudyFinding:
    growth = f"×{significant(one.growth_per_year)} a year"
    ends = f"{significant(one.growth_per_year_low)} to {significant(one.growth_per_year_high)}"
    basis = f" ({one.basis_since})" if one.basis_since else ""
    grew = ""
    if one.growth_since is not None and one.growth_since_low is not None and one.growth_since_high is not None:
        grew = (
            f"; they grew ×{significant(one.growth_since)} a year ({significant(one.growth_since_low)} to "
            f"{significant(one.growth_since_high)})"
        )
    text = (
        f"{capital(one.quantity)}, {one.subset}: the fit until {one.known_until:.1f} grows {growth} ({ends}). The "
        f"median of {one.n_since} later values{basis} lies {significant(abs(one.median_doublings), 2)} doublings "
        f"(×{significant(one.median_factor, 2)}) {_side(one)} it{grew}. {one.single_coverage:.0%} fell inside the 95% "
        f"band of a single point, {one.trend_coverage:.0%} inside that of the trend. Verdict: {one.verdict}."
    )
    return StudyFinding(text, numbers_of(one))


def _one_trust(one: Trust) -> StudyFinding:
    if one.trusted_years:
        stayed = f"stayed within a factor of 2 up to {plural(one.trusted_years, 'year')} ahead"
    else:
        stayed = "exceeded a factor of 2 even one year ahead"
    text = (
        f"{capital(one.quantity)}, {one.subset}: the median error of fits from every year since {FIRST_CUTOFF} "
        f"{stayed}, and {one.coverage_within:.0%} of single values fell inside their 95% band there; "
        f"{plural(one.longest_horizon_years, 'year')} ahead it was ×{significant(one.centre_factor_longest, 2)}."
    )
    return StudyFinding(text, numbers_of(one))
