"""Pareto fronts of score against joules at the end of each year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from joulewise.studies.inputs import FIXED, ScoredModels, benchmark_title
from joulewise.trends import pareto_front

FEWEST = 3
"""Minimum number of models on a front."""

MODES = {"fixed": f"on the {FIXED}", "of-the-time": "on the best contemporary accelerator"}


@dataclass(frozen=True)
class Fronts:
    """The fronts of one benchmark in one mode.

    Parameters
    ----------
    task, benchmark, mode : str
    points : polars.DataFrame
        Every model at the last date: ``id, name, release_date, score, energy_j, accelerator``.
    fronts : polars.DataFrame
        The same columns and ``as_of``, by date and rising energy.
    """

    task: str
    benchmark: str
    mode: str
    points: pl.DataFrame
    fronts: pl.DataFrame

    def at(self, day: date) -> pl.DataFrame:
        """Return the front of one date."""
        return self.fronts.filter(as_of=day)

    @property
    def days(self) -> list[date]:
        """The dates that have a front, first to last."""
        return self.fronts["as_of"].unique().sort().to_list()


@dataclass(frozen=True)
class FrontAtDate:
    """The size and ends of a front, and the energy of the first front's best score on it."""

    benchmark: str
    mode: str
    as_of: date
    models: int
    least_energy_j: float
    best_score: float
    best_score_energy_j: float
    first_best_score: float
    first_best_score_energy_j: float


def fronts_of(scored: ScoredModels) -> Iterator[Fronts]:
    """Yield the fronts of each benchmark of a task, in both modes; benchmarks with too few models are left out."""
    if scored.dated.is_empty():
        return
    grid = scored.energy.rename({"release_date": "from"})
    for (benchmark, harness), rows in scored.dated.group_by("benchmark", "harness", maintain_order=True):
        title = benchmark_title(str(benchmark), None if harness is None else str(harness))
        pairs = rows.select("id", "name", "release_date", "score").join(grid, on="id", maintain_order="left")
        # A harness says nothing about the time after its last model, so accelerators launched later are left out.
        pairs = pairs.filter(pl.col("from") <= pl.col("release_date").max())
        for mode in MODES:
            found = _fronts(scored.task, title, mode, pairs)
            if found is not None:
                yield found


def history(fronts: Fronts) -> list[FrontAtDate]:
    """Return the ends of a front at each date, first to last."""
    goal = float(fronts.at(fronts.days[0])["score"][-1])
    found = []
    for day in fronts.days:
        front = fronts.at(day)
        found.append(
            FrontAtDate(
                benchmark=fronts.benchmark,
                mode=fronts.mode,
                as_of=day,
                models=front.height,
                least_energy_j=front["energy_j"][0],
                best_score=front["score"][-1],
                best_score_energy_j=front["energy_j"][-1],
                first_best_score=goal,
                first_best_score_energy_j=front.filter(pl.col("score") >= goal)["energy_j"][0],
            )
        )
    return found


def _fronts(task: str, benchmark: str, mode: str, pairs: pl.DataFrame) -> Fronts | None:
    if mode == "fixed":
        pairs = pairs.filter(accelerator=FIXED).with_columns(pl.col("release_date").alias("from"))
    if pairs["id"].n_unique() < FEWEST:
        return None
    first, last = min(pairs["from"]), max(pairs["from"])
    days = [date(year, 12, 31) for year in range(first.year, last.year)] + [last]
    fronts = []
    for day in days:
        out = _lowest_energy(pairs.filter(pl.col("from") <= day))
        if out.height >= FEWEST:
            fronts.append(pareto_front(out, "energy_j").with_columns(as_of=pl.lit(day)))
    return Fronts(task, benchmark, mode, _lowest_energy(pairs), pl.concat(fronts))


def _lowest_energy(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return each model on the accelerator with the lowest energy."""
    return (
        pairs.sort("energy_j", maintain_order=True)
        .unique("id", keep="first", maintain_order=True)
        .select("id", "name", "release_date", "score", "energy_j", "accelerator")
    )
