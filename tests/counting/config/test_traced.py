"""The closed forms against a trace of the same model on a small configuration."""

from typing import Any

import pytest
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from joulewise.counting.config import count_config
from joulewise.counting.config.families import FAMILIES
from joulewise.counting.hf_models import count_hf


def _small(draw: st.DrawFn) -> dict[str, Any]:
    kv_heads = draw(st.sampled_from([1, 2, 4]))
    return {
        "hidden_size": draw(st.sampled_from([32, 48])),
        "intermediate_size": draw(st.sampled_from([40, 64])),
        "num_hidden_layers": draw(st.integers(1, 3)),
        "num_attention_heads": 4,
        "num_key_value_heads": kv_heads,
        "vocab_size": draw(st.sampled_from([50, 77])),
    }


# Arguments that each family's configuration class needs in addition, or cannot take.
EXTRA: dict[str, dict[str, Any]] = {
    "llama": {"head_dim": 12, "attention_bias": True, "mlp_bias": True},
    "mistral": {"sliding_window": 64},
    "qwen2": {},
    "qwen3": {"head_dim": 16, "tie_word_embeddings": True},
    "qwen2_moe": {
        "moe_intermediate_size": 24, "shared_expert_intermediate_size": 40, "num_experts": 6,
        "num_experts_per_tok": 2, "decoder_sparse_step": 2,
    },
    "qwen3_moe": {"head_dim": 16, "moe_intermediate_size": 24, "num_experts": 6, "num_experts_per_tok": 2},
    "mixtral": {"num_local_experts": 4},
    "gemma": {"head_dim": 16},
    "gemma2": {"head_dim": 16, "sliding_window": 64},
    "gemma3_text": {"head_dim": 16, "sliding_window": 64},
    "phi": {},
    "phi3": {"pad_token_id": 0},
    "olmo": {},
    "olmo2": {},
    "gpt_neox": {"num_key_value_heads": None},
    "gpt_oss": {"head_dim": 16, "num_local_experts": 4, "num_experts_per_tok": 2, "sliding_window": 64},
    "nemotron_h": {
        "head_dim": 12, "num_hidden_layers": 4, "hybrid_override_pattern": "ME*-", "mamba_num_heads": 4,
        "mamba_head_dim": 6, "ssm_state_size": 5, "n_groups": 2, "chunk_size": 4, "conv_kernel": 3,
        "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16, "moe_latent_size": 8,
        "moe_shared_expert_intermediate_size": 24,
    },
    "qwen3_next": {
        "head_dim": 12, "num_hidden_layers": 4, "linear_num_key_heads": 2, "linear_num_value_heads": 4,
        "linear_key_head_dim": 6, "linear_value_head_dim": 5, "linear_conv_kernel_dim": 4, "num_experts": 4,
        "num_experts_per_tok": 2, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 24,
        "decoder_sparse_step": 2,
    },
    "qwen3_5_text": {
        "head_dim": 12, "num_hidden_layers": 4, "linear_num_key_heads": 2, "linear_num_value_heads": 4,
        "linear_key_head_dim": 6, "linear_value_head_dim": 5, "linear_conv_kernel_dim": 4,
    },
    "qwen3_5_moe_text": {
        "head_dim": 12, "num_hidden_layers": 4, "linear_num_key_heads": 2, "linear_num_value_heads": 4,
        "linear_key_head_dim": 6, "linear_value_head_dim": 5, "linear_conv_kernel_dim": 4, "num_experts": 4,
        "num_experts_per_tok": 2, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 24,
    },
    "olmo3": {"sliding_window": 64},
    "smollm3": {"num_hidden_layers": 4, "pad_token_id": 0, "use_sliding_window": True, "sliding_window": 64},
    "granite": {"attention_bias": True},
    "cohere": {"use_qk_norm": True, "pad_token_id": 0},
    "cohere2": {"sliding_window": 64, "pad_token_id": 0},
    "starcoder2": {},
    "ernie4_5": {"use_bias": True, "head_dim": 12},
    "ernie4_5_moe": {
        "num_hidden_layers": 3, "moe_num_experts": 6, "moe_k": 2, "moe_intermediate_size": 24, "pad_token_id": 0,
    },
    "hunyuan_v1_dense": {"head_dim": 12, "pad_token_id": 0},
    "hunyuan_v1_moe": {"num_experts": 4, "moe_topk": 2, "pad_token_id": 0, "head_dim": 12},
    "glm4_moe": {
        "num_hidden_layers": 3, "head_dim": 12, "n_routed_experts": 6, "num_experts_per_tok": 2, "use_qk_norm": True,
        "moe_intermediate_size": 24, "attention_bias": True,
    },
    "minimax_m2": {"head_dim": 12, "num_local_experts": 4, "num_experts_per_tok": 2},
    "mimo_v2_flash": {
        "num_hidden_layers": 3, "num_key_value_heads": 2, "head_dim": 12, "v_head_dim": 8, "n_routed_experts": 4,
        "num_experts_per_tok": 2, "moe_intermediate_size": 24, "sliding_window": 64,
    },
    "bert": {"num_key_value_heads": None},
    "electra": {"num_key_value_heads": None, "embedding_size": 24},
    "albert": {"num_key_value_heads": None, "embedding_size": 24},
}  # fmt: skip


