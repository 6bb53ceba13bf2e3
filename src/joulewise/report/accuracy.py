"""The section of today's page on the errors of the calibrated estimates."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from joulewise.catalog import measurements
from joulewise.charts.workloads import predicted_against_measured
from joulewise.energy.calibration.scores import Score, scores
from joulewise.energy.calibration.validate import validate, worst_rows
from joulewise.report.sections import Section, section
from joulewise.studies.study import StudyChart

WORST = 20

_METHODS = {
    "calibrated": "the calibrated method",
    "one-row": "the calibrated method with one measured row of the same configuration",
    "log-linear": "a log-linear regression on the same columns",
    "ecologits": "EcoLogits' formula",
    "roofline": "reading the active weights once at full power",
    "at-peak": "the paper's formula",
}


def accuracy_section(begin: Callable[[str], None] = lambda _: None) -> Section:
    """Return every method's error on measured rows, none of whose families a fit had seen.

    Parameters
    ----------
    begin : callable
        Called with the name of each part as it begins.
    """
    frame = measurements()
    checked = validate(frame, begin)
    return accuracy_of(checked, frame)


def accuracy_of(checked: pl.DataFrame, frame: pl.DataFrame) -> Section:
    """Return the section from the rows of `validate` and the measurements they are of."""
    rows = scores(checked)
    metered = checked.filter(pl.col("kind") != "sample")
    chart = StudyChart(
        "Estimated against measured energy",
        f"{checked.height:,} measured rows, each estimated by a fit that had not seen its model family, or at the wall "
        "its machine. Dashed: a factor of two.",
        lambda: predicted_against_measured(checked),
    )
    groups = ("kind", "source", "task", "accelerator_die", "model_family")
    return section(
        "accuracy",
        "Accuracy",
        "How far off is the estimator?",
        lead="Every method compared with public measurements. The joules of the other sections rest on this.",
        findings=tuple(_finding(title, rows) for title in dict.fromkeys(row.models for row in rows)),
        charts={"measured": chart},
        tables={
            "by-method": _table(rows),
            **{f"by-{g.replace('_', '-')}": _table(_ours(scores(checked, g))) for g in groups},
            "furthest-off": worst_rows(checked, WORST, frame),
            "furthest-off-on-accelerators-alone": worst_rows(metered, WORST, frame),
        },
        command="joulewise validate",
    )


def _ours(rows: list[Score]) -> list[Score]:
    return [row for row in rows if row.method == "calibrated"]


def _table(rows: list[Score]) -> pl.DataFrame:
    return pl.DataFrame([row.to_dict() for row in rows], infer_schema_length=None)


def _finding(models: str, rows: list[Score]) -> str:
    """Return one sentence on a kind of workload, from its scores."""
    by_method = {row.method: row for row in rows if row.models == models}
    ours = by_method.pop("calibrated")
    others = [f"{_METHODS[name]} {by_method[name].median_error_percent:.0f}%" for name in _METHODS if name in by_method]
    compared = f" Median errors of other methods: {', '.join(others)}." if others else ""
    return (
        f"{models.capitalize()}: the median error of {ours.rows:,} rows is {ours.median_error_percent:.1f}%, the 90th "
        f"percentile {ours.p90_error_percent:.0f}%, and {ours.within_2x_percent:.1f}% are within a factor of 2; "
        f"{ours.coverage_percent:.0f}% lie inside the nominal 90% intervals, whose upper bound is in the median "
        f"{ours.interval_ratio:.1f} times the lower one.{compared}"
    )
