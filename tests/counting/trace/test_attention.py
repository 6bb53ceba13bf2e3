"""Attention that broadcasts, and causal masks over unequal lengths, counted pair by pair."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from joulewise.counting.trace import count_module


class Attends(nn.Module):
    def __init__(self, **given: Any) -> None:
        super().__init__()
        self.given = given

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return nn.functional.scaled_dot_product_attention(q, k, v, **self.given)


@pytest.mark.parametrize(
    ("query", "key", "grouped"),
    [
        ((1, 6, 7, 8), (5, 6, 9, 8), False),
        ((5, 1, 7, 8), (1, 6, 9, 8), False),
        ((7, 8), (5, 6, 9, 8), False),
        ((5, 6, 7, 8), (5, 2, 9, 8), True),
    ],
)
def test_every_pair_of_a_broadcast_counts(query: tuple[int, ...], key: tuple[int, ...], grouped: bool) -> None:
    k = torch.randn(key)
    work = count_module(Attends(enable_gqa=grouped), torch.randn(query), k, k)
    assert work.flops == 4 * 5 * 6 * 7 * 9 * 8


@pytest.mark.parametrize(("rows", "columns"), [(3, 8), (8, 3), (6, 6)])
def test_torchs_mask_starts_at_the_first_query_and_key(rows: int, columns: int) -> None:
    kept = sum(column <= row for row in range(rows) for column in range(columns))
    k = torch.randn(2, 5, columns, 8)
    work = count_module(Attends(is_causal=True), torch.randn(2, 5, rows, 8), k, k)
    assert work.flops == 4 * 2 * 5 * rows * columns * 8
    assert work.flops_causal_half == 4 * 2 * 5 * kept * 8
