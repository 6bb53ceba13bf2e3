"""Dense feed-forward parts, by sums worked out by hand: width 5 within a model of width 3."""

from joulewise.counting.config.feeds import Mlp


def test_parameters() -> None:
    assert Mlp(5, gated=True).params(3) == 3 * 15
    assert Mlp(5, gated=False).params(3) == 2 * 15
    assert Mlp(5, gated=False, bias=True).params(3) == 30 + 5 + 3
    assert Mlp(5, gated=True, bias=True).params(3) == 45 + 5 + 5 + 3


def test_every_token_uses_all_of_it() -> None:
    part = Mlp(5, gated=True, bias=True)
    assert part.active_params(3) == part.params(3) == part.expert_params(3)
    assert (part.dense_matrix_params(3), part.routed_matrix_params(3), part.token_macs(3)) == (45, 0, 45)
    assert (part.experts, part.top_k, part.unread_experts(1)) == (1, 1, 0)


def test_work_of_a_token() -> None:
    assert Mlp(5, gated=True).token_elementwise(3) == 9 * 5
    assert Mlp(5, gated=False, bias=True).token_elementwise(3) == 8 * 5 + 5 + 3
    assert (Mlp(5, gated=True).token_writes(3), Mlp(5, gated=False).token_writes(3)) == (5 + 5 + 3, 5 + 3)
