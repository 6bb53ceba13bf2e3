"""The closed forms against published totals and a formula by hand; `test_traced` has the traces."""

import json
from pathlib import Path
from typing import Any

import pytest
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from joulewise.counting.config import count_config
from joulewise.counting.config.compat import electra_flops, paper_flops
from joulewise.counting.config.families import model_of
from joulewise.counting.config.mixers.attention import sum_of_lengths
from joulewise.counting.config.read import Keys
from joulewise.counting.hf_models import count_hf
from joulewise.errors import InputError, UnknownNameError

LLAMA_405B = {
    "model_type": "llama", "hidden_size": 16384, "intermediate_size": 53248, "num_hidden_layers": 126,
    "num_attention_heads": 128, "num_key_value_heads": 8, "vocab_size": 128256,
}  # fmt: skip
LLAMA_2_7B = {
    "model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
    "num_attention_heads": 32, "vocab_size": 32000,
}  # fmt: skip
MIXTRAL = {
    "model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000, "num_local_experts": 8,
    "num_experts_per_tok": 2,
}  # fmt: skip
DEEPSEEK_V3 = {
    "model_type": "deepseek_v3", "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048,
    "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": 128, "n_routed_experts": 256,
    "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 3, "q_lora_rank": 1536,
    "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 129280,
}  # fmt: skip
QWEN3_235B = {
    "model_type": "qwen3_moe", "hidden_size": 4096, "intermediate_size": 12288, "moe_intermediate_size": 1536,
    "num_hidden_layers": 94, "num_attention_heads": 64, "num_key_value_heads": 4, "head_dim": 128, "num_experts": 128,
    "num_experts_per_tok": 8, "vocab_size": 151936,
}  # fmt: skip
GPT_OSS_120B = {
    "model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 36,
    "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "num_local_experts": 128,
    "num_experts_per_tok": 4, "vocab_size": 201088, "sliding_window": 128,
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "params", "tolerance"),
    [
        (LLAMA_2_7B, 6_738_415_616, 0),  # as the released checkpoint has
        (LLAMA_405B, 405.85e9, 1e-4),
        (MIXTRAL, 46.7e9, 1e-3),
        (DEEPSEEK_V3, 671e9, 1e-3),
        (QWEN3_235B, 235e9, 2e-3),
        (GPT_OSS_120B, 116.8e9, 1e-3),
    ],
)
def test_published_totals(config: dict[str, Any], params: float, tolerance: float) -> None:
    assert count_config(config).params == pytest.approx(params, rel=tolerance, abs=0)


@pytest.mark.parametrize(
    ("config", "active", "tolerance"),
    [(MIXTRAL, 12.9e9, 5e-3), (DEEPSEEK_V3, 37e9, 2e-2), (QWEN3_235B, 22e9, 2e-2)],
)
def test_published_active_parameters(config: dict[str, Any], active: float, tolerance: float) -> None:
    assert count_config(config).active_params == pytest.approx(active, rel=tolerance)


