"""Each kind of target by its own function, and all of them by their text."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest

from joulewise.counting import targets
from joulewise.counting.options import InferenceOptions
from joulewise.errors import InputError

LLAMA = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 96,
    "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 100,
}  # fmt: skip


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "llama.json"
    path.write_text(json.dumps(LLAMA))
    return path


def test_a_configuration(config: Path) -> None:
    options = InferenceOptions(prompt_tokens=16, batch_size=2)
    work = targets.count_config_file(config, options)
    # 2 layers of 4 x 64^2 + 3 x 64 x 96 and 2 norms; the final norm; embedding and logits.
    assert work.params == 2 * (16_384 + 18_432 + 128) + 64 + 2 * 6400
    assert work == targets.count_target(str(config), options)
    assert work.batch_size == 2


def test_an_onnx_file(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    x, y = (onnx.helper.make_tensor_value_info(n, 1, s) for n, s in (("x", ["batch", 5]), ("y", ["batch", 6])))
    weight = onnx.helper.make_tensor("w", 1, [5, 6], [0.0] * 30)
    node = onnx.helper.make_node("MatMul", ["x", "w"], ["y"])
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "g", [x], [y], [weight])), path)
    options = InferenceOptions(dims={"batch": 8})
    assert targets.count_onnx_file(path, options).flops == 2 * 8 * 5 * 6
    assert targets.count_target(str(path), options) == targets.count_onnx_file(path, options)


def test_a_module(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("import torch\ndef make():\n    return torch.nn.Linear(4, 5), torch.zeros(3, 4)\n")
    work = targets.count_module_target(f"{path}:make")
    assert (work.name, work.flops, work.batch_size) == ("net.py:make", 2 * 3 * 4 * 5, 3)
    assert targets.count_module_target("timm:resnet18", InferenceOptions(input_size=(3, 32, 32))).params == 11_689_512


def test_hf_reads_the_file_that_it_is_given(config: Path) -> None:
    (config.parent / "config.json").write_text(json.dumps(LLAMA | {"num_hidden_layers": 4}))
    own = targets.count_module_target(f"hf:{config}", InferenceOptions(prompt_tokens=4))
    assert own.params == targets.count_config_file(config).params
    folder = targets.count_module_target(f"hf:{config.parent}", InferenceOptions(prompt_tokens=4))
    assert folder.params == own.params + 2 * (16_384 + 18_432 + 128)


@pytest.mark.parametrize("path", ["/no/such/folder", "./absent", "absent.json"])
def test_a_path_that_is_not_there_is_not_looked_for_in_the_hub(path: str) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        targets.count_module_target(f"hf:{path}")


def test_what_builds_a_module() -> None:
    assert all(map(targets.is_module_target, ("timm:resnet50", "hf:a/b", "hf:a.json", "net.py:make")))
    assert not any(map(targets.is_module_target, ("config.json", "model.onnx", "resnet50", "net.py")))
    with pytest.raises(InputError, match=r"'config\.json' does not build a module"):
        targets.count_module_target("config.json")
    with pytest.raises(InputError, match="cannot tell what 'resnet50' is"):
        targets.count_target("resnet50")
