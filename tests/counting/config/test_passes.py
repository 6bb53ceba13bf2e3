"""Passes over a small decoder, worked out by hand: one layer of width 4, a vocabulary of 10."""

from joulewise.counting.config.feeds import Mlp
from joulewise.counting.config.mixers import Attention
from joulewise.counting.config.passes import blocks_work, decode_passes, kept_values, prompt_pass
from joulewise.counting.config.spec import Block, Stack
from joulewise.counting.config.work import Work

# Attention of 48 parameters and 8 multiply-adds a pair, 4 values a token in the cache; a part of 60 parameters.
BLOCK = Block(Attention(2, 1, 2, 2), Mlp(5, gated=True), norms=2, norm_params=8)
STACK = Stack("x", 4, 10, (BLOCK,), embedding_dim=4)
# Of a token: two norms of 5 x 4, two residuals of 4, rotation of 3 heads of 2, activation and gate of 5.
ELEMENTWISE = 40 + 8 + 3 * 2 * 3 + 9 * 5
# Queries 4, keys and values 4, heads' output 4, output 4; gate and values 10, output 4.
WRITES = 16 + 14


def test_a_prompt() -> None:
    # Two sequences of three tokens: 9 pairs each, of which a mask keeps 6; logits of each last token.
    work = prompt_pass(STACK, batch=2, tokens=3)
    assert work.macs == 6 * 108 + 2 * 9 * 8 + 2 * 40
    assert work.macs_needed == 6 * 108 + 2 * 6 * 8 + 2 * 40
    assert work.elementwise == 6 * ELEMENTWISE + 2 * 6 * 2 * 9 + 6 * 5 * 4  # softmax of 2 heads, the final norm
    # All parameters but the embedding; three cached tokens of each sequence; what products wrote.
    assert work.values_read == 108 + 8 + 40 + 2 * 3 * 4 + 6 * WRITES
    assert work.values_written == 6 * WRITES + 2 * 10


def test_steps_after_it() -> None:
    # Two steps of two sequences see 4 and 5 tokens.
    work = decode_passes(STACK, batch=2, prompt=3, steps=2)
    assert work.macs == work.macs_needed == 4 * 108 + 2 * 9 * 8 + 4 * 40
    assert work.values_read == 2 * (108 + 8 + 40) + 2 * 9 * 4 + 4 * WRITES
    assert work.values_written == 4 * WRITES + 4 * 10


def test_layers_without_embedding_and_logits() -> None:
    assert blocks_work(STACK, batch=1, cached=0, new=3).macs == 3 * 108 + 9 * 8
    assert blocks_work(Stack("x", 4, 10, (), embedding_dim=4), 1, 0, 3) == Work()


def test_values_kept() -> None:
    assert kept_values(STACK, batch=2, tokens=7) == 2 * 7 * 4