def test_gated_decoder_by_hand() -> None:
    # B (L (S (4 h H D + 4 h K D + 6 h I) + 4 H D pairs) + 2 h V), pairs = S (P + S), or S P + S (S + 1) / 2.
    h, H, K, D, inner, L, V, B, S, out = 96, 6, 2, 24, 200, 5, 1000, 3, 17, 6
    config = {
        "model_type": "llama", "hidden_size": h, "intermediate_size": inner, "num_hidden_layers": L,
        "num_attention_heads": H, "num_key_value_heads": K, "head_dim": D, "vocab_size": V,
    }  # fmt: skip
    token = 4 * h * H * D + 4 * h * K * D + 6 * h * inner
    work = count_config(config, prompt_tokens=S, output_tokens=out, batch_size=B)
    prefill, decode = work.phases["prefill"], work.phases["decode"]
    assert prefill.flops == B * (L * (S * token + 4 * H * D * S * S) + 2 * h * V)
    assert prefill.flops_causal_half == B * (L * (S * token + 4 * H * D * S * (S + 1) // 2) + 2 * h * V)
    steps = range(S + 1, S + out)
    assert decode.flops == sum(B * (L * (token + 4 * H * D * keys) + 2 * h * V) for keys in steps)
    assert work.kv_bytes == B * (S + out - 1) * L * 2 * K * D * 2
    assert sum(layer.flops for layer in work.layers) == work.flops


def test_latent_attention_decodes_on_the_cache() -> None:
    work = count_config(DEEPSEEK_V3, prompt_tokens=100, output_tokens=2)
    # 576 values a layer and token: the latent of 512 and the rotated 64.
    assert work.kv_bytes == 61 * 576 * 101 * 2
    longer = count_config(DEEPSEEK_V3, prompt_tokens=101, output_tokens=2)
    # One key more: 128 heads x (512 + 64 for the score, 512 for the output), in 61 layers.
    assert longer.phases["decode"].flops - work.phases["decode"].flops == 2 * 61 * 128 * (512 + 64 + 512)


def test_a_window_bounds_pairs_and_cache() -> None:
    config = {**LLAMA_2_7B, "model_type": "mistral", "sliding_window": 64}
    short = count_config(config, prompt_tokens=64)
    assert short.flops == count_config(LLAMA_2_7B, prompt_tokens=64).flops
    assert count_config(config, prompt_tokens=500, output_tokens=9).kv_bytes == short.kv_bytes
    step = count_config(config, prompt_tokens=500, output_tokens=2).phases["decode"].flops
    assert step == count_config(config, prompt_tokens=5000, output_tokens=2).phases["decode"].flops


def test_a_batch_touches_more_experts_but_never_all_twice() -> None:
    read = [
        count_config(MIXTRAL, prompt_tokens=1, output_tokens=2, batch_size=b).phases["decode"].bytes_read
        for b in (1, 4, 64)
    ]
    weights = count_config(MIXTRAL).weight_bytes
    assert read[0] < 0.35 * weights  # two of eight experts
    assert read[0] < read[1] < read[2] < 1.02 * weights


@given(st.integers(1, 50), st.integers(0, 60), st.integers(1, 40))
def test_sum_of_lengths_is_the_sum(first: int, more: int, window: int) -> None:
    lengths = range(first, first + more + 1)
    assert sum_of_lengths(first, first + more, window) == sum(min(n, window) for n in lengths)
    assert sum_of_lengths(first, first + more, None) == sum(lengths)


@settings(max_examples=25)
@given(
    st.sampled_from([LLAMA_2_7B, MIXTRAL, DEEPSEEK_V3, GPT_OSS_120B]),
    st.integers(1, 300),
    st.integers(1, 20),
    st.integers(1, 9),
)
def test_flops_are_linear_in_the_batch_and_layers_add_up(
    config: dict[str, Any], prompt: int, output: int, batch: int
) -> None:
    one = count_config(config, prompt_tokens=prompt, output_tokens=output)
    many = count_config(config, prompt_tokens=prompt, output_tokens=output, batch_size=batch)
    assert many.flops == batch * one.flops
    assert many.kv_bytes == batch * one.kv_bytes
    assert many.flops_causal_half <= many.flops <= many.flops_all_ops
    assert sum(layer.flops for layer in many.layers) == many.flops


def test_a_state_does_not_grow_and_a_prompt_costs_by_the_chunk() -> None:
    config = {
        "model_type": "nemotron_h", "hidden_size": 64, "vocab_size": 100, "hybrid_override_pattern": "MM-",
        "intermediate_size": 128, "num_attention_heads": 4, "mamba_num_heads": 4, "mamba_head_dim": 32,
        "ssm_state_size": 16, "n_groups": 1, "chunk_size": 64, "conv_kernel": 4,
    }  # fmt: skip
    short, long = (count_config(config, prompt_tokens=n, output_tokens=2) for n in (64, 6400))
    assert short.kv_bytes == long.kv_bytes == 2 * 2 * (4 * 32 * 16 + 4 * (4 * 32 + 2 * 16))
    assert short.phases["decode"].flops == long.phases["decode"].flops
    with pytest.raises(InputError, match="must be letters of M, E"):
        count_config({**config, "hybrid_override_pattern": "MX"})


T5 = {"d_model": 32, "d_ff": 48, "num_heads": 4, "d_kv": 6, "num_layers": 2, "num_decoder_layers": 3, "vocab_size": 50}


def test_t5_decodes_over_both_caches() -> None:
    config = {"model_type": "t5", **T5}
    S, out, d, w, V, layers = 9, 4, 32, 24, 50, 3
    work = count_config(config, prompt_tokens=S, output_tokens=out)
    # Four projections of itself, two across, the feed-forward layer, both attentions, the logits.
    steps = [2 * layers * (6 * d * w + 2 * d * 48 + 2 * w * keys + 2 * w * S) + 2 * d * V for keys in range(2, out + 1)]
    assert work.phases["decode"].flops == sum(steps)
    assert work.kv_bytes == 2 * layers * 2 * w * (out + S)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"{", "is not JSON"),
        (b"[1]", "holds a JSON array"),
        (b"{}", "'model_type' is missing"),
        (b"\x80\x04\x95", "never loaded"),
        (b"PK\x03\x04", "never loaded"),
        (b"\xff\xfe\x00", "is not JSON"),
        (
            b'{"model_type": "llama"}',
            "is missing",
        ),
    ],
)
def test_what_is_no_config(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        count_config(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"num_hidden_layers": 0}, "'num_hidden_layers' must be a whole number of at least 1, not 0"),
        ({"vocab_size": "many"}, "'vocab_size' must be a whole number"),
        ({"num_key_value_heads": 5}, "32 heads cannot share 5"),
        ({"mlp_bias": "yes"}, "'mlp_bias' must be true or false"),
    ],
)
def test_odd_values_are_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        count_config({**LLAMA_2_7B, **change})


