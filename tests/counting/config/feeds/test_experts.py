"""Mixtures of experts, by sums worked out by hand: 4 experts of width 3 in a model of width 5, 2 for each token."""

import pytest

from joulewise.counting.config.feeds import Experts

PLAIN = Experts(experts=4, top_k=2, width=3)
BIASED = Experts(experts=4, top_k=2, width=3, bias=True, router_bias=True)
SHARED = Experts(experts=4, top_k=2, width=3, shared_width=6, shared_gate=True)
LATENT = Experts(experts=4, top_k=2, width=3, gated=False, shared_width=6, latent_width=2)


def test_parameters() -> None:
    # The router of 5 x 4, and 3 x 5 x 3 for each expert.
    assert (PLAIN.params(5), PLAIN.active_params(5)) == (20 + 4 * 45, 20 + 2 * 45)
    # Biases of 3 + 3 + 5 for each expert, and of the router.
    assert (BIASED.params(5), BIASED.active_params(5)) == (20 + 4 + 4 * 56, 20 + 4 + 2 * 56)
    # A shared expert of 3 x 5 x 6, and its gate.
    assert SHARED.params(5) == 20 + 90 + 5 + 4 * 45
    # Experts of 2 x 2 x 3 behind projections to a width of 2 and back, with a shared expert of the full width.
    assert LATENT.params(5) == 20 + 60 + 2 * 10 + 4 * 12


def test_matrices_that_every_token_meets_and_those_of_experts() -> None:
    assert (BIASED.dense_matrix_params(5), BIASED.routed_matrix_params(5)) == (20, 4 * 45)
    assert (SHARED.dense_matrix_params(5), SHARED.routed_matrix_params(5)) == (20 + 90 + 5, 4 * 45)
    assert (LATENT.dense_matrix_params(5), LATENT.routed_matrix_params(5)) == (20 + 60 + 20, 4 * 12)
    assert (BIASED.token_macs(5), LATENT.token_macs(5)) == (20 + 2 * 45, 100 + 2 * 12)
    assert BIASED.expert_params(5) == 56


def test_experts_that_no_token_picks() -> None:
    # One token leaves 2 of 4; of 3 tokens each leaves an expert with probability 1/2.
    assert [PLAIN.unread_experts(n) for n in (1, 2, 3)] == pytest.approx([2, 1, 0.5])


def test_work_of_a_token() -> None:
    # Activations and gates of 2 x 3 + 6 values, the router's softmax, and the weighted sum of two outputs.
    assert SHARED.token_elementwise(5) == 9 * 12 + 6 * 4 + 2 * 2 * 5
    # The router's scores, gates and values within experts, three outputs.
    assert SHARED.token_writes(5) == 4 + 2 * 12 + 3 * 5
    assert LATENT.token_writes(5) == 4 + 12 + 3 * 5 + 2 * 2
