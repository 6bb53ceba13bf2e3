"""Scores of methods on measured rows: error, bias, and how often the interval holds the measurement."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from joulewise.energy.calibration.validate import METHOD_NAMES
from joulewise.energy.kinds import KINDS
from joulewise.energy.physics import Floats


@dataclass(frozen=True)
class Score:
    """Errors of a method on a group of measured rows.

    Parameters
    ----------
    models : str
        The kind of workload; joules per token, per image and at the wall are not comparable.
    group : str
        ``all``, or a value of the column by which rows are grouped.
    method : str
    rows : int
    median_error_percent, mean_error_percent, p90_error_percent : float
        Absolute error: median, mean and 90th percentile. [%]
    within_2x_percent : float
        Share of the rows that are off by less than a factor of two. [%]
    median_bias_percent : float
        Median of the signed error. [%]
    coverage_percent : float or None
        Share of the rows inside the 90% interval, for methods that have one. [%]
    interval_ratio : float or None
        Median of the interval's upper over its lower bound. [1]
    """

    models: str
    group: str
    method: str
    rows: int
    median_error_percent: float
    mean_error_percent: float
    p90_error_percent: float
    within_2x_percent: float
    median_bias_percent: float
    coverage_percent: float | None = None
    interval_ratio: float | None = None

    def to_dict(self) -> dict[str, str | int | float]:
        """Return the score as plain values, in the keys of ``joulewise validate --json``."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def score(
    estimate: Floats,
    measured: Floats,
    bounds: tuple[Floats, Floats] | None = None,
    *,
    models: str = "",
    group: str = "all",
    method: str = "",
) -> Score:
    """Return the score of estimates, with the bounds of their intervals where they have some.

    Parameters
    ----------
    estimate, measured : array
        Of one unit, positive.
    bounds : tuple of array, optional
        Lower and upper.
    models, group, method : str
        See `Score`.
    """
    ratio = np.asarray(estimate / measured)
    error = np.abs(ratio - 1) * 100
    coverage = spread = None
    if bounds is not None:
        low, high = bounds
        coverage = float(np.mean((low <= measured) & (measured <= high)) * 100)
        spread = float(np.median(high / low))
    return Score(
        models=models,
        group=group,
        method=method,
        rows=len(ratio),
        median_error_percent=float(np.median(error)),
        mean_error_percent=float(np.mean(error)),
        p90_error_percent=float(np.quantile(error, 0.9)),
        within_2x_percent=float(np.mean(np.abs(np.log(ratio)) <= np.log(2)) * 100),
        median_bias_percent=float((np.median(ratio) - 1) * 100),
        coverage_percent=coverage,
        interval_ratio=spread,
    )


def scores(checked: pl.DataFrame, by: str | None = None) -> list[Score]:
    """Return the score of each method on each kind of workload, and on each value of a column where one is named.

    Parameters
    ----------
    checked : DataFrame
        Of `validate.validate`.
    by : str, optional
        A column of it.
    """
    found: list[Score] = []
    for kind in KINDS.values():
        part = checked.filter(pl.col("kind").is_in(kind.labels))
        groups = [("all", part)] if by is None else [(str(k[0]), g) for k, g in sorted(part.group_by(by), key=str)]
        for group, rows in groups:
            for method in METHOD_NAMES:
                if method not in rows.columns:
                    continue
                estimated = rows.filter(pl.col(method).is_not_null() & pl.col(method).is_not_nan())
                if estimated.is_empty():
                    continue
                own = method == "calibrated"
                bounds = (estimated["low_j"].to_numpy(), estimated["high_j"].to_numpy()) if own else None
                energy, measured = estimated[method].to_numpy(), estimated["measured_j"].to_numpy()
                found.append(score(energy, measured, bounds, models=kind.title, group=group, method=method))
    return found
