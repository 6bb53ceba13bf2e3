"""Parameters of whole models, worked out by hand from their published sizes."""

import pytest

from joulewise.catalog import find_model
from joulewise.counting.architectures import stack_of
from joulewise.counting.config.feeds import Experts, Mlp
from joulewise.counting.config.mixers import Attention
from joulewise.counting.config.parameters import MatrixParams, Params, macs_outside, matrix_params, params, params_read
from joulewise.counting.config.spec import Block, Stack


@pytest.mark.parametrize(
    ("model", "expected", "total", "active"),
    [
        # 32 layers of 41,943,040 (attention) and 3 x 4096 x 14,336; logits and embedding of 128,256 x 4096 each.
        (
            "Llama-3.1-8B",
            MatrixParams(32 * 218_103_808 + 525_336_576, 0, 0, logits=525_336_576, embedding=525_336_576),
            8_029_995_008,
            7_504_658_432,
        ),
        # The logits share the embedding of 151,936 x 1024. 28 layers: 16 heads of 128, 8 for keys and values,
        # 1024 x 128 x (2 x 16 + 2 x 8) and 3 x 1024 x 3072.
        (
            "Qwen3-0.6B",
            MatrixParams(28 * (6_291_456 + 9_437_184) + 155_582_464, 0, 0, logits=155_582_464, embedding=0),
            595_984_384,
            595_984_384,
        ),
        # 61 layers of latent attention, 187,105,280 each; 3 of 3 x 7168 x 18,432; 58 with a router of 7168 x 256,
        # a shared expert and 256 routed ones of 3 x 7168 x 2048, of which a token uses 8.
        (
            "DeepSeek-V3",
            MatrixParams(
                dense=61 * 187_105_280 + 3 * 396_361_728 + 58 * (1_835_008 + 44_040_192) + 926_679_040,
                routed=58 * 256 * 44_040_192,
                routed_active=58 * 8 * 44_040_192,
                logits=926_679_040,
                embedding=926_679_040,
            ),
            671_025_397_760,
            36_624_596_992,
        ),
    ],
)
def test_matrices_of_models(model: str, expected: MatrixParams, total: int, active: int) -> None:
    row = find_model(model).architecture
    assert row is not None
    found = matrix_params(stack_of(row))
    assert found == expected
    assert (found.total, found.active) == (total, active)


ATTENTION = Attention(heads=2, kv_heads=1, head_dim=2, value_dim=2)  # 4 x (4 + 2 + 2 + 4) = 48 in a width of 4
DENSE = Block(ATTENTION, Mlp(5, gated=True), norms=2, norm_params=8)  # 48 + 60, and 8
SPARSE = Block(ATTENTION, Experts(4, 1, 3), norms=2, norm_params=8)  # 48 + 16 + 4 x 36, and 8


def test_all_parameters_and_those_of_a_token() -> None:
    stack = Stack("x", 4, 10, (DENSE, SPARSE, SPARSE), embedding_dim=4, extra_params=4)
    assert params(stack) == Params(116 + 2 * 216 + 4 + 2 * 40, 116 + 2 * 108 + 4 + 2 * 40)
    # The norms, and the final one, are no matrices.
    assert matrix_params(stack) == MatrixParams(108 + 2 * 64 + 40, 2 * 144, 2 * 36, logits=40, embedding=40)


def test_shared_layers_are_stored_once() -> None:
    once = Stack("x", 4, 10, (DENSE,) * 6, embedding_dim=4, tied=True, shared_blocks=1)
    assert params(once).total == 116 + 40
    assert matrix_params(once).total == 108 + 40


def test_what_lies_outside_the_layers() -> None:
    # An embedding of width 2, projected to 4; a pooler and a transform before logits that share the embedding.
    encoder = Stack("x", 4, 10, (DENSE,), tied=True, embedding_dim=2, per_sequence_matrix=16, per_token_matrix=8)
    assert params(encoder).total == 116 + 20 + 8 + 16 + 8
    assert macs_outside(encoder) == (8, 8 + 20)
    headless = Stack("x", 4, 10, (DENSE,), head=False, embedding_dim=4)
    assert macs_outside(headless) == (0, 0)
    assert matrix_params(headless) == MatrixParams(108, 0, 0, logits=0, embedding=40)


def test_a_pass_reads_the_experts_that_its_tokens_pick() -> None:
    stack = Stack("x", 4, 10, (DENSE, SPARSE), embedding_dim=4)
    everything_but_the_look_up = 116 + 216 + 40
    # One token picks 1 of 4 experts, two tokens 1.75; each has 36 parameters.
    assert params_read(stack, 1) == everything_but_the_look_up - 3 * 36
    assert params_read(stack, 2) == everything_but_the_look_up - 81
    assert params_read(stack, 1000) == everything_but_the_look_up
