"""Charts of many points: those that would overlap are merged, those that matter stand out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from joulewise.charts.altair import alt
from joulewise.charts.axes import Axis
from joulewise.charts.encodings import colour_of, size_of, tooltip_of
from joulewise.charts.labels import label_layers
from joulewise.charts.layers import DOT_AREA, labels_of
from joulewise.charts.theme import HEIGHT, PALETTE, WIDTH

CELL_PX = 8.0
_NAMED = 3
_AREAS = (20.0, 80.0)
EMPHASIS = PALETTE[1]


def merge_close(
    frame: pl.DataFrame, x: Axis, y: Axis, by: str | None = None, label: str = "name", cell_px: float = CELL_PX
) -> pl.DataFrame:
    """Merge the points that fall into one cell of the plot, separately for each text in the column `by`.

    Parameters
    ----------
    frame : polars.DataFrame
        With the axes' fields; rows without one of them are left out.
    by : str, optional
        Column of the colour. A numeric one is averaged.
    label : str
        Column of the names.
    cell_px : float
        Width and height of a cell. [px]

    Returns
    -------
    polars.DataFrame
        The axes' fields (the mean of a cell, geometric on a logarithmic axis), `by`, ``n`` (points merged) and
        `label`: the names of up to three, and how many more.
    """
    known = frame.filter(pl.col(x.field).is_not_null() & pl.col(y.field).is_not_null())
    numeric = by is not None and known.schema[by].is_numeric()
    keys = ["_i", "_j", *([by] if by and not numeric else [])]
    averaged = [_mean(axis).alias(axis.field) for axis in (x, y)]
    names = pl.col(label).head(_NAMED).str.join(", ")
    more = pl.when(pl.len() > _NAMED).then(pl.format(" and {} more", pl.len() - _NAMED)).otherwise(pl.lit(""))
    return (
        known.with_columns(
            (axis.position_in_frame() * extent / cell_px).floor().cast(pl.Int64).alias(cell)
            for axis, extent, cell in ((x, WIDTH, "_i"), (y, HEIGHT, "_j"))
        )
        .group_by(keys, maintain_order=True)
        .agg(
            *averaged,
            n=pl.len(),
            **{label: names + more},
            **({by: pl.col(by).mean()} if by and numeric else {}),
        )
        .drop("_i", "_j")
    )


def crowd(
    frame: pl.DataFrame,
    x: Axis,
    y: Axis,
    *,
    colour: tuple[str, str] | None = None,
    label: str = "name",
    palette: Sequence[str] = PALETTE,
) -> alt.Chart:
    """Return a layer of merged points; a larger dot stands for more of them.

    Parameters
    ----------
    colour : (column, title), optional
        A numeric column is read as years or percent, and merged points show its mean.
    label : str
        The column of the names, for the tooltip.
    palette : sequence of str
        Colours of the kinds, in the order of their first rows in `frame`.
    """
    merged = merge_close(frame, x, y, colour[0] if colour else None, label)
    if colour and merged.schema[colour[0]].is_numeric() is False:
        # The order of the rows is that of the colours, which must not depend on which cell comes first.
        order = frame[colour[0]].drop_nulls().unique(maintain_order=True)
        merged = merged.sort(pl.col(colour[0]).replace_strict(order, range(len(order)), default=len(order)))
    most = int(str(merged["n"].max()))
    encodings: dict[str, Any] = {
        "x": x.x(),
        "y": y.y(),
        "size": alt.Size(
            "n",
            type="quantitative",
            legend=None,
            scale=alt.Scale(type="sqrt", domain=[1, max(most, 2)], range=list(_AREAS)),
        ),
        "tooltip": [tooltip_of(merged, label, "Name"), tooltip_of(merged, "n", "Points merged")],
    }
    if colour:
        encodings["color"] = colour_of(merged, *colour, palette)
    else:
        encodings["color"] = alt.value("#8a8f98")
    dots: alt.Chart = alt.Chart(merged).mark_circle(opacity=0.5, clip=True).encode(**encodings)
    return dots


def emphasised(
    frame: pl.DataFrame,
    x: Axis,
    y: Axis,
    *,
    size: tuple[str, str] | None = None,
    tooltip: Sequence[tuple[str, str]] = (),
    label: str = "name",
    labelled: Sequence[str] | None = None,
    avoid: Sequence[tuple[float, float]] = (),
    among: pl.DataFrame | None = None,
    colour: str = EMPHASIS,
) -> list[alt.Chart]:
    """Return a layer of ringed points that stand out from a crowd, with their labels.

    Parameters
    ----------
    size : (column, title), optional
        Shown by area.
    labelled : sequence of str, optional
        The labels to show, the most important first; by default all, from the highest point down.
    avoid : sequence of (x, y)
        Places in the axes' units that labels should not cover.
    among : polars.DataFrame, optional
        The crowd, whose dots they should not cover either.
    """
    if among is not None:
        avoid = [*avoid, *merge_close(among, x, y, label=label).select(x.field, y.field).iter_rows()]
    texts = list(frame.sort(y.field, descending=True)[label]) if labelled is None else list(labelled)
    encodings: dict[str, Any] = {"x": x.x(), "y": y.y()}
    if size:
        encodings["size"] = size_of(frame, *size)
    if tooltip:
        encodings["tooltip"] = [tooltip_of(frame, column, title) for column, title in tooltip]
    mark: dict[str, Any] = {"filled": True, "color": colour, "fillOpacity": 0.35, "stroke": colour, "strokeWidth": 1.6}
    if not size:
        mark["size"] = DOT_AREA
    rings = alt.Chart(frame).mark_point(**mark, clip=True).encode(**encodings)
    return [rings, *label_layers(labels_of(frame, x, y, size, label, texts, avoid), x, y)]


def _mean(axis: Axis) -> pl.Expr:
    at = pl.col(axis.field)
    return 10 ** at.log10().mean() if axis.log else at.mean()
