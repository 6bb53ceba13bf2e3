"""Energy of workloads against the time that a request waits."""

from __future__ import annotations

import altair as alt
import polars as pl

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
    told = [alt.Tooltip(f"{c}:N") for c in ("model", "setup")]
    told += [alt.Tooltip(f"{c}:Q", format=".3g") for c in ("seconds_per_unit", "energy_per_unit_j")]
    layers = [
        base.mark_rule(opacity=0.35).encode(x=x, y=low, y2="energy_per_unit_j_high:Q", color=colour),
        base.mark_point(filled=True, size=70, opacity=0.9).encode(x=x, y=y, color=colour, shape=shape, tooltip=told),
    ]
    if joined:
        layers.insert(0, base.mark_line(opacity=0.5).encode(x=x, y=y, color=colour))
    return alt.LayerChart(layer=layers, title=title, width=WIDTH, height=HEIGHT)
