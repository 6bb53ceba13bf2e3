"""The paper's method: FLOPs of one forward pass over the efficiency of hardware at its peak, in FLOP/J.

References
----------
.. [1] Desislavov et al., Compute and Energy Consumption Trends in Deep Learning Inference, 2021, Eqs. 1, 2.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from joulewise.catalog import PAPER, SCORE_OF_TASK, Catalog, find_entity, load, models
from joulewise.energy.estimate import Estimate, Input
from joulewise.errors import InputError
from joulewise.hardware import efficiency_at, efficiency_of, efficiency_trend
from joulewise.hardware.efficiency import baseline_of
from joulewise.interval import Interval
from joulewise.units import decimal_year, significant, with_prefix

LEFT_OUT = (
    "The hardware is taken to run at its peak rate while drawing its thermal design power: memory traffic, "
    "batch size, idle time, host, cooling and the power supply are left out.",
    "No workload reaches its hardware's peak, and the decoding of language models, bound by memory, stays far "
    "below it: measured energy is higher, often many times. The method is for trends, not for a bill.",
)


def estimate_paper(
    model: str,
    *,
    on: str | None = None,
    precision: str | None = None,
    at: date | None = None,
    catalog: Catalog | None = None,
) -> Estimate:
    """Estimate the energy of one inference by the paper's method: FLOPs / efficiency.

    Parameters
    ----------
    model : str
        Id, name or alias of a model of the catalogue.
    on : str, optional
        An accelerator; by default the efficiency is that of the trend of the model's task.
    precision : str, optional
        With `on`: which of its figures; by default ``fp32``.
    at : datetime.date, optional
        Without `on`: the date to read the trend at; by default the model's own release, as in [1]_.

    Returns
    -------
    Estimate
        The interval is that of a single accelerator around the trend (95%), or with `on` that of the measured speed-ups
        behind an adapted figure; a theoretical peak has none, so its bounds are equal.

    Raises
    ------
    UnknownNameError
        If the model or accelerator is not known.
    InputError
        If the accelerator lacks the precision, the model lacks a figure, or options contradict.

    Notes
    -----
    .. math:: E = \\frac{C}{\\eta}, \\quad \\eta = \\frac{F}{P}

    with the work C of one forward pass [FLOPs] and the efficiency of the hardware [FLOP/J]: its peak rate F [FLOP/s]
    over its thermal design power P [W], or the trend of such efficiencies at a date (Eqs. 1 and 2 of [1]_).

    Examples
    --------
    ResNet-50 takes 7.6 GFLOPs; an A100 reaches 19.5 TFLOP/s at fp32 and draws 400 W: 7.6e9 x 400 / 19.5e12.

    >>> round(estimate_paper("ResNet-50", on="A100").energy_j, 4)
    0.1559
    """
    catalog = catalog or load()
    if on and at:
        raise InputError("a date and an accelerator exclude each other", "give --on or --at, not both")
    if precision and not on:
        raise InputError("a precision needs an accelerator", "give --on too")
    found = find_entity("models", model, catalog)
    row = models(catalog=catalog).filter(id=found).row(0, named=True)
    name, task = row["name"], row["task"]
    if task not in SCORE_OF_TASK:
        raise InputError(f"{name}: the paper's method covers vision and language models, not {task}")
    if row["flops"] is None:
        raise InputError(f"{name} has no FLOPs in the catalogue")
    flops_fact = catalog.source_of(found, "flops")
    under = ", ".join(f"{k} {v}" for k, v in flops_fact.conditions.items())
    inputs = [Input("flops", row["flops"], "FLOP", f"{flops_fact.cited} ({under})")]
    steps = [f"{name}: {with_prefix(row['flops'], 'FLOP', 4)} for one forward pass of one input"]
    if on:
        efficiency, hardware_inputs, step, assumption = _of_accelerator(on, precision or "fp32", task, catalog)
    else:
        efficiency, hardware_inputs, step, assumption = _of_trend(found, row["release_date"], at, task, catalog)
    energy = Interval.exact(row["flops"]) / efficiency
    steps += [
        *step,
        f"energy = FLOPs / efficiency = {with_prefix(row['flops'], 'FLOP', 4)} / "
        f"{with_prefix(efficiency.central, 'FLOP/J', 4)} = {with_prefix(energy.central, 'J', 4)}",
    ]
    return Estimate(
        energy=energy,
        method="paper",
        unit="inference",
        inputs=(*inputs, *hardware_inputs),
        steps=tuple(steps),
        assumptions=(assumption, *LEFT_OUT),
    )


def models_with_energy(task: str, catalog: Catalog | None = None) -> pl.DataFrame:
    """Return the models of a task with the energy of one inference on hardware of their release date.

    Parameters
    ----------
    task : {"vision", "language"}
    catalog : Catalog, optional
        By default the shipped one. The hardware is the paper's in any case: the trend is part of the method.

    Returns
    -------
    polars.DataFrame
        The columns of `catalog.models`, and ``efficiency_flops_per_j [FLOP/J]``, ``energy_j``,
        ``energy_j_low``, ``energy_j_high [J]`` (95%, a single accelerator around the trend); null where
        FLOPs or date are missing.
    """
    catalog = catalog or load()
    frame = models(task, catalog)
    years = [None if day is None else decimal_year(day) for day in frame["release_date"]]
    bounds = efficiency_trend(task, catalog.edition(PAPER)).predict_many(
        np.array([np.nan if y is None else y for y in years]), band="single"
    )
    low, central, high = (pl.Series(bounds[:, i]).fill_nan(None) for i in range(3))
    return frame.with_columns(
        central.alias("efficiency_flops_per_j"),
        (pl.col("flops") / central).alias("energy_j"),
        (pl.col("flops") / high).alias("energy_j_low"),
        (pl.col("flops") / low).alias("energy_j_high"),
    )


_Hardware = tuple[Interval, list[Input], list[str], str]


def _of_accelerator(on: str, precision: str, task: str, catalog: Catalog) -> _Hardware:
    reached = efficiency_of(on, precision, task, catalog)
    found, name, precision = reached.id, reached.name, reached.precision
    peak, tdp, efficiency = reached.peak_flops_per_s, reached.tdp_w, reached.flops_per_j
    tdp_input = Input("tdp_w", tdp, "W", catalog.source_of(found, "tdp_w").cited)
    quotient = (
        f"efficiency = peak / TDP = {with_prefix(peak, 'FLOP/s', 4)} / {significant(tdp, 4)} W = "
        f"{with_prefix(efficiency.central, 'FLOP/J', 4)}"
    )
    if not reached.adapted:
        fact = catalog.source_of(found, "peak_flops_per_s", precision=precision)
        return (
            efficiency,
            [Input("peak_flops_per_s", peak, "FLOP/s", f"{fact.cited} (precision {precision})"), tdp_input],
            [f"{name}, {precision}: theoretical peak {with_prefix(peak, 'FLOP/s', 4)}", quotient],
            "The peak is the data sheet's: no interval is known for it, so the bounds equal the figure.",
        )
    base = baseline_of(found)
    fp32 = catalog.source_of(base, "peak_flops_per_s", precision="fp32")
    fp32_peak = fp32.number or 0.0
    speed_up = reached.speed_up
    return (
        efficiency,
        [
            Input("baseline_peak_flops_per_s", fp32_peak, "FLOP/s", f"{fp32.cited} (FP32 of {base})"),
            Input("speed_up", speed_up, "ratio", f"mean of measured {task} throughputs, desislavov2021, Table 3"),
            tdp_input,
        ],
        [
            f"{name}, {precision}: FP32 peak of {base} {with_prefix(fp32_peak, 'FLOP/s', 4)} "
            f"x measured speed-up {significant(speed_up, 4)} = {with_prefix(peak, 'FLOP/s', 4)}",
            quotient,
        ],
        "The interval is that of the mean measured speed-up (95%, Student's t on the logs) alone.",
    )


def _of_trend(model: str, released: date | None, at: date | None, task: str, catalog: Catalog) -> _Hardware:
    day = at or released
    if day is None:
        raise InputError(f"{model} has no release date in the catalogue", "give a date with --at")
    hardware = catalog.edition(PAPER)
    efficiency = efficiency_at(day, task, catalog=hardware)
    trend = efficiency_trend(task, hardware)
    where = "given" if at else catalog.source_of(model, "release_date").cited
    growth = trend.growth_per_year.central
    return (
        efficiency,
        [
            Input("date", day.isoformat(), "", where),
            Input(
                "efficiency_flops_per_j",
                efficiency.central,
                "FLOP/J",
                f"trend of {trend.n} accelerators for {task} (the paper's Fig. 8, Table 9)",
            ),
        ],
        [
            f"date: {day.isoformat()} ({'given' if at else 'the release of the model'})",
            f"efficiency by the {task} trend at {decimal_year(day):.3f}: 10^({trend.intercept_log10:.4f} + "
            f"{trend.slope_log10:.5f} x ({decimal_year(day):.3f} - {trend.reference_year:.0f})) = "
            f"{with_prefix(efficiency.central, 'FLOP/J', 4)} (x{growth:.3f} a year, n = {trend.n}, "
            f"R2 = {trend.r2:.3f})",
        ],
        "The interval is that of a single accelerator around the efficiency trend (95%) alone.",
    )
