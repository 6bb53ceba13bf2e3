"""Robust maximum-a-posteriori fit of positive parameters to log-quantities, with log-normal priors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from joulewise.energy.parameter import Parameter
from joulewise.energy.physics import Bools, Floats, Labels
from joulewise.extras import import_extra

Values = dict[str, float]

_TYPICAL_ERROR = 0.2


def fit_logs(
    table: Mapping[str, Parameter],
    predict: Callable[[Values], Sequence[Floats]],
    measured: Sequence[Floats],
    weights: Sequence[Floats],
    start: Mapping[str, float] | None = None,
) -> Values:
    """Return the parameters that fit best.

    Parameters
    ----------
    table : mapping of str to Parameter
        A parameter with a `log_sd` of 0 stays at its prior.
    predict : callable
        From parameters to the same quantities as `measured`.
    measured : sequence of array
        Positive; NaN where not measured, which then has no weight.
    weights : sequence of array
        One per value; 0 leaves it out.
    start : mapping, optional
        Starting values; by default the priors.

    Notes
    -----
    Minimises the sum of soft-l1 losses [1]_ of the weighted log-residuals, in units of a typical error of 20% (with a
    smaller one the fit follows the families it sees at the cost of those it does not), and of the squared distances of
    the log parameters from their priors, in units of the priors' standard deviations:

    .. math:: \\sum_i \\rho\\left(w_i \\frac{\\ln m_i(x) - \\ln y_i}{0.2}\\right)
              + \\sum_j \\left(\\frac{\\ln x_j - \\mu_j}{\\sigma_j}\\right)^2,
              \\quad \\rho(z) = 2(\\sqrt{1 + z^2} - 1)

    with the estimates m, the measurements y, the weights w, and the medians e^mu and standard deviations sigma of the
    priors. A residual counts squared while it is small, and in proportion to its size where it is large.

    References
    ----------
    .. [1] The loss ``soft_l1`` of ``scipy.optimize.least_squares``, here on the data alone and not on the priors.

    Examples
    --------
    A prior of 1 within a factor of e^0.5, and one measurement of e^0.9: they balance at e^0.75, where the measurement
    pulls by 0.75 / sqrt(1 + 0.75^2) / 0.2 = 3 and the prior by 0.75 / 0.5^2 = 3.

    >>> table = {"x": Parameter(prior=1.0, log_sd=0.5, unit="1", meaning="")}
    >>> found = fit_logs(table, lambda v: [np.array([v["x"]])], [np.exp([0.9])], [np.ones(1)])
    >>> round(float(np.log(found["x"])), 3)
    0.75
    """
    least_squares = import_extra("scipy.optimize", "fit", "fitting the calibrated method").least_squares

    free = [name for name, p in table.items() if p.log_sd > 0]
    fixed = {name: p.prior for name, p in table.items() if p.log_sd == 0}
    centre = np.log([table[n].prior for n in free])
    spread = np.array([table[n].log_sd for n in free])
    first = centre if start is None else np.log([start[n] for n in free])
    logs = [np.log(m) for m in measured]

    def residuals(x: Floats) -> Floats:
        made = predict(fixed | dict(zip(free, np.exp(x).tolist(), strict=True)))
        parts = [w * np.nan_to_num(np.log(m) - y) for m, y, w in zip(made, logs, weights, strict=True)]
        errors = np.concatenate(parts) / _TYPICAL_ERROR
        return np.concatenate([soft_l1_root(errors), (x - centre) / spread])

    # Warm starts from the full fit converge quickly; tightening the tolerance to 1e-8 changes held-out estimates by at
    # most 0.1%.
    tolerance = 1e-8 if start is None else 1e-5
    best = least_squares(residuals, first, method="trf", max_nfev=80, ftol=tolerance, xtol=tolerance).x
    return fixed | dict(zip(free, np.exp(best).tolist(), strict=True))


def soft_l1_root(errors: Floats) -> Floats:
    """Return the signed root of each soft-l1 loss, so that least squares minimises the sum of the losses. [1]

    Parameters
    ----------
    errors : array
        Residuals z, in units of a typical error. [1]

    Notes
    -----
    .. math:: r(z) = \\mathrm{sgn}(z) \\sqrt{2 (\\sqrt{1 + z^2} - 1)}

    about z where it is small, and the root of 2 |z| where it is large.

    Examples
    --------
    >>> soft_l1_root(np.array([-0.75, 0.0, 0.75])).round(4)
    array([-0.7071,  0.    ,  0.7071])
    """
    return np.asarray(np.sign(errors) * np.sqrt(2 * (np.sqrt(1 + errors * errors) - 1)))


def family_weights(families: Labels, use: Bools) -> Floats:
    """Return one weight per row, 0 outside `use` and of mean 1 within. [1]

    Parameters
    ----------
    families : array of str
        Family of each row.
    use : array of bool
        Rows that the fit uses.

    Notes
    -----
    .. math:: w_i \\propto n_i^{-1/4}

    with n rows in use of a row's family. They are correlated, so that each counts for less the more there are; a family
    of 16 rows still weighs 8 times as much as one of a single row.

    Examples
    --------
    >>> family_weights(np.array(["a"] * 16 + ["b"]), np.ones(17, dtype=np.bool_))[[0, 16]].round(4)
    array([0.9444, 1.8889])
    """
    names, counts = np.unique(families[use], return_counts=True)
    of_family = dict(zip(names.tolist(), counts.tolist(), strict=True))
    weights = np.array([of_family.get(f, 1) ** -0.25 for f in families.tolist()]) * use
    return np.asarray(weights / weights[use].mean())
