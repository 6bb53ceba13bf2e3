from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulewise.errors import InputError
from joulewise.trends.decompose import PARTS, decompose, swap, utilisation

positive = st.floats(1e-9, 1e18)
row = st.fixed_dictionaries({"energy_j": positive, "flops": positive, "peak_flops_per_j": positive})


@given(row, row)
def test_the_parts_sum_to_the_whole(before: dict[str, float], after: dict[str, float]) -> None:
    change = decompose(before, after)
    assert sum(getattr(change, p) for p in PARTS) == pytest.approx(change.total, abs=1e-12)
    if abs(change.total) > 1e-3:
        assert sum(change.share(p) or 0 for p in PARTS) == pytest.approx(1, abs=1e-6)


@given(st.lists(row, min_size=2, max_size=12))
def test_steps_sum_to_the_change_of_the_ends(rows: list[dict[str, float]]) -> None:
    steps = [decompose(before, after) for before, after in pairwise(rows)]
    whole = decompose(rows[0], rows[-1])
    for name in ("total", *PARTS):
        assert sum(getattr(step, name) for step in steps) == pytest.approx(getattr(whole, name), abs=1e-10)


@given(row, st.floats(0.01, 100.0))
def test_each_part_alone(start: dict[str, float], factor: float) -> None:
    less_work = decompose(start, {**start, "flops": start["flops"] / factor, "energy_j": start["energy_j"] / factor})
    assert less_work.hardware == 0
    assert less_work.utilisation == pytest.approx(0, abs=1e-12)
    better = {**start, "peak_flops_per_j": start["peak_flops_per_j"] * factor, "energy_j": start["energy_j"] / factor}
    hardware = decompose(start, better)
    assert hardware.algorithms == 0
    assert hardware.utilisation == pytest.approx(0, abs=1e-12)
    used = decompose(start, {**start, "energy_j": start["energy_j"] / factor})
    assert (used.algorithms, used.hardware) == (0, 0)


def test_utilisation_by_hand() -> None:
    # 1 TFLOP at 1 TFLOP/J would take 1 J; it took 4.
    assert utilisation({"energy_j": 4.0, "flops": 1e12, "peak_flops_per_j": 1e12}) == 0.25


def test_no_change_has_no_shares() -> None:
    same = {"energy_j": 1.0, "flops": 1.0, "peak_flops_per_j": 1.0}
    assert decompose(same, same).share("algorithms") is None


@pytest.mark.parametrize("wrong", [0.0, None, -1.0])
def test_what_cannot_be(wrong: float | None) -> None:
    good = {"energy_j": 1.0, "flops": 1.0, "peak_flops_per_j": 1.0}
    with pytest.raises(InputError, match="flops above zero"):
        decompose(good, {**good, "flops": wrong})


@given(positive, positive, positive, positive)
def test_swapping_sums_and_does_not_depend_on_names(a: float, b: float, c: float, d: float) -> None:
    parts = swap(a, b, c, d)
    assert parts.model + parts.accelerator == pytest.approx(parts.total, abs=1e-12)
    mirrored = swap(a, c, b, d)
    assert (mirrored.model, mirrored.accelerator) == pytest.approx((parts.accelerator, parts.model), abs=1e-12)
    back = swap(d, c, b, a)
    assert (back.model, back.accelerator) == pytest.approx((-parts.model, -parts.accelerator), abs=1e-12)


def test_the_same_accelerator_has_no_part() -> None:
    assert swap(8.0, 8.0, 2.0, 2.0).accelerator == 0
    with pytest.raises(InputError, match="above zero"):
        swap(1.0, 0.0, 1.0, 1.0)
