"""The figures at the top of the paper's page, each computed when the page is built."""

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
class Headline:
    """A figure, its quantity, and the evidence behind it."""

    figure: str
    label: str
    detail: str


def headlines(catalog: Catalog, comparison: pl.DataFrame) -> tuple[Headline, ...]:
    """Return the headlines of the paper's page.

    Parameters
    ----------
    catalog : Catalog
        The paper's edition.
    comparison : polars.DataFrame
        The rows of `paper.comparison.compare_with_printed`.
    """
    flops = trend("flops", "vision", "best-per-year", catalog=catalog).fit
    energy = trend("energy", "vision", "best-per-year", catalog=catalog).fit
    every = trend("energy", "vision", catalog=catalog).fit
    record = trend("energy", "language", LEADERS["language"][0], catalog=catalog).fit
    vision, language = (efficiency_trend(task, catalog) for task in ("vision", "language"))
    somatic = forecast("vision", until=FORECAST_UNTIL, catalog=catalog).crossings[0]
    counts = {row["verdict"]: row["count"] for row in comparison["verdict"].value_counts().to_dicts()}
    differing = comparison.filter(verdict="differs")
    explained = differing.filter(pl.col("reason") != "").height
    return (
        Headline(
            _growth(flops),
            "growth per year in FLOPs, most accurate vision model of each year",
            f"{_interval(flops)}; {flops.n} models, R² {flops.r2:.2f}",
        ),
        Headline(
            _growth(energy),
            "growth per year in joules, the same models on hardware of their release date",
            f"{_interval(energy)}; hardware gains slow it, but growth remains exponential",
        ),
        Headline(
            _growth(every),
            "growth per year in joules, all vision models",
            f"{_interval(every)}, n = {every.n}: "
            + ("no significant growth" if _may_be_flat(every) else "significant growth"),
        ),
        Headline(
            _growth(record),
            "growth per year in joules, language models more demanding than all before them",
            f"{_interval(record)}; only {record.n} models, so the interval is wide",
        ),
        Headline(
            f"{significant(vision.doubling_time_years, 2)} years",
            "doubling time of GPU efficiency for vision networks",
            f"{significant(language.doubling_time_years, 2)} years for language networks; {vision.n} accelerators each",
        ),
        Headline(
            str(somatic.central.year) if somatic.central else f"after {FORECAST_UNTIL}",
            "when one inference per second of the best vision model matches the human body's power",
            f"{somatic.reference.power_w:.0f} W; earliest {_year(somatic.earliest)}, latest {_year(somatic.latest)}, "
            "if the trend continues",
        ),
        Headline(
            f"{comparison.height}",
            "printed numbers of the paper recomputed",
            f"{counts.get('exact', 0)} exact, {counts.get('rounds to it', 0)} round to the printed value, "
            f"{counts.get('differs', 0)} differ, {explained} of these with the reason",
        ),
    )


def _growth(fit: LogLinearFit) -> str:
    return f"×{significant(fit.growth_per_year.central)}"


def _interval(fit: LogLinearFit) -> str:
    growth = fit.growth_per_year
    return f"95%: {significant(growth.low)} to {significant(growth.high)}"


def _may_be_flat(fit: LogLinearFit) -> bool:
    return fit.doubling_time_interval is None


def _year(day: object) -> str:
    return str(getattr(day, "year", f"not by {FORECAST_UNTIL}"))
