"""Staircases of the minimum energy at a fixed score: one per benchmark, score and method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from joulewise.studies.inputs import FIXED, ScoredModels, benchmark_title, score_with_unit
from joulewise.studies.points import Carried
from joulewise.trends.decompose import Change, Swap, decompose, swap
from joulewise.trends.staircase import Halving, halving, running_minimum
from joulewise.units import decimal_year_of

LEVELS: Mapping[str, tuple[float, ...]] = {
    "ImageNet top-1": (75.0, 80.0, 85.0, 88.0),
    "MMLU": (40.0, 60.0, 75.0),
    "MMLU-Pro": (30.0, 45.0, 60.0),
    "GPQA-Diamond": (35.0, 50.0, 65.0),
    "ECI": (110.0, 125.0, 140.0),
}
"""Scores by benchmark; each harness of a benchmark has staircases of its own, as their scores must not be mixed."""

METHODS = {
    "paper": "the paper's method, contemporary hardware",
    "fixed": f"calibrated, on the {FIXED}",
    "of-the-time": "calibrated, on the best contemporary accelerator",
}
CONTEMPORARY = "of-the-time"


@dataclass(frozen=True)
class Staircase:
    """The minimum energy at a score over time.

    Parameters
    ----------
    task, benchmark : str
        The benchmark with its harness in brackets.
    level : float
        The score to reach.
    method : str
        One of `METHODS`.
    candidates : polars.DataFrame
        Every model that reaches the score, on every accelerator of the method: ``id, name, family, score,
        release_date`` (the later of the model's and the accelerator's), ``accelerator, n_accelerators, energy_j,
        energy_j_low, energy_j_high, flops, peak_flops_per_j``.
    until : datetime.date
        The release of the last model that the harness scored.
    grid : polars.DataFrame
        Energy of every model on every accelerator.
    """

    task: str
    benchmark: str
    level: float
    method: str
    candidates: pl.DataFrame
    until: date
    grid: pl.DataFrame

    @cached_property
    def steps(self) -> pl.DataFrame:
        """The candidates that lowered the energy, by date."""
        return running_minimum(self.candidates, "energy_j")

    @cached_property
    def rate(self) -> Halving:
        """How fast the energy fell, with an interval from redrawn families of models."""
        return halving(self.candidates, "energy_j", self.until, cluster="family")

    @cached_property
    def change(self) -> Change | None:
        """The change from the first step to the last split by work, hardware and utilisation; None for one step."""
        first, last = (self.steps.row(i, named=True) for i in (0, -1))
        return decompose(first, last) if self.steps.height > 1 else None

    @cached_property
    def swapped(self) -> Swap | None:
        """The same change split by model and accelerator.

        None for one step, for the paper's method, or where a model does not fit the accelerator of the other.
        """
        if self.steps.height == 1 or self.method == "paper":
            return None
        first, last = (self.steps.row(i, named=True) for i in (0, -1))
        other_accelerator = self._energy_of(first["id"], last["accelerator"])
        other_model = self._energy_of(last["id"], first["accelerator"])
        if other_accelerator is None or other_model is None:
            return None
        return swap(first["energy_j"], other_accelerator, other_model, last["energy_j"])

    def _energy_of(self, model: str, accelerator: str) -> float | None:
        found = self.grid.filter(id=model, accelerator=accelerator)
        return float(found["energy_j"][0]) if found.height else None

    @property
    def models(self) -> int:
        """Number of models that reach the score and have an energy."""
        return self.candidates["id"].n_unique()

    @property
    def goal(self) -> str:
        """The score to reach, with its unit: ``≥ 80%``."""
        return f"≥ {score_with_unit(self.level, self.task)}"


def staircases(
    scored: ScoredModels, carried: Carried | None = None, methods: Sequence[str] = tuple(METHODS)
) -> Iterator[Staircase]:
    """Yield every staircase of a task.

    Parameters
    ----------
    scored : ScoredModels
    carried : Carried, optional
        Efficiency of hardware over time, for the paper's method.
    methods : sequence of str
        Of `METHODS`.
    """
    dated, grid = scored.dated, scored.energy
    if dated.is_empty():
        return
    released = dated.unique("id", keep="first", maintain_order=True).select("id", "release_date")
    pool = {CONTEMPORARY: grid}
    # On one accelerator for all dates, a model counts from its own release.
    pool["fixed"] = grid.filter(accelerator=FIXED).drop("release_date").join(released, on="id", maintain_order="left")
    if carried is not None:
        pool["paper"] = _by_paper(scored, carried)
    for (benchmark, harness), rows in dated.group_by("benchmark", "harness", maintain_order=True):
        title = benchmark_title(str(benchmark), None if harness is None else str(harness))
        # A harness says nothing about the time after its last model.
        until = max(rows["release_date"])
        for level in LEVELS.get(str(benchmark), ()):
            reached = rows.filter(pl.col("score") >= level).select("id", "name", "family", "score")
            for method in methods:
                candidates = (
                    pool[method]
                    .filter(pl.col("release_date") <= until)
                    .join(reached, on="id", maintain_order="left")
                )  # fmt: skip
                if candidates.height:
                    yield Staircase(scored.task, title, level, method, candidates, until, grid)


def longest(lines: Sequence[Staircase]) -> Staircase | None:
    """Return the staircase whose steps span the most time, or of those the most steps; None if there is none."""
    return max(
        lines, key=lambda line: (line.steps["release_date"][-1] - line.steps["release_date"][0], line.steps.height),
        default=None,
    )  # fmt: skip


def left_out(scored: ScoredModels) -> dict[str, int | str]:
    """Return how many scored models of a task have no date, or no energy."""
    models = scored.scores["id"].n_unique()
    dated = scored.scores.filter(pl.col("release_date").is_not_null())["id"].unique()
    priced = scored.energy["id"].unique().is_in(dated.implode()).sum()
    return {
        "task": scored.task,
        "models": models,
        "undated": models - dated.len(),
        "not_priced": dated.len() - int(priced),
    }


def _by_paper(scored: ScoredModels, carried: Carried) -> pl.DataFrame:
    """Return the models at the efficiency that the trend of their task gives for their release."""
    models = scored.dated.unique("id", keep="first", maintain_order=True)
    if "flops" not in models.columns:
        counted = scored.energy.unique("id", keep="first", maintain_order=True).select("id", "flops")
        models = models.join(counted, on="id", how="left", maintain_order="left")
    work = models.select("id", "release_date", "flops").drop_nulls()
    efficiency = carried.fit.predict_many(work.select(decimal_year_of("release_date")).to_series().to_numpy())
    low, central, high = (pl.Series(efficiency[:, i]) for i in range(3))
    return work.with_columns(
        accelerator=pl.lit("trend"),
        n_accelerators=pl.lit(None, pl.Int64),
        energy_j=pl.col("flops") / central,
        energy_j_low=pl.col("flops") / high,
        energy_j_high=pl.col("flops") / low,
        peak_flops_per_j=central,
    )
