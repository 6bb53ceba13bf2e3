"""Totals that the makers of a family publish, against its closed form; keys as in the released ``config.json``."""

from __future__ import annotations

from typing import Any

import pytest

from joulewise.counting.config import count_config
from joulewise.counting.config.checked import families
from joulewise.counting.config.diffusion import DENOISERS
from joulewise.counting.config.families import FAMILIES
from joulewise.counting.config.vision import MULTIMODAL

KIMI_K2: dict[str, Any] = {
    "model_type": "kimi_k2", "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048,
    "num_hidden_layers": 61, "num_attention_heads": 64, "num_key_value_heads": 64, "n_routed_experts": 384,
    "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 1, "q_lora_rank": 1536,
    "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 163840,
}  # fmt: skip
MINIMAX_M2: dict[str, Any] = {
    "model_type": "minimax_m2", "hidden_size": 3072, "intermediate_size": 1536, "num_hidden_layers": 62,
    "num_attention_heads": 48, "num_key_value_heads": 8, "head_dim": 128, "num_local_experts": 256,
    "num_experts_per_tok": 8, "vocab_size": 200064,
}  # fmt: skip
MIMO_V2_FLASH: dict[str, Any] = {
    "model_type": "mimo_v2_flash", "hidden_size": 4096, "intermediate_size": 16384, "moe_intermediate_size": 2048,
    "num_hidden_layers": 48, "num_attention_heads": 64, "num_key_value_heads": 4, "head_dim": 192, "v_head_dim": 128,
    "swa_num_key_value_heads": 8, "n_routed_experts": 256, "num_experts_per_tok": 8, "vocab_size": 152576,
    "sliding_window": 128, "sliding_window_size": 128, "moe_layer_freq": [0, *[1] * 47],
    "hybrid_layer_pattern": [0 if i == 0 or i % 6 == 5 else 1 for i in range(48)],
}  # fmt: skip
SMOLLM3: dict[str, Any] = {
    "model_type": "smollm3", "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36,
    "num_attention_heads": 16, "num_key_value_heads": 4, "vocab_size": 128256,
}  # fmt: skip
STARCODER2: dict[str, Any] = {
    "model_type": "starcoder2", "hidden_size": 3072, "intermediate_size": 12288, "num_hidden_layers": 30,
    "num_attention_heads": 24, "num_key_value_heads": 2, "vocab_size": 49152, "sliding_window": 4096,
}  # fmt: skip
COMMAND_R: dict[str, Any] = {
    "model_type": "cohere", "hidden_size": 8192, "intermediate_size": 22528, "num_hidden_layers": 40,
    "num_attention_heads": 64, "num_key_value_heads": 64, "vocab_size": 256000,
}  # fmt: skip
COMMAND_A: dict[str, Any] = {
    "model_type": "cohere2", "hidden_size": 12288, "intermediate_size": 36864, "num_hidden_layers": 64,
    "num_attention_heads": 96, "num_key_value_heads": 8, "vocab_size": 256000,
}  # fmt: skip
OLMO3_32B: dict[str, Any] = {
    "model_type": "olmo3", "hidden_size": 5120, "intermediate_size": 27648, "num_hidden_layers": 64,
    "num_attention_heads": 40, "num_key_value_heads": 8, "vocab_size": 100278,
}  # fmt: skip
GRANITE_2B: dict[str, Any] = {
    "model_type": "granite", "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 40,
    "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 49155, "tie_word_embeddings": True,
}  # fmt: skip
GLM_4_5: dict[str, Any] = {
    "model_type": "glm4_moe", "hidden_size": 5120, "intermediate_size": 12288, "moe_intermediate_size": 1536,
    "num_hidden_layers": 92, "num_attention_heads": 96, "num_key_value_heads": 8, "head_dim": 128,
    "n_routed_experts": 160, "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 3,
    "vocab_size": 151552, "use_qk_norm": True, "attention_bias": True,
}  # fmt: skip
QWEN3_5_EYE = {
    "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16, "num_position_embeddings": 2304,
    "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2, "deepstack_visual_indexes": [],
}  # fmt: skip
QWEN3_5_27B: dict[str, Any] = {
    "model_type": "qwen3_5", "tie_word_embeddings": False, "vision_config": {**QWEN3_5_EYE, "out_hidden_size": 5120},
    "text_config": {
        "model_type": "qwen3_5_text", "hidden_size": 5120, "intermediate_size": 17408, "num_hidden_layers": 64,
        "num_attention_heads": 24, "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 248320,
        "linear_num_key_heads": 16, "linear_num_value_heads": 48, "linear_key_head_dim": 128,
        "linear_value_head_dim": 128,
    },
}  # fmt: skip
QWEN3_5_35B: dict[str, Any] = {
    "model_type": "qwen3_5_moe", "tie_word_embeddings": False,
    "vision_config": {**QWEN3_5_EYE, "out_hidden_size": 2048},
    "text_config": {
        "model_type": "qwen3_5_moe_text", "hidden_size": 2048, "num_hidden_layers": 40, "num_attention_heads": 16,
        "num_key_value_heads": 2, "head_dim": 256, "vocab_size": 248320, "num_experts": 256, "num_experts_per_tok": 8,
        "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512, "linear_num_key_heads": 16,
        "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
    },
}  # fmt: skip
ERNIE: dict[str, Any] = {
    "model_type": "ernie4_5", "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 18,
    "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 128, "vocab_size": 103424,
}  # fmt: skip
ERNIE_21B: dict[str, Any] = {
    "model_type": "ernie4_5_moe", "hidden_size": 2560, "intermediate_size": 12288, "num_hidden_layers": 28,
    "num_attention_heads": 20, "num_key_value_heads": 4, "vocab_size": 103424, "moe_num_experts": 64, "moe_k": 6,
    "moe_intermediate_size": 1536, "moe_num_shared_experts": 2, "moe_layer_start_index": 1,
}  # fmt: skip
HUNYUAN_A13B: dict[str, Any] = {
    "model_type": "hunyuan_v1_moe", "hidden_size": 4096, "intermediate_size": 3072, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 128167, "num_experts": 64,
    "moe_topk": [8] * 32, "num_shared_expert": [1] * 32, "moe_intermediate_size": [3072] * 32,
    "tie_word_embeddings": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "published", "digits"),
    [
        (KIMI_K2, 1.026e12, 4),
        (MINIMAX_M2, 229e9, 3),
        (MIMO_V2_FLASH, 309e9, 3),
        (SMOLLM3, (4.97e9 + 1.18e9) / 2, 3),
        (STARCODER2, (4.95e9 + 1.11e9) / 2, 3),
        (COMMAND_A, 111e9, 3),
        (OLMO3_32B, 32e9, 2),
        (GRANITE_2B, 2.5e9, 2),
        (COMMAND_R, 35e9, 2),
        (QWEN3_5_27B, 27e9, 2),
        (QWEN3_5_35B, 35e9, 2),
        (ERNIE, 0.36e9, 2),
        (ERNIE_21B, 22e9, 2),
        (HUNYUAN_A13B, 80e9, 2),
    ],
    ids=lambda value: value["model_type"] if isinstance(value, dict) else None,
)
def test_parameters_equal_the_published_total_to_its_digits(
    config: dict[str, Any], published: float, digits: int
) -> None:
    found = count_config(config, prompt_tokens=8).params
    assert f"{found:.{digits - 1}e}" == f"{published:.{digits - 1}e}"


