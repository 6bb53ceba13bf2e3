"""The section of today's page on the errors of the calibrated estimates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from joulewise.catalog import measurements
from joulewise.charts.workloads import predicted_against_measured
from joulewise.energy.calibration.validate import scores, validate, worst_rows
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
    """Return every method's error on measured rows of families that no fit had seen.

    Parameters
    ----------
    begin : callable
        Called with the name of each part as it begins.
    """
    frame = measurements()
    checked = validate(frame, begin)
    return accuracy_of(checked, frame)


def accuracy_of(checked: pl.DataFrame, frame: pl.DataFrame) -> Section:
    """Return the section from the rows of `validate` and their measurements."""
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
        findings=tuple(_finding(title, rows) for title in dict.fromkeys(str(r["models"]) for r in rows)),
        charts={"measured": chart},
        tables={
            "by-method": pl.DataFrame(rows),
            **{f"by-{g.replace('_', '-')}": pl.DataFrame(_ours(scores(checked, g))) for g in groups},
            "furthest-off": worst_rows(checked, WORST, frame),
            "furthest-off-on-accelerators-alone": worst_rows(metered, WORST, frame),
        },
        command="joulewise validate",
    )


def _ours(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [r for r in rows if r["method"] == "calibrated"]


def _finding(models: str, rows: list[dict[str, Any]]) -> str:
    """Return one sentence on a kind of workload, from its scores."""
    of = {r["method"]: r for r in rows if r["models"] == models}
    ours = of["calibrated"]
    others = [
        f"{_METHODS[name]} by {of[name]['median_error_percent']:.0f}%"
        for name in _METHODS
        if name in of and name != "calibrated"
    ]
    compared = f" Compared with: {', '.join(others)}." if others else ""
    return (
        f"{models.capitalize()}: off by {ours['median_error_percent']:.1f}% in the median of {ours['rows']:,} rows, by "
        f"{ours['p90_error_percent']:.0f}% at the ninth decile, {ours['within_2x_percent']:.1f}% within a factor of 2; "
        f"{ours['coverage_percent']:.0f}% inside the intervals of a nominal 90%, whose high is "
        f"{ours['interval_ratio']:.1f} times their low in the median.{compared}"
    )
