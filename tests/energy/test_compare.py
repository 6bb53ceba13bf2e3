"""Grids of workloads and their frontier."""

from __future__ import annotations

import pytest

from joulewise.energy.compare import compare, frontier
from joulewise.energy.single import estimate
from joulewise.errors import InputError


def test_a_grid_equals_its_single_estimates() -> None:
    table = compare(["Llama-3.1-8B", "Qwen3-8B"], ["H100", "A100"], [1, 64], prompt_tokens=100, output_tokens=50)
    assert len(table) == 8
    row = table.filter((table["model"] == "Qwen3-8B") & (table["accelerator"] == "A100")).row(1, named=True)
    one = estimate("Qwen3-8B", "A100", batch_size=64, prompt_tokens=100, output_tokens=50)
    assert row["energy_j"] == pytest.approx(one.energy_j)
    assert row["energy_per_unit_j"] == pytest.approx(one.energy_j / 50)


def test_each_model_has_one_quickest_and_one_most_frugal_that_fit() -> None:
    table = compare(["Llama-3.1-8B", "Llama-3.1-70B"], ["H100", "B200"], [1, 8, 64])
    for model in ("Llama-3.1-8B", "Llama-3.1-70B"):
        rows = table.filter(table["model"] == model)
        for mark in ("quickest", "most_frugal"):
            marked = rows.filter(mark)
            assert len(marked) == 1
            assert marked["fits"].all()
    assert not table.filter((table["model"] == "Llama-3.1-70B") & (table["accelerator"] == "H100"))["fits"].any()


def test_nothing_beats_the_frontier_on_both() -> None:
    table = compare(["Llama-3.1-8B"], ["H100", "A100"], [1, 2, 4, 8, 16, 32, 64, 128], [1, 2, 4])
    best = frontier(table)
    assert 1 < len(best) < len(table)
    for row in table.filter("fits").iter_rows(named=True):
        beaten = (best["seconds_per_unit"] <= row["seconds_per_unit"]) & (
            best["energy_per_unit_j"] <= row["energy_per_unit_j"]
        )
        assert beaten.any()
    energies = best["energy_per_unit_j"].to_list()
    assert energies == sorted(energies, reverse=True)


def test_what_cannot_be_estimated_is_named() -> None:
    with pytest.raises(InputError, match="nosuch on H100"):
        compare(["nosuch"], ["H100"])
    with pytest.raises(InputError, match="nothing to compare"):
        compare([], ["H100"])


def test_a_misspelt_option_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown option 'promt_tokens'.*prompt_tokens"):
        compare(["Llama-3.1-8B"], ["H100"], promt_tokens=100)