@pytest.mark.parametrize("family", EXTRA)
@settings(max_examples=3)
@given(st.data())
def test_config_path_equals_traced_path(family: str, data: st.DataObject) -> None:
    values = {**data.draw(st.composite(_small)()), **EXTRA[family]}
    values = {key: value for key, value in values.items() if value is not None}
    config = transformers.AutoConfig.for_model(family, **values)
    sizes: dict[str, Any] = {
        "prompt_tokens": data.draw(st.integers(2, 12)),
        "output_tokens": 1 if family in {"bert", "electra", "albert"} else 3,
        "batch_size": data.draw(st.integers(1, 2)),
    }
    traced = count_hf(config, **sizes)
    closed = count_config(config.to_dict(), **sizes)
    assert closed.params == traced.params
    assert {name: phase.flops for name, phase in closed.phases.items()} == {
        name: phase.flops for name, phase in traced.phases.items()
    }
    assert closed.kv_bytes == traced.kv_bytes
    assert traced.uncounted == {}


FALCONS: list[dict[str, Any]] = [
    {},
    {"new_decoder_architecture": True, "num_kv_heads": 2},
    {"multi_query": False, "parallel_attn": False, "bias": True},
]


@pytest.mark.parametrize(
    ("family", "values"),
    [
        *[
            ("falcon", {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 50, **f})
            for f in FALCONS
        ],
        ("gpt2", {"n_embd": 32, "n_layer": 2, "n_head": 4, "vocab_size": 50, "n_positions": 64}),
        ("distilbert", {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "vocab_size": 50}),
    ],
)
def test_families_with_keys_of_their_own(family: str, values: dict[str, Any]) -> None:
    config = transformers.AutoConfig.for_model(family, **values)
    sizes: dict[str, Any] = {
        "prompt_tokens": 9, "output_tokens": 1 if family == "distilbert" else 3, "batch_size": 2,
    }  # fmt: skip
    traced, closed = count_hf(config, **sizes), count_config(config.to_dict(), **sizes)
    assert closed.params == traced.params
    assert [p.flops for p in closed.phases.values()] == [p.flops for p in traced.phases.values()]


@pytest.mark.parametrize("family", ["deepseek_v2", "deepseek_v3", "llama4_text"])
def test_where_transformers_computes_more_than_is_needed_parameters_agree(family: str) -> None:
    # It expands the whole cache of latents at each step, and runs every expert of Llama 4 on every token.
    values: dict[str, Any] = {
        "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 3, "num_attention_heads": 4,
        "num_key_value_heads": 4, "vocab_size": 50,
    }  # fmt: skip
    if family == "llama4_text":
        values |= {"head_dim": 8, "intermediate_size_mlp": 64, "num_local_experts": 4, "interleave_moe_layer_step": 2}
    else:
        values |= {
            "moe_intermediate_size": 24, "n_routed_experts": 8, "num_experts_per_tok": 2, "n_shared_experts": 2,
            "first_k_dense_replace": 1, "q_lora_rank": 24, "kv_lora_rank": 16, "qk_nope_head_dim": 8,
            "qk_rope_head_dim": 8, "v_head_dim": 12, "n_group": 2, "topk_group": 1,
        }  # fmt: skip
    config = transformers.AutoConfig.for_model(family, **values)
    sizes: dict[str, Any] = {"prompt_tokens": 9, "output_tokens": 2, "batch_size": 1}
    traced, closed = count_hf(config, **sizes), count_config(config.to_dict(), **sizes)
    assert closed.params == traced.params
    assert closed.phases["decode"].flops < traced.phases["decode"].flops
    if family != "llama4_text":
        assert closed.phases["prefill"].flops == traced.phases["prefill"].flops


OTHERS = ("falcon", "gpt2", "distilbert", "deepseek_v2", "deepseek_v3", "llama4_text", "t5", "whisper")


T5 = {"d_model": 32, "d_ff": 48, "num_heads": 4, "d_kv": 6, "num_layers": 2, "num_decoder_layers": 3, "vocab_size": 50}
WHISPER = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 3, "encoder_attention_heads": 4, "decoder_attention_heads": 2,
    "encoder_ffn_dim": 40, "decoder_ffn_dim": 48, "num_mel_bins": 8, "max_source_positions": 30, "vocab_size": 50,
    "max_target_positions": 20, "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0, "decoder_start_token_id": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("family", "architecture", "values"),
    [
        ("t5", "T5ForConditionalGeneration", T5),
        ("t5", "T5ForConditionalGeneration", {**T5, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}),
        ("whisper", "WhisperForConditionalGeneration", WHISPER),
    ],
)
def test_encoder_decoders_equal_their_trace(family: str, architecture: str, values: dict[str, Any]) -> None:
    config = transformers.AutoConfig.for_model(family, architectures=[architecture], **values)
    prompt = 9 if family == "t5" else 1
    traced = count_hf(config, prompt_tokens=prompt, output_tokens=1, batch_size=2)
    closed = count_config(config.to_dict(), prompt_tokens=prompt, output_tokens=1, batch_size=2)
    assert closed.params == traced.params
    assert closed.flops == traced.flops
    assert sum(layer.flops for layer in closed.layers) == closed.flops


def test_every_family_is_traced_in_some_test() -> None:
    # Kimi K2 is DeepSeek-V3 under another name.
    in_multimodal_tests = {"kimi_k2", "qwen2_5_vl_text", "qwen3_vl_moe_text", "qwen3_vl_text"}
    assert set(FAMILIES) == {*EXTRA, *OTHERS, *in_multimodal_tests}
