"""Figures 7 to 14: efficiency of hardware, joules of an inference, and their total."""

from __future__ import annotations

import polars as pl

from joulewise.catalog import Catalog
from joulewise.charts import Axis, NamedFit, log_domain, points, span, stack
from joulewise.charts.altair import alt
from joulewise.hardware import efficiency_trend
from joulewise.impact import Crossing, forecast, references
from joulewise.paper.drawing import NAMED, TOOLTIP, Drawn, points_with_fits, score_against
from joulewise.paper.points import accelerators_in_tflops, models_in_gflops
from joulewise.trends import trend
from joulewise.units import decimal_year, with_prefix

FORECAST_UNTIL = 2030
# The paper's "best" line: the best accuracy of each year for vision; for language, where few models of a year have a
# score, those that were the most demanding when they were released (its Fig. 6).
LEADERS = {
    "vision": ("best-per-year", "best accuracy of each year"),
    "language": ("record", "most demanding at release"),
}
_HARDWARE_TOOLTIP = (
    ("name", "Accelerator"),
    ("precision_name", "Precision"),
    ("release_date", "Launched"),
    ("tflops", "TFLOPS"),
    ("tdp_w", "Watts"),
    ("gflops_per_w", "GFLOPS/W"),
    ("source", "Source"),
)
_NAMED_ACCELERATORS = (
    "A100", "Tesla V100", "T4", "A30", "GeForce GTX 580", "GeForce RTX 3090", "Tesla P100", "Tesla K10",
    "GeForce GTX 1080", "Tesla M60", "Titan RTX", "GeForce RTX 2080",
)  # fmt: skip


def peak_over_years(catalog: Catalog) -> Drawn:
    """Figure 7: theoretical peak by precision."""
    frame = accelerators_in_tflops(catalog)
    x = Axis("year", "Launch", span(frame["year"]), grid=False)
    y = Axis("tflops", "Theoretical TFLOPS", log_domain(frame["tflops"]), log=True)
    # One label per accelerator, at its highest precision.
    frame = frame.with_columns(
        pl.when(pl.col("tflops") == pl.col("tflops").max().over("name")).then("name").alias("label")
    )

    def draw() -> alt.LayerChart:
        return stack(
            points(
                frame, x, y, colour=("precision_name", "Precision"), shape=("segment", "Market"),
                tooltip=_HARDWARE_TOOLTIP, label="label", labelled=_NAMED_ACCELERATORS,
            ),
            "Theoretical peak of GPUs",
        )  # fmt: skip

    best = frame.sort("tflops").row(-1, named=True)
    caption = (
        f"Theoretical FLOPS of {frame['id'].n_unique()} GPUs at {frame.height} precisions. The highest is the "
        f"{best['name']} with {best['tflops']:.0f} TFLOPS at {best['precision_name']}."
    )
    return "Theoretical peak by precision", caption, draw


def efficiency_over_years(catalog: Catalog) -> Drawn:
    """Figure 8: efficiency that vision and language networks reach, with both fits."""
    sets = {task: accelerators_in_tflops(catalog, task) for task in ("vision", "language")}
    frame = pl.concat(
        [
            sets["vision"].filter(~pl.col("adapted")).with_columns(pl.lit("theoretical FP32").alias("set")),
            *(
                sets[task].filter("adapted").with_columns(pl.lit(f"measured speed-up, {task}").alias("set"))
                for task in sets
            ),
        ]
    ).with_columns(
        pl.when("adapted").then(pl.format("{} {}", "name", "precision_name")).otherwise("name").alias("label")
    )
    x = Axis("year", "Launch", span(frame["year"]), grid=False)
    y = Axis("gflops_per_w", "GFLOPS per watt (GFLOP/J)", log_domain(frame["gflops_per_w"]), log=True)
    trends = {task: efficiency_trend(task, catalog) for task in sets}
    named = [NamedFit(task, fit, "GFLOP/J", 1e9) for task, fit in trends.items()]

    def draw() -> alt.LayerChart:
        return points_with_fits(
            frame, x, y, named, "Efficiency of GPUs for deep learning", colour=("set", "Efficiency"),
            shape=("segment", "Market"), tooltip=_HARDWARE_TOOLTIP, label="label",
            labelled=(*frame.filter("adapted")["label"], *_NAMED_ACCELERATORS),
        )  # fmt: skip

    doubling = " and ".join(
        f"every {fit.doubling_time_years:.1f} years for {task} (R² {fit.r2:.2f})" for task, fit in trends.items()
    )
    outlier = frame.sort("gflops_per_w").row(-1, named=True)
    caption = (
        f"GFLOPS per watt at full utilisation, with measured speed-ups of mixed precision. Efficiency doubles "
        f"{doubling}. The outlier above is the {outlier['name']} of {outlier['release_date'].year} at mixed precision. "
        f"Bands: 95% of the trend."
    )
    return "Efficiency of GPUs over the years", caption, draw


def vision_energy_over_years(catalog: Catalog) -> Drawn:
    """Figure 9: joules of vision models over the years."""
    return _energy_over_years("vision", catalog)


def language_energy_over_years(catalog: Catalog) -> Drawn:
    """Figure 10: joules of language models over the years."""
    return _energy_over_years("language", catalog)


