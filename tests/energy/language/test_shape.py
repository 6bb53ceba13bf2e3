"""Dimensions of language models: published sizes, configurations, and what is not a language model."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from joulewise.catalog import load, measurements
from joulewise.energy.language.shape import shape_of_config, shape_of_model


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
