"""Generators, speech recognition and embedding models: facts sampled at random against counts and published sizes."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import time
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

import tests.counting.conftest  # noqa: F401  (lets transformers be imported)
from joulewise import catalog
from joulewise.catalog import find_entity, find_model, measurements
from joulewise.counting.config import count_config
from tests.conftest import Run

TOOLS = Path(__file__).parents[2] / "tools"
LISTED = json.loads((TOOLS / "other_networks.json").read_text(encoding="utf-8"))
TASKS = {"image-generation": 10, "video-generation": 6, "speech-recognition": 10, "embedding": 22}

# A few of each test run, others every time; the seed is printed so that a failure can be repeated. Processes that
# share a run draw the same.
SEED = zlib.crc32(os.environ.get("PYTEST_XDIST_TESTRUNUID", str(time.time())).encode()) % 10**6
NETWORKS = [n for n in LISTED["networks"] if n["config"].get("hidden_size", 0) < 4096]
SAMPLE = random.Random(SEED).sample(NETWORKS, 4)


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("count_other", TOOLS / "count_other.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _number(entity: str, attribute: str, **conditions: str) -> float:
    number = catalog.source_of(entity, attribute, None, **conditions).number
    assert number is not None
    return number


def test_every_kind_has_counts_and_sources() -> None:
    frame = catalog.models().filter(pl.col("task").is_in(list(TASKS)))
    assert dict(frame.group_by("task").len().iter_rows()) == TASKS
    assert frame["flops"].null_count() == frame["params"].null_count() == frame["architecture"].null_count() == 0
    assert frame.filter(pl.col("release_date").is_null())["id"].to_list() == ["openjourney-v4"]
    assert frame["convention"].unique().to_list() == ["flop"]
    for entity in frame["id"]:
        for fact in catalog.load().facts_of(entity):
            assert all(source.url.startswith("https://") for source in fact.sources)
    assert not catalog.check()


def test_all_measured_generators_are_there() -> None:
    measured = measurements().filter(pl.col("unit").is_in(["image", "video"]))["model"].unique()
    known = catalog.load()
    assert len(measured) > 0
    for name in measured:
        assert find_entity("models", name, known)


@pytest.mark.parametrize("row", SAMPLE, ids=[f"{n['id']}-seed-{SEED}" for n in SAMPLE])
def test_a_count_can_be_repeated(row: dict[str, Any], tool: ModuleType) -> None:
    work = tool.count_network(row)
    assert work.params == _number(row["id"], "params", basis="counted")
    assert work.flops == _number(row["id"], "flops")
    assert not work.uncounted


@pytest.mark.parametrize("row", LISTED["generators"], ids=lambda row: row["id"])
def test_generators_are_as_in_their_table(row: dict[str, Any]) -> None:
    known = find_model(row["generator"]).generator
    assert known is not None
    assert _number(row["id"], "params") == known["denoiser_params"]
    flops = catalog.source_of(row["id"], "flops")
    assert flops.number == known["product_flops"] + known["attention_flops"]
    assert flops.conditions["image_px"] == f"{known['width_px']}x{known['height_px']}"
    # 2 FLOPs for each parameter and token at least; a pixel of the image is one token of 16 x 16 at most.
    assert flops.number > 2 * known["denoiser_params"]


@pytest.mark.parametrize("row", [n for n in LISTED["networks"] if n["params"]], ids=lambda row: row["id"])
def test_counted_sizes_are_those_published(row: dict[str, Any]) -> None:
    """To the buffer of 512 positions where MTEB lists them exactly, to a hundredth or their rounding elsewhere."""
    published = float(row["params"]["reported"])
    counted = _number(row["id"], "params", basis="counted")
    if row["id"] == "embeddinggemma-300m":
        published -= 2 * 768 * 3072  # its two dense layers
    exact = published % 1e5 != 0
    assert abs(counted - published) in {0, 512} if exact else counted == pytest.approx(published, rel=0.035)


@pytest.mark.parametrize("name", ["whisper-tiny", "whisper-large-v3-turbo", "bge-m3", "e5-large", "qwen3-embedding-8b"])
def test_counts_agree_with_the_closed_form(name: str, tmp_path: Path) -> None:
    (row,) = [n for n in LISTED["networks"] if n["id"] == name]
    config = dict(row["config"])
    if config["model_type"] == "xlm-roberta":
        config |= {"model_type": "bert", "architectures": ["BertModel"]}  # the same layers
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    if config["architectures"] == ["Qwen3Model"]:
        config["architectures"] = ["Qwen3ForCausalLM"]
        file.write_text(json.dumps(config))
    work = count_config(file, prompt_tokens=row["options"].get("prompt_tokens", 1), output_tokens=1)
    flops = work.flops
    if config["architectures"] == ["Qwen3ForCausalLM"]:
        flops -= 2 * config["hidden_size"] * config["vocab_size"]  # an embedding has no head
    assert flops == pytest.approx(_number(name, "flops"), rel=1e-3)
    assert work.params == pytest.approx(_number(name, "params", basis="counted"), rel=1e-6)


def test_a_generator_of_the_catalogue_is_estimated_as_a_generator(joulewise: Run) -> None:
    for name in ("sdxl-base-1.0", "Stable Video Diffusion XT", "stabilityai/stable-diffusion-3.5-large"):
        done = joulewise("estimate", name, "--on", "H100")
        assert "method: calibrated" in done.stdout, done.stderr
    done = joulewise("estimate", "whisper-tiny", "--method", "paper")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the paper's method covers vision and language models, not speech-recognition" in done.stderr
