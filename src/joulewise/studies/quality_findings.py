"""What the study of constant quality says in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import median

import polars as pl

from joulewise.energy.pricing import FIXED, PER_TOKENS
from joulewise.studies.quality_lines import Line
from joulewise.studies.study import Finding
from joulewise.studies.words import among, joules, per_cent, plural, times, years
from joulewise.trends.decompose import PARTS

_LEAD = "of-the-time"


def findings(lines: Sequence[Line], left_out: pl.DataFrame) -> tuple[Finding, ...]:
    """Return the findings: what sums them up, then each benchmark's level with most steps, and what made it fall."""
    found = [_sum_up([line for line in lines if line.method == _LEAD])]
    for benchmark in dict.fromkeys(line.benchmark for line in lines):
        of = [line for line in lines if line.benchmark == benchmark]
        lead = [line for line in of if line.method == _LEAD]
        if not lead:
            continue
        chosen = max(lead, key=lambda line: (line.rate.n, line.rate.factor))
        found.append(_fall(chosen))
        fixed = [line for line in of if line.method == "fixed" and line.level == chosen.level]
        if fixed and fixed[0].rate.factor > 1:
            found.append(_on_fixed(fixed[0]))
        if len(lead) > 1:
            found.append(_range(lead))
    for task in dict.fromkeys(line.task for line in lines):
        moved = [line for line in lines if line.task == task and line.method == _LEAD and line.change]
        found += [_shares(task, moved), *_swaps(task, moved)]
    found += [_missing(row["task"], row) for row in left_out.to_dicts() if row["models"]]
    return tuple(found)


def _sum_up(lines: Sequence[Line]) -> Finding:
    fell = [line for line in lines if line.rate.overall_years]
    text = (
        f"On the accelerators of the time the least energy at a fixed score fell at {len(fell)} of {len(lines)} levels"
    )
    numbers: dict[str, float | int | None] = {"levels": len(lines), "fell": len(fell)}
    told = []
    for task in dict.fromkeys(line.task for line in fell):
        rates = sorted(line.rate.overall_years or 0 for line in fell if line.task == task)
        middle = median(rates)
        told.append(f"per {unit_of(task)} it halved every {years(middle)} ({years(rates[0])} to {years(rates[-1])})")
        numbers |= {f"{task}_median_years": middle, f"{task}_least_years": rates[0], f"{task}_most_years": rates[-1]}
    return Finding(f"{text}{': in the middle of the levels, ' if told else ''}{among(told) if told else ''}.", numbers)


def unit_of(task: str) -> str:
    """Return what the energy of a task is per."""
    return "image" if task == "vision" else f"{PER_TOKENS:,} tokens"


def at_least(level: float, task: str) -> str:
    """Return a score to reach, with its unit."""
    return f"≥ {level:g}{'%' if task == 'vision' else ''}"


def _what(line: Line) -> str:
    return f"per {unit_of(line.task)} at {line.benchmark} {at_least(line.level, line.task)}"


def _fall(line: Line) -> Finding:
    rate, energy = line.rate, line.steps["energy_j"]
    numbers = {
        "level": line.level,
        "first_energy_j": energy[0],
        "last_energy_j": energy[-1],
        "factor": rate.factor,
        "steps": rate.n,
        "models": line.models,
        "halving_years": rate.fitted_years,
        "bootstrap_years_low": rate.bootstrap_years[0] if rate.bootstrap_years else None,
        "bootstrap_years_high": rate.bootstrap_years[1] if rate.bootstrap_years else None,
        "overall_halving_years": rate.overall_years,
    }
    if rate.factor <= 1:
        text = f"The least energy {_what(line)} has not fallen since {_month(rate.first)}: {joules(energy[-1])}."
        return Finding(text, numbers)
    text = (
        f"The least energy {_what(line)} fell from {joules(energy[0])} ({line.steps['name'][0]}, {_month(rate.first)}) "
        f"to {joules(energy[-1])} ({line.steps['name'][-1]} on {line.steps['accelerator'][-1]}, {_month(rate.last)}), "
        f"{times(rate.factor)} less on the accelerators of the time"
    )
    if rate.fitted_years and rate.fitted_years > 0:
        text += f"; through {plural(rate.n, 'step')} it halves every {years(rate.fitted_years)}"
        if rate.bootstrap_years:
            low, high = rate.bootstrap_years
            text += f" (95%: {years(low)} to {years(high)}, families of models drawn anew)"
    if rate.overall_years:
        text += f", or every {years(rate.overall_years)} when the time since the last step counts"
    return Finding(text + ".", numbers)


