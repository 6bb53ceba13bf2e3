"""Bytes of quantised weights, worked out by hand.

A layer of width 32: 4 heads of 8 and 2 for keys and values, 32 x (32 + 16 + 16 + 32) = 3072 of attention; a gated part
of 40 has 3 x 32 x 40 = 3840. Vocabulary 100, embedding and logits of 3200 each; norms of 32.
"""

from __future__ import annotations

from typing import Any

import pytest

from joulewise.counting.config import count_config
from joulewise.counting.config.families import model_of
from joulewise.counting.config.quantised import Names
from joulewise.counting.config.read import Keys
from joulewise.counting.config.spec import Stack
from joulewise.errors import InputError

LAYERS, ATTENTION, FEED, HEAD, NORMS = 3, 3072, 3840, 3200, 7 * 32
DENSE: dict[str, Any] = {
    "model_type": "llama", "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": LAYERS,
    "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 100,
}  # fmt: skip
# Each expert of 8 has 3 x 32 x 24 = 2304; the router 32 x 8 = 256; two norms of 8 on the heads.
EXPERT, ROUTER = 2304, 256
SPARSE = DENSE | {
    "model_type": "qwen3_moe", "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 24,
}  # fmt: skip
MATRICES = LAYERS * (ATTENTION + FEED)
REST = 2 * HEAD + NORMS


def weight_bytes(config: dict[str, Any], **quantization: Any) -> int:
    return count_config(config | {"quantization_config": quantization}, prompt_tokens=5).weight_bytes


def int4(**weights: Any) -> dict[str, Any]:
    return {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "int", **weights}}


@pytest.mark.parametrize(
    ("quantization", "bits"),
    [
        ({"quant_method": "fp8"}, 8),
        ({"quant_method": "fp8", "weight_block_size": [16, 16]}, 8 + 32 / 256),
        ({"quant_method": "fbgemm_fp8"}, 8),
        # Of 32 values a scale of 16 bits and a zero point of 4.
        ({"quant_method": "gptq", "bits": 4, "group_size": 32}, 4 + 20 / 32),
        ({"quant_method": "gptq", "bits": 3, "group_size": -1}, 3),
        ({"quant_method": "awq", "bits": 4, "group_size": 64}, 4 + 20 / 64),
        ({"quant_method": "auto-round", "bits": 2, "group_size": 32}, 2 + 18 / 32),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, 8),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, 4.5),
        ({"load_in_4bit": True, "bnb_4bit_use_double_quant": True}, 4 + 1 / 8 + 1 / 512),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["lm_head"]}, 4.5),
        ({"quant_method": "modelopt", "quant_algo": "FP8", "exclude_modules": ["lm_head"]}, 8),
        (
            {
                "quant_method": "compressed-tensors",
                "ignore": ["lm_head"],
                "config_groups": {"group_0": int4(group_size=32)},
            },
            4.5,
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "ignore": ["re:.*lm_head"],
                "format": "nvfp4-pack-quantized",
                "config_groups": {"group_0": int4(group_size=16)},
            },
            4.5,
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "ignore": ["lm_head"],
                "config_groups": {"a": int4(group_size=32, symmetric=False)},
            },
            4 + 20 / 32,
        ),
    ],
)
def test_each_method(quantization: dict[str, Any], bits: float) -> None:
    assert weight_bytes(DENSE, **quantization) == pytest.approx(MATRICES * bits / 8 + 2 * REST, abs=1)


def test_experts_alone_are_microscaled() -> None:
    # The router, attention and embeddings keep 16 bits.
    total = count_config(SPARSE).params
    routed = LAYERS * 8 * EXPERT
    assert weight_bytes(SPARSE, quant_method="mxfp4") == (total - routed) * 2 + routed * 4.25 / 8


def test_a_router_keeps_16_bits() -> None:
    total = count_config(SPARSE).params
    narrow = LAYERS * (ATTENTION + 8 * EXPERT)
    assert weight_bytes(SPARSE, quant_method="fp8") == total * 2 - narrow


