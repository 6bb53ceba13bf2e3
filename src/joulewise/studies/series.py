"""The series that are held against their future: what the paper knew, and what came since."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from joulewise.catalog import Catalog
from joulewise.energy import models_with_energy
from joulewise.hardware import adapted_efficiencies
from joulewise.paper.points import paper_catalog
from joulewise.studies.points import (
    LANGUAGE_TOKENS,
    TENSOR_16,
    accelerator_points,
    carried_efficiency,
    dated,
    language_points,
    model_points,
)
from joulewise.studies.wall import wall_efficiencies
from joulewise.trends import select_subset

SUBSET_NAMES = {
    "all": "all",
    "best-per-year": "best score of each year",
    "record": "highest at release",
}
_CHOICE = {
    "vision": "all of timm's weights and records, where the paper chose by popularity and accuracy",
    "language": "all models of public size, where the paper chose",
}
"""How the models since were chosen: `all` compares sets that were chosen differently."""

_COLUMNS = ("name", "year", "value", "score")


@dataclass(frozen=True)
class Series:
    """A quantity over the years, known to the paper and since.

    Parameters
    ----------
    id, title : str
    group : str
        ``compute``, ``efficiency`` or ``joules``.
    unit : str
        Of the values.
    subset : str
        One of `trends.SUBSETS`.
    basis : str
        What the values since the paper are, where that is not what the paper's are.
    known, since : polars.DataFrame
        ``name, year`` (decimal), ``value, score``: the points of the paper's fit, and those after it.
    today : polars.DataFrame
        The same for the whole catalogue from its first year, for backtests from many dates; empty where `since` is
        of another kind than `known`. Of joules, the FLOPs, as the efficiency to divide by is not known beforehand.
    hardware : polars.DataFrame or None
        Of joules, the efficiencies ``year, value`` [FLOP/J] whose fit at a date the FLOPs are divided by.
    """

    id: str
    title: str
    group: str
    unit: str
    subset: str
    basis: str
    known: pl.DataFrame
    since: pl.DataFrame
    today: pl.DataFrame
    hardware: pl.DataFrame | None = None


def all_series(catalog: Catalog) -> list[Series]:
    """Return every series that has points on both sides of the paper."""
    vision, language = model_points("vision", catalog), language_points(catalog)
    paper = {task: dated(models_with_energy(task, paper_catalog())) for task in ("vision", "language")}
    bases = {"vision": _CHOICE["vision"], "language": f"{_CHOICE['language']}; at {LANGUAGE_TOKENS:,} tokens"}
    hardware = {
        task: carried_efficiency(task, catalog).points.select("year", value="efficiency_flops_per_j") for task in paper
    }
    models_of = {"vision": (paper["vision"], vision), "language": (paper["language"], language)}
    found = [
        _of_models(task, group, subset, bases[task], *models_of[task], hardware[task])
        for group, task, subset in (
            ("compute", "vision", "all"),
            ("compute", "vision", "best-per-year"),
            ("compute", "language", "all"),
            ("compute", "language", "record"),
            ("joules", "vision", "all"),
            ("joules", "vision", "best-per-year"),
            ("joules", "language", "all"),
            ("joules", "language", "record"),
        )
    ]
    found[4:4] = _of_hardware(catalog)
    return [one for one in found if one.since.height]


def _of_models(
    task: str,
    group: str,
    subset: str,
    basis: str,
    paper: pl.DataFrame,
    today: pl.DataFrame,
    hardware: pl.DataFrame,
) -> Series:
    column, unit = ("flops", "FLOP") if group == "compute" else ("energy_j", "J")
    what = "FLOPs" if group == "compute" else "joules"
    series, title = f"{task}-{what.lower()}-{subset.split('-', maxsplit=1)[0]}", f"{what} of {task} models"
    basis = "; ".join(text for text in (basis, "on hardware carried on to today" if group == "joules" else "") if text)
    known, later = _values(paper, column), _values(today, column)
    last = float(str(known["year"].max()))
    if subset == "best-per-year":
        # The paper's last year is half over: the first whole year after it is the next that has a best.
        since = select_subset(later.filter(pl.col("year") >= int(last) + 1), subset)
    elif subset == "record":
        # Nothing since may have exceeded all before, and that would hide how far below the line what came lies.
        since = highest_of_years(later.filter(pl.col("year") > last))
        basis = "; ".join(text for text in (basis, "of each year the highest") if text)
    else:
        since = later.filter(pl.col("year") > last)
    flops = select_subset(_values(today, "flops"), subset)
    return Series(
        series, title, group, unit, subset, basis, select_subset(known, subset), since, flops,
        hardware if group == "joules" else None,
    )  # fmt: skip


def highest_of_years(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the row of highest ``value`` of each calendar year, by year."""
    return (
        frame.sort("value", descending=True, maintain_order=True)
        .unique(pl.col("year").floor(), keep="first", maintain_order=True)
        .sort("year")
    )


def _of_hardware(catalog: Catalog) -> list[Series]:
    found = []
    for task in ("vision", "language"):
        known = _values(dated(adapted_efficiencies(task, paper_catalog())), "efficiency_flops_per_j", scored=False)
        carried = carried_efficiency(task, catalog)
        today = _values(carried.points, "efficiency_flops_per_j", scored=False)
        last = float(str(known["year"].max()))
        since = today.filter(pl.col("year") > last)
        basis = f"16-bit tensor peaks times {carried.share.central:.3f}, the share that networks got of them until 2021"
        title = f"efficiency of hardware for {task}"
        found.append(Series(f"efficiency-{task}", title, "efficiency", "FLOP/J", "all", basis, known, since, today))
    peaks = accelerator_points(catalog)
    vision = found[0]
    last = float(str(vision.known["year"].max()))
    nothing = vision.today.clear()
    for name, basis, rows in (
        ("fp32", "FP32 peaks over TDP", peaks.filter(group="FP32")),
        ("tensor", "16-bit tensor peaks over TDP", peaks.filter(group=TENSOR_16)),
        ("wall", "ResNet-50 measured at the wall, whole systems", wall_efficiencies("resnet50")),
    ):
        since = _values(rows, "efficiency_per_j", scored=False).filter(pl.col("year") > last)
        title = "efficiency of hardware for vision"
        found.append(
            Series(f"efficiency-{name}", title, "efficiency", "FLOP/J", "all", basis, vision.known, since, nothing)
        )
    return found


def _values(frame: pl.DataFrame, column: str, *, scored: bool = True) -> pl.DataFrame:
    score = pl.col("score") if scored else pl.lit(None, dtype=pl.Float64)
    return (
        frame.filter(pl.col(column).is_not_null())
        .select("name", "year", value=pl.col(column), score=score)
        .select(_COLUMNS)
    )
