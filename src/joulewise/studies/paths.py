"""Joules per inference over the years, as series that can be carried on: what the outlook rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from joulewise.energy.pricing import PER_TOKENS
from joulewise.errors import InputError
from joulewise.fits import LogLinearFit, fit_log_linear
from joulewise.studies.quality_lines import Line, priced
from joulewise.trends import select_subset
from joulewise.trends.backtest import rolling_backtest
from joulewise.units import decimal_year

SPANS = 3
"""A series is carried on, and tested, for at most so many times the years that it covers."""

BACKTEST_SHARE = 0.9
_LEAST_KNOWN = 5
_LEAST_TESTED = 5
_PATHS = {
    "best": "the best model of each year",
    "most": "the most demanding model of each year",
    "all": "every model",
    "constant": "the least energy at a fixed score",
}


@dataclass(frozen=True)
class Path:
    """Joules of one unit, a token or an image, over the years.

    Parameters
    ----------
    id, task, name : str
        ``language-best`` and so on; the name says which models it goes through.
    points : polars.DataFrame
        ``name, year`` (decimal), ``value`` [J per token or image], by date.
    fit : LogLinearFit
    error_per_year : float or None
        By how much the middle of what came in a year lay off earlier fits of the same series, for each year ahead, in
        nine of ten tests. [log10 per year] None where too few could be tested.
    tested : int
        Years of outcomes that the error rests on, each from every date at which it was foretold.
    """

    id: str
    task: str
    name: str
    points: pl.DataFrame
    fit: LogLinearFit
    error_per_year: float | None
    tested: int

    def energy_j(self, years: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return the energy of a unit by year, with three bands. [J]

        Returns
        -------
        dict of str to array
            ``central``, and ``low`` and ``high`` of ``trend`` (where the line may run), ``single`` (where one more
            model may fall) and ``tested`` (the latter and what earlier fits were off by, in quadrature).
        """
        trend, single = self.fit.predict_many(years, "trend"), self.fit.predict_many(years, "single")
        ahead = np.maximum(years - self.fit.last_year, 0.0)
        half = np.log10(single[:, 2] / single[:, 1])
        wide = 10 ** np.hypot(half, ahead * (self.error_per_year or 0.0))
        return {
            "central": trend[:, 1],
            "trend_low": trend[:, 0],
            "trend_high": trend[:, 2],
            "single_low": single[:, 0],
            "single_high": single[:, 2],
            "tested_low": trend[:, 1] / wide,
            "tested_high": trend[:, 1] * wide,
        }


def all_paths(task: str, frame: pl.DataFrame, models: pl.DataFrame, lines: list[Line]) -> list[Path]:
    """Return the series of a task that can be fitted.

    Parameters
    ----------
    task : {"vision", "language"}
    frame : polars.DataFrame
        Scored models; see `inputs`.
    models : polars.DataFrame
        All models of known work, with a score or without.
    lines : list of Line
        Of the study of constant quality.
    """
    dated = frame.filter(pl.col("release_date").is_not_null() & pl.col("score").is_not_null())
    if dated.is_empty():
        return []
    scored = dated.filter(pl.struct("benchmark", "harness") == _widest(dated)).select("id", "score")
    own = _at_release(task, models.filter(pl.col("release_date").is_not_null()))
    with_score = own.join(scored, on="id", how="left", maintain_order="left")
    best = select_subset(with_score, "best-per-year")
    if task == "vision":
        series = {"best": best, "all": own}
    else:
        # Scores that compare reach back too few years for a line; the most demanding of a year takes their place.
        most = select_subset(own.with_columns(score=pl.col("value")), "best-per-year")
        series = {"most": most, "all": own, "best": best}
    names = dict(_PATHS)
    chosen = _longest([line for line in lines if line.task == task and line.method == "of-the-time"])
    if chosen is not None:
        unit = 1 if task == "vision" else PER_TOKENS
        series["constant"] = chosen.steps.select(
            "name", pl.Series("year", _years(chosen.steps["release_date"])), value=pl.col("energy_j") / unit
        )
        names["constant"] = f"the least energy at {chosen.benchmark} ≥ {chosen.level:g}"
    found = [_path(f"{task}-{key}", task, names[key], points) for key, points in series.items()]
    return [one for one in found if one is not None]