@pytest.mark.parametrize(
    ("left", "kept"),
    [
        (["self_attn"], LAYERS * ATTENTION),
        (["model.layers.1"], ATTENTION + FEED),
        (["model.layers.2.self_attn.o_proj"], 1024),
        (["model.language_model.layers.0.mlp.down_proj"], 1280),
        (["model.visual.layers.0", "lm_head"], 0),
        (["re:.*mlp\\.(gate|up)_proj$"], LAYERS * 2560),
        (["model.layers.0*"], ATTENTION + FEED),
        (["model.layers.*.self_attn"], LAYERS * ATTENTION),
        (["layers.1", "k_proj", "mlp.gate"], ATTENTION + FEED + 2 * 512),
    ],
)
def test_modules_that_are_left(left: list[str], kept: int) -> None:
    narrow = MATRICES - kept
    assert weight_bytes(DENSE, quant_method="fp8", modules_to_not_convert=left) == kept * 2 + narrow + 2 * REST


def test_groups_of_modules_have_their_own_bits() -> None:
    groups = {
        "all": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float"}},
        "feed": {"targets": ["re:.*mlp.*"], "weights": {"num_bits": 4, "group_size": 32}},
    }
    found = weight_bytes(DENSE, quant_method="compressed-tensors", config_groups=groups)
    # The logits are a linear layer too, and nothing is ignored.
    assert found == LAYERS * (ATTENTION + FEED * 4.5 / 8) + HEAD + 2 * (HEAD + NORMS)


def test_mixed_formats_of_modelopt() -> None:
    groups = {
        "a": {"targets": ["layers.0.self_attn", "layers.1.self_attn"], "weights": {"num_bits": 8, "type": "float"}},
        "b": {"targets": ["re:.*mlp"], "weights": {"num_bits": 4, "type": "float", "group_size": 16}},
    }
    found = weight_bytes(DENSE, quant_algo="MIXED_PRECISION", config_groups=groups)
    assert found == 2 * ATTENTION + LAYERS * FEED * 4.5 / 8 + 2 * (ATTENTION + REST)


def test_a_pass_reads_what_is_stored() -> None:
    config = DENSE | {"quantization_config": {"quant_method": "fp8"}}
    wide, narrow = (count_config(c, prompt_tokens=9, output_tokens=4) for c in (DENSE, config))
    assert wide.flops == narrow.flops
    assert wide.phases["prefill"].bytes_read - narrow.phases["prefill"].bytes_read == MATRICES
    assert wide.phases["decode"].bytes_read - narrow.phases["decode"].bytes_read == 3 * MATRICES
    # One token of a mixture reads two experts of each layer.
    sparse = SPARSE | {"quantization_config": {"quant_method": "fp8"}}
    wide, narrow = (count_config(c, prompt_tokens=1) for c in (SPARSE, sparse))
    assert wide.phases["prefill"].bytes_read - narrow.phases["prefill"].bytes_read == LAYERS * (ATTENTION + 2 * EXPERT)


def test_a_given_precision_is_that_of_all_weights() -> None:
    config = DENSE | {"quantization_config": {"quant_method": "of the future"}}
    assert count_config(config, precision="bf16").weight_bytes == count_config(DENSE).weight_bytes
    with pytest.raises(InputError, match="'of the future' is not known"):
        count_config(config)


