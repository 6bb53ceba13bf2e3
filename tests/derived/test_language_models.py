"""Counts of the table of architectures, against published totals and against counts of the configuration."""

import polars as pl
import pytest

from joulewise import catalog
from joulewise.catalog import find_model
from joulewise.catalog.tables import FACT_COLUMNS, shipped_folder
from joulewise.counting.architectures import Pass, forward, stack_of
from joulewise.counting.config import count_config
from joulewise.derived import language_models as language
from joulewise.errors import InputError


def _counted(model: str) -> Pass:
    known = find_model(model)
    assert known.architecture is not None
    return forward(known.architecture, 1, known.configuration["config"] if known.configuration else None)


@pytest.mark.parametrize(
    ("model", "published"),
    [
        # Totals as published, each looked up: Epoch AI's table, LLM Stats, model cards.
        ("GPT-J-6B", 6.0534e9),
        ("BLOOM-176B", 176.247e9),
        ("Gemma-2B", 2.50643e9),
        ("Gemma-7B", 8.53807e9),
        ("Ministral-8B-Instruct-2410", 8_019_808_256),
        ("gpt-oss-20b", 20.91e9),
        ("gpt-oss-120b", 116.83e9),
        ("DeepSeek-V3", 671e9),
        ("Mixtral-8x22B-v0.1", 141e9),
        ("DBRX", 132e9),
        ("Qwen2.5-72B", 72.7e9),
        ("LLaMA-65B", 65.2e9),
        ("Llama-3.1-405B", 405e9),
        ("GLM-4.5", 355e9),
        ("Nemotron-3-Nano-30B-A3B", 31.6e9),
        ("Nemotron-3-Ultra-550B-A55B", 550e9),
        ("Qwen3.5-397B-A17B", 397e9),
    ],
)
def test_totals_agree_with_published_ones(model: str, published: float) -> None:
    assert _counted(model).params == pytest.approx(published, rel=0.011)


@pytest.mark.parametrize(
    ("model", "published", "rel"),
    [
        ("gpt-oss-120b", 5.13e9, 0.01),  # its model card
        ("gpt-oss-20b", 3.61e9, 0.01),
        ("DeepSeek-V3", 37e9, 0.02),
        ("Kimi-K2-Instruct", 32e9, 0.02),
        ("Mixtral-8x22B-v0.1", 39e9, 0.01),
        ("Nemotron-3-Nano-30B-A3B", 3.2e9, 0.02),
        ("Nemotron-3-Super-120B-A12B", 12e9, 0.03),
    ],
)
def test_active_parameters_agree_with_published_ones(model: str, published: float, rel: float) -> None:
    assert _counted(model).active_params == pytest.approx(published, rel=rel)


def test_a_pass_counts_as_the_configuration_does() -> None:
    # Llama 3.1 8B by its config.json: the prompt has logits once there, at every token here.
    config = {
        "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
    }  # fmt: skip
    row = find_model("Llama-3.1-8B").architecture
    assert row is not None
    ours, theirs = forward(row, 1024), count_config(config, prompt_tokens=1024)
    assert ours.params == theirs.params
    assert ours.flops == theirs.flops + 2 * 1023 * 4096 * 128256


def test_an_encoder_counts_as_the_paper_network_does() -> None:
    config = {
        "model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
        "intermediate_size": 3072,
    }  # fmt: skip
    row = find_model("BERT-Base").architecture
    assert row is not None
    ours, theirs = forward(row, 1024), count_config(config, prompt_tokens=512)
    assert (ours.params, ours.flops, ours.input_tokens) == (theirs.params, theirs.flops, 512)


@pytest.mark.parametrize(
    ("model", "built", "rel"),
    [
        # As transformers builds them; biases, below 0.2%, are left out of decoders.
        ("DistilBERT", 66_362_880, 0),  # neither token types nor a pooler
        ("OPT-350M", 331_196_416, 0.001),  # an embedding of width 512 for layers of 1024
        ("OPT-125M", 125_239_296, 0.001),  # learned positions
        ("DistilGPT2", 81_912_576, 0.001),
        ("EleutherAI/gpt-j-6b", 6_050_882_784, 0.0002),  # none: rotated
    ],
)
def test_what_is_outside_the_layers_is_counted(model: str, built: int, rel: float) -> None:
    assert _counted(model).params == pytest.approx(built, rel=rel, abs=0)


def test_what_the_table_cannot_describe_is_an_error_with_the_reason() -> None:
    row = find_model("Mamba-2.8B").partial_architecture
    assert row is not None
    with pytest.raises(InputError, match="Mamba"):
        stack_of(row)
    llama = find_model("LLaMA-7B").architecture
    assert llama is not None
    with pytest.raises(InputError, match="at least 1"):
        forward(llama, 0)


def test_the_derived_facts_are_those_of_the_file() -> None:
    made = pl.DataFrame(list(language.rows(catalog.load())))
    shipped = pl.read_csv(shipped_folder() / language.FILE, infer_schema=False).with_columns(pl.all().fill_null(""))
    assert made.columns == list(FACT_COLUMNS)
    assert made.to_dicts() == shipped.to_dicts()


def test_totals_far_from_published_ones_are_known() -> None:
    # Without the embedding (StableLM, MiniCPM), or rounded (7.7 to 7, 1.4 to 1.3); the tower left out (Phi-3-vision).
    far = language.totals(catalog.load()).filter((pl.col("ratio") - 1).abs() > 0.08)["name"]
    assert set(far) == {
        "StableLM-Base-Alpha-7B", "MiniCPM-2.4B", "Phi-3-vision-128k-instruct", "Phi-1.5",
        "Qwen-7B", "Qwen1.5-7B", "Qwen2-7B", "Qwen2.5-Coder-7B-Instruct", "MiMo-7B-Base",
    }  # fmt: skip


def test_models_that_are_not_counted_say_why() -> None:
    frame = language.uncounted(catalog.load())
    models = catalog.language_models().filter(access="open-weights")
    assert set(frame["id"]) == set(models.filter(pl.col("flops_per_token").is_null())["id"])
    assert frame.filter(pl.col("reason").str.contains("no configuration")).height < 30
