"""What the outlook says in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from joulewise.impact.scenario import twh_per_year
from joulewise.studies.paths import BACKTEST_SHARE, Path
from joulewise.studies.study import Finding
from joulewise.studies.words import per_cent, plural, times, watts, years
from joulewise.units import significant, with_prefix

if TYPE_CHECKING:
    from joulewise.studies.outlook import Yardstick

_MILLION = 1e6


def findings(
    paths: Sequence[Path], table: pl.DataFrame, crossed: pl.DataFrame, sticks: Sequence[Yardstick], until: int
) -> tuple[Finding, ...]:
    """Return the findings: of each task and scenario what it comes to, then how far the trends can be trusted."""
    found: list[Finding] = []
    carried = set(table["path"])
    leads = {next(path.id for path in paths if path.id in carried and path.task == task) for task in set(table["task"])}
    found += _sum_up(table, leads, paths, sticks, until)
    for (_, path, scenario), rows in table.group_by("task", "path", "scenario", maintain_order=True):
        if path in leads:
            found.append(_comes_to(str(path), str(scenario), rows, crossed, paths, until))
            found += _reached(str(path), str(scenario), crossed, sticks, paths, until)
    found += [_trusted(path, carried=path.id in carried) for path in paths]
    return tuple(found)


def _sum_up(
    table: pl.DataFrame, leads: set[str], paths: Sequence[Path], sticks: Sequence[Yardstick], until: int
) -> list[Finding]:
    """Return the least and the most that a language model's scenarios come to, as the first sentence."""
    last = table.filter(pl.col("path").is_in(list(leads)) & (pl.col("year") == until) & (pl.col("task") == "language"))
    world = [stick for stick in sticks if stick.scope == "world"]
    if last.height < 2 or not world:
        return []
    least, most = (last.sort("twh").row(i, named=True) for i in (0, -1))
    shares = [one["twh"] / float(twh_per_year(world[-1].power_w)) for one in (least, most)]
    text = (
        f"If the energy of {_name(least['path'], paths)} goes on as it did, in {until} they take "
        f"{_twh(least['twh'])} ({least['scenario']}) to {_twh(most['twh'])} ({most['scenario']}): "
        f"{significant(shares[0], 2)} to {significant(shares[1], 2)} times {world[-1].name}. Use makes "
        f"{times(most['twh'] / least['twh'])} the difference; where a single model may lie about the trend, "
        f"{times(least['twh_single_high'] / least['twh_single_low'])}."
    )
    return [Finding(text, {"year": until, "least_twh": least["twh"], "most_twh": most["twh"]})]


def _name(path_id: str, paths: Sequence[Path]) -> str:
    path = next(path for path in paths if path.id == path_id)
    return f"{path.task} models ({path.name})"


def _comes_to(
    path: str, scenario: str, rows: pl.DataFrame, crossed: pl.DataFrame, paths: Sequence[Path], until: int
) -> Finding:
    last = rows.row(-1, named=True)
    text = (
        f"In {until}, {_name(path, paths)}, {scenario}: {_twh(last['twh'])} a year (a single model: "
        f"{_twh(last['twh_single_low'])} to {_twh(last['twh_single_high'])}; with the errors of earlier fits: "
        f"{_twh(last['twh_tested_low'])} to {_twh(last['twh_tested_high'])}), {watts(last['per_person_w'])} per person"
    )
    world = crossed.filter(path=path, scenario=scenario).filter(pl.col("kind") == "world").sort("goal")
    if world.height:
        most = world.row(-1, named=True)
        text += f"; that is {_share(most['last_share'])} {most['yardstick']}"
    numbers = {
        "year": until,
        "twh": last["twh"],
        "twh_low": last["twh_tested_low"],
        "twh_high": last["twh_tested_high"],
    }
    return Finding(text + ".", {**numbers, "per_person_w": last["per_person_w"]})


def _reached(
    path: str,
    scenario: str,
    crossed: pl.DataFrame,
    sticks: Sequence[Yardstick],
    paths: Sequence[Path],
    until: int,
) -> list[Finding]:
    told = []
    numbers: dict[str, int | None] = {}
    for row in crossed.filter(path=path, scenario=scenario, kind="person").to_dicts():
        if row["earliest"] is None:
            continue
        told.append(f"{row['yardstick']} {_when(row, until)}")
        numbers[row["yardstick"]] = row["central"]
    if not told:
        none = f"Not even the upper edge of the widest band reaches what a person uses otherwise by {until}"
        return [Finding(f"{none} ({_name(path, paths)}, {scenario}).", {"yardsticks": len(sticks)})]
    return [Finding(f"Reached per person ({_name(path, paths)}, {scenario}): {'; '.join(told)}.", numbers)]


def _when(row: dict[str, Any], until: int) -> str:
    if row["central"] is None:
        return f"not by {until}, at the earliest in {row['earliest']}"
    latest = f"in {row['latest']}" if row["latest"] else f"not by {until}"
    return f"in {row['central']} (at the earliest in {row['earliest']}, at the latest {latest})"


def _trusted(path: Path, *, carried: bool) -> Finding:
    growth = path.fit.growth_per_year
    changes = "grows" if growth.central > 1 else "falls"
    if path.fit.doubling_time_interval is None:
        changes = "is not told apart from flat"
    text = (
        f"{path.task.capitalize()}, {path.name}: the energy of an inference {changes}, ×{significant(growth.central)} "
        f"a year (95%: {significant(growth.low)} to {significant(growth.high)}, {plural(path.fit.n, 'model')})"
    )
    if path.error_per_year is not None:
        text += (
            "; the middle of what came lay off earlier fits of it by a factor of up to "
            f"{significant(10**path.error_per_year, 2)} for each year ahead, in {per_cent(BACKTEST_SHARE)} of "
            f"{plural(path.tested, 'test')}"
        )
    if not carried:
        span = path.fit.last_year - path.fit.first_year
        text += f"; its {years(span)} are too few to carry it on so far"
    return Finding(text + ".", {"growth_per_year": growth.central, "n": path.fit.n, "tested": path.tested})


def _twh(value: float) -> str:
    if value >= _MILLION:
        return f"{float(significant(value / _MILLION, 2)):,.0f} million TWh"
    if value >= 1:
        return f"{float(significant(value, 2)):,.0f} TWh"
    return with_prefix(value * 1e12, "Wh", 2)


def _share(value: float) -> str:
    return f"{times(value)} the" if value >= 1 else f"{significant(100 * value, 2)}% of the"
