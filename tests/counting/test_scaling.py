import pytest

from joulewise.counting.scaling import scale_cnn_flops, scale_transformer_flops, transformer_flops_from_two
from joulewise.errors import InputError


def test_eq_4_gives_the_papers_1040() -> None:
    got = scale_cnn_flops(74e9, width_ratio=4.3 / 2, depth_ratio=5.3 / 3.1, resolution_ratio=800 / 600)
    assert round(got / 1e9) == 1040


def test_eq_3_gives_the_papers_585_and_82() -> None:
    assert round(scale_cnn_flops(1040e9, resolution_ratio=600 / 800) / 1e9) == 585
    assert round(scale_cnn_flops(74e9, resolution_ratio=632 / 600) / 1e9) == 82


def test_two_points_recover_any_transformer() -> None:
    def flops(n: float) -> float:
        return 7e6 * n + 300 * n**2

    got = transformer_flops_from_two(1000, ((100, flops(100)), (400, flops(400))))
    assert got == pytest.approx(flops(1000))


def test_table_6_grows_with_the_square_of_the_resolution() -> None:
    assert scale_transformer_flops(965.3, resolution_ratio=384 / 224) == pytest.approx(2859.9, rel=0.01)


def test_two_points_agree_with_a_count_of_vit_g() -> None:
    # A count of the network by operator dispatch gives 5644.6 GFLOPs at 518 px.
    got = transformer_flops_from_two(37**2, ((16**2, 965.3e9), (27**2, 2859.9e9)))
    assert got == pytest.approx(5644.6e9, rel=0.003)


@pytest.mark.parametrize("ratio", [0, -1, float("nan")])
def test_ratios_are_positive(ratio: float) -> None:
    with pytest.raises(InputError, match="width_ratio must be above zero"):
        scale_cnn_flops(1e9, width_ratio=ratio)


def test_two_equal_points_are_refused() -> None:
    with pytest.raises(InputError, match="same number of tokens"):
        transformer_flops_from_two(10, ((5, 1), (5, 2)))
