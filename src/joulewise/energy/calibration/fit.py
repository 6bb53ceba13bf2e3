"""Fitting the model of each kind of workload to measurements, and deriving its intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from joulewise.catalog import Catalog, load
from joulewise.csv_input import frame_of
from joulewise.energy.calibration.fitting import family_weights, fit_logs
from joulewise.energy.calibration.intervals import LEVEL, conformal, intervals_of_regimes, nearby_interval
from joulewise.energy.calibration.stored import Calibration, load_calibration
from joulewise.energy.kinds import KINDS
from joulewise.energy.measured_rows import Measured
from joulewise.energy.physics import Bools, Floats, Labels
from joulewise.energy.workload_kind import Kind, Unlike, Values
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
    """Raise `InputError` where no family can be left out, as errors on rows that a fit has seen mean nothing."""
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
    for column in ("energy_j_per_unit", "unit", "accelerator"):
        if column not in frame.columns:
            raise InputError(f"the measurements have no column {column}", "the form is that of the shipped data")
    if language is None:
        raise InputError("no row is a measurement of a language model", "see the form of the shipped data")
    require_families(language)
    for name, kind in KINDS.items():
        begin(kind.what.partition(" ")[2])
        rows = measured[name]
        if rows is None:
            intervals |= _intervals_kept(kind, shipped)
            continue
        parameters[name] = fit(kind, rows)
        intervals |= intervals_of(kind, rows, parameters[name])
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
    names = {kind.interval, *(unlike.flag.value for unlike in kind.unlike)}
    return {k: v for k, v in shipped.intervals.items() if k in names or k.startswith(f"{kind.interval}, ")}


def intervals_of(kind: Kind, rows: Measured, values: Values) -> Intervals:
    """Return the interval of each regime from held-out groups, and those of workloads unlike any measured.

    Parameters
    ----------
    kind : Kind
    rows : Measured
    values : mapping
        The fit to all rows.
    """
    ratios = rows.energy_j / held_out(kind, rows, rows.group, values)
    found = {kind.interval: conformal(ratios, rows.group, kind.level)}
    if kind.near_rows_narrow:
        nearby = nearby_interval(ratios, rows.group, rows.places, found[kind.interval])
        found[f"{kind.interval}, measured-nearby"] = nearby
    found |= intervals_of_regimes(ratios, kind.run(values, rows.requests).regimes, rows.group, kind.level)
    for unlike in kind.unlike:
        groups, name = unlike.groups(rows), unlike.flag.value
        if unlike.refit and len(np.unique(groups)) == 1:
            found[name] = load_calibration().intervals[name]  # no group is left to test it on
        else:
            found[name] = conformal(rows.energy_j / _unlike_energy(kind, rows, values, unlike), groups, LEVEL)
    return found


def _unlike_energy(kind: Kind, rows: Measured, values: Values, unlike: Unlike) -> Floats:
    """Return the energy of measured rows as if they were unlike all others. [J]"""
    everything = np.ones(len(rows.energy_j), dtype=np.bool_)
    if not unlike.refit:
        return kind.predict(values, unlike.hidden(rows, everything))[0]
    energy = np.full(len(rows.energy_j), np.nan)
    groups = unlike.groups(rows)
    for group in np.unique(groups):
        out = groups == group
        hidden = unlike.hidden(rows, out)
        energy[out] = kind.predict(fit(kind, hidden, ~out, values), hidden)[0][out]
    return energy
