"""Study ``redrawn``: the paper's fifteen figures on today's data, beside the originals."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from joulewise.catalog import Catalog, load
from joulewise.fits import LogLinearFit
from joulewise.hardware import efficiency_trend
from joulewise.paper.figures import draw
from joulewise.paper.points import paper_catalog
from joulewise.studies import today_energy, today_models
from joulewise.studies.study import Finding, Study, StudyChart, Value
from joulewise.studies.today import LANGUAGE, LEADERS, VISION, Today, fit_of, leaders_name, todays_points
from joulewise.trends import pareto_front, trend
from joulewise.units import significant

FIGURES: dict[str, Callable[[Today], StudyChart]] = {
    "fig1": today_models.params_and_flops,
    "fig2": today_models.accuracy_over_years,
    "fig3": today_models.vision_flops_over_years,
    "fig4": today_models.accuracy_and_flops,
    "fig5": today_models.score_and_flops,
    "fig6": today_models.language_flops_over_years,
    "fig7": today_energy.peak_over_years,
    "fig8": today_energy.efficiency_over_years,
    "fig9": today_energy.vision_energy_over_years,
    "fig10": today_energy.language_energy_over_years,
    "fig11": today_energy.accuracy_and_energy,
    "fig12": today_energy.score_and_energy,
    "fig13": today_energy.vision_forecast,
    "fig14": today_energy.language_forecast,
    "fig15": today_models.score_over_years,
}
"""What draws each figure on today's points."""

_FITTED = (
    ("fig3", "flops", VISION),
    ("fig6", "flops", LANGUAGE),
    ("fig9", "energy_j", VISION),
    ("fig10", "energy_j", LANGUAGE),
)
_OF = {"flops": "flops", "energy_j": "energy"}
_WORDS = {"flops": "FLOPs", "energy_j": "joules"}


def redrawn(catalog: Catalog | None = None) -> Study:
    """Redraw the paper's figures on today's data.

    Parameters
    ----------
    catalog : Catalog, optional
        By default the shipped one, whole. The originals are drawn from the paper's edition whatever is given.

    Returns
    -------
    Study
        Charts ``fig1-2021`` and ``fig1-today`` to ``fig15``; tables ``growth`` (every fitted line then and now) and
        the points ``vision``, ``language``, ``accelerators``.
    """
    today = todays_points(catalog or load())
    original = paper_catalog()
    charts: dict[str, StudyChart] = {}
    for figure, drawer in FIGURES.items():
        then = draw(figure, original)
        charts[f"{figure}-2021"] = StudyChart(f"{then.title}, as of 2021", then.caption, then.chart)
        charts[f"{figure}-today"] = drawer(today)
    growth = growth_then_and_now(today)
    return Study(
        name="redrawn",
        title="The paper's figures on today's data",
        tables={
            "growth": growth,
            "vision": today.vision,
            "language": today.language,
            "accelerators": today.accelerators,
        },
        charts=charts,
        findings=(_slower(growth), *map(_grew, growth.to_dicts()), _best_accuracy(today), _cheapest(today)),
    )


def growth_then_and_now(today: Today) -> pl.DataFrame:
    """Return every line that the paper's figures fit, on its data and on today's.

    Returns
    -------
    polars.DataFrame
        ``figure, quantity, task, subset``, and for ``2021`` and ``today`` each: ``n``, ``growth_per_year`` with its
        interval ``low, high``, ``doubling_time_years`` (negative where it falls) and ``r2``.
    """
    paper = paper_catalog()
    rows = []
    for figure, column, task in _FITTED:
        for subset in ("all", LEADERS[task]):
            then = trend(_OF[column], task, subset, catalog=paper).fit
            now = fit_of(today.models(task), column, subset)
            words = "all models" if subset == "all" else leaders_name(task)
            rows.append(_row(figure, f"{_WORDS[column]} of {task} models", task, words, then, now))
    for task, carried in today.carried.items():
        quantity = f"efficiency of hardware for {task}"
        rows.append(_row("fig8", quantity, task, "all accelerators", efficiency_trend(task, paper), carried.fit))
    return pl.DataFrame(rows)


