"""Fitting the model of each kind of workload to measurements, and deriving its intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from joulewise.catalog import Catalog, load
from joulewise.csv_input import frame_of
from joulewise.energy.calibration.fitting import family_weights, fit_logs
from joulewise.energy.calibration.intervals import LEVEL, conformal, intervals_of_regimes, nearby_interval
from joulewise.energy.calibration.stored import Calibration, load_calibration
from joulewise.energy.flags import Flag
from joulewise.energy.generators.kind import GENERATOR
from joulewise.energy.kinds import KINDS
from joulewise.energy.language.kind import LANGUAGE
from joulewise.energy.language.shape import shape_of_params
from joulewise.energy.measured_rows import Measured
from joulewise.energy.physics import Bools, Floats, Labels
from joulewise.energy.samples.kind import SAMPLE
from joulewise.energy.workload_kind import Kind, Values
from joulewise.errors import InputError

Intervals = dict[str, tuple[float, float]]


def fit(kind: Kind, rows: Measured, use: Bools | None = None, start: Values | None = None) -> dict[str, float]:
    """Return the parameters of a kind that best fit measured energy, time and power.

    Energy is the target; time and power, where they were measured, separate its two factors.

    Parameters
    ----------
    kind : Kind
    rows : Measured
    use : array of bool, optional
        The rows to fit to; by default all.
    start : mapping, optional
        Starting values; by default the priors.
    """
    use = np.ones(len(rows.energy_j), dtype=np.bool_) if use is None else use
    weight = family_weights(rows.family, use) if kind.families_share_weight else use.astype(np.float64)
    measured = dict(zip(("energy", "time", "power"), (rows.energy_j, rows.time_s, rows.power_w), strict=True))

    def predicted(values: dict[str, float]) -> list[Floats]:
        found = dict(zip(measured, kind.predict(values, rows), strict=True))
        return [found[name] for name in kind.fit_weights]

    return fit_logs(
        kind.parameters,
        predicted,
        [measured[name] for name in kind.fit_weights],
        [weight * w for w in kind.fit_weights.values()],
        start,
    )


def held_out(kind: Kind, rows: Measured, groups: Labels, full: Values) -> Floats:
    """Return the energy of each row by a fit that saw no row of its group; NaN if there is only one group. [J]

    Parameters
    ----------
    kind : Kind
    rows : Measured
    groups : array of str
    full : mapping
        A fit to all rows, from which each of the others starts.
    """
    energy = np.full(len(groups), np.nan)
    for group in np.unique(groups):
        out = groups == group
        if not out.all():
            energy[out] = kind.predict(fit(kind, rows, ~out, full), rows)[0][out]
    return energy


def require_families(rows: Measured) -> None:
    """Raise `InputError` where no family can be left out: an error on rows that a fit has seen says nothing."""
    families = np.unique(rows.family)
    if len(families) < 2:
        raise InputError(
            f"{len(rows.family)} measured rows of language models, all of the family {families.tolist()[0]!r}, are too "
            "few: a fit is judged on families that it has not seen",
            "measure a second family, or add the rows to the shipped ones",
        )


def calibrate(
    frame: object, begin: Callable[[str], None] = lambda _: None, catalog: Catalog | None = None
) -> Calibration:
    """Fit the models to measurements and derive their intervals.

    Parameters
    ----------
    frame : DataFrame
        In the form of the shipped measurements. A kind of workload without rows keeps the shipped parameters.
    begin : callable
        Called with the name of each part as it begins.
    catalog : Catalog, optional
        By default the shipped one.

    Raises
    ------
    InputError
        If there are no rows of language models, or they are of one family.
    """
    frame, catalog = frame_of(frame), catalog or load()
    shipped = load_calibration()
    parameters: dict[str, Mapping[str, float]] = dict(shipped.parameters)
    intervals: Intervals = {}
    measured = {name: kind.measured(frame, catalog) for name, kind in KINDS.items()}
    language = measured["language"]
    if language is None:
        raise InputError("no row is a measurement of a language model", "see the form of the shipped data")
    require_families(language)
    for name, (kind, intervals_of) in _FITS.items():
        begin(kind.what.partition(" ")[2])
        rows = measured[name]
        if rows is None:
            intervals |= _intervals_kept(kind, shipped)
            continue
        parameters[name] = fit(kind, rows)
        intervals |= intervals_of(rows, parameters[name])
    sources, counts = np.unique(
        np.concatenate([rows.source for rows in measured.values() if rows is not None]), return_counts=True
    )
    return Calibration(
        parameters=parameters,
        intervals=intervals,
        provenance={
            "rows": int(counts.sum()),
            "sources": dict(zip(sources.tolist(), counts.tolist(), strict=True)),
            "families": sorted(set(language.family.tolist())),
            "left_out": [str(problem) for problem in language.requests.problems],
        },
    )


def _intervals_kept(kind: Kind, shipped: Calibration) -> Intervals:
    names = [kind.interval, f"{kind.interval}, measured-nearby", Flag.NETWORK_NOT_MEASURED.value]
    if kind is not SAMPLE:
        names.pop()
    return {k: v for k, v in shipped.intervals.items() if k in names or k.startswith(f"{kind.interval}, ")}


def language_intervals(rows: Measured, values: Values) -> Intervals:
    """Return the interval of each regime from held-out families, and those of unseen chips and unknown shapes."""
    ratios = rows.energy_j / held_out(LANGUAGE, rows, rows.group, values)
    found = {"language": conformal(ratios, rows.group, LANGUAGE.level)}
    found["language, measured-nearby"] = nearby_interval(ratios, rows.group, rows.places, found["language"])
    regimes = LANGUAGE.run(values, rows.requests).regimes
    found |= intervals_of_regimes(ratios, regimes, rows.group, LANGUAGE.level)
    dies, unseen = rows.requests.columns.die, Flag.ACCELERATOR_NOT_MEASURED.value
    several = len(np.unique(dies)) > 1
    found[unseen] = conformal(_unseen_dies(rows, values), dies) if several else load_calibration().intervals[unseen]
    found[Flag.SHAPE_FROM_SIZE.value] = conformal(_sizes_alone(rows, values), rows.group)
    return found


def _unseen_dies(rows: Measured, values: Values) -> Floats:
    ratios = np.full(len(rows.energy_j), np.nan)
    columns = rows.requests.columns
    for die in np.unique(columns.die):
        out = columns.die == die
        unnamed = replace(columns, die=np.where(out, "other", columns.die))
        hidden = replace(rows, requests=replace(rows.requests, columns=unnamed))
        ratios[out] = (rows.energy_j / LANGUAGE.predict(fit(LANGUAGE, hidden, ~out, values), hidden)[0])[out]
    return ratios


def _sizes_alone(rows: Measured, values: Values) -> Floats:
    columns = rows.requests.columns
    shapes = [shape_of_params(*sizes) for sizes in zip(columns.params, columns.active_params, strict=True)]
    of_shape = {f.name for f in fields(shapes[0])} & {f.name for f in fields(columns)} - {"image_tokens"}
    guessed: dict[str, Any] = {n: np.array([getattr(s, n) for s in shapes], dtype=np.float64) for n in of_shape}
    unknown = replace(rows, requests=replace(rows.requests, columns=replace(columns, **guessed)))
    return rows.energy_j / LANGUAGE.predict(values, unknown)[0]


def generator_intervals(rows: Measured, values: Values) -> Intervals:
    """Return the interval of generators from held-out models, and that of estimates corrected by a measured row."""
    ratios = rows.energy_j / held_out(GENERATOR, rows, rows.group, values)
    found = {"generator": conformal(ratios, rows.group, GENERATOR.level)}
    found["generator, measured-nearby"] = nearby_interval(ratios, rows.group, rows.places, found["generator"])
    return found


def sample_intervals(rows: Measured, values: Values) -> Intervals:
    """Return the interval of each regime of samples from held-out machines, and that of unmeasured networks."""
    ratios = rows.energy_j / held_out(SAMPLE, rows, rows.group, values)
    found = {"wall": conformal(ratios, rows.group, SAMPLE.level)}
    found |= intervals_of_regimes(ratios, SAMPLE.run(values, rows.requests).regimes, rows.group, SAMPLE.level)
    kinds = rows.requests.columns.kind
    unlike = rows.energy_j / held_out(SAMPLE, rows, kinds, values)
    found[Flag.NETWORK_NOT_MEASURED.value] = conformal(unlike, kinds, LEVEL)
    return found


_FITS = {
    "language": (LANGUAGE, language_intervals),
    "generator": (GENERATOR, generator_intervals),
    "sample": (SAMPLE, sample_intervals),
}
