"""Shapes that language models are estimated by, against the sizes that their makers publish."""

from dataclasses import replace

import polars as pl
import pytest

from joulewise import catalog
from joulewise.catalog import find_model
from joulewise.derived.published_sizes import computed_sizes, disagreeing_sizes, unexplained_sizes


def test_every_shape_has_the_published_size_or_a_reason() -> None:
    assert [str(v) for v in unexplained_sizes()] == []


@pytest.mark.parametrize(
    ("name", "params", "active"),
    [
        # DeepSeek-V3, README_WEIGHTS.md: 671B, of which 36.6B are active with the logits.
        ("DeepSeek-V3", 671e9, 36.6e9),
        # gpt-oss model card: 116.83B and 5.13B.
        ("gpt-oss-120b", 116.83e9, 5.13e9),
        # Llama 3.1 paper, table 3, and the safetensors index: 8,030,261,248; without the look-up of 128,256 x 4,096.
        ("Llama-3.1-8B", 8_030_261_248, 8_030_261_248 - 128_256 * 4_096),
    ],
)
def test_sizes_as_printed(name: str, params: float, active: float) -> None:
    sizes = computed_sizes(find_model(name))
    assert sizes["params"] == pytest.approx(params, rel=2e-3)
    assert sizes["active_params"] == pytest.approx(active, rel=2e-3)


@pytest.mark.parametrize(("factor", "found"), [(1.1, True), (0.9, True), (1.001, False)])
def test_a_shape_of_another_size_is_found(factor: float, found: bool) -> None:
    loaded = catalog.load()
    mine = (pl.col("entity") == "glm-5") & (pl.col("attribute") == "params")
    facts = loaded.facts.with_columns(number=pl.when(mine).then(pl.col("number") * factor).otherwise("number"))
    wrong = disagreeing_sizes(replace(loaded, facts=facts))
    assert ("glm-5" in {v.entity for v in wrong}) is found


@pytest.mark.parametrize("name", ["Jamba-1.5-Large", "DeepSeek-V4-Pro", "Kimi-K3", "Mamba-2.8B", "Gemma-4-31B-IT"])
def test_a_row_without_all_layers_is_not_estimated_from(name: str) -> None:
    known = find_model(name)
    assert known.architecture is None
    assert known.partial_architecture is not None
    assert known.params is not None
    assert computed_sizes(known) == {}
