"""Heads count whatever the name of the class that has them."""

from __future__ import annotations

import pytest
import transformers

from joulewise.counting.config import count_config
from joulewise.counting.hf_models import count_hf

SIZES = {"model_type": "gpt2", "n_embd": 48, "n_layer": 3, "n_head": 4, "vocab_size": 70, "n_positions": 32}


@pytest.mark.parametrize("architecture", ["GPT2LMHeadModel", "GPT2DoubleHeadsModel", "SomethingForCausalLM"])
def test_a_head_counts_its_logits(architecture: str) -> None:
    bare, headed = (
        count_config({**SIZES, "architectures": [name]}, prompt_tokens=9, output_tokens=5)
        for name in ("GPT2Model", architecture)
    )
    assert headed.flops - bare.flops == 5 * 2 * 48 * 70
    assert headed.params == bare.params  # tied to the embedding


def test_the_head_of_gpt2_equals_its_trace() -> None:
    config = transformers.GPT2Config(**SIZES, architectures=["GPT2LMHeadModel"])
    formed = count_config({**SIZES, "architectures": ["GPT2LMHeadModel"]}, prompt_tokens=9, output_tokens=5)
    assert count_hf(config, prompt_tokens=9, output_tokens=5).flops == formed.flops
