"""Charts of the study ``constant-quality``: staircases, and what made them fall."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from joulewise.charts import Axis, along, log_domain, points, span, stack
from joulewise.charts.altair import alt
from joulewise.charts.steps import parts_chart, step_dots, step_lines, step_path
from joulewise.studies.inputs import FIXED, LADDER, unit_of
from joulewise.studies.points import LANGUAGE, VISION
from joulewise.studies.quality.data import CONTEMPORARY, METHODS, Staircase
from joulewise.studies.study import StudyChart
from joulewise.studies.wording import among, slug
from joulewise.trends.decompose import PARTS
from joulewise.units import decimal_year, decimal_year_of

_LOG10_2 = 0.3010299956639812
_TOOLTIP = (("name", "Model"), ("accelerator", "Accelerator"), ("release_date", "From"), ("line", "At least"))
_LABEL_LETTERS = 26
_FEWEST_STEPS = 4


def charts(lines: Sequence[Staircase]) -> dict[str, StudyChart]:
    """Return the charts: staircases of each benchmark by the calibrated and the paper's method, and why they fell."""
    drawn = {}
    for benchmark in dict.fromkeys(line.benchmark for line in lines):
        own = [line for line in lines if line.benchmark == benchmark]
        if max(line.steps.height for line in own) < _FEWEST_STEPS:
            continue
        name = f"{own[0].task}-{slug(benchmark)}"
        drawn[name] = _staircases([line for line in own if line.method != "paper"])
        if own[0].task == VISION:
            drawn[f"{name}-paper"] = _staircases([line for line in own if line.method == "paper"])
    moved = [line for line in lines if line.change and line.method == CONTEMPORARY]
    if moved:
        drawn["why"] = _why(moved)
    return drawn


def _staircases(lines: Sequence[Staircase]) -> StudyChart:
    task, benchmark, paper = lines[0].task, lines[0].benchmark, lines[0].method == "paper"
    unit, until = unit_of(task), decimal_year(lines[0].until)
    ordered = sorted(lines, key=lambda line: (line.level, line.method != CONTEMPORARY))
    shown = pl.concat([_points(line) for line in ordered])
    x = Axis("year", "Date", (span([*shown["year"], until])[0], until), grid=False)
    y = Axis("energy_j", f"Joules per {unit}", log_domain(shown["energy_j"], 2.0), log=True)
    paths, avoid = [], []
    for (line, how), one in shown.group_by("line", "how", maintain_order=True):
        path = step_path(one.select("year", "energy_j").rows(), until)
        avoid += along(path, x, y)
        paths += [{"year": a, "energy_j": b, "line": line, "how": how} for a, b in path]
    named = shown.filter((pl.col("how") != METHODS["fixed"]) & (pl.col("label") != "")).sort("energy_j")
    named = named.unique(["label", "year", "energy_j"], keep="first", maintain_order=True)
    frame = pl.DataFrame(paths)

    def draw() -> alt.LayerChart:
        tooltip = [alt.Tooltip(f"{c}:N", title=t) for c, t in _TOOLTIP] + [
            alt.Tooltip("energy_j:Q", title="Joules", format=".3g"),
            alt.Tooltip("score:Q", title="Score", format=".4g"),
        ]
        layers = [
            step_lines(
                frame, x, y, colour=("line", "Reached"), dash=("how", "How") if frame["how"].n_unique() > 1 else None
            ),
            step_dots(shown, x, y, colour=("line", "Reached"), tooltip=tooltip),
            # The labels alone: the dots have the colour of their line.
            *points(named, x, y, label="label", labelled=named["label"].to_list(), avoid=avoid)[1:],
        ]
        return stack(layers, title)

    title = f"Minimum energy per {unit} at fixed {benchmark}" + (", the paper's method" if paper else "")
    caption = f"The lowest joules per {unit} of any model that reaches the score by the date. " + (
        "FLOPs over the efficiency that the hardware trend gives for the model's date."
        if paper
        else f"Solid: on the accelerator launched by then with the lowest energy, of {among(LADDER)}; a step is a new "
        f"model or, with “on”, a new accelerator. Dashed: all models on the {FIXED}, whatever their date."
    )
    if task == LANGUAGE:
        caption += " Per token: a model that reasons writes more tokens per answer."
    return StudyChart(title, caption, draw)


def _points(line: Staircase) -> pl.DataFrame:
    """Return a line's steps for a chart; the label says what is new about a step."""
    same = pl.col("name") == pl.col("name").shift(1)
    short = pl.col("name").str.split(".").list.first() if line.task == VISION else pl.col("name")
    return line.steps.select(
        "name", "accelerator", "release_date", "score", "energy_j",
        year=decimal_year_of("release_date"),
        line=pl.lit(line.goal),
        how=pl.lit(METHODS[line.method]),
        label=pl.when(same.fill_null(value=False))
        .then(pl.format("on {}", "accelerator"))
        .otherwise(short.str.slice(0, _LABEL_LETTERS)),
    )  # fmt: skip


def _why(lines: Sequence[Staircase]) -> StudyChart:
    long = pl.DataFrame(
        [
            {"row": f"{line.benchmark} {line.goal}", "part": part, "value": -getattr(line.change, part) / _LOG10_2}
            for line in lines
            for part in PARTS
        ]
    )
    title = "What made the energy at a fixed score fall"
    caption = (
        "From the date a score was first reached to the last step, on contemporary accelerators, in halvings of "
        "energy; the number is their sum. Algorithms: fewer FLOPs. Hardware: more FLOP/s per watt at the 16-bit peak. "
        "Utilisation: the share of that peak a model reaches, including memory traffic and idle time; left of the line "
        "it cost energy."
    )
    return StudyChart(title, caption, lambda: parts_chart(long, x_title="Halvings of energy", title=title))
