"""What the report says in words: every number in it is computed when the report is built."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from joulewise.catalog import Catalog
from joulewise.fits import LogLinearFit
from joulewise.hardware import efficiency_trend
from joulewise.impact import forecast
from joulewise.paper.figures_energy import FORECAST_UNTIL, LEADERS
from joulewise.trends import trend
from joulewise.units import significant


@dataclass(frozen=True)
class Finding:
    """One thing found: a figure, what it is of, and what it rests on."""

    figure: str
    label: str
    detail: str


def findings(catalog: Catalog, comparison: pl.DataFrame) -> list[Finding]:
    """Return the findings that head the report."""
    flops = trend("flops", "vision", "best-per-year", catalog=catalog).fit
    energy = trend("energy", "vision", "best-per-year", catalog=catalog).fit
    every = trend("energy", "vision", catalog=catalog).fit
    record = trend("energy", "language", LEADERS["language"][0], catalog=catalog).fit
    vision, language = (efficiency_trend(task, catalog) for task in ("vision", "language"))
    somatic = forecast("vision", until=FORECAST_UNTIL, catalog=catalog).crossings[0]
    counts = {row["verdict"]: row["count"] for row in comparison["verdict"].value_counts().to_dicts()}
    differing = comparison.filter(verdict="differs")
    explained = differing.filter(pl.col("reason") != "").height
    return [
        Finding(
            _growth(flops),
            "FLOPs of the most accurate vision model of a year, per year",
            f"{_interval(flops)}; {flops.n} models, R² {flops.r2:.2f}",
        ),
        Finding(
            _growth(energy),
            "the same in joules, on hardware of the release date",
            f"{_interval(energy)}; hardware takes the edge off, but growth stays exponential",
        ),
        Finding(
            _growth(every),
            "joules of all vision models, per year",
            f"{_interval(every)}, n = {every.n}: "
            + ("not told apart from no growth" if _may_be_flat(every) else "growth beyond chance"),
        ),
        Finding(
            _growth(record),
            "joules of the language models most demanding at release, per year",
            f"{_interval(record)} on only {record.n} models: the interval is wide",
        ),
        Finding(
            f"{significant(vision.doubling_time_years, 2)} years",
            "in which the efficiency of GPUs doubles for vision networks",
            f"{significant(language.doubling_time_years, 2)} years for language; {vision.n} accelerators each",
        ),
        Finding(
            str(somatic.central.year) if somatic.central else f"after {FORECAST_UNTIL}",
            "when one inference a second of the best vision model takes what a body burns",
            f"{somatic.reference.power_w:.0f} W; earliest {_year(somatic.earliest)}, latest {_year(somatic.latest)}, "
            "if the trend goes on",
        ),
        Finding(
            f"{comparison.height}",
            "numbers that the paper prints, recomputed",
            f"{counts.get('exact', 0)} exact, {counts.get('rounds to it', 0)} round to what is printed, "
            f"{counts.get('differs', 0)} differ, {explained} of these with the reason",
        ),
    ]


def _growth(fit: LogLinearFit) -> str:
    return f"×{significant(fit.growth_per_year.central)}"


def _interval(fit: LogLinearFit) -> str:
    growth = fit.growth_per_year
    return f"95%: {significant(growth.low)} to {significant(growth.high)}"


def _may_be_flat(fit: LogLinearFit) -> bool:
    return fit.doubling_time_interval is None


def _year(day: object) -> str:
    return str(getattr(day, "year", f"not by {FORECAST_UNTIL}"))