def _row(
    figure: str, quantity: str, task: str, subset: str, then: LogLinearFit, now: LogLinearFit
) -> dict[str, object]:
    row: dict[str, object] = {"figure": figure, "quantity": quantity, "task": task, "subset": subset}
    for when, fit in (("2021", then), ("today", now)):
        growth = fit.growth_per_year
        row |= {
            f"n_{when}": fit.n,
            f"growth_per_year_{when}": growth.central,
            f"growth_per_year_{when}_low": growth.low,
            f"growth_per_year_{when}_high": growth.high,
            f"doubling_time_years_{when}": fit.doubling_time_years,
            f"r2_{when}": fit.r2,
        }
    return row


def _slower(growth: pl.DataFrame) -> Finding:
    """Say in one sentence how today's growth compares with the paper's over all fitted lines."""
    slower = growth.filter(pl.col("growth_per_year_today") < pl.col("growth_per_year_2021"))
    apart = growth.filter(
        (pl.col("growth_per_year_today_high") < pl.col("growth_per_year_2021_low"))
        | (pl.col("growth_per_year_today_low") > pl.col("growth_per_year_2021_high"))
    )
    best = growth.filter(task=VISION, subset=leaders_name(VISION), figure="fig9").row(0, named=True)
    text = (
        f"Of {growth.height} lines that the paper fits, {slower.height} grow slower on today's data and "
        f"{growth.height - slower.height} as fast or faster; in {apart.height} the 95% intervals lie apart. Joules of "
        f"the most accurate vision models grow ×{significant(best['growth_per_year_today'])} a year over all years to "
        f"today, against ×{significant(best['growth_per_year_2021'])} until 2021."
    )
    numbers: dict[str, Value] = {
        "n_lines": growth.height,
        "n_slower": slower.height,
        "n_apart": apart.height,
        "vision_joules_growth_today": best["growth_per_year_today"],
        "vision_joules_growth_2021": best["growth_per_year_2021"],
    }
    return Finding(text, numbers)


def _grew(row: dict[str, float | str]) -> Finding:
    spans = {
        when: f"×{significant(float(row[f'growth_per_year_{when}']))} a year "
        f"({significant(float(row[f'growth_per_year_{when}_low']))} to "
        f"{significant(float(row[f'growth_per_year_{when}_high']))}, n = {row[f'n_{when}']})"
        for when in ("2021", "today")
    }
    quantity = str(row["quantity"])
    apart = (
        float(row["growth_per_year_today_high"]) < float(row["growth_per_year_2021_low"])
        or float(row["growth_per_year_today_low"]) > float(row["growth_per_year_2021_high"])
    )  # fmt: skip
    text = (
        f"{quantity[0].upper()}{quantity[1:]}, {row['subset']}: {spans['2021']} on the paper's data, "
        f"{spans['today']} on today's; the intervals {'lie apart' if apart else 'overlap'}."
    )
    return Finding(text, row)


def _best_accuracy(today: Today) -> Finding:
    paper = trend("score", VISION, "best-per-year", catalog=paper_catalog()).points.sort("value").row(-1, named=True)
    scored = today.vision.filter(pl.col("score").is_not_null()).sort("score")
    best = scored.row(-1, named=True)
    numbers: dict[str, Value] = {
        "best_2021": paper["name"],
        "top1_percent_2021": paper["value"],
        "best_today": best["name"],
        "top1_percent_today": best["score"],
        "best_today_year": best["release_date"].year,
    }
    text = (
        f"The highest ImageNet accuracy of the paper is {paper['value']:.2f}% ({paper['name']}); of today's catalogue "
        f"{best['score']:.2f}% ({best['label']}, {best['release_date'].year})."
    )
    return Finding(text, numbers)


def _cheapest(today: Today) -> Finding:
    front = pareto_front(today.vision.filter(pl.col("score").is_not_null()), "energy_j")
    since = front.filter(pl.col("year") > trend("flops", VISION, catalog=paper_catalog()).fit.last_year).height
    numbers: dict[str, Value] = {"n_front": front.height, "n_since": since}
    text = (
        f"Of {front.height} vision models that none beats on both accuracy and joules, {since} came after the paper's "
        f"data end."
    )
    return Finding(text, numbers)
