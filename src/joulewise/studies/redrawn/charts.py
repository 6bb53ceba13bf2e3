"""The paper's figures on today's points."""

from __future__ import annotations

import polars as pl

from joulewise.charts import (
    Axis,
    NamedFit,
    along,
    crowd,
    emphasised,
    fits,
    front,
    log_domain,
    reference_lines,
    span,
    stack,
    staircase,
)
from joulewise.charts.altair import alt
from joulewise.charts.theme import PALETTE
from joulewise.fits import LogLinearFit
from joulewise.formats import RATE_GROUPS
from joulewise.paper.drawing import along_fits
from joulewise.studies.points import LANGUAGE, LANGUAGE_TOKENS, VISION
from joulewise.studies.redrawn.data import LEADERS, Today, fit_of, leaders_name, subset_of
from joulewise.studies.study import StudyChart
from joulewise.trends import correlate, pareto_front, select_subset
from joulewise.units import with_prefix

UNTIL = 2035
"""The last year of the forecasts."""

_MODEL_TOOLTIP = (
    ("name", "Model"),
    ("release_date", "Released"),
    ("gflops", "GFLOPs"),
    ("params_m", "Parameters (M)"),
    ("score", "Score"),
)
_HARDWARE_TOOLTIP = (("name", "Accelerator"), ("release_date", "Launched"), ("tdp_w", "Watts"))
_MERGED = "A larger dot stands for several models"
_NOT_THE_LINES = PALETTE[2:]
"""Hues of points that fitted lines do not have."""

_RING = "#888888"
_COSTS = {"gflops": ("GFLOPs", "FLOPs"), "energy_j": ("Joules", "joules")}
_PAPER_UNTIL = 2021.5
_MIN_CORRELATED = 30
"""Minimum number of networks of a kind for which a correlation is given."""


def params_and_flops(today: Today) -> StudyChart:
    """Figure 1: parameters and FLOPs by architecture."""
    frame = today.models[VISION].filter(pl.col("params").is_not_null())
    x = Axis("params_m", "Parameters (millions)", log_domain(frame["params_m"]), log=True)
    y = Axis("gflops", "GFLOPs of one forward pass", log_domain(frame["gflops"]), log=True)
    best = subset_of(frame, "flops", LEADERS[VISION])
    title = "Parameters and FLOPs, today"
    kinds = frame.filter(pl.col("architecture").is_not_null())

    def draw() -> alt.LayerChart:
        layers = [
            crowd(kinds, x, y, colour=("architecture", "Architecture")),
            *emphasised(best, x, y, tooltip=_MODEL_TOOLTIP, label="label", among=kinds, colour=_RING),
        ]
        return stack(layers, title)

    correlations = []
    for kind in kinds["architecture"].unique(maintain_order=True).sort():
        rows = kinds.filter(architecture=kind)
        if rows.height < _MIN_CORRELATED:
            continue
        plain, logs = (correlate(rows["params"], rows["flops"], logs=yes) for yes in (False, True))
        correlations.append(f"{kind} (n = {plain.n}) r = {plain.r:.2f}, of logarithms {logs.r:.2f}")
    caption = (
        f"Parameters and FLOPs of {kinds.height} vision models. Pearson's correlation: {'; '.join(correlations)}. "
        f"Rings: best score of each year. {_MERGED} of a kind."
    )
    return StudyChart(title, caption, draw)


def accuracy_over_years(today: Today) -> StudyChart:
    """Figure 2: accuracy over the years, bubbles for FLOPs of the best of each year."""
    frame = today.models[VISION].filter(pl.col("score").is_not_null())
    top = frame.sort("score").row(-1, named=True)
    caption = (
        f"ImageNet top-1 accuracy of {frame.height} models by the month of their training. Rings: the best of each "
        f"year, with areas in proportion to the FLOPs of one forward pass; the highest is {top['label']} "
        f"({top['score']:.2f}%), from {top['release_date'].year}. {_MERGED}; {today.undated[VISION]} models without a "
        f"date or FLOPs are left out."
    )
    title = "ImageNet accuracy over the years, today"
    return _score_over_years(frame, "Top-1 accuracy (%)", ("data", "Training data"), title, caption)


def vision_flops_over_years(today: Today) -> StudyChart:
    """Figure 3: FLOPs of vision models over the years, with both fits."""
    return _flops_over_years(today, VISION, "FLOPs of one forward pass by release date.")


def language_flops_over_years(today: Today) -> StudyChart:
    """Figure 6: FLOPs of language models over the years, with both fits."""
    caption = (
        f"FLOPs of one forward pass of {LANGUAGE_TOKENS:,} tokens, the length of the paper's largest model; the paper "
        f"took the length of each source. Models whose size is not public are left out."
    )
    return _flops_over_years(today, LANGUAGE, caption)


