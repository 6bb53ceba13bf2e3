"""Charts of the study ``hardware``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from joulewise.charts import (
    Axis,
    NamedFit,
    along,
    crowd,
    emphasised,
    fits,
    log_domain,
    reference_lines,
    span,
    stack,
)
from joulewise.charts.altair import alt
from joulewise.charts.theme import PALETTE, WIDTH
from joulewise.fits import LogLinearFit
from joulewise.studies.points import TENSOR_16
from joulewise.studies.study import StudyChart
from joulewise.trends import select_subset

_TOOLTIP = (("name", "Accelerator"), ("release_date", "Launched"), ("tdp_w", "Watts"), ("group", "Precision"))
_LINE_PX = 12
_WHOSE = ("leaders", "leading server GPUs", "all")
_FLOORS_DRAWN = ("FP32", TENSOR_16, "FP4 tensor")  # the floor of INT8 coincides with that of 16 bits
_SHORTEST, _LONGEST = 0.3, 60.0
"""Doubling times beyond these are cut at the edge of the chart. [years]"""


def by_precision(points: pl.DataFrame, groups: Sequence[str], fitted: Mapping[str, LogLinearFit]) -> StudyChart:
    """Draw efficiency over the years by precision, with the fits through the leaders."""
    frame = _giga(points.filter(pl.col("group").is_in(groups))).with_columns(
        rank=pl.col("group").replace_strict(groups, range(len(groups)))
    )
    x, y = _axes(frame)
    named = [
        NamedFit(f"leaders, {group}", fit, "GFLOP/J", 1e9)
        for group, fit in ((g, fitted[g]) for g in groups if g in fitted)
    ]
    title = "Work per joule by precision"

    def draw() -> alt.LayerChart:
        dots = crowd(frame.sort("rank", "year"), x, y, colour=("group", "Precision"))
        return stack([dots, *fits(named, x, y)], title)

    best = frame.sort("giga_per_j").row(-1, named=True)
    caption = (
        f"Dense theoretical peak over thermal design power of {frame['id'].n_unique()} accelerators, at {frame.height} "
        f"precisions; INT8 in GOP/J. The highest is the {best['name']} with {best['giga_per_j']:,.0f} at "
        f"{best['group']}. Lines go through the server GPUs more efficient than all before at their precision, where "
        f"they show a trend; bands: 95% of it. A larger dot stands for several."
    )
    return StudyChart(title, caption, draw)


def by_kind(points: pl.DataFrame) -> StudyChart:
    """Draw efficiency at 16 bits over the years by kind, the leaders named."""
    frame = _giga(points.filter(group=TENSOR_16))
    x, y = _axes(frame)
    records = select_subset(frame.with_columns(value="giga_per_j", score="giga_per_j"), "record")
    title = "Work per joule at 16 bits by kind"
    shown = frame.sort("kind", "year")

    def draw() -> alt.LayerChart:
        return stack(
            [
                crowd(shown, x, y, colour=("kind", "Kind")),
                *emphasised(records, x, y, tooltip=_TOOLTIP, among=frame, colour="#888888"),
            ],
            title,
        )

    counts = ", ".join(f"{n} {kind}" for kind, n in frame.group_by("kind").len().sort("kind").iter_rows())
    caption = (
        f"Dense 16-bit peak of matrix units over thermal design power: {counts}. Rings: more efficient than all "
        f"before. The power is the maker's figure for a chip, a card or a module. A larger dot stands for several."
    )
    return StudyChart(title, caption, draw)


def doubling_times(table: pl.DataFrame) -> StudyChart:
    """Draw doubling times with their intervals, by precision and period."""
    leading = (pl.col("kind") == "server GPU") & (pl.col("subset") == "leaders")
    drawn = table.filter((pl.col("kind") == "all") | leading)
    frame = drawn.filter(
        pl.col("doubling_time_years_low").is_not_null() & (pl.col("doubling_time_years") > 0)
    ).with_columns(
        line=pl.format("{}, {}", "group", "period"),
        whose=pl.when(pl.col("kind") != "all")
        .then(pl.lit(_WHOSE[1]))
        .when(pl.col("subset") == "leaders")
        .then(pl.lit(_WHOSE[0]))
        .otherwise(pl.lit(_WHOSE[2])),
        low=pl.col("doubling_time_years_low").clip(_SHORTEST, _LONGEST),
        high=pl.col("doubling_time_years_high").clip(_SHORTEST, _LONGEST),
    )
    unsure = drawn["growth_per_year"].count() - frame.height
    order = frame["line"].unique(maintain_order=True).to_list()
    title = "Doubling time of work per joule"
    caption = (
        f"Doubling times with their 95% intervals, by precision and period; leaders are those more efficient than all "
        f"before at their precision. {unsure} fits whose slope is falling or not significant are not drawn."
    )

    def draw() -> alt.LayerChart:
        scale = alt.Scale(type="log", domain=[_SHORTEST, _LONGEST], nice=False)
        axis = alt.Axis(values=[0.5, 1, 2, 4, 8, 16, 32], format="~g")
        x = alt.X("doubling_time_years:Q", title="Years in which efficiency doubles", scale=scale, axis=axis)
        base = alt.Chart(frame).encode(
            y=alt.Y("line:N", title=None, sort=order, axis=alt.Axis(labelLimit=260)),
            yOffset=alt.YOffset("whose:N", sort=list(_WHOSE)),
            color=alt.Color(
                "whose:N",
                title="Accelerators",
                scale=alt.Scale(domain=list(_WHOSE), range=[PALETTE[1], PALETTE[2], PALETTE[0]]),
            ),
        )
        tooltip = [
            alt.Tooltip("line:N", title="Precision and period"),
            alt.Tooltip("whose:N", title="Accelerators"),
            *[
                alt.Tooltip(f"doubling_time_years{end}:Q", title=f"Doubling time{said} (years)", format=".3~g")
                for end, said in (("", ""), ("_low", ", shortest"), ("_high", ", longest"))
            ],
            alt.Tooltip("n:Q", title="Accelerators"),
        ]
        rules = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q")
        dots = base.mark_point(filled=True, size=55, clip=True).encode(x=x, tooltip=tooltip)
        return alt.LayerChart(
            layer=[rules, dots], title=title, width=WIDTH, height=len(_WHOSE) * _LINE_PX * max(len(order), 3)
        )

    return StudyChart(title, caption, draw)


def towards_limits(points: pl.DataFrame, limits: pl.DataFrame, temperature_k: float) -> StudyChart:
    """Draw joules per operation of accelerators at each precision, above the minimum that physics allows."""
    data_sheets = limits.filter(pl.col("basis") == "data sheet")
    groups = [g for g in ("FP32", TENSOR_16, "INT8", "FP4 tensor") if g in data_sheets["group"].to_list()]
    frame = points.filter(pl.col("group").is_in(groups)).with_columns(
        rank=pl.col("group").replace_strict(groups, range(len(groups))), aj_per_op=pl.col("pj_per_op") * 1e6
    )
    measured = (
        limits.filter(pl.col("basis").is_in(["measured at the wall", "measured chip"]))
        .with_columns(aj_per_op=pl.col("joules_per_op") * 1e18, year=pl.col("year").fill_null(_end(frame)))
        .sort("joules_per_op")
    )
    lines = [
        (f"{row['group']}: minimum at {temperature_k:.0f} K", row["landauer_joules_per_op"] * 1e18)
        for row in data_sheets.to_dicts()
        if row["group"] in _FLOORS_DRAWN
    ]
    lines += [
        (row["name"], row["joules_per_op"] * 1e18)
        for row in limits.filter(pl.col("basis") == "estimated limit").to_dicts()
    ]
    x = Axis("year", "Launch", (span(frame["year"])[0], _end(frame) + 1), grid=False)
    values = [*frame["aj_per_op"], *measured["aj_per_op"], *(value for _, value in lines)]
    y = Axis("aj_per_op", "Attojoules per operation (1,000,000 are a picojoule)", log_domain(values, 3.0), log=True)
    title = "Energy of an operation, and its floor"
    avoid = [place for _, value in lines for place in along([(t, value) for t in x.domain], x, y)]

    def draw() -> alt.LayerChart:
        return stack(
            [
                crowd(frame.sort("rank", "year"), x, y, colour=("group", "Precision")),
                *emphasised(
                    measured, x, y, avoid=avoid, tooltip=(("name", "Measured"), ("source", "Source")), colour="#888888"
                ),
                *reference_lines(lines, y),
            ],
            title,
        )

    caption = (
        f"Power over peak for an operation (half a multiply-add) of {frame['id'].n_unique()} accelerators. Rings: the "
        f"best measurements, of whole systems at the wall running a network and of chips (drawn at the right, as the "
        f"catalogue has no date for them). Dashed: {temperature_k:.0f} K times k ln 2, times the bits that an array "
        f"multiplier and adder of that width erase; registers, wires and memory are left out. A larger dot stands for "
        f"several."
    )
    return StudyChart(title, caption, draw)


def _end(frame: pl.DataFrame) -> float:
    return float(str(frame["year"].max()))


def _giga(points: pl.DataFrame) -> pl.DataFrame:
    return points.with_columns(giga_per_j=pl.col("efficiency_per_j") / 1e9)


def _axes(frame: pl.DataFrame) -> tuple[Axis, Axis]:
    x = Axis("year", "Launch", span(frame["year"]), grid=False)
    y = Axis("giga_per_j", "GFLOPS per watt (GFLOP/J)", log_domain(frame["giga_per_j"]), log=True)
    return x, y
