"""Charts of the study ``frontier``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from joulewise.charts import Axis, along, crowd, emphasised, log_domain, span, stack, staircase
from joulewise.charts.altair import alt
from joulewise.charts.encodings import line_legend
from joulewise.charts.theme import YEAR_RANGE
from joulewise.studies.frontier.data import FEWEST, MODES, Fronts
from joulewise.studies.inputs import LADDER, unit_of
from joulewise.studies.points import VISION
from joulewise.studies.study import StudyChart
from joulewise.studies.wording import among, plural

_MOST_DATES = 6
_LABEL_LETTERS = 26


def fronts_chart(fronts: Fronts) -> StudyChart:
    """Draw the fronts of one benchmark in one mode as staircases, the last with its models named."""
    unit, vision = unit_of(fronts.task), fronts.task == VISION
    days = _spaced([day for day in fronts.days if fronts.at(day).height >= FEWEST] or fronts.days)
    shown = pl.concat([fronts.at(day) for day in days])
    drawn = pl.concat([fronts.points.select("energy_j", "score"), shown.select("energy_j", "score")])
    x = Axis("energy_j", f"Joules per {unit}", log_domain(drawn["energy_j"], 1.5), log=True)
    y = Axis("score", fronts.benchmark + (" (%)" if vision else ""), span(drawn["score"]))
    final = fronts.at(days[-1]).with_columns(
        label=(pl.col("name").str.split(".").list.first() if vision else pl.col("name")).str.slice(0, _LABEL_LETTERS)
    )
    title = f"{fronts.benchmark} against joules per {unit}, {MODES[fronts.mode]}"
    caption = (
        f"Each line joins the models released by the end of a year (the last: {fronts.days[-1]:%B %Y}) that no other "
        "beats on both score and energy, by the calibrated method; higher and further left is better. Names: the last "
        f"front. Grey: all {plural(fronts.points.height, 'model')}, merged where they would overlap."
    )
    if fronts.mode == "of-the-time":
        caption += f" Accelerators: {among(LADDER)}."

    def draw() -> alt.LayerChart:
        names = emphasised(
            final, x, y, colour=YEAR_RANGE[-1], label="label", labelled=final["label"].to_list(),
            tooltip=(("name", "Model"), ("score", "Score"), ("energy_j", "Joules"), ("accelerator", "Accelerator")),
            avoid=[place for day in days for place in along(staircase(fronts.at(day), x, y), x, y)],
        )  # fmt: skip
        return stack([crowd(fronts.points, x, y), _lines(fronts, days, x, y), *names], title)

    return StudyChart(title, caption, draw)


def _lines(fronts: Fronts, days: Sequence[date], x: Axis, y: Axis) -> alt.Chart:
    paths = pl.DataFrame(
        [
            {"energy_j": a, "score": b, "year": day.year, "_order": i}
            for day in days
            for i, (a, b) in enumerate(staircase(fronts.at(day), x, y))
        ]
    )
    years = [day.year for day in days]
    colour = alt.Color(
        "year", type="ordinal", title="At the end of", scale=alt.Scale(domain=years, range=_hues(len(years))),
        legend=line_legend(),
    )  # fmt: skip
    lines: alt.Chart = (
        alt.Chart(paths)
        .mark_line(strokeWidth=2.2, clip=True)
        .encode(
            x=x.x(),
            y=y.y(),
            order=alt.Order("_order", type="quantitative"),
            detail=alt.Detail("year", type="ordinal"),
            color=colour,
        )
    )
    return lines


def _spaced(days: Sequence[date]) -> list[date]:
    """Return at most six of the dates, the last among them, at even steps."""
    step = -(-len(days) // _MOST_DATES)
    return list(days[::-1][::step][::-1])


def _hues(n: int) -> list[str]:
    """Return n colours from early to late."""
    if n == 1:
        return [YEAR_RANGE[-1]]
    return [_mix(i / (n - 1) * (len(YEAR_RANGE) - 1)) for i in range(n)]


def _mix(place: float) -> str:
    """Return the colour at a place along `YEAR_RANGE`, between its two neighbours."""
    low = min(int(place), len(YEAR_RANGE) - 2)
    pair = [[int(hue[i : i + 2], 16) for i in (1, 3, 5)] for hue in YEAR_RANGE[low : low + 2]]
    return "#" + "".join(f"{round(a + (b - a) * (place - low)):02x}" for a, b in zip(*pair, strict=True))
