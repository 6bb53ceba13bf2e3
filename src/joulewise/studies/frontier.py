"""Pareto fronts by year: score against joules, on one accelerator for all and on the accelerator of the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import altair as alt
import polars as pl

from joulewise.catalog import Catalog, load
from joulewise.charts import Axis, along, crowd, emphasised, log_domain, span, stack, staircase
from joulewise.charts.theme import YEAR_RANGE
from joulewise.energy.pricing import FIXED, LADDER
from joulewise.studies.inputs import image_scores, language_scores
from joulewise.studies.quality_findings import unit_of
from joulewise.studies.quality_lines import priced
from joulewise.studies.study import Finding, Study, StudyChart
from joulewise.studies.words import among, joules, per_cent, plural, slug, times, years
from joulewise.trends import pareto_front
from joulewise.units import DAYS_PER_YEAR

FEWEST = 3
"""Models that a front is drawn of at least."""

_SHOWN = 6
_RECENT_YEARS = 2
_TOLD_FROM = 1.05
MODES = {"fixed": f"on the {FIXED}", "of-the-time": "on the best accelerator of the time"}


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

    def of(self, day: date) -> pl.DataFrame:
        """Return the front of one date."""
        return self.fronts.filter(as_of=day)

    @property
    def days(self) -> list[date]:
        """The dates that have a front, first to last."""
        return self.fronts["as_of"].unique().sort().to_list()


def frontier(catalog: Catalog | None = None) -> Study:
    """Answer which models were the best trade of score against joules at the end of each year.

    Parameters
    ----------
    catalog : Catalog, optional
        By default the shipped one, whole.

    Notes
    -----
    A front at a date holds the models out by then that no other beats on both score and energy, by the calibrated
    method. The last date is that of the newest model.
    """
    catalog = catalog or load()
    return study_of(image_scores(catalog), language_scores(catalog))


def study_of(images: pl.DataFrame, language: pl.DataFrame) -> Study:
    """Return the study of frames of scored models; see `inputs` for their columns."""
    every = [*all_fronts("vision", images), *all_fronts("language", language)]
    columns = ["benchmark", "mode", "as_of", "name", "release_date", "score", "energy_j", "accelerator"]
    tables = {
        "fronts": pl.concat([one.fronts.with_columns(**_key(one)).select(columns) for one in every]),
        "years": pl.concat([_years(one) for one in every]),
    }
    return Study(
        name="frontier",
        title="Score against joules: the fronts of each year",
        tables=tables,
        charts={f"{one.task}-{slug(one.benchmark)}-{one.mode}": _chart(one) for one in every},
        findings=(*_sum_up(every), *(finding for one in every for finding in _findings(one))),
    )


def all_fronts(task: str, frame: pl.DataFrame) -> list[Fronts]:
    """Return the fronts of each benchmark of a task, in both modes; benchmarks of too few models are left out."""
    dated = frame.filter(pl.col("release_date").is_not_null() & pl.col("score").is_not_null())
    if dated.is_empty():
        return []
    grid = priced(task, dated).rename({"release_date": "from"})
    found = []
    for (benchmark, harness), scored in dated.group_by("benchmark", "harness", maintain_order=True):
        title = f"{benchmark} ({harness})" if harness else str(benchmark)
        pairs = scored.select("id", "name", "release_date", "score").join(grid, on="id", maintain_order="left")
        # After its last model a harness is silent: which of them a newer accelerator favours says nothing of the rest.
        pairs = pairs.filter(pl.col("from") <= pl.col("release_date").max())
        for mode in MODES:
            one = _fronts(task, title, mode, pairs)
            if one is not None:
                found.append(one)
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
        out = _best_of_each(pairs.filter(pl.col("from") <= day))
        if out.height >= FEWEST:
            fronts.append(pareto_front(out, "energy_j").with_columns(as_of=pl.lit(day)))
    return Fronts(task, benchmark, mode, _best_of_each(pairs), pl.concat(fronts))


def _best_of_each(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return each model on the accelerator that takes least."""
    return (
        pairs.sort("energy_j", maintain_order=True)
        .unique("id", keep="first", maintain_order=True)
        .select("id", "name", "release_date", "score", "energy_j", "accelerator")
    )


def _years(one: Fronts) -> pl.DataFrame:
    """Return one row a date: the front's size, its ends, and what the best score of the first date takes."""
    first = one.of(one.days[0])
    goal = float(first["score"][-1])
    rows = []
    for day in one.days:
        front = one.of(day)
        reached = front.filter(pl.col("score") >= goal)
        rows.append(
            {
                "benchmark": one.benchmark,
                "mode": one.mode,
                "as_of": day,
                "models": front.height,
                "least_energy_j": front["energy_j"][0],
                "best_score": front["score"][-1],
                "best_score_energy_j": front["energy_j"][-1],
                "first_best_score": goal,
                "first_best_score_energy_j": reached["energy_j"][0],
            }
        )
    return pl.DataFrame(rows)


def _sum_up(every: Sequence[Fronts]) -> list[Finding]:
    """Return how much less energy the first front's best score takes on the last, over the fronts of each mode."""
    found = []
    for mode, where in MODES.items():
        less = []
        for one in every:
            if one.mode == mode:
                table = _years(one)
                span = (one.days[-1] - one.days[0]).days / DAYS_PER_YEAR
                first, last = (float(table["first_best_score_energy_j"][i]) for i in (0, -1))
                less.append((first / last, span, one.benchmark))
        if not less:
            continue
        least, most = min(less), max(less)
        text = (
            f"Over {plural(len(less), 'front')} {where}, what was the best score at first takes from {_less(least[0])} "
            f"({least[2]}, in {years(least[1])}) to {_less(most[0])} ({most[2]}, in {years(most[1])}) at last."
        )
        found.append(Finding(text, {"fronts": len(less), "least_factor": least[0], "most_factor": most[0]}))
    return found


