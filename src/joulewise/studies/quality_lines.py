"""Staircases of the least energy at a fixed score, one a benchmark, score and method: what was found of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from joulewise.catalog import Catalog
from joulewise.energy.pricing import FIXED, image_joules, language_joules
from joulewise.studies.points import carried_efficiency
from joulewise.trends.decompose import Change, Swap, decompose, swap
from joulewise.trends.staircase import Halving, halving, running_minimum
from joulewise.units import decimal_year

IMAGE_LEVELS = (75.0, 80.0, 85.0, 88.0)
LANGUAGE_LEVELS: Mapping[str, tuple[float, ...]] = {
    "MMLU": (40.0, 60.0, 75.0),
    "MMLU-Pro": (30.0, 45.0, 60.0),
    "GPQA-Diamond": (35.0, 50.0, 65.0),
    "ECI": (110.0, 125.0, 140.0),
}
"""By benchmark; a harness of the same benchmark is a line of its own, as their scores must not be mixed."""

METHODS = {
    "paper": "the paper's method, hardware of the time",
    "fixed": f"calibrated, on the {FIXED}",
    "of-the-time": "calibrated, on the best accelerator of the time",
}


@dataclass(frozen=True)
class Line:
    """One staircase.

    Parameters
    ----------
    task, benchmark : str
        The harness in brackets after the benchmark.
    level : float
        The score that is reached.
    method : str
        One of `METHODS`.
    models : int
        That reach the score and could be priced.
    steps : polars.DataFrame
        ``id, name, family, score, release_date, accelerator, n_accelerators, energy_j, energy_j_low,
        energy_j_high, flops, peak_flops_per_j``.
    rate : Halving
    change : Change or None
        From the first step to the last, by work, hardware and utilisation; None of one step.
    swapped : Swap or None
        The same by model and accelerator; None of one step, by the paper's method, or where the last model does not
        fit the first accelerator or the other way round.
    """

    task: str
    benchmark: str
    level: float
    method: str
    models: int
    steps: pl.DataFrame
    rate: Halving
    change: Change | None
    swapped: Swap | None

    @property
    def key(self) -> dict[str, Any]:
        """What tells the line from others."""
        return {"task": self.task, "benchmark": self.benchmark, "level": self.level, "method": self.method}


def quality_lines(images: pl.DataFrame, language: pl.DataFrame, catalog: Catalog) -> list[Line]:
    """Return every staircase of frames of scored models; see `inputs` for their columns.

    Raises
    ------
    InputError
        If a name is not known.
    """
    return [
        *_lines_of("vision", images, catalog),
        *_lines_of("language", language, catalog),
    ]


def priced(task: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the energy of each model of a frame on each accelerator; see `joules`."""
    one = frame.filter(pl.col("release_date").is_not_null()).unique("id", maintain_order=True)
    return image_joules(one) if task == "vision" else language_joules(one)


def _lines_of(task: str, frame: pl.DataFrame, catalog: Catalog) -> Iterator[Line]:
    dated = frame.filter(pl.col("release_date").is_not_null() & pl.col("score").is_not_null())
    if dated.is_empty():
        return
    grid = priced(task, dated)
    released = dated.unique("id", maintain_order=True).select("id", "release_date")
    pool = {
        "paper": _by_paper(grid, dated, task, catalog),
        # On one accelerator for all dates, a model counts from its own release.
        "fixed": grid.filter(accelerator=FIXED).drop("release_date").join(released, on="id", maintain_order="left"),
        "of-the-time": grid,
    }
    for (benchmark, harness), scored in dated.group_by("benchmark", "harness", maintain_order=True):
        title = f"{benchmark} ({harness})" if harness else str(benchmark)
        # After its last model a harness is silent: that nothing got cheaper there is not known.
        until = max(scored["release_date"])
        for level in IMAGE_LEVELS if task == "vision" else LANGUAGE_LEVELS.get(str(benchmark), ()):
            reached = scored.filter(pl.col("score") >= level).select("id", "name", "family", "score")
            for method, candidates in pool.items():
                held = candidates.filter(pl.col("release_date") <= until)
                found = held.join(reached, on="id", maintain_order="left")
                if found.height:
                    yield _line(found, grid, task, title, level, method, until)


def _line(
    candidates: pl.DataFrame, grid: pl.DataFrame, task: str, benchmark: str, level: float, method: str, until: date
) -> Line:
    steps = running_minimum(candidates, "energy_j")
    first, last = (steps.row(i, named=True) for i in (0, -1))
    moved = steps.height > 1
    return Line(
        task=task,
        benchmark=benchmark,
        level=level,
        method=method,
        models=candidates["id"].n_unique(),
        steps=steps,
        rate=halving(candidates, "energy_j", until, cluster="family"),
        change=decompose(first, last) if moved else None,
        swapped=_swapped(grid, first, last) if moved and method != "paper" else None,
    )


def _swapped(grid: pl.DataFrame, first: Mapping[str, Any], last: Mapping[str, Any]) -> Swap | None:
    def energy(model: Mapping[str, Any], accelerator: Mapping[str, Any]) -> float | None:
        found = grid.filter(id=model["id"], accelerator=accelerator["accelerator"])
        return float(found["energy_j"][0]) if found.height else None

    other_accelerator, other_model = energy(first, last), energy(last, first)
    if other_accelerator is None or other_model is None:
        return None
    return swap(first["energy_j"], other_accelerator, other_model, last["energy_j"])


def _by_paper(grid: pl.DataFrame, dated: pl.DataFrame, task: str, catalog: Catalog) -> pl.DataFrame:
    """Return the models at the efficiency that the trend of their task gives for their release."""
    one = dated.unique("id", maintain_order=True).select(
        "id", "release_date", *[c for c in ("flops",) if c in dated.columns]
    )
    if "flops" not in dated.columns:
        one = one.join(grid.unique("id", maintain_order=True).select("id", "flops"), on="id", maintain_order="left")
    work = one.drop_nulls()
    trend = carried_efficiency(task, catalog).fit
    efficiency = trend.predict_many([decimal_year(d) for d in work["release_date"]])
    low, central, high = (pl.Series(efficiency[:, i]) for i in range(3))
    return work.with_columns(
        accelerator=pl.lit("trend"),
        n_accelerators=pl.lit(None, pl.Int64),
        energy_j=pl.col("flops") / central,
        energy_j_low=pl.col("flops") / high,
        energy_j_high=pl.col("flops") / low,
        peak_flops_per_j=central,
    )