def accuracy_and_energy(catalog: Catalog) -> Drawn:
    """Figure 11: accuracy against joules."""
    draw, _, on_front = score_against("vision", "energy_j", catalog)
    old = on_front.filter(pl.col("year") < 2019).height
    caption = (
        f"Top-1 accuracy against joules on hardware of the release date. Of the {on_front.height} models on the "
        f"Pareto front, {old} are from before 2019."
    )
    return "Accuracy against joules", caption, draw


def glue_and_energy(catalog: Catalog) -> Drawn:
    """Figure 12: GLUE score against joules."""
    draw, frame, on_front = score_against("language", "energy_j", catalog)
    caption = (
        f"GLUE score against joules on hardware of the release date; the Pareto front has {on_front.height} of "
        f"{frame.height} models."
    )
    return "GLUE score against joules", caption, draw


def vision_forecast(catalog: Catalog) -> Drawn:
    """Figure 13: joules per person and second at one vision inference per second."""
    return _forecast("vision", catalog)


def language_forecast(catalog: Catalog) -> Drawn:
    """Figure 14: joules per person and second at one language inference per second."""
    return _forecast("language", catalog)


def _energy_over_years(task: str, catalog: Catalog) -> Drawn:
    frame = models_in_gflops(task, catalog)
    leaders, leaders_name = LEADERS[task]
    every = trend("energy", task, catalog=catalog)
    best = trend("energy", task, leaders, catalog=catalog)
    mean = trend("energy", task, "yearly-mean", catalog=catalog)
    x = Axis("year", "Release", span(frame["year"]), grid=False)
    y = Axis("energy_j", "Joules of one forward pass", log_domain(frame["energy_j"]), log=True)
    named = [
        NamedFit("all models", every.fit, "J"),
        NamedFit(leaders_name, best.fit, "J"),
        NamedFit("mean of each year", mean.fit, "J"),
    ]
    vision = task == "vision"

    def draw() -> alt.LayerChart:
        return points_with_fits(
            frame, x, y, named, f"Joules of {task} models",
            colour=("score", "Top-1 (%)") if vision else ("architecture", "Architecture"),
            shape=("data", "Training data") if vision else None, tooltip=(*TOOLTIP, ("energy_j", "Joules")),
            labelled=(*best.points["name"], *NAMED[task]),
        )  # fmt: skip

    flops = trend("flops", task, leaders, catalog=catalog).fit.growth_per_year.central
    growth = every.fit.growth_per_year
    caption = (
        f"Energy of one forward pass on hardware of the release date. Growth a year: "
        f"×{best.fit.growth_per_year.central:.2f} in joules and ×{flops:.2f} in FLOPs for the {leaders_name}, "
        f"×{growth.central:.2f} in joules for all models ({growth.low:.2f} to {growth.high:.2f}). Bands: 95% of the "
        f"trend."
    )
    return f"Joules of {task} models over the years", caption, draw


def _forecast(task: str, catalog: Catalog) -> Drawn:
    frame = models_in_gflops(task, catalog)
    leaders, leaders_name = LEADERS[task]
    every = forecast(task, "all", until=FORECAST_UNTIL, catalog=catalog)
    best = forecast(task, leaders, until=FORECAST_UNTIL, catalog=catalog)
    lines = references(catalog)
    # The axis ends at a hundred times the highest reference, beyond which an extrapolation cannot be checked.
    highest = max(line.power_w for line in lines)
    top = max(highest, min(max(best.years["power_w"].to_list()), 100 * highest))
    x = Axis("year", "Year", (decimal_year(frame["release_date"][0]) - 0.5, FORECAST_UNTIL + 0.2), grid=False)
    y = Axis(
        "energy_j",
        "Joules per person and second",
        log_domain([*frame["energy_j"], top]),
        log=True,
    )
    named = [
        NamedFit("all models", every.trend.fit, "J", until=FORECAST_UNTIL, band="single"),
        NamedFit(leaders_name, best.trend.fit, "J", until=FORECAST_UNTIL, band="single"),
    ]

    def draw() -> alt.LayerChart:
        return points_with_fits(
            frame, x, y, named, f"One {task} inference per person and second",
            tooltip=(*TOOLTIP, ("energy_j", "Joules")), labelled=list(best.trend.points["name"]),
            lines=[(f"{line.name}: {with_prefix(line.power_w, 'J/s')}", line.power_w) for line in lines],
        )  # fmt: skip

    caption = (
        f"One forward pass per person and second, extrapolated to {FORECAST_UNTIL}. The trend of the {leaders_name} "
        f"reaches: {'; '.join(map(_crossing, best.crossings))}. Bands: 95% for a single model, if the trend continues."
    )
    return f"The multiplicative effect, {task}", caption, draw


def _crossing(crossing: Crossing) -> str:
    central = f"in {crossing.central.year}" if crossing.central else f"not by the end of {FORECAST_UNTIL}"
    earliest = f"in {crossing.earliest.year}" if crossing.earliest else f"after {FORECAST_UNTIL}"
    latest = f"in {crossing.latest.year}" if crossing.latest else f"after {FORECAST_UNTIL}"
    return f"{crossing.reference.name} {central} (at the earliest {earliest}, at the latest {latest})"
