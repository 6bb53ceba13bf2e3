"""Study ``redrawn``: the paper's fifteen figures on today's data, next to the originals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import polars as pl

from joulewise.catalog import Catalog
from joulewise.paper.figures import draw
from joulewise.studies.inputs import Inputs
from joulewise.studies.points import LANGUAGE, VISION
from joulewise.studies.redrawn import charts
from joulewise.studies.redrawn.data import Growth, Today, growth_then_and_now, leaders_name, todays_points
from joulewise.studies.study import Study, StudyChart, StudyFinding, Value, numbers_of, table_of
from joulewise.studies.wording import capital
from joulewise.trends import pareto_front, trend
from joulewise.units import significant

FIGURES: dict[str, Callable[[Today], StudyChart]] = {
    "fig1": charts.params_and_flops,
    "fig2": charts.accuracy_over_years,
    "fig3": charts.vision_flops_over_years,
    "fig4": partial(charts.accuracy_against, cost="gflops"),
    "fig5": partial(charts.language_score_against, cost="gflops"),
    "fig6": charts.language_flops_over_years,
    "fig7": charts.peak_over_years,
    "fig8": charts.efficiency_over_years,
    "fig9": partial(charts.energy_over_years, task=VISION),
    "fig10": partial(charts.energy_over_years, task=LANGUAGE),
    "fig11": partial(charts.accuracy_against, cost="energy_j"),
    "fig12": partial(charts.language_score_against, cost="energy_j"),
    "fig13": partial(charts.forecast, task=VISION),
    "fig14": partial(charts.forecast, task=LANGUAGE),
    "fig15": charts.score_over_years,
}
"""The function that draws each figure on today's points."""


def study(inputs: Inputs) -> Study:
    """Redraw the paper's figures on today's data.

    Returns
    -------
    Study
        Charts ``fig1-2021`` and ``fig1-today`` to ``fig15``; tables ``growth`` (every fitted line then and now) and
        the points ``vision``, ``language``, ``accelerators``. The originals are drawn from the paper's edition.
    """
    today = todays_points(inputs)
    drawn: dict[str, StudyChart] = {}
    for figure, draw_today in FIGURES.items():
        original = draw(figure, inputs.paper)
        drawn[f"{figure}-2021"] = StudyChart(f"{original.title}, as of 2021", original.caption, original.draw)
        drawn[f"{figure}-today"] = draw_today(today)
    growth = growth_then_and_now(today, inputs.paper)
    return Study(
        name="redrawn",
        title="The paper's figures on today's data",
        tables={
            "growth": table_of(growth),
            "vision": today.models[VISION],
            "language": today.models[LANGUAGE],
            "accelerators": today.accelerators,
        },
        charts=drawn,
        findings=(
            _slower(growth),
            *map(_grew, growth),
            _best_accuracy(today, inputs.paper),
            _on_the_front(today, inputs.paper),
        ),
    )


def _slower(growth: Sequence[Growth]) -> StudyFinding:
    """Summarise how today's growth compares with the paper's over all fitted lines."""
    slower = sum(line.growth_per_year_today < line.growth_per_year_2021 for line in growth)
    disjoint = sum(line.disjoint for line in growth)
    leaders = (VISION, leaders_name(VISION), "fig9")
    best = next(line for line in growth if (line.task, line.subset, line.figure) == leaders)
    text = (
        f"Of the {len(growth)} lines that the paper fits, {slower} grow more slowly on today's data and "
        f"{len(growth) - slower} at least as fast; for {disjoint} of them the 95% intervals do not overlap. Joules of "
        f"the most accurate vision models grow ×{significant(best.growth_per_year_today)} a year over all years to "
        f"today, compared with ×{significant(best.growth_per_year_2021)} until 2021."
    )
    numbers: dict[str, Value] = {
        "n_lines": len(growth),
        "n_slower": slower,
        "n_apart": disjoint,
        "vision_joules_growth_today": best.growth_per_year_today,
        "vision_joules_growth_2021": best.growth_per_year_2021,
    }
    return StudyFinding(text, numbers)


def _grew(line: Growth) -> StudyFinding:
    then = _per_year(
        line.growth_per_year_2021, line.growth_per_year_2021_low, line.growth_per_year_2021_high, line.n_2021
    )
    now = _per_year(
        line.growth_per_year_today, line.growth_per_year_today_low, line.growth_per_year_today_high, line.n_today
    )
    text = (
        f"{capital(line.quantity)}, {line.subset}: {then} on the paper's data, {now} on today's; the intervals "
        f"{'do not overlap' if line.disjoint else 'overlap'}."
    )
    return StudyFinding(text, numbers_of(line))


def _per_year(growth: float, low: float, high: float, n: int) -> str:
    return f"×{significant(growth)} a year ({significant(low)} to {significant(high)}, n = {n})"


def _best_accuracy(today: Today, paper: Catalog) -> StudyFinding:
    then = trend("score", VISION, "best-per-year", catalog=paper).points.sort("value").row(-1, named=True)
    best = today.models[VISION].filter(pl.col("score").is_not_null()).sort("score").row(-1, named=True)
    numbers: dict[str, Value] = {
        "best_2021": then["name"],
        "top1_percent_2021": then["value"],
        "best_today": best["name"],
        "top1_percent_today": best["score"],
        "best_today_year": best["release_date"].year,
    }
    text = (
        f"The highest ImageNet accuracy in the paper is {then['value']:.2f}% ({then['name']}); in today's catalogue "
        f"it is {best['score']:.2f}% ({best['label']}, {best['release_date'].year})."
    )
    return StudyFinding(text, numbers)


def _on_the_front(today: Today, paper: Catalog) -> StudyFinding:
    front = pareto_front(today.models[VISION].filter(pl.col("score").is_not_null()), "energy_j")
    since = front.filter(pl.col("year") > trend("flops", VISION, catalog=paper).fit.last_year).height
    text = (
        f"Of the {front.height} vision models on the Pareto front of accuracy and joules, {since} were released after "
        f"the paper's data end."
    )
    return StudyFinding(text, {"n_front": front.height, "n_since": since})
