"""``joulewise forecast``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from joulewise.cli.options import data_option, edition_option, load_edition, task_option
from joulewise.cli.output import emit_object, output_options, table
from joulewise.cli.trend import as_dict as trend_as_dict
from joulewise.impact import Forecast, forecast
from joulewise.trends import SUBSETS
from joulewise.units import with_prefix

NEVER = "never within the horizon"


@click.command("forecast", help="Joules per person and second by year, and when they reach human energy use.")
@task_option
@click.option("--subset", default="best-per-year", show_default=True, help=", ".join(SUBSETS) + ".")
@click.option("--until", type=int, default=2030, show_default=True, help="The last year.")
@click.option("--rate", type=float, default=1.0, show_default=True, help="Inferences per person and second.")
@click.option("--population", type=float, help="People, for the sum over all of them.")
@edition_option("paper")
@data_option
@output_options
def command(
    task: str,
    subset: str,
    until: int,
    rate: float,
    population: float | None,
    edition: str,
    data: Path | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """Forecast."""
    catalog = load_edition(data, edition)
    result = forecast(task, subset, until=until, rate_per_s=rate, population=population, catalog=catalog)
    emit_object(_as_dict(result), text=_summary(result), fmt=fmt, as_json=as_json, output=output)


def _as_dict(result: Forecast) -> dict[str, Any]:
    return {
        "task": result.trend.task,
        "subset": result.trend.subset,
        "rate_per_s": result.rate_per_s,
        "population": result.population,
        "years": result.years.to_dicts(),
        "crossings": [
            {
                "reference": c.reference.name,
                "power_w": c.reference.power_w,
                "source": c.reference.source,
                "earliest": _when(c.earliest),
                "central": _when(c.central),
                "latest": _when(c.latest),
            }
            for c in result.crossings
        ],
        "trend": {key: value for key, value in trend_as_dict(result.trend).items() if key != "points"},
    }


def _summary(result: Forecast) -> str:
    lines = [
        f"{result.trend.task}, {result.trend.subset}: {result.rate_per_s:g} inferences per person and "
        "second; power_w is joules per person and second, on 1 January, 95% for a single model",
        table(result.years.to_dicts(), result.years.columns),
    ]
    for c in result.crossings:
        lines.append(
            f"{c.reference.name}, {with_prefix(c.reference.power_w, 'W')}: {_when(c.central)} "
            f"(earliest {_when(c.earliest)}, latest {_when(c.latest)})"
        )
    lines.insert(2, "Reached:")
    return "\n".join([*lines, "The trend is assumed to go on; no band covers that it may not."])


def _when(day: date | None) -> str:
    return day.isoformat() if day else NEVER
