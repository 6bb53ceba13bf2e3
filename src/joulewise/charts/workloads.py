"""Charts of energy against waiting time, and of estimated against measured energy."""

from __future__ import annotations

import polars as pl

from joulewise.charts.altair import alt
from joulewise.charts.theme import HEIGHT, PALETTE, WIDTH


def energy_against_time(table: pl.DataFrame, title: str, *, joined: bool) -> alt.LayerChart:
    """Return a chart of joules per unit against seconds per unit, with the 90% intervals.

    Parameters
    ----------
    table : DataFrame
        Of `energy.compare.compare` or `frontier`; rows that do not fit are left out.
    title : str
    joined : bool
        Whether the points of a model are joined, as a frontier's are.
    """
    shown = table.filter("fits").with_columns(
        setup=pl.format(
            "{} × {}, batch {}", "n_accelerators", "accelerator", pl.col("batch_size").round(1).cast(pl.String)
        )
    )
    units = " or ".join(shown["unit"].unique().sort().to_list())
    base = alt.Chart(shown)
    log, few = alt.Scale(type="log", nice=False, padding=12), alt.Axis(tickCount=6, gridOpacity=0.35)
    x = alt.X("seconds_per_unit:Q", title=f"seconds per {units}", scale=log, axis=few)
    y = alt.Y("energy_per_unit_j:Q", title=f"joules per {units}", scale=log, axis=few)
    low = alt.Y("energy_per_unit_j_low:Q", title=f"joules per {units}", scale=log, axis=few)
    colour = alt.Color("model:N", title="model", scale=alt.Scale(range=list(PALETTE)))
    shape = alt.Shape("accelerator:N", title="accelerator")
    tooltip = [alt.Tooltip(f"{c}:N") for c in ("model", "setup")]
    tooltip += [alt.Tooltip(f"{c}:Q", format=".3g") for c in ("seconds_per_unit", "energy_per_unit_j")]
    layers = [
        base.mark_rule(opacity=0.35).encode(x=x, y=low, y2="energy_per_unit_j_high:Q", color=colour),
        base.mark_point(filled=True, size=70, opacity=0.9).encode(x=x, y=y, color=colour, shape=shape, tooltip=tooltip),
    ]
    if joined:
        layers.insert(0, base.mark_line(opacity=0.5).encode(x=x, y=y, color=colour))
    return alt.LayerChart(layer=layers, title=title, width=WIDTH, height=HEIGHT)


def predicted_against_measured(checked: pl.DataFrame) -> alt.LayerChart:
    """Return a chart of estimates, by fits that had not seen the row's family, against what was measured.

    Parameters
    ----------
    checked : DataFrame
        Of `energy.validate.validate`; joules per token, image, video or sample.
    """
    shown = checked.select("measured_j", "calibrated", "kind", "model_family", "task")
    lowest = float(shown.select(pl.min_horizontal("measured_j", "calibrated").min()).item()) / 1.5
    highest = float(shown.select(pl.max_horizontal("measured_j", "calibrated").max()).item()) * 1.5
    scale = alt.Scale(type="log", domain=[lowest, highest], nice=False)
    few = alt.Axis(tickCount=8, gridOpacity=0.35, format="~g")
    ends = pl.DataFrame({"measured_j": [lowest, highest]})
    lines = [
        alt.Chart(ends.with_columns(calibrated=pl.col("measured_j") * factor))
        .mark_line(color="#888888", strokeDash=dash, clip=True)
        .encode(x="measured_j:Q", y="calibrated:Q")
        for factor, dash in ((1.0, [1, 0]), (2.0, [4, 4]), (0.5, [4, 4]))
    ]
    dots = (
        alt.Chart(shown)
        .mark_circle(size=22, opacity=0.45)
        .encode(
            x=alt.X("measured_j:Q", title="measured, joules per token, image, video or sample", scale=scale, axis=few),
            y=alt.Y("calibrated:Q", title="estimated without the row's family, joules", scale=scale, axis=few),
            color=alt.Color("kind:N", title="kind", scale=alt.Scale(range=list(PALETTE))),
            tooltip=[alt.Tooltip(f"{c}:N") for c in ("model_family", "task", "kind")],
        )
    )
    title = "Estimated against measured energy; dashed: a factor of 2"
    return alt.LayerChart(layer=[*lines, dots], title=title, width=WIDTH, height=HEIGHT)