def score_over_years(today: Today) -> StudyChart:
    """Figure 15: a score of language models over the years."""
    frame = today.scores.points
    title = "Language score over the years, today"
    top = frame.sort("score").row(-1, named=True)
    caption = (
        f"{_instead_of_glue(today)}{today.scores.benchmark} of {frame.height} models by release date. Rings: the best "
        f"of each year, with areas in proportion to the FLOPs of {LANGUAGE_TOKENS:,} tokens; the highest is "
        f"{top['label']} ({top['score']:.1f}). {_MERGED}."
    )
    return _score_over_years(frame, today.scores.benchmark, None, title, caption)


def peak_over_years(today: Today) -> StudyChart:
    """Figure 7: theoretical peak by precision."""
    order = list(dict.fromkeys(RATE_GROUPS.values()))
    frame = today.accelerators.with_columns(
        tera=pl.col("peak_per_s") / 1e12, rank=pl.col("group").replace_strict(order, range(len(order)))
    ).filter(~pl.col("group").is_in(["FP64", "INT4"]))
    x = Axis("year", "Launch", span(frame["year"]), grid=False)
    y = Axis("tera", "Theoretical peak, TFLOPS (INT8: TOPS)", log_domain(frame["tera"]), log=True)
    record = select_subset(frame.with_columns(value="tera", score="tera"), "record")
    title = "Theoretical peak of accelerators, today"

    def draw() -> alt.LayerChart:
        layers = [
            crowd(frame.sort("rank", "year"), x, y, colour=("group", "Precision")),
            *emphasised(record, x, y, tooltip=_HARDWARE_TOOLTIP, among=frame, colour=_RING),
        ]
        return stack(layers, title)

    top = record.row(-1, named=True)
    caption = (
        f"Dense theoretical peak of {frame['id'].n_unique()} accelerators, {frame.height} points with one per "
        f"precision. Rings: higher than all earlier peaks at any precision; the highest is the {top['name']} with "
        f"{top['tera']:,.0f} at {top['group']}. Peaks at different precisions do not form one trend. "
        f"{_MERGED.replace('models', 'accelerators')}."
    )
    return StudyChart(title, caption, draw)


def efficiency_over_years(today: Today) -> StudyChart:
    """Figure 8: efficiency that vision and language networks reach, with both fits."""
    both = pl.concat(
        [
            one.points.with_columns(
                set=pl.when(pl.col("basis") == "FP32 peak")
                .then("basis")
                .otherwise(pl.format("{}, {}", "basis", pl.lit(task)))
            )
            for task, one in today.carried.items()
        ]
    ).unique(["name", "set", "year", "efficiency_flops_per_j"], keep="first", maintain_order=True)
    frame = both.with_columns(gflops_per_w=pl.col("efficiency_flops_per_j") / 1e9)
    x = Axis("year", "Launch", span(frame["year"]), grid=False)
    y = Axis("gflops_per_w", "GFLOPS per watt (GFLOP/J)", log_domain(frame["gflops_per_w"]), log=True)
    named = [NamedFit(task, one.fit, "GFLOP/J", 1e9) for task, one in today.carried.items()]
    title = "Efficiency of accelerators for deep learning, today"

    def draw() -> alt.LayerChart:
        layers = [
            crowd(frame, x, y, colour=("set", "Efficiency"), palette=(_RING, *PALETTE[2:6])),
            *fits(named, x, y),
        ]
        return stack(layers, title)

    doubling = " and ".join(
        f"every {one.fit.doubling_time_years:.1f} years for {task} (R² {one.fit.r2:.2f})"
        for task, one in today.carried.items()
    )
    since = today.carried[VISION].points.filter(pl.col("basis").str.starts_with("16-bit"))
    shares = ", ".join(
        f"{task} {one.share.central:.2f} ({one.share.low:.2f} to {one.share.high:.2f}, {one.n_shares} GPUs)"
        for task, one in today.carried.items()
    )
    caption = (
        f"Nobody has published speed-ups measured on whole networks for newer accelerators, as the paper's sources "
        f"did. For the {since.height} launched since then we take the 16-bit tensor peak times the share of it that "
        f"networks reached in mixed precision on the GPUs measured: {shares}. Efficiency doubles {doubling}. Bands: "
        f"95% of the trend."
    )
    return StudyChart(title, caption, draw)


def spread(frame: pl.DataFrame, label: str, n: int = 14) -> list[str]:
    """Return up to `n` names evenly spaced along a frame, its ends first: as many labels as can be read."""
    names = frame[label].to_list()
    if len(names) <= n:
        return [*reversed(names)]
    step = (len(names) - 1) / (n - 1)
    return [names[-1], names[0], *(names[round(k * step)] for k in range(1, n - 1))]


