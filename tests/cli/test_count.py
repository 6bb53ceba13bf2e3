"""``joulewise count`` as a user runs it."""

import csv
import fcntl
import json
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

from tests.conftest import Run

CONFIG = {
    "model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
    "num_attention_heads": 4, "vocab_size": 100,
}  # fmt: skip
KEYS = {
    "params", "active_params", "flops", "macs", "flops_all_ops", "weight_bytes", "kv_bytes", "phases", "layers",
    "uncounted", "method", "convention",
}  # fmt: skip
PHASE_KEYS = {"flops", "flops_causal_half", "flops_all_ops", "bytes_read", "bytes_written"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG))
    return path


def test_families(joulewise: Run) -> None:
    rows = {row["model_type"]: row for row in json.loads(joulewise("count", "--families", "--json").stdout)}
    assert rows["mixtral"] == {
        "model_type": "mixtral", "kind": "mixture of experts", "counted": "closed form",
        "model": "mistralai/Mixtral-8x7B-v0.1", "published": "46.7 billion", "source": "arXiv:2401.04088",
    }  # fmt: skip
    done = joulewise("count", "--families")
    assert len(done.stdout.splitlines()) > len(rows)
    assert "smollm3" in done.stdout
    assert joulewise("count", "--families", "x.json").returncode == 2


def test_a_cache_of_its_own_format(joulewise: Run, config: Path) -> None:
    asked = ("count", str(config), "--prompt-tokens", "16", "--json")
    wide, narrow = (json.loads(joulewise(*asked, *more).stdout) for more in ((), ("--kv-precision", "fp8")))
    # 16 tokens of 2 layers with 2 x 64 values.
    assert (wide["kv_bytes"], narrow["kv_bytes"]) == (16 * 2 * 128 * 2, 16 * 2 * 128)
    assert wide["weight_bytes"] == narrow["weight_bytes"]
    refused = joulewise("count", "model.onnx", "--kv-precision", "fp8")
    assert refused.returncode == 2
    assert "--kv-precision does not apply to an ONNX file" in refused.stderr


def test_a_config_as_json(joulewise: Run, config: Path) -> None:
    done = joulewise(
        "count", str(config), "--prompt-tokens", "16", "--output-tokens", "4", "--batch-size", "2", "--json"
    )
    value = json.loads(done.stdout)
    assert value.keys() >= KEYS
    assert set(value["phases"]) == {"prefill", "decode"}
    assert value["phases"]["decode"].keys() == PHASE_KEYS
    assert value["flops"] == 2 * value["macs"] == sum(p["flops"] for p in value["phases"].values())


def test_text_and_tree(joulewise: Run, config: Path) -> None:
    text = joulewise("count", str(config)).stdout
    assert "not counted: nothing" in text
    tree = joulewise("count", str(config), "--by-layer", "--depth", "2").stdout
    assert "head" in tree
    assert "feed_forward" not in tree
    assert "feed_forward" in joulewise("count", str(config), "--by-layer").stdout


def test_a_python_file_is_run_and_the_output_says_so(joulewise: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        "import torch\n"
        "def make():\n    return torch.nn.Linear(4, 5), (torch.zeros(2, 4),)\n"
        "def image():\n    return torch.nn.Conv2d(3, 2, 1)\n"
        "def wrong():\n    return 3\n"
        "def fails():\n    raise ValueError('no luck')\n"
    )
    done = joulewise("count", f"{path}:make", "--json")
    assert json.loads(done.stdout)["flops"] == 2 * 2 * 4 * 5
    assert done.stderr == f"joulewise: running {path} to build its module\n"
    done = joulewise("count", f"{path}:image", "--input", "3x8x8", "--batch-size", "2", "--json")
    assert json.loads(done.stdout)["flops"] == 2 * 2 * 64 * 6
    for factory, said in (
        ("wrong", "returned int, not a module"),
        ("fails", "ValueError: no luck"),
        ("absent", "has no function 'absent'"),
        ("image", "give --input"),
    ):
        done = joulewise("count", f"{path}:{factory}")
        assert done.returncode == 2
        assert said in done.stderr


def test_a_file_that_prints_or_ends_the_program(joulewise: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        "import sys, torch\nprint('on import')\n"
        "def make():\n    print('in make')\n    return torch.nn.Linear(4, 5), (torch.zeros(2, 4),)\n"
        "def leaves():\n    sys.exit(0)\n"
    )
    done = joulewise("count", f"{path}:make", "--json")
    assert json.loads(done.stdout)["flops"] == 2 * 2 * 4 * 5
    assert "on import\nin make\n" in done.stderr
    done = joulewise("count", f"{path}:leaves", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "leaves ended the program with sys.exit(0)" in done.stderr


def test_two_runs_into_one_file(joulewise: Run, config: Path, tmp_path: Path) -> None:
    out = tmp_path / "counts.csv"
    with out.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = joulewise("count", "-", "-o", str(out), "--workers", "1", input=f"{config}\n")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"joulewise: another run is writing {out}")
    assert out.read_text() == ""