def test_weights_of_glm_hold_one_more_layer() -> None:
    # The layer that predicts further tokens: a layer, its projection of two states, three norms, and copies of the
    # embedding and the logits. With it the released weights are published as 358 billion.
    further = count_config(GLM_4_5 | {"num_hidden_layers": 93}).params
    assert f"{further + 2 * 5120**2 + 3 * 5120 + 2 * 151_552 * 5120:.2e}" == "3.58e+11"


def test_active_parameters_as_published() -> None:
    assert count_config(KIMI_K2).active_params == pytest.approx(32e9, rel=0.03)
    # Without the embedding, which a token looks up, of 200,064 x 3072.
    assert count_config(MINIMAX_M2).active_params - 200_064 * 3072 == pytest.approx(10e9, rel=0.05)
    assert count_config(HUNYUAN_A13B).active_params == pytest.approx(13e9, rel=0.03)


def test_windows_of_mimo() -> None:
    # 9 of 48 layers see all; 39 see the last 128 tokens and the token itself, with twice the heads.
    short, long = (count_config(MIMO_V2_FLASH, prompt_tokens=n).kv_bytes for n in (1000, 1001))
    assert long - short == 2 * 9 * 4 * (192 + 128)
    assert short == 2 * (192 + 128) * (9 * 4 * 1000 + 39 * 8 * 129)


def test_the_table_has_every_family_once() -> None:
    rows = families()
    assert [row.model_type for row in rows[:-1]] == sorted({*FAMILIES, *MULTIMODAL, *DENOISERS})
    assert {row.counted for row in rows[:-1]} == {"closed form"}
    assert rows[-1].counted == "trace (hf:)"
    kinds = {row.model_type: row.kind for row in rows}
    assert (kinds["llama"], kinds["kimi_k2"], kinds["t5"]) == (
        "dense decoder",
        "mixture of experts",
        "encoder or encoder-decoder",
    )