def _on_fixed(line: Line) -> Finding:
    rate = line.rate
    text = (
        f"On one accelerator for all years, the {FIXED}, better models alone made it {times(rate.factor)} less between "
        f"{_month(rate.first)} and {_month(rate.last)}"
        + (f", halving every {years(rate.overall_years)} up to {_month(rate.until)}." if rate.overall_years else ".")
    )
    return Finding(text, {"factor": rate.factor, "overall_halving_years": rate.overall_years, "level": line.level})


def _range(lines: Sequence[Line]) -> Finding:
    fell = sorted((one for one in lines if one.rate.overall_years), key=lambda one: one.rate.overall_years or 0)
    still = len(lines) - len(fell)
    if not fell:
        text = f"At none of the {len(lines)} levels of {lines[0].benchmark} has it fallen."
        return Finding(text, {"levels": len(lines), "flat": still})
    quick, slow = fell[0], fell[-1]
    text = f"Over {plural(len(fell), 'level')} of {quick.benchmark} the overall halving time runs from " + (
        f"{years(quick.rate.overall_years or 0)} ({at_least(quick.level, quick.task)}) to "
        f"{years(slow.rate.overall_years or 0)} ({at_least(slow.level, slow.task)})"
    )
    text += f"; at {plural(still, 'level')} it has not fallen." if still else "."
    numbers = {"quickest_years": quick.rate.overall_years, "slowest_years": slow.rate.overall_years, "flat": still}
    return Finding(text, numbers)


def _shares(task: str, lines: Sequence[Line]) -> Finding:
    total = sum(one.change.total for one in lines if one.change)
    if not total:
        return Finding(f"In {task} nothing fell that could be split into parts.", {"levels": len(lines)})
    shares = {part: sum(getattr(one.change, part) for one in lines) / total for part in PARTS}
    text = (
        f"Of the fall in {task}, in logarithms and summed over {plural(len(lines), 'level')}, "
        f"{per_cent(shares['algorithms'])} is fewer FLOPs, {per_cent(shares['hardware'])} more FLOP/s per watt at the "
        f"peak, and {per_cent(shares['utilisation'])} a better use of that peak"
        + (": it is used less well than before." if shares["utilisation"] < 0 else ".")
    )
    return Finding(text, {**{f"{part}_share": share for part, share in shares.items()}, "levels": len(lines)})


def _swaps(task: str, lines: Sequence[Line]) -> list[Finding]:
    swapped = [one.swapped for one in lines if one.swapped]
    total = sum(one.total for one in swapped)
    if not total:
        return []
    shares = {
        "model": sum(s.model for s in swapped) / total,
        "accelerator": sum(s.accelerator for s in swapped) / total,
    }
    told = among([f"the {part} {per_cent(share)}" for part, share in shares.items()])
    text = (
        f"Swapping model and accelerator one after the other in {task} gives {told} of the fall "
        f"({plural(len(swapped), 'level')} at which either model fits either accelerator)."
    )
    return [Finding(text, {**{f"{part}_share": share for part, share in shares.items()}, "levels": len(swapped)})]


def _missing(task: str, row: dict[str, int]) -> Finding:
    text = (
        f"Of {plural(row['models'], 'scored model')} of {task}, {row['undated']} have no date and {row['not_priced']} "
        "no estimate (they lack a count, fit on no accelerator of the list, or take fewer tokens): all left out."
    )
    return Finding(text, {name: row[name] for name in ("models", "undated", "not_priced")})


def _month(day: date) -> str:
    return f"{day:%B %Y}"
