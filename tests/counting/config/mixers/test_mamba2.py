"""Mamba-2, by sums worked out by hand: 2 heads of 3, a state of 5, so 6 inner channels and 16 convolved ones."""

from dataclasses import replace

from joulewise.counting.config.mixers import Mamba2

LAYER = Mamba2(heads=2, head_dim=3, state_dim=5, groups=1, kernel=4, chunk=8)
CONVOLUTION, STATE = 16 * 4, 2 * 3 * 5


def test_parameters() -> None:
    # In: gate 6, convolved 16, time steps 2; out: 6.
    assert LAYER.matrix_params(7) == 7 * (6 + 16 + 2) + 6 * 7
    # Convolution and its bias, norm, and decay rate, skip and time bias of each head.
    assert LAYER.vector_params(7) == 64 + 16 + 6 + 3 * 2
    assert replace(LAYER, conv_bias=False).vector_params(7) == 64 + 6 + 3 * 2
    assert replace(LAYER, bias=True).vector_params(7) == 92 + 24 + 7


def test_scan_of_a_prompt() -> None:
    # 10 tokens in 2 chunks of 8. Convolution: padded to 13 positions. Each head: 2 x 64 x (5 + 3) within chunks,
    # 2 x 2 x 8 x 15 into and out of states, 3^2 x 15 between them. Needed of 64 are 8 x 9 / 2 = 36.
    assert LAYER.scan_macs(10) == (64 * 13 + 2 * (1024 + 480 + 135), 64 * 10 + 2 * (576 + 480 + 135))
    # Shorter than the convolution: padded to its length first.
    assert LAYER.scan_macs(2)[0] == 64 * 7 + 2 * (512 + 240 + 60)


def test_steps() -> None:
    assert LAYER.step_macs() == (2 * CONVOLUTION + STATE, CONVOLUTION + STATE)
    work = LAYER.mixing(cached=5, new=1, passes=3)
    assert (work.macs, work.macs_needed) == (3 * 158, 3 * 94)
    # Each step reads the state and writes it, and reads what it wrote.
    assert (work.values_read, work.values_written) == (2 * 3 * 94, 3 * 94)


def test_a_prompt_writes_its_state_and_finds_none() -> None:
    work = LAYER.mixing(cached=0, new=10)
    assert (work.macs, work.macs_needed) == LAYER.scan_macs(10)
    assert (work.values_read, work.values_written) == (94, 94)


def test_work_of_a_token_without_the_scan() -> None:
    assert LAYER.token_elementwise() == 16 * 8 + 6 * (8 + 1 + 5) + 4 * 30
    assert LAYER.token_writes(7) == 6 + 16 + 6 + 7


def test_the_state_does_not_grow() -> None:
    assert LAYER.kept_values(1) == LAYER.kept_values(10_000) == CONVOLUTION + STATE
    assert LAYER.serving.state_bytes == 2 * (CONVOLUTION + STATE)
    assert replace(LAYER, wide_state=True).serving.state_bytes == 2 * CONVOLUTION + 4 * STATE
    assert LAYER.serving.cache_values_per_token == 0
    # A chunk of 8: convolution of 64 x 11, each head 64 x 8 + 2 x 8 x 15 + 4 x 15.
    assert LAYER.serving.scan_flops_per_token == 2 * (704 + 2 * (512 + 240 + 60)) / 8
