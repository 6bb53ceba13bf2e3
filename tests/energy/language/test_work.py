"""FLOPs, bytes and tokens of language models, against arithmetic by hand."""

from __future__ import annotations

import numpy as np
import pytest

from joulewise.energy.language import work


def test_half_of_the_answer_is_in_the_context_on_average() -> None:
    assert work.mean_context(1000.0, 300.0) == 1150


def test_layers_with_a_window_see_no_more_than_it() -> None:
    # 4 layers see all 1,000 tokens; 6 others 128 of them, or all of 100 where the context is shorter.
    found = work.attended_tokens(np.array([1000.0, 100.0]), 10.0, 6.0, 128.0)
    assert found.tolist() == [4 * 1000 + 6 * 128, 4 * 100 + 6 * 100]


def test_without_windows_every_layer_sees_the_context() -> None:
    assert work.attended_tokens(1000.0, 10.0, 0.0, np.inf) == 10_000


def test_work_of_a_token() -> None:
    # 2 x 7e9 for the parameters, and 4 x 4096 for each of 32,000 attended tokens.
    assert work.token_flops(7e9, 4096.0, 32_000.0) == 14e9 + 524_288_000


def test_work_of_a_prompt() -> None:
    # 2 x 7e9 x 1000 for the parameters; 2 x 32 x 4096 x 1000^2 for half of the pairs; 5e6 x 1000 for the states.
    assert work.prompt_flops(7e9, 32.0, 4096.0, 1000.0, 5e6) == 14e12 + 262_144_000_000 + 5e9


def test_attention_of_a_prompt_is_that_of_its_tokens_added_up() -> None:
    # Token number i of a decoder attends to i - 1/2 tokens if half of itself counts: together p^2 / 2.
    tokens = sum(4 * 30 * 100.0 * (i - 0.5) for i in range(1, 201))
    assert work.prompt_flops(0.0, 30.0, 100.0, 200.0, 0.0) == pytest.approx(tokens)


@pytest.mark.parametrize(
    ("tokens", "share"),
    [
        (1.0, 0.25),  # one token: 2 of 8
        (0.1, 0.25),  # never fewer than one token
        (2.0, 0.4375),  # 1 - (3/4)^2
        (4.0, 0.68359375),  # 1 - (3/4)^4
    ],
)
def test_share_of_experts_touched(tokens: float, share: float) -> None:
    assert work.touched_share(8.0, 2.0, tokens) == pytest.approx(share)


def test_all_of_a_dense_model_is_touched() -> None:
    assert work.touched_share(1.0, 1.0, 5.0) == 1


def test_share_of_experts_touched_is_that_of_draws() -> None:
    generator = np.random.default_rng(1)
    draws = [len({e for _ in range(10) for e in generator.permutation(64)[:4].tolist()}) / 64 for _ in range(2000)]
    assert work.touched_share(64.0, 4.0, 10.0) == pytest.approx(np.mean(draws), rel=0.01)


@pytest.mark.parametrize(
    ("n", "tensor", "data", "heads", "copies"),
    [
        (4.0, 4.0, 1.0, 8.0, 1.0),  # more heads than accelerators
        (8.0, 8.0, 1.0, 2.0, 4.0),  # each head is read by four
        (8.0, 1.0, 1.0, 1.0, 8.0),  # experts are spread: attention is split over all
        (8.0, 1.0, 4.0, 1.0, 2.0),  # groups of two
        (8.0, 4.0, 4.0, 1.0, 4.0),  # the wider split counts
    ],
)
def test_copies_of_the_cache(n: float, tensor: float, data: float, heads: float, copies: float) -> None:
    assert work.cache_copies(n, tensor, data, heads) == copies


def test_bytes_kept_by_running_sequences() -> None:
    # 10 x (2 bytes x 2000 values x 50,000 tokens + 1e6 bytes of state).
    assert work.cache_bytes(10.0, 2000.0, 50_000.0, 1e6) == 2_010_000_000


def test_caches_are_read_and_states_read_and_written() -> None:
    # 10 x (2 bytes x 2000 values x 50,000 tokens x 3 copies + 2 x 1e6 bytes).
    assert work.cache_traffic(10.0, 2000.0, 50_000.0, 3.0, 1e6) == 6_020_000_000
