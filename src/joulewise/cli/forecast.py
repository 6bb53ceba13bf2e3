"""``joulewise forecast``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.cli.options import bounded_float, bounded_int, data_option, edition_option, load_edition, task_option
from joulewise.cli.output import emit_object, output_options, table
from joulewise.impact import Forecast, forecast
from joulewise.impact.people import LAST_YEAR, LEADERS
from joulewise.trends import SUBSETS
from joulewise.units import with_prefix


@click.command(
    "forecast",
    help="Extrapolate energy per inference, times inferences per person, and show when it reaches human energy use.",
)
@task_option
@click.option(
    "--subset",
    help=f"Models to fit: {', '.join(SUBSETS)}; default "
    f"{', '.join(f'{subset} for {task}' for task, subset in LEADERS.items())}.",
)
@click.option("--until", type=bounded_int(2000, LAST_YEAR), default=2030, show_default=True, help="Last year.")
@click.option(
    "--rate", type=bounded_float(1e-9, 1e6), default=1.0, show_default=True, help="Inferences per person and second."
)
@click.option("--population", type=bounded_float(1, 1e11), help="Number of people, to add their total energy.")
@edition_option("paper")
@data_option
@output_options
def command(
    task: str,
    subset: str | None,
    until: int,
    rate: float,
    population: float | None,
    edition: str,
    data: Path | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """Extrapolate and print."""
    catalog = load_edition(data, edition)
    result = forecast(task, subset, until=until, rate_per_s=rate, population=population, catalog=catalog)
    emit_object(result.to_dict(), text=_summary(result), fmt=fmt, as_json=as_json, output=output)


def _summary(result: Forecast) -> str:
    lines = [
        f"{result.trend.task}, {result.trend.subset}: {result.rate_per_s:g} inferences per person and second; "
        "power_w is in joules per person and second on 1 January, with the 95% interval of a single model",
        table(result.years.to_dicts(), result.years.columns),
    ]
    for crossing in result.crossings:
        when, reference = crossing.to_dict(), crossing.reference
        lines.append(
            f"{reference.name}, {with_prefix(reference.power_w, 'W')}: {when['central']} "
            f"(earliest {when['earliest']}, latest {when['latest']})"
        )
    lines.insert(2, "Reached:")
    return "\n".join([*lines, "The trend is assumed to continue; no interval covers the chance that it does not."])