def _less(factor: float) -> str:
    return f"{times(factor)} less energy" if factor >= _TOLD_FROM else "as much energy"


def _findings(one: Fronts) -> list[Finding]:
    table, where = _years(one), MODES[one.mode]
    first, last = (table.row(i, named=True) for i in (0, -1))
    unit, final = unit_of(one.task), one.of(one.days[-1])
    found = []
    less = first["first_best_score_energy_j"] / last["first_best_score_energy_j"]
    score, percent = first["first_best_score"], "%" if one.task == "vision" else ""
    found.append(
        Finding(
            f"{one.benchmark}, {where}: the best score at the end of {first['as_of'].year}, {score:.4g}{percent}, took "
            f"{joules(first['first_best_score_energy_j'])} per {unit}; by {last['as_of']:%B %Y} it takes "
            f"{joules(last['first_best_score_energy_j'])}"
            + (f", {times(less)} less" if less >= _TOLD_FROM else "")
            + f", and the best has risen to {last['best_score']:.4g}{percent}, at "
            f"{joules(last['best_score_energy_j'])}.",
            {"factor": less, "first_best_score": score, "best_score": last["best_score"]},
        )
    )
    recent = final.filter(pl.col("release_date") > _years_before(one.days[-1], _RECENT_YEARS)).height
    spread = last["best_score_energy_j"] / last["least_energy_j"]
    gain = last["best_score"] - float(final["score"][0])
    found.append(
        Finding(
            f"{one.benchmark}, {where}: {final.height} of {plural(one.points.height, 'model')} are on the front of "
            f"{last['as_of']:%B %Y}, {per_cent(recent / final.height)} of them of its last {_RECENT_YEARS} years; from "
            f"its cheapest to its best, {gain:.3g} points cost {times(spread)} the energy.",
            {"models": final.height, "of": one.points.height, "recent": recent, "spread": spread, "gain": gain},
        )
    )
    return found


def _chart(one: Fronts) -> StudyChart:
    unit = unit_of(one.task)
    days = _spaced([day for day in one.days if one.of(day).height >= FEWEST] or one.days)
    shown = pl.concat([one.of(day) for day in days])
    ends = pl.concat([one.points.select("energy_j", "score"), shown.select("energy_j", "score")])
    x = Axis("energy_j", f"Joules per {unit}", log_domain(ends["energy_j"], 1.5), log=True)
    y = Axis("score", one.benchmark + (" (%)" if one.task == "vision" else ""), span(ends["score"]))
    paths = pl.DataFrame(
        [
            {"energy_j": a, "score": b, "year": day.year, "_order": i}
            for day in days
            for i, (a, b) in enumerate(staircase(one.of(day), x, y))
        ]
    )
    ends_of = [day.year for day in days]
    lines = (
        alt.Chart(paths)
        .mark_line(strokeWidth=2.2, clip=True)
        .encode(
            x=x.x(),
            y=y.y(),
            order=alt.Order("_order", type="quantitative"),
            detail=alt.Detail("year", type="ordinal"),
            color=alt.Color(
                "year", type="ordinal", title="At the end of",
                scale=alt.Scale(domain=ends_of, range=_hues(len(ends_of))),
                legend=alt.Legend(orient="bottom", direction="horizontal", symbolType="stroke", symbolSize=400),
            ),
        )
    )  # fmt: skip
    final = one.of(days[-1]).with_columns(
        label=(pl.col("name").str.split(".").list.first() if one.task == "vision" else pl.col("name")).str.slice(0, 26)
    )
    dots = emphasised(
        final, x, y, colour=YEAR_RANGE[-1], label="label", labelled=final["label"].to_list(),
        tooltip=(("name", "Model"), ("score", "Score"), ("energy_j", "Joules"), ("accelerator", "Accelerator")),
        avoid=[place for day in days for place in along(staircase(one.of(day), x, y), x, y)],
    )  # fmt: skip
    title = f"{one.benchmark} against joules per {unit}, {MODES[one.mode]}"
    caption = (
        f"Each line joins the models out at the end of a year (the last: {one.days[-1]:%B %Y}) that none beats on both "
        "score and energy, by the calibrated method; the higher and further left, the better. Names: the last front. "
        f"Grey: all {plural(one.points.height, 'model')}, merged where they would lie on one another."
    )
    if one.mode == "of-the-time":
        caption += f" Accelerators: {among(LADDER)}."
    return StudyChart(title, caption, stack([crowd(one.points, x, y), lines, *dots], title))


def _spaced(days: Sequence[date]) -> list[date]:
    """Return at most six of the dates, the last among them, at even steps."""
    step = -(-len(days) // _SHOWN)
    return list(days[::-1][::step][::-1])


def _hues(n: int) -> list[str]:
    """Return n colours from early to late."""
    if n == 1:
        return [YEAR_RANGE[-1]]
    return [_mix(i / (n - 1) * (len(YEAR_RANGE) - 1)) for i in range(n)]


def _mix(place: float) -> str:
    low = min(int(place), len(YEAR_RANGE) - 2)
    pair = [[int(hue[i : i + 2], 16) for i in (1, 3, 5)] for hue in YEAR_RANGE[low : low + 2]]
    return "#" + "".join(f"{round(a + (b - a) * (place - low)):02x}" for a, b in zip(*pair, strict=True))


def _years_before(day: date, n: int) -> date:
    return date(day.year - n, day.month, min(day.day, 28))


def _key(one: Fronts) -> dict[str, pl.Expr]:
    return {"benchmark": pl.lit(one.benchmark), "mode": pl.lit(one.mode)}
