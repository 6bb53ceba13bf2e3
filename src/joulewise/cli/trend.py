"""``joulewise trend``."""

from __future__ import annotations

from pathlib import Path

import click

from joulewise.cli.options import bounded_int, data_option, edition_option, load_edition, task_option
from joulewise.cli.output import emit_object, output_options
from joulewise.trends import QUANTITIES, SUBSETS, Trend, trend


@click.command("trend", help="Fit the exponential growth of a quantity over the years.")
@click.option("--of", "quantity", default="flops", show_default=True, help=f"Quantity: {', '.join(QUANTITIES)}.")
@task_option
@click.option("--subset", default="all", show_default=True, help=f"Models to fit: {', '.join(SUBSETS)}.")
@click.option("--from", "start", type=bounded_int(1900, 2100), help="First year.")
@click.option("--to", "end", type=bounded_int(1900, 2100), help="Last year.")
@edition_option("paper")
@data_option
@output_options
def command(
    quantity: str,
    task: str,
    subset: str,
    start: int | None,
    end: int | None,
    edition: str,
    data: Path | None,
    fmt: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """Fit a trend."""
    result = trend(quantity, task, subset, start=start, end=end, catalog=load_edition(data, edition))
    emit_object(result.to_dict(), text=_summary(result, edition), fmt=fmt, as_json=as_json, output=output)


def _summary(result: Trend, edition: str) -> str:
    fit, growth = result.fit, result.fit.growth_per_year
    whose = f"accelerators for {result.task}" if result.of == "efficiency" else f"{result.task} models"
    doubling = fit.doubling_time_interval
    span = f" ({doubling[0]:.2f} to {doubling[1]:.2f})" if doubling else ", but the slope may be of either sign"
    verb = "doubles" if fit.slope_log10 > 0 else "halves"
    sign = 1 if fit.slope_log10 > 0 else -1
    if doubling and sign < 0:
        span = f" ({-doubling[1]:.2f} to {-doubling[0]:.2f})"
    return "\n".join(
        [
            f"{result.of} of {whose}, {result.subset} ({SUBSETS[result.subset]}), "
            f"{int(fit.first_year)} to {int(fit.last_year)}, n = {fit.n}",
            f"grows x{growth.central:.3g} a year (95%: {growth.low:.3g} to {growth.high:.3g}); "
            f"{verb} in {sign * fit.doubling_time_years:.2f} years{span}",
            f"log10({result.of} / {result.unit}) = {fit.intercept_log10:.4f} + {fit.slope_log10:.5f} x "
            f"(year - {fit.reference_year:.0f}); R2 = {fit.r2:.3f}",
            *([f"left out, as they have no date: {result.undated}"] if edition != "paper" else []),
        ]
    )