def _flops_over_years(today: Today, task: str, caption: str) -> StudyChart:
    fitted = {"all models": fit_of(today.models[task], "flops")}
    fitted[leaders_name(task)] = best = fit_of(today.models[task], "flops", LEADERS[task])
    every = fitted["all models"]
    y = Axis("gflops", "GFLOPs of one forward pass", log_domain(today.models[task]["gflops"]), log=True)
    named = [NamedFit(name, fit, "GFLOP", 1e9) for name, fit in fitted.items()]
    caption += (
        f" Growth a year: ×{best.growth_per_year.central:.2f} for the {leaders_name(task)} (n = {best.n}, the last "
        f"from {int(best.last_year)}), ×{every.growth_per_year.central:.2f} for all {every.n}. Bands: 95% of the "
        f"trend. {_MERGED}."
    )
    return _over_years(today, task, y, named, f"FLOPs of {task} models, today", caption)


def energy_over_years(today: Today, task: str) -> StudyChart:
    """Figures 9 and 10: joules over the years, with the fits of all, the leaders and the mean of each year."""
    frame = today.models[task]
    leaders = subset_of(frame, "energy_j", LEADERS[task])
    fitted = {
        "all models": fit_of(frame, "energy_j"),
        leaders_name(task): fit_of(frame, "energy_j", LEADERS[task]),
        "mean of each year": fit_of(frame, "energy_j", "yearly-mean"),
    }
    y = Axis("energy_j", "Joules of one forward pass", log_domain(frame["energy_j"]), log=True)
    named = [NamedFit(name, fit, "J") for name, fit in fitted.items()]
    every, best = fitted["all models"].growth_per_year, fitted[leaders_name(task)].growth_per_year
    flops = fit_of(leaders, "flops").growth_per_year.central
    caption = (
        f"Energy of one forward pass{_at_length(task)} on hardware of the release date, with the efficiency of Figure "
        f"8. Growth a year: ×{best.central:.2f} in joules and ×{flops:.2f} in FLOPs for the {leaders_name(task)} "
        f"(n = {leaders.height}, the last from {_last_year(leaders)}), ×{every.central:.2f} in joules for all models "
        f"({every.low:.2f} to {every.high:.2f}). Bands: 95% of the trend. {_MERGED}."
    )
    return _over_years(today, task, y, named, f"Joules of {task} models, today", caption)


def _over_years(today: Today, task: str, y: Axis, named: list[NamedFit], title: str, caption: str) -> StudyChart:
    """Draw a quantity of all models over the years, with fitted lines and the leaders named."""
    frame = today.models[task]
    leaders = subset_of(frame, "flops" if y.field == "gflops" else y.field, LEADERS[task])
    x = Axis("year", "Release", span(frame["year"]), grid=False)
    colour = ("score", "Top-1 (%)") if task == VISION else None

    def draw() -> alt.LayerChart:
        layers = [
            crowd(frame, x, y, colour=colour, palette=_NOT_THE_LINES),
            *fits(named, x, y),
            *emphasised(
                leaders, x, y, tooltip=_MODEL_TOOLTIP, label="label", avoid=along_fits(named, x, y), among=frame
            ),
        ]  # fmt: skip
        return stack(layers, title)

    return StudyChart(title, caption, draw)


def forecast(today: Today, task: str) -> StudyChart:
    """Figures 13 and 14: joules per person and second at one inference per second."""
    frame, lines = today.models[task], today.references
    leaders = subset_of(frame, "energy_j", LEADERS[task])
    every, best = fit_of(frame, "energy_j"), fit_of(frame, "energy_j", LEADERS[task])
    highest = max(line.power_w for line in lines)
    # Lines are cut at a hundred times the highest reference, beyond which an extrapolation cannot be checked.
    ends = [min(fit.predict(UNTIL).central, 100 * highest) for fit in (every, best)]
    x = Axis("year", "Year", (span(frame["year"])[0], UNTIL + 0.2), grid=False)
    y = Axis("energy_j", "Joules per person and second", log_domain([*frame["energy_j"], highest, *ends]), log=True)
    named = [
        NamedFit("all models", every, "J", until=UNTIL, band="single"),
        NamedFit(leaders_name(task), best, "J", until=UNTIL, band="single"),
    ]
    across = [place for line in lines for place in along([(t, line.power_w) for t in x.domain], x, y)]
    title = f"One {task} inference per person and second, today"

    def draw() -> alt.LayerChart:
        layers = [
            crowd(frame, x, y),
            *fits(named, x, y),
            *emphasised(
                leaders, x, y, tooltip=_MODEL_TOOLTIP, label="label", avoid=[*along_fits(named, x, y), *across],
                among=frame,
            ),
            *reference_lines([(f"{line.name}: {with_prefix(line.power_w, 'J/s')}", line.power_w) for line in lines], y),
        ]  # fmt: skip
        return stack(layers, title)

    reached = "; ".join(f"{line.name} {_when(best, line.power_w)}" for line in lines)
    caption = (
        f"One forward pass{_at_length(task)} per person and second, extrapolated to {UNTIL}. The trend of the "
        f"{leaders_name(task)}, the last from {_last_year(leaders)}, reaches: {reached}. Bands: 95% for a single "
        f"model, if the trend continues."
    )
    return StudyChart(title, caption, draw)


