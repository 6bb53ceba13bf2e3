"""Keys of a configuration: a missing, invalid or out-of-bounds value is one line with file and key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from joulewise.counting.config import count_config
from joulewise.counting.config.read import Keys, read_config
from joulewise.errors import InputError

LLAMA: dict[str, Any] = {
    "model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
    "num_attention_heads": 4, "vocab_size": 100,
}  # fmt: skip
MISTRAL = LLAMA | {"model_type": "mistral"}
QWEN_MOE = LLAMA | {"model_type": "qwen3_moe", "moe_intermediate_size": 8, "num_experts": 4, "num_experts_per_tok": 2}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (LLAMA | {"num_hidden_layers": 10_001}, "'num_hidden_layers' must be 10,000 at most"),
        (LLAMA | {"vocab_size": 10**400}, "'vocab_size' must be 100,000,000 at most"),
        (LLAMA | {"hidden_size": 64.5}, "'hidden_size' must be a whole number of at least 1, not 64.5"),
        (LLAMA | {"hidden_size": float("inf")}, "'hidden_size' must be a whole number of at least 1, not inf"),
        (LLAMA | {"hidden_size": True}, "'hidden_size' must be a whole number of at least 1, not True"),
        (LLAMA | {"num_attention_heads": 65}, "65 heads cannot share a width of 64"),
        (MISTRAL | {"sliding_window": "all"}, "'sliding_window' must be a whole number of at least 1, not 'all'"),
        (QWEN_MOE | {"mlp_only_layers": [0, "1"]}, "'mlp_only_layers' must be a list of whole numbers"),
        (QWEN_MOE | {"num_experts_per_tok": 5}, "a token cannot use 5 of 4 experts"),
        (
            LLAMA | {"model_type": "nemotron_h", "hybrid_override_pattern": "-" * 10_001},
            "10,001 layers are more than 10,000",
        ),
    ],
)
def test_what_no_network_can_be(tmp_path: Path, config: dict[str, Any], said: str) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    with pytest.raises(InputError) as raised:
        count_config(file)
    assert str(file) in str(raised.value)
    assert said in str(raised.value)


def test_null_is_as_missing() -> None:
    assert Keys({"a": None}, "x").whole("a", 3) == 3
    assert Keys({"a": None}, "x").optional_whole("a") is None
    assert Keys({}, "x").optional_whole("a") is None
    assert Keys({"a": [1, 2]}, "x").wholes("a", ()) == [1, 2]


@pytest.mark.parametrize("value", [0, 1.5, float("nan"), "half", True])
def test_a_fraction(value: Any) -> None:
    assert Keys({"a": 0.25}, "x").fraction("a", 1) == 0.25
    with pytest.raises(InputError, match="'a' must be a number above 0 and up to 1"):
        Keys({"a": value}, "x").fraction("a", 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" * 100_000, "is not JSON"),
        (b'{"model_type": "llama", "vocab_size": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b'{"model_type": 3}', "'model_type' is missing"),
        (b" " * 10_000_001, "larger than 10 MB"),
    ],
)
def test_what_is_not_a_configuration(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_config(file)


def test_a_name_with_a_nul_byte() -> None:
    with pytest.raises(InputError, match="holds a NUL byte"):
        read_config(Path("a\0.json"))


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(LLAMA))
    before = count_config(file).params
    file.write_text(json.dumps(LLAMA | {"num_hidden_layers": 4}))
    assert count_config(file).params > before


def test_sizes_of_an_inference_are_bounded() -> None:
    with pytest.raises(InputError, match="prompt_tokens must be 1,000,000,000 at most"):
        count_config(LLAMA, prompt_tokens=10**400)


GEMMA3 = LLAMA | {"model_type": "gemma3_text", "sliding_window": 8}
NEXT = QWEN_MOE | {
    "model_type": "qwen3_next", "linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 4,
    "linear_value_head_dim": 4, "shared_expert_intermediate_size": 8, "head_dim": 16,
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (LLAMA | {"layer_types": ["full_attention", "mamba"]}, "not 'mamba'"),
        (GEMMA3 | {"layer_types": ["sliding_attention", "linear_attention"]}, "not 'linear_attention'"),
        (GEMMA3 | {"layer_types": ["sliding_attention", 3]}, "not 3"),
        (GEMMA3 | {"layer_types": "full_attention"}, "not 'full_attention'"),
        (GEMMA3 | {"layer_types": ["full_attention"] * 3}, "'layer_types' has 3 entries for 2 layers"),
        (
            NEXT | {"layer_types": ["sliding_attention", "full_attention"]},
            "must list full_attention or linear_attention",
        ),
        (
            LLAMA | {"model_type": "llama4_text", "layer_types": ["full_attention", "sliding_attention"]},
            "chunked_attention",
        ),
    ],
)
def test_a_kind_of_layer_that_the_family_lacks(config: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        count_config(config)


def test_listed_layers_of_qwen_have_windows() -> None:
    qwen = LLAMA | {"model_type": "qwen2", "use_sliding_window": True, "sliding_window": 8, "max_window_layers": 0}
    listed = count_config(qwen | {"layer_types": ["sliding_attention", "full_attention"]}, prompt_tokens=100)
    assert count_config(qwen, prompt_tokens=100).kv_bytes == 2 * 8 * 2 * 64 * 2
    assert listed.kv_bytes == (8 + 100) * 2 * 64 * 2


@pytest.mark.parametrize("named", ["", " ", None, [], ["llama"], {}])
def test_a_model_without_a_type(named: Any) -> None:
    with pytest.raises(InputError, match="'model_type' is missing"):
        count_config(LLAMA | {"model_type": named, "_class_name": named})


ODD: list[Any] = [-1, 0, 1.5, "x", "", [], [1], ["x"], [None], {}, True, 10**30, float("nan"), float("inf")]


@pytest.mark.parametrize("config", [LLAMA, MISTRAL, QWEN_MOE, GEMMA3, NEXT], ids=lambda c: c["model_type"])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_value_of_any_key_is_one_line_or_counts_in_whole_numbers(config: dict[str, Any], odd: Any) -> None:
    keys = {*config, "head_dim", "layer_types", "sliding_window", "tie_word_embeddings", "quantization_config",
            "text_config", "architectures", "num_key_value_heads", "mlp_only_layers"}  # fmt: skip
    for key in sorted(keys):
        try:
            work = count_config(config | {key: odd}, prompt_tokens=9, output_tokens=3)
        except InputError as error:
            assert "\n" not in str(error)
            continue
        found = [work.params, work.active_params, work.weight_bytes, work.kv_bytes, work.flops, work.flops_causal_half]
        assert all(type(value) is int and value >= 0 for value in found)
