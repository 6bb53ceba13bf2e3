"""Gated delta nets, by sums worked out by hand: 2 key heads of 3, 4 value heads of 5, 32 convolved channels."""

from dataclasses import replace

from joulewise.counting.config.mixers import DeltaNet

LAYER = DeltaNet(key_heads=2, key_dim=3, value_heads=4, value_dim=5, kernel=4, chunk=8)
CONVOLUTION, STATE = 32 * 4, 4 * 3 * 5


def test_parameters() -> None:
    # In: queries 6, keys 6, values 20, output gate 20, decay and rate of 4 heads; out: 20.
    assert LAYER.matrix_params(7) == 7 * (6 + 6 + 20 + 20 + 4 + 4) + 20 * 7
    # Convolution, norm of a head, decay rate and time bias of each head.
    assert LAYER.vector_params(7) == 128 + 5 + 4 + 4


def test_scan_of_a_prompt() -> None:
    # 10 tokens in 2 chunks of 8, 4 heads: scores and their use 64 x (3 + 3 + 5), states 3 x 8 x 15, and triangular
    # systems 64 x (3 + 5) / 2. Needed of the first 64 are 36.
    assert LAYER.scan_macs(10) == (128 * 13 + 8 * (704 + 360 + 256), 128 * 10 + 8 * (396 + 360 + 256))


def test_steps() -> None:
    assert LAYER.step_macs() == (2 * CONVOLUTION, CONVOLUTION)
    work = LAYER.mixing(cached=5, new=1, passes=3)
    assert (work.macs, work.macs_needed) == (3 * 256, 3 * 128)
    assert (work.values_read, work.values_written) == (2 * 3 * 188, 3 * 188)


def test_work_of_a_token_without_the_scan() -> None:
    assert LAYER.token_elementwise() == 32 * 8 + 20 * (8 + 1 + 5) + 7 * 60
    assert LAYER.token_writes(7) == 20 + 20 + 32 + 7


def test_the_state_does_not_grow() -> None:
    assert LAYER.kept_values(1) == LAYER.kept_values(10_000) == CONVOLUTION + STATE
    assert LAYER.serving.state_bytes == 2 * (CONVOLUTION + STATE)
    assert replace(LAYER, wide_state=True).serving.state_bytes == 2 * CONVOLUTION + 4 * STATE
    # A chunk of 8: convolution of 128 x 11, each of 4 heads 704 + 360 + 256.
    assert LAYER.serving.scan_flops_per_token == 2 * (1408 + 4 * 1320) / 8
