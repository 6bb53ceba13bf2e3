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
