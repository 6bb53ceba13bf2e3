"""Models that deviate from their family's trend; each must be explained or corrected."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from joulewise.catalog.catalog import Catalog
from joulewise.catalog.check import RuleViolation
from joulewise.catalog.loading import load
from joulewise.catalog.wide import vision_results

LEAST_MEMBERS = 6
"""Fewest members for which a family's trend is fitted."""
FLOPS_FACTOR = 3.0
"""Largest factor between a model's FLOPs and its family's trend over parameters, up or down."""
ODDS_FACTOR = math.exp(0.5)
"""Largest factor between a model's odds of a right answer and its family's trend over FLOPs."""


@dataclass(frozen=True)
class Outlier:
    """One outlier: its model, its attribute, and what was expected."""

    entity: str
    attribute: str
    message: str


def outlying_models(catalog: Catalog | None = None) -> list[Outlier]:
    """Return the outlying models, in the order of the catalogue; an outlier is not necessarily wrong.

    An outlier is a model whose

    - FLOPs per pixel deviate by more than `FLOPS_FACTOR` from the family's robust line (Theil and Sen) over parameters,
      on logarithms;
    - odds of a right answer, top-1 / (100 - top-1), deviate likewise by more than `ODDS_FACTOR` from the line over
    FLOPs; - recipe or weights are older than the network; - FLOPs do not rise with the number of pixels.
    """
    results = vision_results(catalog).filter(pl.col("flops").is_not_null() & pl.col("params").is_not_null())
    best = results.unique("id", keep="first", maintain_order=True)
    found = [
        *_far_off(
            best.with_columns(x=pl.col("params").log10(), y=(pl.col("flops") / pl.col("image_px") ** 2).log10()),
            "flops",
            math.log10(FLOPS_FACTOR),
            "FLOPs per pixel are {} times those of {}'s line over parameters",
        ),
        *_far_off(
            best.with_columns(
                x=pl.col("flops").log10(), y=(pl.col("top1_percent") / (100 - pl.col("top1_percent"))).log10()
            ),
            "top1_percent",
            math.log10(ODDS_FACTOR),
            "the odds of a right answer are {} times those of {}'s line over FLOPs",
        ),
        *(
            Outlier(
                row["id"], "release_date", f"{row['release_date']} is before the network's {row['architecture_date']}"
            )
            for row in best.filter(pl.col("release_date") < pl.col("architecture_date")).to_dicts()
        ),
        *(
            Outlier(row["id"], "flops", f"no more at {row['image_px']} px than at a smaller size")
            for row in results.sort("id", "image_px", maintain_order=True)
            .filter((pl.col("flops").diff() <= 0).over("id"))
            .to_dicts()
        ),
    ]
    order = {entity: place for place, entity in enumerate(best["id"])}
    return sorted(found, key=lambda outlier: (order[outlier.entity], outlier.attribute))


def model_outliers(catalog: Catalog | None = None) -> list[RuleViolation]:
    """Return `outlying_models` as violations: the row of the fact in use, and what is odd about it."""
    catalog = catalog or load()
    rows = catalog.facts.filter(~pl.col("superseded")).unique(
        ["entity", "attribute"], keep="first", maintain_order=True
    )
    places = {(e, a): (f, r) for e, a, f, r in rows.select("entity", "attribute", "file", "row").iter_rows()}
    return [
        RuleViolation(
            *places[o.entity, o.attribute], o.attribute, f"{o.entity}: {o.message}", "models", o.entity, o.attribute
        )
        for o in outlying_models(catalog)
    ]


def _far_off(frame: pl.DataFrame, attribute: str, most: float, message: str) -> Iterator[Outlier]:
    for (family,), group in frame.group_by("family", maintain_order=True):
        # A network counts once, whatever its number of weights.
        different = group.unique(["x", "y"], maintain_order=True)
        if different.height < LEAST_MEMBERS:
            continue
        slope, intercept = robust_line(different["x"].to_numpy(), different["y"].to_numpy())
        off = group["y"].to_numpy() - (intercept + slope * group["x"].to_numpy())
        for entity, distance in zip(group["id"], off, strict=True):
            if abs(distance) > most:
                yield Outlier(entity, attribute, message.format(f"{10.0**distance:.2f}", family))


def robust_line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Return slope and intercept of the line through the medians of all pairs (Theil 1950, Sen 1968).

    References
    ----------
    .. [1] P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63, 1968.
    """
    first, second = np.triu_indices(len(x), 1)
    run, rise = x[second] - x[first], y[second] - y[first]
    # Pairs of one network, or of nearly equal ones, do not determine the slope.
    apart = np.abs(run) > 1e-3
    slope = float(np.median(rise[apart] / run[apart])) if apart.any() else 0.0
    return slope, float(np.median(y - slope * x))
