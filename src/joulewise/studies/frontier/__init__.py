"""Study ``frontier``: Pareto fronts of score against joules by year, on one accelerator and on contemporary ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from joulewise.studies.frontier.charts import fronts_chart
from joulewise.studies.frontier.data import MODES, Fronts, fronts_of, history
from joulewise.studies.inputs import Inputs, ScoredModels, score_with_unit, unit_of
from joulewise.studies.study import Study, StudyFinding, table_of
from joulewise.studies.wording import factor, joules, per_cent, plural, slug, times, years
from joulewise.units import DAYS_PER_YEAR

_RECENT_YEARS = 2
_LEAST_FACTOR = 1.05
"""A smaller factor is not worth stating."""


def study(inputs: Inputs) -> Study:
    """Study which models were the best trade of score against joules at the end of each year.

    Returns
    -------
    Study
        Tables ``fronts`` (the models on each front) and ``years`` (the ends of each front).

    Notes
    -----
    A front at a date holds the models released by then that no other beats on both score and energy, by the
    calibrated method. The last date is that of the newest model.
    """
    return study_of(inputs.scored)


def study_of(scored: Mapping[str, ScoredModels]) -> Study:
    """Return the study of the scored models of each task."""
    every = [fronts for models in scored.values() for fronts in fronts_of(models)]
    columns = ["benchmark", "mode", "as_of", "name", "release_date", "score", "energy_j", "accelerator"]
    return Study(
        name="frontier",
        title="Score against joules: the fronts of each year",
        tables={
            "fronts": pl.concat(
                [
                    one.fronts.with_columns(benchmark=pl.lit(one.benchmark), mode=pl.lit(one.mode)).select(columns)
                    for one in every
                ]
            ),
            "years": table_of([row for one in every for row in history(one)]),
        },
        charts={f"{one.task}-{slug(one.benchmark)}-{one.mode}": fronts_chart(one) for one in every},
        findings=(*_summary(every), *(finding for one in every for finding in _findings(one))),
    )


def _summary(every: Sequence[Fronts]) -> list[StudyFinding]:
    """Say by mode how much less energy the first front's best score takes on the last front."""
    found = []
    for mode, where in MODES.items():
        saved = []
        for one in every:
            if one.mode == mode:
                energies = [row.first_best_score_energy_j for row in history(one)]
                span = (one.days[-1] - one.days[0]).days / DAYS_PER_YEAR
                saved.append((energies[0] / energies[-1], span, one.benchmark))
        if not saved:
            continue
        least, most = min(saved), max(saved)
        text = (
            f"Across {plural(len(saved), 'front')} {where}, the energy to reach the first year's best score fell by a "
            f"factor of {factor(least[0])} ({least[2]}, over {years(least[1])}) to {factor(most[0])} ({most[2]}, over "
            f"{years(most[1])})."
        )
        numbers = {"fronts": len(saved), "least_factor": least[0], "most_factor": most[0]}
        found.append(StudyFinding(text, numbers))
    return found


def _findings(one: Fronts) -> list[StudyFinding]:
    rows, final = history(one), one.at(one.days[-1])
    first, last = rows[0], rows[-1]
    where = f"{one.benchmark}, {MODES[one.mode]}"
    less = first.first_best_score_energy_j / last.first_best_score_energy_j
    then, now = (score_with_unit(row.best_score, one.task, ".4g") for row in (first, last))
    saving = f", less by a factor of {factor(less)}" if less >= _LEAST_FACTOR else ""
    reached = (
        f"{where}: the best score at the end of {first.as_of.year}, {then}, took "
        f"{joules(first.first_best_score_energy_j)} per {unit_of(one.task)}; by {last.as_of:%B %Y} it takes "
        f"{joules(last.first_best_score_energy_j)}{saving}, and the best "
        f"score has risen to {now}, at {joules(last.best_score_energy_j)}."
    )
    recent = final.filter(pl.col("release_date") > _years_before(one.days[-1], _RECENT_YEARS)).height
    spread = last.best_score_energy_j / last.least_energy_j
    gain = last.best_score - float(final["score"][0])
    members = (
        f"{where}: {final.height} of {plural(one.points.height, 'model')} are on the front of {last.as_of:%B %Y}, "
        f"{per_cent(recent / final.height)} of them from the last {_RECENT_YEARS} years; from its cheapest to its best "
        f"model, {gain:.3g} points cost {times(spread)} the energy."
    )
    return [
        StudyFinding(
            reached, {"factor": less, "first_best_score": first.first_best_score, "best_score": last.best_score}
        ),
        StudyFinding(
            members,
            {"models": final.height, "of": one.points.height, "recent": recent, "spread": spread, "gain": gain},
        ),
    ]


def _years_before(day: date, n: int) -> date:
    return date(day.year - n, day.month, min(day.day, 28))