def accuracy_against(today: Today, cost: str) -> StudyChart:
    """Figures 4 and 11: accuracy against FLOPs or joules."""
    frame = today.models[VISION].filter(pl.col("score").is_not_null())
    title = f"Accuracy and {_COSTS[cost][1]}, today"
    return _score_against(frame, cost, "forward pass", "Top-1 accuracy (%)", title)


def language_score_against(today: Today, cost: str) -> StudyChart:
    """Figures 5 and 12: a score of language models against FLOPs or joules."""
    scores, unit = today.scores, f"input of {LANGUAGE_TOKENS:,} tokens"
    title = f"Language score and {_COSTS[cost][1]}, today"
    return _score_against(scores.points, cost, unit, scores.benchmark, title, _instead_of_glue(today))


def _score_against(
    frame: pl.DataFrame, cost: str, unit: str, score_title: str, title: str, preface: str = ""
) -> StudyChart:
    """Draw a score against a cost with its Pareto front."""
    x = Axis(cost, f"{_COSTS[cost][0]} of one {unit}", log_domain(frame[cost]), log=True)
    y = Axis("score", score_title, span(frame["score"]))
    on_front = pareto_front(frame, cost)

    def draw() -> alt.LayerChart:
        layers = [
            crowd(frame, x, y, colour=("year", "Release")),
            front(on_front, x, y),
            *emphasised(
                on_front, x, y, tooltip=_MODEL_TOOLTIP, label="label", labelled=spread(on_front, "label"), colour=_RING,
                avoid=along(staircase(on_front, x, y), x, y), among=frame,
            ),
        ]  # fmt: skip
        return stack(layers, title)

    recent = on_front.filter(pl.col("year") > _PAPER_UNTIL).height
    caption = (
        f"{preface}{score_title} against {_COSTS[cost][1]} for {frame.height} models; the "
        f"grey staircase is the Pareto front of {on_front.height}, {recent} of them released after the paper's data "
        f"end. {_MERGED}, coloured by their mean year."
    )
    return StudyChart(title, caption, draw)


def _score_over_years(
    frame: pl.DataFrame, score_title: str, colour: tuple[str, str] | None, title: str, caption: str
) -> StudyChart:
    best = subset_of(frame, "score", "best-per-year")
    x = Axis("year", "Release", span(frame["year"], 0.08), grid=False)
    y = Axis("score", score_title, span(frame["score"], 0.1))

    def draw() -> alt.LayerChart:
        layers = [
            crowd(frame, x, y, colour=colour, palette=(PALETTE[2], PALETTE[0])),
            *emphasised(best, x, y, size=("gflops", "GFLOPs"), tooltip=_MODEL_TOOLTIP, label="label", among=frame),
        ]
        return stack(layers, title)

    return StudyChart(title, caption, draw)


def _instead_of_glue(today: Today) -> str:
    """Return the sentence that says why GLUE is not drawn."""
    scores = today.scores
    if scores.benchmark.startswith("GLUE"):
        return f"No later benchmark has scored more of these models than GLUE's {scores.n_glue}. "
    return (
        f"The original score cannot be continued: only {scores.n_glue} models have a GLUE score, the last of them from "
        f"{scores.last_glue_year}. It is replaced by {scores.benchmark}, on which one source scored "
        f"{scores.points.height} models in one setting. "
    )


def _at_length(task: str) -> str:
    return f" at {LANGUAGE_TOKENS:,} tokens" if task == LANGUAGE else ""


def _last_year(leaders: pl.DataFrame) -> int:
    return int(float(str(leaders["year"].max())))


def _when(fit: LogLinearFit, power_w: float) -> str:
    year = fit.year_of(power_w)
    if fit.slope_log10 <= 0 or year is None or year > UNTIL:
        return f"not by {UNTIL}"
    return f"in {int(year)}"