def test_an_unknown_architecture_names_one_that_differs_by_a_slip() -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean llama\? Otherwise trace it with hf:"):
        count_config({**LLAMA_2_7B, "model_type": "llamma"})


@pytest.mark.parametrize("family", ["gemma7", "deepseek_v5", "blenderbot", "olmoe"])
def test_another_family_is_not_taken_for_a_slip(family: str) -> None:
    with pytest.raises(UnknownNameError) as raised:
        count_config({**LLAMA_2_7B, "model_type": family})
    assert "did you mean" not in str(raised.value)
    assert "trace it with hf:CONFIG.json; `joulewise count --families`" in str(raised.value)


def test_learned_positions_end() -> None:
    with pytest.raises(InputError, match="1025 tokens are more than the 1024 positions"):
        count_config({"model_type": "gpt2"}, prompt_tokens=1024, output_tokens=2)


def test_a_multimodal_config_is_not_guessed() -> None:
    with pytest.raises(InputError, match="takes images or sound"):
        count_config({"model_type": "mllama", "text_config": LLAMA_2_7B})


@pytest.mark.parametrize(
    "sizes", [{"prompt_tokens": 0}, {"output_tokens": -1}, {"batch_size": 0}, {"precision": "fp7"}]
)
def test_sizes_and_precisions(sizes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"must be at least 1|unknown number format"):
        count_config(LLAMA_2_7B, **sizes)


def test_a_path_names_the_workload(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LLAMA_2_7B))
    assert count_config(path).name == str(path)


BERT_BASE = {
    "model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072,
}  # fmt: skip
ELECTRA_SMALL = {
    "model_type": "electra", "embedding_size": 128, "hidden_size": 256, "num_hidden_layers": 12,
    "num_attention_heads": 4, "intermediate_size": 1024,
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "gflops"),
    # What the ELECTRA paper prints for an input of 128 tokens: 2.9e10 and 3.7e9.
    [(BERT_BASE, 29), (ELECTRA_SMALL, 3.7)],
)
def test_the_electra_counter_explains_its_figures(config: dict[str, Any], gflops: float) -> None:
    figures = len(str(gflops).replace(".", ""))
    other = electra_flops(model_of(Keys(config, "")), 128) / 1e9
    assert float(f"{other:.{figures - 1}e}") == gflops
    assert count_config(config, prompt_tokens=128).flops / 1e9 < 0.8 * gflops


@pytest.mark.parametrize(
    ("shape", "tokens", "printed"),
    # Table 7 of the paper: 3,400 GFLOPs of GPT-2 1.5B at 1,024 tokens; 740,000 of GPT-3 175B at 2,048.
    [
        ({"n_embd": 1600, "n_layer": 48, "n_head": 25}, 1024, 3_400),
        ({"n_embd": 12288, "n_layer": 96, "n_head": 96}, 2048, 740_000),
    ],
)
def test_the_papers_convention_leaves_the_logits_out(shape: dict[str, int], tokens: int, printed: int) -> None:
    gflops = paper_flops(model_of(Keys({"model_type": "gpt2", **shape}, "")), tokens) / 1e9
    assert gflops == pytest.approx(printed, rel=0.02)


def test_the_papers_convention_of_an_encoder_is_electras() -> None:
    model = model_of(Keys(BERT_BASE, ""))
    assert paper_flops(model, 128) == electra_flops(model, 128)


def test_the_electra_counter_supports_no_gates() -> None:
    with pytest.raises(InputError, match="does not support gated"):
        electra_flops(model_of(Keys(LLAMA_2_7B, "")), 128)


def test_an_encoder_generates_nothing() -> None:
    with pytest.raises(InputError, match="a bert generates no tokens"):
        count_config(BERT_BASE, output_tokens=2)
    with pytest.raises(InputError, match="generates no tokens"):
        count_hf(transformers.BertConfig(num_hidden_layers=1), output_tokens=2)
    with pytest.raises(InputError, match="no key-value cache"):
        count_hf(transformers.OpenAIGPTConfig(n_layer=1), output_tokens=2)
