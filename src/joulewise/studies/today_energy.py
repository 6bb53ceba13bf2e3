"""Today's figures 7 to 14: what the hardware gives, the joules of an inference, and what they add up to."""

from __future__ import annotations

import polars as pl

from joulewise.charts import (
    Axis,
    NamedFit,
    along,
    crowd,
    emphasised,
    fits,
    log_domain,
    reference_lines,
    span,
    stack,
)
from joulewise.charts.theme import PALETTE
from joulewise.fits import LogLinearFit
from joulewise.impact import references
from joulewise.studies.points import LANGUAGE_TOKENS, PRECISION_GROUPS
from joulewise.studies.study import StudyChart
from joulewise.studies.today import LANGUAGE, LEADERS, VISION, Today, fit_of, leaders_name, subset_of
from joulewise.studies.today_models import MERGED, TOOLTIP, instead_of_glue, score_against
from joulewise.trends import select_subset
from joulewise.units import with_prefix

UNTIL = 2035
"""The last year of the forecasts."""

_HARDWARE_TOOLTIP = (
    ("name", "Accelerator"),
    ("release_date", "Launched"),
    ("tdp_w", "Watts"),
)
_AT_LENGTH = f"at {LANGUAGE_TOKENS:,} tokens"


def peak_over_years(today: Today) -> StudyChart:
    """Figure 7: theoretical peak by precision."""
    order = list(dict.fromkeys(PRECISION_GROUPS.values()))
    frame = today.accelerators.with_columns(
        tera=pl.col("peak_per_s") / 1e12, rank=pl.col("group").replace_strict(order, range(len(order)))
    ).filter(~pl.col("group").is_in(["FP64", "INT4"]))
    x = Axis("year", "Launch", span(frame["year"]), grid=False)
    y = Axis("tera", "Theoretical peak, TFLOPS (INT8: TOPS)", log_domain(frame["tera"]), log=True)
    record = select_subset(frame.with_columns(value="tera", score="tera"), "record")
    title = "Theoretical peak of accelerators, today"
    layers = [
        crowd(frame.sort("rank", "year"), x, y, colour=("group", "Precision")),
        *emphasised(record, x, y, tooltip=_HARDWARE_TOOLTIP, among=frame, colour="#888888"),
    ]
    top = record.row(-1, named=True)
    caption = (
        f"Dense theoretical peak of {frame['id'].n_unique()} accelerators at {frame.height} precisions. Rings: higher "
        f"than all before at any precision; the highest is the {top['name']} with {top['tera']:,.0f} at "
        f"{top['group']}. Peaks of unlike precisions are not one trend. {MERGED.replace('models', 'accelerators')}."
    )
    return StudyChart(title, caption, stack(layers, title))


def efficiency_over_years(today: Today) -> StudyChart:
    """Figure 8: efficiency as vision and language networks get it, with both fits."""
    carried = today.carried[VISION]
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
    layers = [
        crowd(frame, x, y, colour=("set", "Efficiency"), palette=("#888888", *PALETTE[2:6])),
        *fits(named, x, y),
    ]
    said = " and ".join(
        f"every {one.fit.doubling_time_years:.1f} years for {task} (R² {one.fit.r2:.2f})"
        for task, one in today.carried.items()
    )
    since = carried.points.filter(pl.col("basis").str.starts_with("16-bit"))
    shares = ", ".join(
        f"{task} {one.share.central:.2f} ({one.share.low:.2f} to {one.share.high:.2f}, {one.n_shares} GPUs)"
        for task, one in today.carried.items()
    )
    caption = (
        f"Nobody has measured speed-ups of whole networks on newer accelerators as the paper's sources did. For the "
        f"{since.height} since then it is their 16-bit tensor peak times the share of it that networks got in mixed "
        f"precision on those measured: {shares}. Efficiency doubles {said}. Bands: 95% of the trend."
    )
    return StudyChart(title, caption, stack(layers, title))


def vision_energy_over_years(today: Today) -> StudyChart:
    """Figure 9: joules of vision models over the years."""
    return _energy_over_years(today, VISION, ("score", "Top-1 (%)"))


def language_energy_over_years(today: Today) -> StudyChart:
    """Figure 10: joules of language models over the years."""
    return _energy_over_years(today, LANGUAGE, None)


def accuracy_and_energy(today: Today) -> StudyChart:
    """Figure 11: accuracy against joules."""
    frame = today.vision.filter(pl.col("score").is_not_null())
    title = "Accuracy and joules, today"
    return score_against(frame, "energy_j", "Joules of one forward pass", "Top-1 accuracy (%)", title, "")