def test_many_from_a_pipe_into_a_file(joulewise: Run, config: Path, tmp_path: Path) -> None:
    out = tmp_path / "counts.csv"
    done = joulewise("count", "-", "-o", str(out), "--workers", "1", input=f"{config}\n{tmp_path}/absent.json\n")
    assert done.returncode == 1
    assert "2 counted" in done.stderr
    with out.open() as file:
        rows = {row["target"]: row for row in csv.DictReader(file)}
    assert int(rows[str(config)]["params"]) > 0
    assert "No such file" in rows[f"{tmp_path}/absent.json"]["error"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "nothing to count"),
        (("resnet50",), "cannot tell what 'resnet50' is"),
        (("x.json",), "cannot read x.json"),
        (("CONFIG", "--precision", "fp7"), "unknown number format 'fp7'"),
        (("CONFIG", "--prompt-tokens", "0"), "--prompt-tokens must be between 1 and 1,000,000,000, not 0"),
        (("CONFIG", "--batch-size", "-1"), "--batch-size must be between 1 and 1,000,000,000, not -1"),
        (("CONFIG", "--input", "3x224x224"), "--input does not apply to a configuration"),
        (("CONFIG", "--dim", "batch=8"), "--dim does not apply to a configuration"),
        (("CONFIG", "--workers", "2"), "--workers does not apply to one target"),
        (("CONFIG", "--depth", "2"), "--depth does not apply to a count without --by-layer"),
        (("CONFIG", "--all-timm"), "are given (give one of them)"),
        (("-", "--by-layer"), "--by-layer does not apply to many targets"),
        (("-", "--json"), "--json does not apply to many targets"),
        (("timm:resnet50", "--prompt-tokens", "8"), "--prompt-tokens does not apply to a network of timm"),
        (("model.onnx", "--batch-size", "8"), "--batch-size does not apply to an ONNX file (set its dimensions"),
        (("net.py:make", "--output-tokens", "8"), "--output-tokens does not apply to a Python file"),
        (("hf:a/b", "--steps", "8"), "--steps does not apply to a model of transformers"),
        (("CONFIG", "--input", "3x224"), "write channels, height and width"),
        (("-",), "no names on standard input"),
        (("absent.py:make",), "no such file: absent.py"),
        (("model.pt",), "cannot tell what"),
    ],
)
def test_bad_input_is_one_line(joulewise: Run, config: Path, args: tuple[str, ...], said: str) -> None:
    done = joulewise("count", *[str(config) if a == "CONFIG" else a for a in args], cwd=config.parent, input="")
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr.splitlines()[-1]


def test_a_config_needs_no_torch(config: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        f"from joulewise.counting.targets import count\nprint(count({str(config)!r}).params)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 0
    code = "import sys; sys.modules['torch'] = None\nfrom joulewise.counting.targets import count\ncount(object())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'joulewise[torch]'" in done.stderr


def test_the_electra_convention_is_added_to_ours(joulewise: Run, tmp_path: Path) -> None:
    path = tmp_path / "bert.json"
    path.write_text('{"model_type": "bert", "num_hidden_layers": 12}')
    done = joulewise("count", str(path), "--prompt-tokens", "128", "--compat", "electra", "--json")
    value = json.loads(done.stdout)
    assert round(value["compat"]["flops"] / 1e9) == 29
    assert round(value["flops"] / 1e9) == 22
    done = joulewise("count", "timm:resnet50", "--compat", "electra")
    assert done.returncode != 0


def test_an_onnx_model_with_its_dimensions(joulewise: Run, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    x, y = (onnx.helper.make_tensor_value_info(n, 1, s) for n, s in (("x", ["batch", 5]), ("y", ["batch", 6])))
    weight = onnx.helper.make_tensor("w", 1, [5, 6], [0.0] * 30)
    node = onnx.helper.make_node("MatMul", ["x", "w"], ["y"])
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "g", [x], [y], [weight])), path)
    done = joulewise("count", str(path), "--dim", "batch=8", "--json")
    assert json.loads(done.stdout)["flops"] == 2 * 8 * 5 * 6
    done = joulewise("count", str(path))
    assert done.returncode == 2
    assert "--dim batch=N" in done.stderr
    done = joulewise("count", str(path), "--dim", "batch")
    assert "write NAME=NUMBER" in done.stderr
