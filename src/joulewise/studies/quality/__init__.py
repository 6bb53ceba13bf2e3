"""Study ``constant-quality``: the minimum energy that reaches a score, how fast it fell, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from statistics import median

import polars as pl

from joulewise.studies.inputs import FIXED, Inputs, ScoredModels, unit_of
from joulewise.studies.points import Carried
from joulewise.studies.quality.charts import charts
from joulewise.studies.quality.data import CONTEMPORARY, Staircase, left_out, staircases
from joulewise.studies.study import Study, StudyFinding, Value
from joulewise.studies.wording import among, factor, joules, per_cent, plural, years
from joulewise.trends.decompose import PARTS


def study(inputs: Inputs) -> Study:
    """Study the minimum energy at a fixed score, how fast it fell, and why.

    Returns
    -------
    Study
        Tables ``staircases`` (every step), ``halving`` (how fast each staircase falls), ``decomposition`` (why) and
        ``left-out``.

    Notes
    -----
    Each staircase is the running minimum over all models that reach the score by the date. On contemporary
    accelerators, the candidates are pairs of a model and an accelerator, dated by the later of the two. The change
    from the first step to the last is split in two ways that both sum, see `trends.decompose`.
    """
    return study_of(inputs.scored, inputs.carried)


def study_of(scored: Mapping[str, ScoredModels], carried: Mapping[str, Carried]) -> Study:
    """Return the study of the scored models of each task, with the hardware trend of the paper's method."""
    lines = [line for task, models in scored.items() for line in staircases(models, carried[task])]
    missing = pl.DataFrame([left_out(models) for models in scored.values()])
    return Study(
        name="constant-quality",
        title="Joules at constant quality: how fast they fall, and why",
        tables={
            "staircases": _steps_table(lines),
            "halving": _rates_table(lines),
            "decomposition": _parts_table(lines),
            "left-out": missing,
        },
        charts=charts(lines),
        findings=tuple(_findings(lines, missing)),
    )


def _steps_table(lines: Sequence[Staircase]) -> pl.DataFrame:
    return pl.concat(
        [
            line.steps.select(
                *[pl.lit(value).alias(name) for name, value in _key(line).items()],
                "release_date", "name", "score", "accelerator", pl.col("n_accelerators").cast(pl.Int64),
                "energy_j", "energy_j_low", "energy_j_high", "flops", "peak_flops_per_j",
            )
            for line in lines
        ]
    )  # fmt: skip


