"""Attention, by sums worked out by hand from the published sizes of three models."""

import pytest

from joulewise.counting.config.mixers import Attention, Latent, Serving

LLAMA_8B = Attention(heads=32, kv_heads=8, head_dim=128, value_dim=128)  # of width 4096
QWEN_7B = Attention(heads=28, kv_heads=4, head_dim=128, value_dim=128, qkv_bias=True)  # Qwen2.5, of width 3584
DEEPSEEK_V3 = Attention(
    heads=128, kv_heads=128, head_dim=192, value_dim=128, norm_params=2048,
    latent=Latent(query_rank=1536, kv_rank=512, nope_dim=128, rope_dim=64),
)  # fmt: skip


def test_parameters() -> None:
    assert LLAMA_8B.matrix_params(4096) == 16_777_216 + 2 * 4_194_304 + 16_777_216
    assert LLAMA_8B.vector_params(4096) == 0
    assert QWEN_7B.vector_params(3584) == 3584 + 512 + 512
    assert Attention(2, 1, 3, 3, qkv_bias=True, out_bias=True, norm_params=6, extra_params=2).vector_params(7) == (
        (6 + 3 + 3) + 7 + 6 + 2
    )
    # An output gate is a fifth matrix, of the queries' width.
    assert Attention(2, 1, 3, 3, output_gate=True).matrix_params(7) == 7 * (6 + 3 + 3 + 6 + 6)


def test_parameters_of_latent_attention() -> None:
    # Queries down and up, latent and rotated part, keys and values up, output.
    queries, latent, expanded, output = 11_010_048 + 37_748_736, 4_128_768, 16_777_216, 117_440_512
    assert DEEPSEEK_V3.matrix_params(7168) == queries + latent + expanded + output == 187_105_280
    assert DEEPSEEK_V3.vector_params(7168) == 2048
    at_once = Attention(2, 2, 5, 3, latent=Latent(query_rank=0, kv_rank=4, nope_dim=3, rope_dim=2))
    assert at_once.matrix_params(7) == 7 * 10 + 7 * 6 + 4 * 2 * 6 + 6 * 7


def test_cost_of_a_pair_and_values_in_the_cache() -> None:
    assert (LLAMA_8B.pair_macs(decoding=False), LLAMA_8B.pair_macs(decoding=True)) == (8192, 8192)
    assert LLAMA_8B.cache_values_per_token == 2048
    # On expanded keys in the prompt, on the latents where they are cached.
    assert (DEEPSEEK_V3.pair_macs(decoding=False), DEEPSEEK_V3.pair_macs(decoding=True)) == (40_960, 139_264)
    assert DEEPSEEK_V3.cache_values_per_token == 576


@pytest.mark.parametrize(
    ("attention", "cached", "new", "full", "needed"),
    [
        (Attention(1, 1, 1, 1), 0, 5, 25, 15),
        (Attention(1, 1, 1, 1), 10, 2, 24, 11 + 12),
        (Attention(1, 1, 1, 1, window=3), 0, 5, 15, 1 + 2 + 3 + 3 + 3),
        (Attention(1, 1, 1, 1, window=3), 10, 1, 3, 3),
        (Attention(1, 1, 1, 1, causal=False), 0, 5, 25, 25),
        (Attention(1, 1, 1, 1, causal=False, block_pairs=8), 0, 4, 8, 8),
    ],
)
def test_pairs(attention: Attention, cached: int, new: int, full: int, needed: int) -> None:
    assert attention.pairs(cached, new) == (full, needed)


def test_work_of_a_prompt_and_of_steps() -> None:
    prompt = LLAMA_8B.mixing(cached=0, new=4)
    assert (prompt.macs, prompt.macs_needed) == (16 * 8192, 10 * 8192)
    assert (prompt.elementwise, prompt.values_read, prompt.values_written) == (6 * 32 * 16, 2048 * 4, 0)
    # Three steps see 11, 12 and 13 tokens, and read the keys and values of as many.
    steps = LLAMA_8B.mixing(cached=10, new=1, passes=3)
    assert steps.macs == steps.macs_needed == 36 * 8192
    assert (steps.elementwise, steps.values_read) == (6 * 32 * 36, 2048 * 36)


def test_work_of_a_token_without_the_pairs() -> None:
    # Queries, keys and values, the heads' output, and the layer's; rotation of 40 heads of 128.
    assert LLAMA_8B.token_writes(4096) == 4096 + 2048 + 4096 + 4096
    assert LLAMA_8B.token_elementwise() == 3 * 128 * 40
    assert DEEPSEEK_V3.token_elementwise() == 3 * 64 * 256
    assert Attention(2, 1, 3, 3, rotary=False, output_gate=True).token_elementwise() == 9 * 6
    assert Attention(2, 1, 3, 3, output_gate=True).token_writes(7) == 6 + 6 + 6 + 6 + 7


def test_a_window_bounds_the_cache() -> None:
    windowed = Attention(32, 8, 128, 128, window=4096)
    assert (windowed.kept_values(1000), windowed.kept_values(9000)) == (2048 * 1000, 2048 * 4096)
    assert LLAMA_8B.kept_values(9000) == 2048 * 9000
    assert windowed.kind == "attention, window 4096"


def test_what_a_server_keeps() -> None:
    assert LLAMA_8B.serving == Serving(cache_values_per_token=2048, cache_heads=8, pair_macs=8192)
    # Latents cannot be split among accelerators.
    assert DEEPSEEK_V3.serving == Serving(cache_values_per_token=576, cache_heads=1, pair_macs=139_264)
