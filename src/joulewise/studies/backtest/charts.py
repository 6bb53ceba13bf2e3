"""Charts of the study ``backtest``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from joulewise.charts import Axis, NamedFit, crowd, emphasised, fits, log_domain, span, stack
from joulewise.charts.altair import alt
from joulewise.charts.theme import HEIGHT, PALETTE, WIDTH
from joulewise.fits import LogLinearFit
from joulewise.paper.drawing import along_fits
from joulewise.studies.backtest.data import Series
from joulewise.studies.points import SUBSET_NAMES, short_name
from joulewise.studies.study import StudyChart

_GROUND = ("#666d77", PALETTE[2], PALETTE[4], PALETTE[3], PALETTE[5])
_LABELS = 9
_UNITS = {"FLOP": ("GFLOPs of one forward pass", 1e9, "GFLOP"), "J": ("Joules of one forward pass", 1.0, "J")}
_SHORT = {
    "efficiency-vision": "16-bit tensor peak × share",
    "efficiency-fp32": "FP32 peak",
    "efficiency-tensor": "16-bit tensor peak",
    "efficiency-wall": "ResNet-50 at the wall",
}
_RINGS = {"best-per-year": "best score of each year", "record": "highest of each year"}
_EFFICIENCY = ("GFLOPS per watt (GFLOP/J)", 1e9, "GFLOP/J")


def extrapolated_chart(chart: str, series: Sequence[Series], fitted: Mapping[str, LogLinearFit]) -> StudyChart:
    """Draw the paper's fits extrapolated, with the points they rest on and the later ones.

    Parameters
    ----------
    chart : str
        Name of the chart: ``efficiency``, or what the ids of its series have in common.
    series : sequence of Series
    fitted : mapping of str to LogLinearFit
        By id of the series.
    """
    title, per_unit, unit = _UNITS.get(series[0].unit, _EFFICIENCY)
    known = pl.concat([one.known for one in series]).unique(["name", "year"], keep="first", maintain_order=True)
    ground = [_scaled(known, per_unit, "known to the paper")]
    for one in series:
        if chart == "efficiency" or one.subset == "all":
            if one.id == "efficiency-language":
                continue  # within a few percent of that for vision
            label = f"since: {_SHORT[one.id]}" if chart == "efficiency" else "since"
            ground.append(_scaled(one.since, per_unit, label))
    leaders = [_scaled(one.since, per_unit, one.subset) for one in series if one.subset != "all"]
    points = pl.concat(ground)
    until = float(str(pl.concat([points, *leaders])["year"].max()))
    lines = [one for one in series if chart != "efficiency" or one.id == "efficiency-vision"]
    named = [
        NamedFit(f"{SUBSET_NAMES[one.subset]}, until {int(fitted[one.id].last_year)}", fitted[one.id], unit,
                 per_unit, until=until, band="single")
        for one in lines
    ]  # fmt: skip
    ends = [fitted[one.id].predict(until).central / per_unit for one in lines]
    highest = float(str(points["value"].max()))
    x = Axis("year", "Release", span(points["year"]), grid=False)
    # A line far above the data is cut, as it would flatten them.
    y = Axis("value", title, log_domain([*points["value"], *(min(end, 30 * highest) for end in ends)]), log=True)
    avoid = along_fits(named, x, y)

    def draw() -> alt.LayerChart:
        layers = [
            *fits(named, x, y),
            crowd(points, x, y, colour=("when", "Points"), palette=_GROUND),
        ]
        for frame in leaders:
            shown = frame.sort("year", descending=True).head(_LABELS)["name"]
            layers += emphasised(frame, x, y, avoid=avoid, labelled=list(shown), among=points)
        return stack(layers, drawn)

    what = f"{series[0].title[0].upper()}{series[0].title[1:]}"
    drawn = f"{what}: the trends of 2021 extrapolated"
    caption = (
        f"{what}. Lines: the paper's fits, extrapolated to {int(until)}; bands: 95% for a single point. "
        f"{known.height} points were known to the paper, {points.height - known.height} are later. A larger dot "
        f"stands for several."
    )
    if leaders:
        caption += f" Rings: {_RINGS[next(o.subset for o in series if o.subset != 'all')]}, since the paper."
    parts = [part for one in series if one.id != "efficiency-language" for part in one.basis.split("; ") if part]
    if parts:
        caption += f" Since the paper: {'; '.join(dict.fromkeys(parts))}."
    return StudyChart(drawn, caption, draw)


def by_horizon_chart(horizons: pl.DataFrame, names: Mapping[str, str]) -> StudyChart:
    """Draw the error of fits from every year against how far ahead they look."""
    frame = horizons.with_columns(name=pl.col("series").replace_strict(names))
    kinds = frame["name"].unique(maintain_order=True).to_list()
    largest = float(str(frame["median_abs_centre_factor"].max()))
    x = Axis("horizon_years", "Years ahead", (0.5, float(str(frame["horizon_years"].max())) + 0.5), grid=False)
    y = Axis("median_abs_centre_factor", "Median error, as a factor", (1.0, max(10.0, largest) * 1.2), log=True)
    title = "How far ahead a trend can be trusted"
    caption = (
        f"Factor between the median later value and fits made at the end of every year, by how far ahead they look: "
        f"the median over those years, from {frame['n'].sum()} predictions. Dashed: a factor of 2. Each later value is "
        f"predicted from several years, so neighbouring points are correlated."
    )

    def draw() -> alt.LayerChart:
        colour = alt.Color(
            "name", type="nominal", title=None, scale=alt.Scale(domain=kinds, range=list(PALETTE)),
            legend=alt.Legend(orient="bottom", direction="vertical", columns=2),
        )  # fmt: skip
        base = alt.Chart(frame).encode(x=x.x(), y=y.y(), color=colour)
        tooltip = [
            alt.Tooltip("name:N", title="Series"),
            alt.Tooltip("horizon_years:Q", title="Years ahead"),
            alt.Tooltip("median_abs_centre_factor:Q", title="Median error, as a factor", format=".3~g"),
            alt.Tooltip("single_coverage:Q", title="Inside the 95% band", format=".0%"),
            alt.Tooltip("n:Q", title="Predictions"),
        ]
        lines = base.mark_line(strokeWidth=2, clip=True)
        dots = base.mark_point(filled=True, size=45, clip=True).encode(tooltip=tooltip)
        factor2 = pl.DataFrame({"median_abs_centre_factor": [2.0]})
        rule = alt.Chart(factor2).mark_rule(strokeDash=[4, 3], strokeWidth=1.4).encode(y=y.y())
        return alt.LayerChart(layer=[rule, lines, dots], title=title, width=WIDTH, height=HEIGHT)

    return StudyChart(title, caption, draw)


def _scaled(frame: pl.DataFrame, per_unit: float, when: str) -> pl.DataFrame:
    return frame.select(short_name(), "year", value=pl.col("value") / per_unit, when=pl.lit(when))