def _rates_table(lines: Sequence[Staircase]) -> pl.DataFrame:
    rows = []
    for line in lines:
        rate = line.rate
        student, drawn = rate.fitted_interval or (None, None), rate.bootstrap_years or (None, None)
        rows.append(
            {
                **_key(line),
                "models": line.models,
                "steps": rate.n,
                "first": rate.first,
                "last": rate.last,
                "until": rate.until,
                "first_energy_j": line.steps["energy_j"][0],
                "last_energy_j": line.steps["energy_j"][-1],
                "factor": rate.factor,
                "halving_years": rate.fitted_years,
                "halving_years_low": student[0],
                "halving_years_high": student[1],
                "bootstrap_years_low": drawn[0],
                "bootstrap_years_high": drawn[1],
                "overall_halving_years": rate.overall_years,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _parts_table(lines: Sequence[Staircase]) -> pl.DataFrame:
    rows = []
    for line in lines:
        change, swapped = line.change, line.swapped
        if change is None:
            continue
        rows.append(
            {
                **_key(line),
                "from": line.rate.first,
                "to": line.rate.last,
                "from_name": line.steps["name"][0],
                "to_name": line.steps["name"][-1],
                "total_log10": change.total,
                **{f"{part}_log10": getattr(change, part) for part in PARTS},
                **{f"{part}_share": change.share(part) for part in PARTS},
                "model_log10": swapped.model if swapped else None,
                "accelerator_log10": swapped.accelerator if swapped else None,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _key(line: Staircase) -> dict[str, str | float]:
    """Return the columns that identify a staircase in every table."""
    return {"task": line.task, "benchmark": line.benchmark, "level": line.level, "method": line.method}


def _findings(lines: Sequence[Staircase], missing: pl.DataFrame) -> list[StudyFinding]:
    """Return a summary, the level of each benchmark with the most steps, and what made the energy fall."""
    contemporary = [line for line in lines if line.method == CONTEMPORARY]
    found = [_summary(contemporary)]
    for benchmark in dict.fromkeys(line.benchmark for line in contemporary):
        own = [line for line in contemporary if line.benchmark == benchmark]
        chosen = max(own, key=lambda line: (line.rate.n, line.rate.factor))
        found.append(_fall(chosen))
        key = (benchmark, "fixed", chosen.level)
        fixed = [line for line in lines if (line.benchmark, line.method, line.level) == key]
        if fixed and fixed[0].rate.factor > 1:
            found.append(_on_fixed(fixed[0]))
        if len(own) > 1:
            found.append(_range(own))
    for task in dict.fromkeys(line.task for line in lines):
        moved = [line for line in contemporary if line.task == task and line.change]
        found += [_shares(task, moved), *_swaps(task, moved)]
    return found + [_missing(row) for row in missing.to_dicts() if row["models"]]


def _summary(lines: Sequence[Staircase]) -> StudyFinding:
    fell = [line for line in lines if line.rate.overall_years]
    text = (
        f"On contemporary accelerators, the minimum energy at a fixed score fell at {len(fell)} of {len(lines)} levels"
    )
    numbers: dict[str, Value] = {"levels": len(lines), "fell": len(fell)}
    rates = []
    for task in dict.fromkeys(line.task for line in fell):
        own = sorted(line.rate.overall_years or 0 for line in fell if line.task == task)
        middle = median(own)
        rates.append(f"{years(middle)} per {unit_of(task)} ({years(own[0])} to {years(own[-1])})")
        numbers |= {f"{task}_median_years": middle, f"{task}_least_years": own[0], f"{task}_most_years": own[-1]}
    return StudyFinding(f"{text}{f'; the median halving time was {among(rates)}' if rates else ''}.", numbers)


def _fall(line: Staircase) -> StudyFinding:
    rate, energy, names = line.rate, line.steps["energy_j"], line.steps["name"]
    low, high = rate.bootstrap_years or (None, None)
    numbers: dict[str, Value] = {
        "level": line.level,
        "first_energy_j": energy[0],
        "last_energy_j": energy[-1],
        "factor": rate.factor,
        "steps": rate.n,
        "models": line.models,
        "halving_years": rate.fitted_years,
        "bootstrap_years_low": low,
        "bootstrap_years_high": high,
        "overall_halving_years": rate.overall_years,
    }
    what = f"The minimum energy per {unit_of(line.task)} at {line.benchmark} {line.goal}"
    if rate.factor <= 1:
        return StudyFinding(f"{what} has not fallen since {_month(rate.first)}: {joules(energy[-1])}.", numbers)
    text = (
        f"{what} on contemporary accelerators fell from {joules(energy[0])} ({names[0]}, {_month(rate.first)}) to "
        f"{joules(energy[-1])} ({names[-1]} on {line.steps['accelerator'][-1]}, {_month(rate.last)}), by a factor of "
        f"{factor(rate.factor)}"
    )
    if rate.fitted_years and rate.fitted_years > 0:
        text += f"; the line through its {plural(rate.n, 'step')} halves every {years(rate.fitted_years)}"
        if low is not None and high is not None:
            text += f" (95%: {years(low)} to {years(high)}, from resampled families of models)"
    if rate.overall_years:
        text += f"; including the time since the last step, it halved every {years(rate.overall_years)}"
    return StudyFinding(text + ".", numbers)


def _on_fixed(line: Staircase) -> StudyFinding:
    rate = line.rate
    text = (
        f"On the {FIXED} for all years, better models alone lowered it by a factor of {factor(rate.factor)} between "
        f"{_month(rate.first)} and {_month(rate.last)}"
        + (f", halving every {years(rate.overall_years)} until {_month(rate.until)}." if rate.overall_years else ".")
    )
    return StudyFinding(text, {"factor": rate.factor, "overall_halving_years": rate.overall_years, "level": line.level})


def _range(lines: Sequence[Staircase]) -> StudyFinding:
    fell = sorted((one for one in lines if one.rate.overall_years), key=lambda one: one.rate.overall_years or 0)
    still = len(lines) - len(fell)
    if not fell:
        text = f"It has fallen at none of the {len(lines)} levels of {lines[0].benchmark}."
        return StudyFinding(text, {"levels": len(lines), "flat": still})
    quick, slow = fell[0], fell[-1]
    text = (
        f"Across {plural(len(fell), 'level')} of {quick.benchmark}, the overall halving time ranges from "
        f"{years(quick.rate.overall_years or 0)} ({quick.goal}) to {years(slow.rate.overall_years or 0)} ({slow.goal})"
    )
    text += f"; at {plural(still, 'level')} it has not fallen." if still else "."
    numbers = {"quickest_years": quick.rate.overall_years, "slowest_years": slow.rate.overall_years, "flat": still}
    return StudyFinding(text, numbers)


def _shares(task: str, lines: Sequence[Staircase]) -> StudyFinding:
    changes = [line.change for line in lines if line.change]
    total = sum(change.total for change in changes)
    if not total:
        return StudyFinding(f"Nothing in {task} fell that could be split into parts.", {"levels": len(lines)})
    shares = {part: sum(getattr(change, part) for change in changes) / total for part in PARTS}
    worse = " (it got worse)" if shares["utilisation"] < 0 else ""
    text = (
        f"The fall in {task}, as logarithms summed over {plural(len(lines), 'level')}, is "
        f"{per_cent(shares['algorithms'])} fewer FLOPs, {per_cent(shares['hardware'])} more FLOP/s per watt at the "
        f"peak, and {per_cent(shares['utilisation'])} better utilisation of that peak{worse}."
    )
    return StudyFinding(text, {**{f"{part}_share": share for part, share in shares.items()}, "levels": len(lines)})


def _swaps(task: str, lines: Sequence[Staircase]) -> list[StudyFinding]:
    swapped = [one.swapped for one in lines if one.swapped]
    total = sum(one.total for one in swapped)
    if not total:
        return []
    shares = {
        "model": sum(one.model for one in swapped) / total,
        "accelerator": sum(one.accelerator for one in swapped) / total,
    }
    parts = among([f"{per_cent(share)} to the {part}" for part, share in shares.items()])
    text = (
        f"Swapping model and accelerator in both orders attributes {parts} in {task} (from "
        f"{plural(len(swapped), 'level')} at which either model fits either accelerator)."
    )
    numbers: dict[str, Value] = {f"{part}_share": share for part, share in shares.items()}
    return [StudyFinding(text, numbers | {"levels": len(swapped)})]


def _missing(row: dict[str, int]) -> StudyFinding:
    text = (
        f"Left out of {plural(row['models'], 'scored model')} of {row['task']}: {row['undated']} without a date, and "
        f"{row['not_priced']} without an estimate (not counted, fitting on none of the accelerators, or limited to "
        "fewer tokens)."
    )
    return StudyFinding(text, {name: row[name] for name in ("models", "undated", "not_priced")})


def _month(day: date) -> str:
    return f"{day:%B %Y}"
