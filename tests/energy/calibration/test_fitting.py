"""The robust fit and its weights, where the optimum is known in closed form."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from joulewise.energy.calibration.fitting import Values, family_weights, fit_logs, soft_l1_root
from joulewise.energy.parameter import Parameter
from joulewise.energy.physics import Floats


def _table(**priors: tuple[float, float]) -> dict[str, Parameter]:
    return {name: Parameter(prior, log_sd, "1", "") for name, (prior, log_sd) in priors.items()}


def _x(values: Values) -> list[Floats]:
    return [np.array([values["x"]])]


def _fit(measured: float, weight: float = 1.0, start: Mapping[str, float] | None = None) -> float:
    table = _table(x=(1.0, 0.5))
    return fit_logs(table, _x, [np.array([measured])], [np.array([weight])], start)["x"]


# With one row, a prior at 1 and a standard deviation of 0.5, the loss is rho(w (ln x - ln y) / 0.2) + (ln x / 0.5)^2.
# Its derivative is zero where z / sqrt(1 + z^2) x w / 0.2 = -4 ln x. At z = -0.75 the left is -0.6 w / 0.2 = -3 w, so
# that ln x = 0.75 w, and ln y = ln x + 0.15 / w.
@pytest.mark.parametrize(("weight", "log_x", "log_y"), [(1.0, 0.75, 0.9), (2.0, 1.5, 1.575)])
def test_a_row_and_its_prior_balance(weight: float, log_x: float, log_y: float) -> None:
    assert math.log(_fit(math.exp(log_y), weight)) == pytest.approx(log_x, abs=1e-4)
    # The balance is the same below the prior, and from a warm start.
    assert math.log(_fit(math.exp(-log_y), weight)) == pytest.approx(-log_x, abs=1e-4)
    assert math.log(_fit(math.exp(log_y), weight, {"x": 2.0})) == pytest.approx(log_x, abs=1e-3)


def test_a_row_balances_with_a_prior_that_is_not_one() -> None:
    # The same distances from a prior of 5: the loss knows ratios alone.
    found = fit_logs(_table(x=(5.0, 0.5)), _x, [np.array([5 * math.exp(0.9)])], [np.ones(1)])
    assert math.log(found["x"] / 5) == pytest.approx(0.75, abs=1e-4)


def test_the_loss_is_a_square_near_zero_and_a_line_far_off() -> None:
    # At 0.75, sqrt(1 + 0.75^2) is 1.25, and at 2.4 it is 2.6.
    errors = np.array([-2.4, -0.75, 0.0, 0.75, 2.4])
    root = [math.sqrt(3.2), math.sqrt(0.5)]
    assert soft_l1_root(errors) == pytest.approx([-root[0], -root[1], 0.0, root[1], root[0]])
    assert soft_l1_root(np.array([1e-3])) == pytest.approx(1e-3, rel=1e-4)


def test_an_outlier_pulls_with_bounded_force() -> None:
    # The pull of a row is at most 1 / 0.2, so that the optimum stays below ln x = 5 / 4 however far the row is.
    assert math.log(_fit(math.exp(9.0))) == pytest.approx(1.25, abs=0.01)


def test_rows_without_weight_or_without_a_measurement_change_nothing() -> None:
    table = _table(x=(1.0, 0.5))

    def predict(values: Values) -> list[Floats]:
        return [np.full(3, values["x"])]

    measured = [np.array([math.exp(0.9), 50.0, np.nan])]
    found = fit_logs(table, predict, measured, [np.array([1.0, 0.0, 1.0])])
    assert math.log(found["x"]) == pytest.approx(0.75, abs=1e-4)


def test_several_quantities_weigh_together() -> None:
    # Two quantities that say the same pull twice as much: 2 x 0.6 / 0.2 = 4 ln x at z = -0.75.
    table = _table(x=(1.0, 0.5))

    def predict(values: Values) -> list[Floats]:
        return [np.array([values["x"]]), np.array([3 * values["x"]])]

    measured = [np.array([math.exp(1.65)]), np.array([3 * math.exp(1.65)])]
    found = fit_logs(table, predict, measured, [np.ones(1), np.ones(1)])
    assert math.log(found["x"]) == pytest.approx(1.5, abs=1e-4)


def test_a_parameter_without_spread_stays_at_its_prior() -> None:
    table = _table(x=(1.0, 0.5), fixed=(3.0, 0.0))

    def predict(values: Values) -> list[Floats]:
        return [np.array([values["x"] * values["fixed"]])]

    found = fit_logs(table, predict, [np.array([3 * math.exp(0.9)])], [np.ones(1)])
    assert found["fixed"] == 3
    assert math.log(found["x"]) == pytest.approx(0.75, abs=1e-4)


def test_exact_rows_are_recovered_under_wide_priors() -> None:
    table = _table(a=(1.0, 10.0), b=(1.0, 10.0))
    size = np.array([1.0, 2.0, 5.0, 10.0])

    def predict(values: Values) -> list[Floats]:
        return [values["a"] + values["b"] * size]

    found = fit_logs(table, predict, [2.0 + 0.5 * size], [np.ones(4)])
    assert found == pytest.approx({"a": 2.0, "b": 0.5}, rel=1e-3)


def test_a_family_of_sixteen_rows_weighs_half_a_row_each() -> None:
    # 16^(-1/4) = 1/2, and a family of one weighs 1; divided by the mean, (16 x 1/2 + 1) / 17 = 9/17.
    families = np.array(["a"] * 16 + ["b"])
    weights = family_weights(families, np.ones(17, dtype=np.bool_))
    assert weights == pytest.approx([17 / 18] * 16 + [17 / 9])


def test_rows_out_of_use_have_no_weight_and_do_not_count_in_their_family() -> None:
    families = np.array(["a", "a", "b", "c"])
    weights = family_weights(families, np.array([True, False, True, False]))
    assert weights.tolist() == [1.0, 0.0, 1.0, 0.0]
