"""The kind of a network, by shares of its FLOPs on both sides of the threshold of one tenth."""

import pytest

from joulewise.counting.kind import network_kind


@pytest.mark.parametrize(
    ("convolution", "depthwise", "attention", "kind"),
    [
        (100, 0, 0, "convolution"),
        (91, 0, 9, "convolution"),
        (40, 51, 9, "depthwise"),
        (51, 40, 9, "convolution"),
        (90, 0, 10, "hybrid"),
        (45, 43, 12, "hybrid"),
        (12, 0, 88, "hybrid"),
        (5, 5, 90, "hybrid"),
        (9, 0, 91, "transformer"),
        (0, 0, 100, "transformer"),
        (0, 0, 0, "transformer"),  # a mixer: neither windows nor attention
    ],
)
def test_kind(convolution: int, depthwise: int, attention: int, kind: str) -> None:
    flops = {"pointwise": 1000, "convolution": convolution, "depthwise": depthwise, "attention": attention}
    assert network_kind(flops) == kind


def test_a_form_that_is_not_there_has_no_flops() -> None:
    assert network_kind({"convolution": 1}) == "convolution"
    assert network_kind({}) == "transformer"
