"""Networks built to be run: by a file, by timm, by a configuration, with the batch that was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from joulewise.counting.build import build_target
from joulewise.counting.options import InferenceOptions
from joulewise.counting.targets import count
from joulewise.errors import InputError, UnknownNameError

NETWORKS = """
import torch
from torch import nn

class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.line = nn.Embedding(10, 4), nn.Linear(4, 2)
    def forward(self, ids, scale):
        return self.line(self.table(ids)) * scale

def image():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10))
def tokens():
    return TwoInputs(), (torch.zeros(1, 7, dtype=torch.long), torch.ones(1, 7, 1))
def batch_of_four():
    return nn.Linear(5, 3), torch.ones(4, 5)
def on_meta():
    with torch.device("meta"):
        return nn.Sequential(nn.Linear(5, 3), nn.BatchNorm1d(3)), torch.empty(1, 5, device="meta")
def wrong_inputs():
    return nn.Linear(5, 3), torch.ones(1, 4)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nets.py"
    path.write_text(NETWORKS)
    return path


def test_a_file_with_the_size_of_its_images(file: Path) -> None:
    built = build_target(f"{file}:image", InferenceOptions(input_size=(3, 8, 8), batch_size=4, precision="bf16"), "cpu")
    made = built.run()
    assert isinstance(made, torch.Tensor)
    assert (made.shape, made.dtype) == ((4, 10), torch.bfloat16)
    assert (built.params, built.batch_size, built.kind) == (224 + 8 * 36 * 10 + 10, 4, "network")
    assert (built.precision, built.device, built.device_name) == ("bf16", "cpu", "")


@pytest.mark.parametrize(("asked", "rows"), [(1, 1), (6, 6)])
def test_inputs_of_one_row_are_repeated(file: Path, asked: int, rows: int) -> None:
    built = build_target(f"{file}:tokens", InferenceOptions(batch_size=asked), "cpu")
    made = built.run()
    assert isinstance(made, torch.Tensor)
    assert made.shape == (rows, 7, 2)
    assert built.batch_size == rows


def test_inputs_with_rows_are_a_batch_of_their_own(file: Path) -> None:
    assert build_target(f"{file}:batch_of_four", InferenceOptions(), "cpu").batch_size == 4
    assert build_target(f"{file}:batch_of_four", InferenceOptions(batch_size=4), "cpu").batch_size == 4
    with pytest.raises(InputError, match="the inputs have 4 rows, not the batch of 3"):
        build_target(f"{file}:batch_of_four", InferenceOptions(batch_size=3), "cpu")


def test_a_network_without_values_gets_random_ones(file: Path) -> None:
    made = build_target(f"{file}:on_meta", InferenceOptions(), "cpu").run()
    assert isinstance(made, torch.Tensor)
    assert made.device.type == "cpu"


def test_what_cannot_run_is_one_line(file: Path) -> None:
    with pytest.raises(InputError, match=r"nets.py:wrong_inputs cannot run on these inputs: mat1"):
        build_target(f"{file}:wrong_inputs", InferenceOptions(), "cpu")
    for target, options, device, message in (
        (f"{file}:tokens", InferenceOptions(precision="int4"), "cpu", "cannot run in 'int4'"),
        (f"{file}:tokens", InferenceOptions(), "tpu", "is not a device"),
        (f"{file}:tokens", InferenceOptions(), "cuda:99", "no 'cuda'"),
        (f"{file}:image", InferenceOptions(), "cpu", "gave no inputs"),
        ("resnet50", InferenceOptions(), "cpu", "cannot tell what 'resnet50' is"),
        ("model.onnx", InferenceOptions(), "cpu", "cannot tell what"),
    ):
        with pytest.raises(InputError, match=message):
            build_target(target, options, device)


def test_timm() -> None:
    built = build_target("timm:resnet18", InferenceOptions(input_size=(3, 32, 32), batch_size=2), "cpu")
    made = built.run()
    assert isinstance(made, torch.Tensor)
    assert made.shape == (2, 1000)
    assert built.params == count("timm:resnet18").params
    with pytest.raises(UnknownNameError):
        build_target("timm:resnett18", InferenceOptions(), "cpu")


CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
}


def test_a_language_model_reads_its_prompt_and_takes_a_step_for_each_further_token(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(CONFIG))
    built = build_target(f"hf:{file}", InferenceOptions(batch_size=3, prompt_tokens=5, output_tokens=4), "cpu")
    made = built.run()
    assert isinstance(made, torch.Tensor)
    assert made.shape == (3, 1, 100)
    assert (built.kind, built.prompt_tokens, built.output_tokens, built.precision) == ("language", 5, 4, "bf16")
    assert built.engine.startswith("transformers ")
    assert built.params == count(str(file)).params
    assert build_target(str(file), InferenceOptions(prompt_tokens=5), "cpu").name == "hf:config.json"


def test_an_encoder_has_one_pass(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}
    file.write_text(json.dumps({"model_type": "bert", "vocab_size": 50, **sizes}))
    built = build_target(f"hf:{file}", InferenceOptions(batch_size=2, prompt_tokens=6, precision="fp32"), "cpu")
    assert (built.kind, built.prompt_tokens, built.output_tokens) == ("network", 6, 0)
    with pytest.raises(InputError, match="leave output_tokens at 1"):
        build_target(f"hf:{file}", InferenceOptions(output_tokens=3), "cpu")
