"""Correction by a measured row: weights and factors by hand, public rows, and what it may never do."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulewise.catalog import measurements
from joulewise.energy.calibration.anchor import Nearby, corrected, nearest
from joulewise.energy.places import Places
from joulewise.energy.table import estimate_table
from joulewise.errors import InputError

ROW = {
    "model": "meta-llama/Llama-3.1-8B-Instruct",
    "accelerator": "H100",
    "batch_size": 64.0,
    "prompt_tokens": 300.0,
    "output_tokens": 200.0,
}


def _measured(**changes: object) -> pl.DataFrame:
    return pl.DataFrame([ROW | {"energy_j_per_unit": 0.2, "unit": "output token"} | changes])


def test_a_workload_that_was_measured_comes_out_as_measured() -> None:
    found, _ = estimate_table(pl.DataFrame([ROW]), measured=_measured())
    assert found["energy_per_output_token_j"][0] == pytest.approx(0.2)
    assert found["energy_j"][0] == pytest.approx(0.2 * 200)
    assert found["flags"][0][-1] == "measured-nearby"
    assert found["energy_j_low"][0] < found["energy_j"][0] < found["energy_j_high"][0]
    assert found["time_s"][0] * found["power_w"][0] / 64 == pytest.approx(found["energy_j"][0])


def test_time_and_power_are_corrected_apart_where_throughput_is_known() -> None:
    found, _ = estimate_table(pl.DataFrame([ROW]), measured=_measured(throughput=3200.0))
    assert found["time_s"][0] == pytest.approx(64 / 3200 * 200)
    assert found["power_w"][0] == pytest.approx(0.2 * 3200)


def test_a_row_of_another_configuration_changes_nothing() -> None:
    plain, _ = estimate_table(pl.DataFrame([ROW]))
    for change in ({"accelerator": "B200"}, {"n_accelerators": 2.0}, {"precision": "fp8"}, {"model": "Qwen/Qwen3-8B"}):
        found, _ = estimate_table(pl.DataFrame([ROW]), measured=_measured(**change))
        assert found["energy_j"][0] == plain["energy_j"][0]
        assert found["flags"].to_list() == plain["flags"].to_list()


def test_far_from_what_was_measured_the_correction_fades() -> None:
    plain, _ = estimate_table(pl.DataFrame([ROW]))
    shifts = []
    for batch in (64.0, 32.0, 8.0, 1.0):
        found, _ = estimate_table(pl.DataFrame([ROW]), measured=_measured(batch_size=batch, energy_j_per_unit=0.9))
        shifts.append(abs(np.log(found["energy_j"][0] / plain["energy_j"][0])))
    own = [s for s in shifts if s > 0]
    assert len(own) == 4
    assert "measured-afar" in found["flags"][0]


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"task": "code"}, "measured-nearby"),  # a weight of 0.54
        ({"batch_size": 64.0 / 3.4}, "measured-nearby"),  # exp(-ln(3.4) / 1.8) = 0.507
        ({"batch_size": 64.0 / 3.6}, "measured-afar"),  # 0.491
    ],
)
def test_a_row_is_near_from_a_weight_of_a_half(changes: dict[str, object], flag: str) -> None:
    found, _ = estimate_table(
        pl.DataFrame([ROW | {"task": "chat"}]), measured=_measured(**({"task": "chat"} | changes))
    )
    assert found["flags"][0][-1] == flag


def test_measured_rows_without_energy_are_refused() -> None:
    with pytest.raises(InputError, match="energy_j_per_unit"):
        estimate_table(pl.DataFrame([ROW]), measured=pl.DataFrame([ROW]))
    with pytest.raises(InputError, match="above 0"):
        estimate_table(pl.DataFrame([ROW]), measured=_measured(energy_j_per_unit=-1.0))


def _places(*rows: tuple[str, str, float]) -> Places:
    configuration, task, log_work = zip(*rows, strict=True)
    return Places(np.array(configuration), np.array(task), np.array(log_work))


@pytest.mark.parametrize(
    ("task", "log_work", "weight"),
    [
        ("chat", 4.0, 1.0),  # the same batch size and task
        ("chat", 4.0 + 0.9, math.exp(-0.5)),  # half of the distance of 1.8 over which the correlation falls by e
        ("chat", 4.0 - 1.8, math.exp(-1)),
        ("code", 4.0, 0.54),  # another task
        ("code", 4.0 + 1.8, 0.54 * math.exp(-1)),
    ],
)
def test_what_carries_over_from_a_measured_row(task: str, log_work: float, weight: float) -> None:
    found = nearest(_places(("a", "chat", 4.0)), _places(("b", "chat", 4.0), ("a", task, log_work)))
    assert found.index.tolist() == [1]
    assert found.weight[0] == pytest.approx(weight)


def test_the_row_that_carries_over_most_is_taken() -> None:
    # Of the same task at twice 1.8, exp(-2) = 0.14; of another task at the same batch size, 0.54.
    measured = _places(("a", "chat", 7.6), ("a", "code", 4.0), ("a", "code", 5.0))
    found = nearest(_places(("a", "chat", 4.0), ("b", "chat", 4.0)), measured)
    assert found.index.tolist() == [1, -1]
    assert found.weight.tolist() == [0.54, 0.0]


def test_a_row_is_not_its_own_neighbour() -> None:
    rows = _places(("a", "chat", 4.0), ("a", "chat", 5.8), ("b", "chat", 4.0))
    found = nearest(rows, rows, same_rows=True)
    assert found.index.tolist() == [1, 0, -1]
    assert found.weight == pytest.approx([math.exp(-1), math.exp(-1), 0.0])


def test_a_ratio_counts_to_the_power_of_its_weight() -> None:
    # 10 x 4^0.5 and 10 x 0.25^1; no neighbour leaves an estimate as it is.
    nearby = Nearby(np.array([1, 0, -1]), np.array([0.5, 1.0, 0.0]))
    assert corrected(np.full(3, 10.0), nearby, np.array([0.25, 4.0])).tolist() == [20.0, 2.5, 10.0]


def test_correlations_between_public_rows_are_as_stated() -> None:
    # exp(-d / 1.8) at the middle of each range of batch sizes: ln(2.2) / 2 and so on, against the correlations found.
    for distance, stated in ((0.36, 0.82), (1.1, 0.55), (2.0, 0.31), (3.1, 0.19)):
        found = nearest(_places(("a", "chat", 0.0)), _places(("a", "chat", distance)))
        assert found.weight[0] == pytest.approx(stated, abs=0.03)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.floats(0, 8)), min_size=2, max_size=12),
    st.floats(0.3, 3),
)
def test_a_correction_never_goes_beyond_the_measured_error(rows: list[tuple[str, str, float]], ratio: float) -> None:
    configuration, task, work = zip(*rows, strict=True)
    places = Places(np.array(configuration), np.array(task), np.array(work))
    nearby = nearest(places, places, same_rows=True)
    assert not np.any(nearby.index == np.arange(len(rows)))
    factors = corrected(np.ones(len(rows)), nearby, np.full(len(rows), ratio))
    assert np.all(np.abs(np.log(factors)) <= abs(np.log(ratio)) + 1e-12)


def test_public_rows_are_estimates_of_one_another() -> None:
    # Every tenth measured row of language models is taken away; the rest correct its estimate.
    frame = measurements().filter(pl.col("source").str.contains("v3") & (pl.col("task") == "lm-arena-chat"))
    out = np.arange(len(frame)) % 10 == 0
    found, _ = estimate_table(frame.filter(pl.Series(out)), measured=frame.filter(pl.Series(~out)))
    error = np.abs(found["energy_per_output_token_j"].to_numpy() / found["energy_j_per_unit"].to_numpy() - 1)
    assert np.median(error) < 0.05


def test_a_sample_keeps_the_width_of_its_own_interval() -> None:
    # No interval of corrected samples is known: a correction moves the interval and does not narrow it.
    row = pl.DataFrame({"model": ["resnet50"], "accelerator": ["A100"], "batch_size": [64.0], "meter_scope": ["wall"]})
    plain, _ = estimate_table(row)
    found, _ = estimate_table(row, measured=row.with_columns(energy_j_per_unit=0.05, unit=pl.lit("sample")))
    assert found["energy_j"][0] == pytest.approx(0.05)
    for name in ("energy_j_low", "energy_j_high"):
        assert found[name][0] / found["energy_j"][0] == pytest.approx(plain[name][0] / plain["energy_j"][0])
