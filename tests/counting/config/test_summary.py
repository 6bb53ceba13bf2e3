"""Cache and state of a hybrid in serving, worked out by hand."""

from joulewise.counting.config.feeds import Experts, Mlp
from joulewise.counting.config.mixers import Attention, Mamba2
from joulewise.counting.config.spec import Block, Stack
from joulewise.counting.config.summary import Summary, summarise

ATTENTION = Attention(heads=4, kv_heads=2, head_dim=3, value_dim=3)
WINDOWED = Attention(heads=4, kv_heads=2, head_dim=3, value_dim=3, window=16)
MAMBA = Mamba2(heads=2, head_dim=3, state_dim=5, groups=1, kernel=4, chunk=8, wide_state=True)


def test_a_hybrid_whose_layers_are_of_one_part() -> None:
    mixers = (MAMBA, ATTENTION, WINDOWED, MAMBA)
    feeds = (Experts(8, 2, 3), Mlp(5, False), Experts(8, 2, 3))
    blocks = [Block(mixer, None, 1, 4) for mixer in mixers] + [Block(None, feed, 1, 4) for feed in feeds]
    found = summarise(Stack("x", 4, 10, tuple(blocks), embedding_dim=4))
    assert found == Summary(
        layers=4,  # seven parts, two to a layer
        cached_layers=2,
        recurrent_layers=2,
        expert_layers=2,
        experts=8,
        experts_per_token=2,
        cache_heads=2,
        cache_values_per_token_layer=2 * 2 * 3,
        pair_macs=4 * (3 + 3),
        window=16,
        window_layers=1,
        state_bytes=2 * (2 * 64 + 4 * 30),  # the convolution's last tokens in 16 bits, the state in 32
        scan_flops_per_token=2 * 582.0,  # see the test of Mamba-2
    )


def test_a_dense_decoder_has_one_expert_and_no_window() -> None:
    found = summarise(Stack("x", 4, 10, (Block(ATTENTION, Mlp(5, True), 2, 8),) * 3, embedding_dim=4))
    assert (found.layers, found.expert_layers, found.experts, found.experts_per_token) == (3, 0, 1, 1)
    assert (found.window, found.window_layers, found.state_bytes, found.scan_flops_per_token) == (None, 0, 0, 0)