def test_an_encoder_decoder() -> None:
    # Of width 8, one head of 4: 128 of each attention, 2 x 8 x 6 of each part; an encoder and two decoder layers.
    t5 = {"model_type": "t5", "d_model": 8, "d_ff": 6, "num_heads": 1, "d_kv": 4, "num_layers": 1,
          "num_decoder_layers": 2, "vocab_size": 10}  # fmt: skip
    narrow = t5 | {"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}}
    wide, found = (count_config(c, prompt_tokens=3, output_tokens=2) for c in (t5, narrow))
    matrices = (128 + 96) + 2 * (128 + 128 + 96)
    assert wide.weight_bytes - found.weight_bytes == matrices
    assert wide.phases["prefill"].bytes_read - found.phases["prefill"].bytes_read == matrices
    # Keys and values of the source were made before.
    assert wide.phases["decode"].bytes_read - found.phases["decode"].bytes_read == 2 * (128 + 64 + 96)


def test_a_cache_has_its_own_format() -> None:
    wide, narrow = (count_config(DENSE, prompt_tokens=9, output_tokens=4, kv_precision=p) for p in (None, "fp8"))
    per_token = LAYERS * 2 * 2 * 8
    assert (wide.kv_bytes, narrow.kv_bytes) == (12 * per_token * 2, 12 * per_token)
    # Three steps see 10, 11 and 12 tokens, and read what they have just written once more.
    before, after = wide.phases["decode"], narrow.phases["decode"]
    assert before.bytes_read - after.bytes_read == (10 + 11 + 12 + 3) * per_token
    assert before.bytes_written - after.bytes_written == 3 * per_token
    assert narrow.weight_bytes == wide.weight_bytes
    with pytest.raises(InputError, match="a bert has no key-value cache"):
        count_config({"model_type": "bert", "num_hidden_layers": 1}, prompt_tokens=9, kv_precision="fp8")


@pytest.mark.parametrize(
    ("quantization", "said"),
    [
        ("fp8", "'quantization_config' must be an object, not 'fp8'"),
        ({}, "'quant_method' '' is not known"),
        ({"quant_method": "fp8", "weight_block_size": [0, 1]}, "'weight_block_size' must be two whole numbers"),
        ({"quant_method": "fp8", "modules_to_not_convert": "lm_head"}, "must be a list of names of modules"),
        ({"quant_method": "gptq", "bits": 4.5}, "'bits' must be a whole number"),
        ({"quant_method": "awq", "bits": 4, "group_size": 0}, "'group_size' must be"),
        ({"quant_method": "modelopt", "quant_algo": "FP2"}, "'quant_algo' 'FP2' is not known"),
        ({"quant_method": "compressed-tensors", "config_groups": {}}, "'config_groups' must be an object of at least"),
        ({"quant_method": "compressed-tensors", "config_groups": {"a": 1}}, "'a' must have 'weights'"),
        (
            {"quant_method": "compressed-tensors", "ignore": ["re:("], "config_groups": {"a": int4()}},
            "has a pattern that is invalid",
        ),
    ],
)
def test_what_no_quantisation_can_be(quantization: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        count_config(DENSE | {"quantization_config": quantization})


def test_gpt_oss_as_published() -> None:
    # The three files of openai/gpt-oss-20b are of 4.79, 4.80 and 4.17 GB.
    config = {
        "model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 24,
        "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "num_local_experts": 32,
        "num_experts_per_tok": 4, "vocab_size": 201088, "sliding_window": 128,
        "quantization_config": {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn"]},
    }  # fmt: skip
    assert count_config(config).weight_bytes == pytest.approx(13.76e9, rel=1e-3)


@pytest.mark.parametrize("config", [DENSE, SPARSE])
def test_named_matrices_are_all_of_them(config: dict[str, Any]) -> None:
    stack = model_of(Keys(config, "x"))
    assert isinstance(stack, Stack)
    sizes = [n for b in stack.blocks for part in (b.mixer, b.feed) if part for n in part.matrices(32).values()]
    assert sum(sizes) == sum(block.matrix_params(32) for block in stack.blocks)


def test_a_list_of_names() -> None:
    names = Names(["model.layers.11.mlp", "re:.*kv_b_proj", "*.gate"], "x")
    assert "layers.11.mlp.up_proj" in names
    assert "layers.1.mlp.up_proj" not in names
    assert "layers.1.self_attn.kv_b_proj" in names
    assert "layers.1.mlp.gate" in names