def error_per_year(points: pl.DataFrame) -> tuple[float | None, int]:
    """Return how fast the errors of earlier fits of a series grew, and on how many tests that rests.

    Fits of what was known at the start of a year, at least five points, are held against what came a year or more
    after the last of them, and at most `SPANS` times the years that they cover: of each calendar year the median
    error [log10], so that the scatter of single models, which the band of a single point has already, does not count;
    over the years ahead. The ninth decile of the absolute values.
    """
    years, values = points["year"].to_numpy(), points["value"].to_numpy()
    starts = [
        float(t)
        for t in np.arange(np.ceil(years.min()), np.floor(years.max()) + 1)
        if (years < t).sum() >= _LEAST_KNOWN
    ]
    known_until = pl.Series([float(years[years < t].max()) for t in starts], dtype=pl.Float64)
    ends = pl.DataFrame({"cutoff": pl.Series(starts, dtype=pl.Float64), "known_until": known_until})
    ahead = pl.col("year") - pl.col("known_until")
    off = (
        rolling_backtest(years, values, starts)
        .join(ends, on="cutoff", maintain_order="left")
        .filter((ahead >= 1) & (ahead <= SPANS * (pl.col("known_until") - float(years.min()))))
        .group_by("cutoff", pl.col("year").floor().alias("of"))
        .agg(rate=pl.col("error_log10").median().abs() / ahead.median())
    )
    if off.height < _LEAST_TESTED:
        return None, off.height
    return float(np.quantile(off["rate"].to_numpy(), BACKTEST_SHARE)), off.height


def _at_release(task: str, dated: pl.DataFrame) -> pl.DataFrame:
    """Return each model on the accelerator, of those out at its release, that takes least; oldest models have none."""
    one = dated.unique("id", maintain_order=True).select("id", "name", "release_date")
    unit = 1 if task == "vision" else PER_TOKENS
    grid = priced(task, dated).rename({"release_date": "_from"}).join(one, on="id", maintain_order="left")
    own = grid.filter(pl.col("_from") == pl.col("release_date"))  # the accelerator was out before the model
    least = own.sort("energy_j", maintain_order=True).unique("id", keep="first", maintain_order=True)
    least = least.sort("release_date", "id")
    return least.select("id", "name", pl.Series("year", _years(least["release_date"])), value=pl.col("energy_j") / unit)


def _widest(dated: pl.DataFrame) -> dict[str, str | None]:
    """Return the benchmark and harness with the most years that have a score, then the most models."""
    counts = dated.group_by("benchmark", "harness").agg(
        pl.col("release_date").dt.year().n_unique().alias("years"), pl.len().alias("n")
    )
    row = counts.sort("years", "n", "benchmark", descending=[True, True, False]).row(0, named=True)
    return {"benchmark": row["benchmark"], "harness": row["harness"]}


def _longest(lines: list[Line]) -> Line | None:
    return max(lines, key=lambda line: (line.rate.last - line.rate.first, line.rate.n), default=None)


def _path(path_id: str, task: str, name: str, points: pl.DataFrame) -> Path | None:
    ordered = points.select("name", "year", "value").sort("year", maintain_order=True)
    try:
        fit = fit_log_linear(ordered["year"].to_numpy(), ordered["value"].to_numpy())
    except InputError:  # too few points, or all of one date
        return None
    error, tested = error_per_year(ordered)
    return Path(path_id, task, name, ordered, fit, error, tested)


def _years(days: pl.Series) -> list[float]:
    return [decimal_year(day) for day in days.to_list() if isinstance(day, date)]
