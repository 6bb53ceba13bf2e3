"""Dimensions of language models: published sizes, configurations, and the power laws of a size by hand."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
import pytest

from joulewise.catalog import load, measurements
from joulewise.energy.language.shape import shape_of_config, shape_of_model, shape_of_params
from joulewise.errors import InputError


# Published sizes of models, in billions, in all and active: the makers' model cards.
@pytest.mark.parametrize(
    ("model", "params_b", "active_b"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 8.03, None),
        ("meta-llama/Llama-3.1-70B-Instruct", 70.6, None),
        ("Qwen/Qwen3-235B-A22B", 235.0, 22.0),
        ("mistralai/Mixtral-8x22B-Instruct-v0.1", 141.0, 39.0),
        ("deepseek-ai/DeepSeek-V3", 671.0, 37.0),
        ("openai/gpt-oss-120b", 116.8, 5.1),
        ("google/gemma-2-9b-it", 9.24, None),
    ],
)
def test_shapes_have_the_published_parameters(model: str, params_b: float, active_b: float | None) -> None:
    shape = shape_of_model(model, load())
    assert shape is not None
    assert shape.params / 1e9 == pytest.approx(params_b, rel=0.01)
    if active_b:
        assert shape.active_params / 1e9 == pytest.approx(active_b, rel=0.03)


def test_a_configuration_file_gives_the_shape_of_the_table() -> None:
    file = Path(__file__).parents[3] / "docs" / "llama-3.1-405b.json"
    ours = shape_of_config(file)
    assert ours.params / 1e9 == pytest.approx(405.9, rel=0.001)
    assert (ours.layers, ours.hidden, ours.kv_heads, ours.kv_values_per_token_layer) == (126, 16384, 8, 2048)


def test_every_measured_language_model_has_a_known_shape() -> None:
    measured = measurements().filter((pl.col("tier") == "A-gpu") & pl.col("unit").str.starts_with("output token"))
    catalog = load()
    for model in measured["model"].unique():
        shape = shape_of_model(model, catalog)
        assert shape is not None
        assert shape.known


@pytest.mark.parametrize(
    ("params", "layers", "hidden"),
    [
        (7e9, 36, 3584),  # the reference; 3520 is 27.5 x 128, of which the even neighbour is 28 x 128
        (70e9, 66, 9088),  # 36 x 10^0.26 = 65.5; 3520 x 10^0.41 = 9048 = 70.7 x 128
        (896e9, 127, 25_728),  # 36 x 128^0.26 = 127.1; 3520 x 128^0.41 = 25,734 = 201.0 x 128
        (1e3, 2, 128),  # never below two layers of width 128
        (1.0, 2, 128),
    ],
)
def test_a_dense_decoder_of_a_size(params: float, layers: int, hidden: int) -> None:
    shape = shape_of_params(params)
    assert (shape.layers, shape.attention_layers, shape.expert_layers) == (layers, layers, 0)
    assert (shape.hidden, shape.attention_width) == (hidden, hidden)
    assert (shape.params, shape.active_params, shape.dense_params, shape.expert_params) == (params, params, params, 0)
    assert (shape.experts, shape.experts_per_token) == (1, 1)
    assert (shape.kv_heads, shape.kv_values_per_token_layer) == (8, 2048)
    assert not shape.known


def test_a_mixture_of_experts_of_a_size() -> None:
    # 100 billion in all and 10 active: what is not active is 15/16 of the routed experts, 90 / (15/16) = 96 billion.
    # Depth and width are those of sqrt(100 x 10) = 31.6 billion, 4.5175 times 7 billion: 36 x 4.5175^0.26 = 53.3 and
    # 3520 x 4.5175^0.41 = 51.0 x 128.
    shape = shape_of_params(100e9, 10e9)
    assert (shape.experts, shape.experts_per_token) == (128, 8)
    assert shape.expert_params == pytest.approx(96e9)
    assert shape.dense_params == pytest.approx(4e9)
    assert (shape.layers, shape.expert_layers, shape.hidden) == (53, 53, 6528)
    assert shape.dense_params + shape.expert_params * 8 / 128 == pytest.approx(shape.active_params)


def test_a_very_sparse_mixture_has_more_experts() -> None:
    # 1,600 billion with 49 active: 8 of 128 experts would hold 1551 / (15/16) = 1,654 billion, more than all. Of 256
    # they would hold 1551 / (31/32) = 1,601; of 512 1551 / (63/64) = 1,575.6, which leaves 24.4 outside, half of 49.
    shape = shape_of_params(1600e9, 49e9)
    assert (shape.experts, shape.experts_per_token) == (512, 8)
    assert shape.expert_params == pytest.approx(1575.619e9, rel=1e-6)
    assert shape.dense_params == pytest.approx(24.381e9, rel=1e-4)


def test_what_is_nearly_all_active_is_dense() -> None:
    assert shape_of_params(100e9, 90e9).expert_params == 0
    assert shape_of_params(100e9, 89e9).expert_params > 0
    assert shape_of_params(2.0, 1.0).expert_params > 0


def test_nothing_else_is_assumed_of_a_size() -> None:
    shape = shape_of_params(7e9)
    assert (shape.window, shape.window_layers, shape.max_context) == (math.inf, 0, math.inf)
    assert (shape.image_tokens, shape.state_bytes, shape.scan_flops, shape.encoder_layers) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("params", "active", "said"),
    [
        (0.0, None, "must be positive"),
        (math.inf, None, "must be positive"),
        (7e9, -1.0, "must be positive"),
        (7e9, 0.0, "must be positive"),
        (0.0, 1.0, "must be positive"),
        (7e9, 8e9, "8 billion active parameters are more than the 7 billion in all"),
        (1e15, 1e9, "1 billion active parameters are less than 0.1% of the 1e.06 billion in all"),
    ],
)
def test_impossible_sizes(params: float, active: float | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        shape_of_params(params, active)