def score_and_energy(today: Today) -> StudyChart:
    """Figure 12: a score of language models against joules."""
    return score_against(
        today.scores.points, "energy_j", f"Joules of one input of {LANGUAGE_TOKENS:,} tokens", today.scores.benchmark,
        "Language score and joules, today", instead_of_glue(today),
    )  # fmt: skip


def vision_forecast(today: Today) -> StudyChart:
    """Figure 13: joules per person and second at one vision inference a second."""
    return _forecast(today, VISION)


def language_forecast(today: Today) -> StudyChart:
    """Figure 14: joules per person and second at one language inference a second."""
    return _forecast(today, LANGUAGE)


def _energy_over_years(today: Today, task: str, colour: tuple[str, str] | None) -> StudyChart:
    frame = today.models(task)
    leaders = subset_of(frame, "energy_j", LEADERS[task])
    fitted = {
        "all models": fit_of(frame, "energy_j"),
        leaders_name(task): fit_of(frame, "energy_j", LEADERS[task]),
        "mean of each year": fit_of(frame, "energy_j", "yearly-mean"),
    }
    x = Axis("year", "Release", span(frame["year"]), grid=False)
    y = Axis("energy_j", "Joules of one forward pass", log_domain(frame["energy_j"]), log=True)
    named = [NamedFit(name, fit, "J") for name, fit in fitted.items()]
    avoid = [place for one in named for place in along([(t, c) for t, _, c, _ in one.path()], x, y)]
    title = f"Joules of {task} models, today"
    layers = [
        crowd(frame, x, y, colour=colour),
        *fits(named, x, y),
        *emphasised(leaders, x, y, tooltip=TOOLTIP, label="label", avoid=avoid, among=frame),
    ]
    every, best = fitted["all models"].growth_per_year, fitted[leaders_name(task)].growth_per_year
    flops = fit_of(leaders, "flops").growth_per_year.central
    length = f" {_AT_LENGTH}" if task == LANGUAGE else ""
    caption = (
        f"Energy of one forward pass{length} on hardware of the release date, as Figure 8 carries it on. The "
        f"{leaders_name(task)} (n = {leaders.height}, the last of {_last_year(leaders)}) grow by {best.central:.2f} a "
        f"year in joules against {flops:.2f} in FLOPs; all models by {every.central:.2f} ({every.low:.2f} to "
        f"{every.high:.2f}). Bands: 95% of the trend. {MERGED}."
    )
    return StudyChart(title, caption, stack(layers, title))


def _forecast(today: Today, task: str) -> StudyChart:
    frame = today.models(task)
    leaders = subset_of(frame, "energy_j", LEADERS[task])
    every, best = fit_of(frame, "energy_j"), fit_of(frame, "energy_j", LEADERS[task])
    lines = references()
    highest = max(line.power_w for line in lines)
    # Beyond a hundred times the highest reference a trend carried on says nothing that could be seen to.
    ends = [min(fit.predict(UNTIL).central, 100 * highest) for fit in (every, best)]
    x = Axis("year", "Year", (span(frame["year"])[0], UNTIL + 0.2), grid=False)
    y = Axis("energy_j", "Joules per person and second", log_domain([*frame["energy_j"], highest, *ends]), log=True)
    named = [
        NamedFit("all models", every, "J", until=UNTIL, band="single"),
        NamedFit(leaders_name(task), best, "J", until=UNTIL, band="single"),
    ]
    avoid = [place for one in named for place in along([(t, c) for t, _, c, _ in one.path()], x, y)]
    avoid += [place for line in lines for place in along([(t, line.power_w) for t in x.domain], x, y)]
    title = f"One {task} inference per person and second, today"
    layers = [
        crowd(frame, x, y),
        *fits(named, x, y),
        *emphasised(leaders, x, y, tooltip=TOOLTIP, label="label", avoid=avoid, among=frame),
        *reference_lines([(f"{line.name}: {with_prefix(line.power_w, 'J/s')}", line.power_w) for line in lines], y),
    ]
    said = "; ".join(f"{line.name} {_when(best, line.power_w)}" for line in lines)
    length = f" {_AT_LENGTH}" if task == LANGUAGE else ""
    caption = (
        f"One forward pass{length} per person and second, carried on to {UNTIL}. The trend of the "
        f"{leaders_name(task)}, the last of them of {_last_year(leaders)}, reaches: {said}. Bands: 95% for a single "
        f"model; the trend itself is assumed to go on."
    )
    return StudyChart(title, caption, stack(layers, title))


def _last_year(leaders: pl.DataFrame) -> int:
    return int(float(str(leaders["year"].max())))


def _when(fit: LogLinearFit, power_w: float) -> str:
    year = fit.year_of(power_w)
    if fit.slope_log10 <= 0 or year is None or year > UNTIL:
        return f"not by {UNTIL}"
    return f"in {int(year)}"
