import pytest

from joulewise.paper.claims import correlation_without_retrained, efficientnet_l2_gflops, same_network, text_claim
from joulewise.paper.points import paper_edition


def test_equation_4_by_hand() -> None:
    # EfficientNet-B7 has 37 G multiply-adds; L2 is 4.3 / 2.0 as wide, 5.3 / 3.1 as deep and has images of 800 / 600.
    by_hand = 2 * 37 * (4.3 / 2.0) ** 2 * (5.3 / 3.1) * (800 / 600) ** 2
    assert efficientnet_l2_gflops(paper_edition()) == pytest.approx(by_hand)


def test_the_text_rounds_alexnet_down() -> None:
    ours = text_claim("alexnet-top1", paper_edition())
    assert ours.value == 56.52
    assert "truncates" in ours.reason


def test_fixefficientnet_b0_by_equation_3() -> None:
    ours = text_claim("fixefficientnet-b0-gflops", paper_edition())
    assert ours.value == pytest.approx(0.78 * (320 / 224) ** 2)


def test_a_correlation_leaves_retrained_networks_out() -> None:
    ours = correlation_without_retrained("CNN", paper_edition())
    assert 0 < float(str(ours.value)) < 1
    assert "NoisyStudent" in ours.reason


def test_rows_on_one_network_name_both_sources() -> None:
    catalog = paper_edition()
    ours = same_network("noisystudent-b1 = efficientnet-b1", "FLOPs", catalog)
    assert ours.value == float(catalog.source_of("efficientnet-b1", "flops").value)
