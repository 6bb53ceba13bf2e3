"""Joules at constant quality: the least energy that reaches a score, over time, and what made it fall."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import polars as pl

from joulewise.catalog import Catalog, load
from joulewise.charts import Axis, along, log_domain, points, span, stack
from joulewise.charts.steps import parts_chart, step_dots, step_lines, step_path
from joulewise.energy.pricing import FIXED, LADDER
from joulewise.studies.inputs import image_scores, language_scores
from joulewise.studies.quality_findings import at_least, findings, unit_of
from joulewise.studies.quality_lines import METHODS, Line, priced, quality_lines
from joulewise.studies.study import Study, StudyChart
from joulewise.studies.words import among, slug
from joulewise.trends.decompose import PARTS
from joulewise.units import decimal_year

_HALVING = 0.3010299956639812  # log10 of 2
_TOLD = (("name", "Model"), ("accelerator", "Accelerator"), ("release_date", "From"), ("line", "At least"))
_LABEL_LETTERS = 26
_FEWEST_STEPS = 4


def constant_quality(catalog: Catalog | None = None) -> Study:
    """Answer what the least energy at a fixed score was, how fast it fell, and why.

    Parameters
    ----------
    catalog : Catalog, optional
        By default the shipped one, whole.

    Notes
    -----
    Each staircase is the running minimum over all models that reach the score by the date. On the accelerator of
    the time, the candidates are pairs of a model and an accelerator, dated by the later of the two. The change from
    the first step to the last is split in two ways that both sum, see `trends.decompose`.
    """
    catalog = catalog or load()
    return study_of(image_scores(catalog), language_scores(catalog), catalog)


def study_of(images: pl.DataFrame, language: pl.DataFrame, catalog: Catalog) -> Study:
    """Return the study of frames of scored models; see `inputs` for their columns."""
    lines = quality_lines(images, language, catalog)
    left_out = _left_out(images, language)
    return Study(
        name="constant-quality",
        title="Joules at constant quality: how fast they fall, and why",
        tables={
            "staircases": _steps_table(lines),
            "halving": _rates_table(lines),
            "decomposition": _parts_table(lines),
            "left-out": left_out,
        },
        charts=_charts(lines),
        findings=findings(lines, left_out),
    )


def _steps_table(lines: Sequence[Line]) -> pl.DataFrame:
    return pl.concat(
        [
            line.steps.select(
                *[pl.lit(value).alias(name) for name, value in line.key.items()],
                "release_date", "name", "score", "accelerator", pl.col("n_accelerators").cast(pl.Int64),
                "energy_j", "energy_j_low", "energy_j_high", "flops", "peak_flops_per_j",
            )
            for line in lines
        ]
    )  # fmt: skip


def _rates_table(lines: Sequence[Line]) -> pl.DataFrame:
    rows = []
    for line in lines:
        rate, student, drawn = line.rate, line.rate.fitted_interval, line.rate.bootstrap_years
        rows.append(
            {
                **line.key,
                "models": line.models,
                "steps": rate.n,
                "first": rate.first,
                "last": rate.last,
                "until": rate.until,
                "first_energy_j": line.steps["energy_j"][0],
                "last_energy_j": line.steps["energy_j"][-1],
                "factor": rate.factor,
                "halving_years": rate.fitted_years,
                "halving_years_low": student[0] if student else None,
                "halving_years_high": student[1] if student else None,
                "bootstrap_years_low": drawn[0] if drawn else None,
                "bootstrap_years_high": drawn[1] if drawn else None,
                "overall_halving_years": rate.overall_years,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _parts_table(lines: Sequence[Line]) -> pl.DataFrame:
    rows = []
    for line in lines:
        if line.change is None:
            continue
        change, swapped = line.change, line.swapped
        rows.append(
            {
                **line.key,
                "from": line.rate.first,
                "to": line.rate.last,
                "from_name": line.steps["name"][0],
                "to_name": line.steps["name"][-1],
                "total_log10": change.total,
                **{f"{part}_log10": getattr(change, part) for part in PARTS},
                **{f"{part}_share": change.share(part) for part in PARTS},
                "model_log10": swapped.model if swapped else None,
                "accelerator_log10": swapped.accelerator if swapped else None,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _left_out(images: pl.DataFrame, language: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for task, frame in (("vision", images), ("language", language)):
        models, known = frame["id"].n_unique(), frame.filter(pl.col("release_date").is_not_null())
        dated = known["id"].n_unique()
        done = priced(task, known)["id"].n_unique() if dated else 0
        rows.append({"task": task, "models": models, "undated": models - dated, "not_priced": dated - done})
    return pl.DataFrame(rows)


def _charts(lines: Sequence[Line]) -> dict[str, StudyChart]:
    charts = {}
    for benchmark in dict.fromkeys(line.benchmark for line in lines):
        of = [line for line in lines if line.benchmark == benchmark]
        if max(line.steps.height for line in of) < _FEWEST_STEPS:
            continue
        name = f"{of[0].task}-{slug(benchmark)}"
        charts[name] = _staircases([line for line in of if line.method != "paper"], benchmark)
        if of[0].task == "vision":
            charts[f"{name}-paper"] = _staircases([line for line in of if line.method == "paper"], benchmark)
    moved = [line for line in lines if line.change and line.method == "of-the-time"]
    if moved:
        charts["why"] = _why(moved)
    return charts


def _staircases(lines: Sequence[Line], benchmark: str) -> StudyChart:
    unit, paper = unit_of(lines[0].task), lines[0].method == "paper"
    until = decimal_year(lines[0].rate.until)
    ordered = sorted(lines, key=lambda line: (line.level, line.method != "of-the-time"))
    shown = pl.concat([_points(line) for line in ordered])
    x = Axis("year", "Date", (span([*shown["year"], until])[0], until), grid=False)
    y = Axis("energy_j", f"Joules per {unit}", log_domain(shown["energy_j"], 2.0), log=True)
    paths, avoid = [], []
    for (line, how), one in shown.group_by("line", "how", maintain_order=True):
        path = step_path(one.select("year", "energy_j").rows(), until)
        avoid += along(path, x, y)
        paths += [{"year": a, "energy_j": b, "line": line, "how": how} for a, b in path]
    tooltip = [alt.Tooltip(f"{c}:N", title=t) for c, t in _TOLD] + [
        alt.Tooltip("energy_j:Q", title="Joules", format=".3g"),
        alt.Tooltip("score:Q", title="Score", format=".4g"),
    ]
    named = shown.filter((pl.col("how") != METHODS["fixed"]) & (pl.col("label") != "")).sort("energy_j")
    named = named.unique(["label", "year", "energy_j"], keep="first", maintain_order=True)
    frame = pl.DataFrame(paths)
    layers = [
        step_lines(
            frame, x, y, colour=("line", "Reached"), dash=("how", "How") if frame["how"].n_unique() > 1 else None
        ),
        step_dots(shown, x, y, colour=("line", "Reached"), tooltip=tooltip),
        # The labels alone: the dots have the colour of their line.
        *points(named, x, y, label="label", labelled=named["label"].to_list(), avoid=avoid)[1:],
    ]
    title = f"Least energy per {unit} at fixed {benchmark}" + (", the paper's method" if paper else "")
    caption = f"The least joules per {unit} of any model that reaches the score by the date. " + (
        "FLOPs over the efficiency that the trend of hardware gives for the model's date."
        if paper
        else f"Solid: on whichever accelerator that was out by then takes least, of {among(LADDER)}; a step is a new "
        f"model or, with “on”, a new accelerator. Dashed: all models on the {FIXED}, whenever they came."
    )
    if lines[0].task == "language":
        caption += " Per token: a model that reasons writes more of them for an answer."
    return StudyChart(title, caption, stack(layers, title))


def _points(line: Line) -> pl.DataFrame:
    """Return a line's steps for a chart; the label says what is new about a step."""
    same = pl.col("name") == pl.col("name").shift(1)
    short = pl.col("name").str.split(".").list.first() if line.task == "vision" else pl.col("name")
    return line.steps.select(
        "name", "accelerator", "release_date", "score", "energy_j",
        pl.Series("year", [decimal_year(d) for d in line.steps["release_date"]]),
        line=pl.lit(at_least(line.level, line.task)),
        how=pl.lit(METHODS[line.method]),
        label=pl.when(same.fill_null(value=False))
        .then(pl.format("on {}", "accelerator"))
        .otherwise(short.str.slice(0, _LABEL_LETTERS)),
    )  # fmt: skip


def _why(lines: Sequence[Line]) -> StudyChart:
    long = pl.DataFrame(
        [
            {
                "row": f"{line.benchmark} {at_least(line.level, line.task)}",
                "part": part,
                "value": -getattr(line.change, part) / _HALVING,
            }
            for line in lines
            for part in PARTS
        ]
    )
    title = "What made the energy at a fixed score fall"
    caption = (
        "From the first day on which a score was reached to the last step, on the accelerator of the time, in halvings "
        "of energy; the number is their sum. Algorithms: fewer FLOPs. Hardware: more FLOP/s per watt at the 16-bit "
        "peak. Utilisation: how much of that peak a model gets, with memory traffic and idle time; left of the line it "
        "cost energy."
    )
    return StudyChart(title, caption, parts_chart(long, x_title="Halvings of energy", title=title))
