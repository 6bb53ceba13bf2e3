"""Models with layers that keep a state in place of a cache, and with an encoder, under the calibrated method."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulewise.catalog import find_model, load
from joulewise.catalog.tables import shipped_folder
from joulewise.counting.config.count import count_config
from joulewise.energy.calibration.stored import load_calibration
from joulewise.energy.flags import Flag
from joulewise.energy.language.kind import LANGUAGE
from joulewise.energy.language.shape import Shape, shape_of_config, shape_of_configuration
from joulewise.energy.language.step import Columns, kept_bytes, memory_share, request_flops
from joulewise.energy.price import facts_for, price
from joulewise.energy.rows import row_of
from joulewise.energy.single import estimate
from joulewise.energy.table import estimate_table
from joulewise.errors import InputError

_FILES = ("hybrid_architectures.json", "encoder_decoders.json")
_NAMED = [r for f in _FILES for r in json.loads((shipped_folder() / f).read_text(encoding="utf-8"))]


def _config(name: str) -> dict[str, Any]:
    return dict((find_model(name).configuration or {})["config"])


_NEXT = _config("Qwen3-Next-80B-A3B-Instruct")
_T5 = _config("flan-t5-xl")
_NEMOTRON = {
    "model_type": "nemotron_h", "hidden_size": 64, "vocab_size": 100, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 96, "mamba_num_heads": 4, "mamba_head_dim": 8,
    "ssm_state_size": 16, "n_groups": 2, "conv_kernel": 4, "chunk_size": 8,
}  # fmt: skip


def _write(folder: Path, name: str, config: dict[str, Any]) -> Path:
    file = folder / f"{name}.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    return file


def _columns(*rows: dict[str, Any], shapes: dict[str, Shape] | None = None) -> Columns:
    """Return the columns of requests."""
    calibration = load_calibration()
    facts = facts_for(LANGUAGE, calibration, load(), shapes)
    priced = price(LANGUAGE, enumerate(row_of(row) for row in rows), calibration, facts)
    assert not priced.requests.problems
    columns: Columns = priced.requests.columns
    return columns


# Sizes as the makers give them: in the names, and on the model cards of T5 and FastChat-T5.
@pytest.mark.parametrize(
    ("model", "params_b", "active_b"),
    [
        ("Qwen3-Next-80B-A3B-Instruct", 80, 3),
        ("Qwen/Qwen3.5-397B-A17B", 397, 17),
        ("Qwen3.5-27B", 27, None),
        ("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8", 120, 12),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", 31.6, 3.2),
        ("Nemotron-3-Ultra-550B-A55B", 550, 55),
        ("Nemotron-H-56B", 56, None),
        ("google/flan-t5-xl", 2.85, None),
        ("lmsys/fastchat-t5-3b-v1.0", 2.85, None),
        ("google-t5/t5-11b", 11.3, None),
    ],
)
def test_shapes_have_the_published_parameters(model: str, params_b: float, active_b: float | None) -> None:
    shape = shape_of_configuration(find_model(model).configuration or {})
    assert shape.params / 1e9 == pytest.approx(params_b, rel=0.035)
    if active_b:
        assert shape.active_params / 1e9 == pytest.approx(active_b, rel=0.2)  # names round down
        assert 1 < shape.experts_per_token < shape.experts


def test_a_hybrid_by_hand() -> None:
    shape = shape_of_config(_NEXT)
    assert (shape.layers, shape.attention_layers, shape.expert_layers) == (48, 12, 48)
    # 36 layers, each 32 heads of 128 x 128 and 4 tokens of the convolution over 2 x 16 x 128 + 32 x 128 channels.
    assert shape.state_bytes == 36 * 2 * (32 * 128 * 128 + 4 * 8192)
    assert shape.kv_values_per_token_layer == 2 * 2 * 256
    wide = shape_of_config(_NEXT | {"mamba_ssm_dtype": "float32"})
    assert wide.state_bytes - shape.state_bytes == 36 * 2 * 32 * 128 * 128
    # A layer of Nemotron-H is half of another's: 52 make 26 pairs, 6 of them with attention.
    nano = shape_of_configuration(find_model("Nemotron-3-Nano-30B-A3B").configuration or {})
    assert (nano.layers, nano.attention_layers, nano.expert_layers) == (26, 6, 23)


@settings(max_examples=40)
@given(pattern=st.text("M*-", min_size=1, max_size=8).filter(lambda p: "M" in p), tokens=st.integers(1, 300))
def test_states_and_caches_are_those_counted(pattern: str, tokens: int) -> None:
    batch = 3
    for config in (
        _NEMOTRON | {"hybrid_override_pattern": pattern},
        _NEXT | {"full_attention_interval": len(pattern), "num_hidden_layers": 8},
    ):
        shape = shape_of_config(config)
        cache = 2 * shape.kv_values_per_token_layer * shape.attention_layers * tokens
        counted = count_config(config, prompt_tokens=tokens, batch_size=batch)
        assert batch * (cache + shape.state_bytes) == counted.kv_bytes


@pytest.mark.parametrize("named", _NAMED, ids=lambda r: r["names"][0])
def test_work_of_a_request_is_what_is_counted(named: dict[str, Any]) -> None:
    prompt, output = 1024, 256
    row = {"model": named["names"][0], "accelerator": "H200", "n_accelerators": 16}
    columns = _columns(row | {"prompt_tokens": prompt, "output_tokens": output})
    counted = count_config(named["config"], prompt_tokens=prompt, output_tokens=output + 1)
    flops = sum(p.flops_causal_half for p in counted.phases.values())
    if named["config"]["model_type"] != "t5":  # a decoder's prompt has logits at its last token alone
        flops += 2 * named["config"]["vocab_size"] * named["config"]["hidden_size"] * (prompt - 1)
    assert request_flops(columns)[0] == pytest.approx(flops, rel=0.02)


def test_what_is_kept_is_what_is_counted() -> None:
    rows = [
        {"model": m, "accelerator": "H200", "n_accelerators": 8, "prompt_tokens": 500, "output_tokens": 200}
        for m in ("Qwen3-Next-80B-A3B-Instruct", "flan-t5-xl")
    ]
    columns = _columns(*rows)
    hybrid = count_config(_NEXT, prompt_tokens=600).kv_bytes
    # Of T5, the decoder starts from one token; half of the answer is there on average.
    both = count_config(_T5, prompt_tokens=500, output_tokens=100).kv_bytes
    assert kept_bytes(columns).tolist() == [hybrid, both]
    assert (memory_share(columns) < 1).all()


def _energy(*rows: dict[str, Any]) -> pl.DataFrame:
    plain = {"accelerator": "H100", "n_accelerators": 4.0}
    found, problems = estimate_table(pl.DataFrame([plain | r for r in rows]))
    assert not problems
    return found


@settings(max_examples=40)
@given(
    model=st.sampled_from([r["names"][0] for r in _NAMED]),
    batch=st.floats(1, 128),
    more=st.floats(1.05, 3),
    prompt=st.floats(1, 3000),
    output=st.floats(1, 1000),
)
def test_energy_rises_with_batch_in_all_and_with_tokens(
    model: str, batch: float, more: float, prompt: float, output: float
) -> None:
    row = {"model": model, "batch_size": batch, "prompt_tokens": prompt, "output_tokens": output}
    found = _energy(row, row | {"batch_size": batch * more}, row | {"prompt_tokens": prompt * more})
    energy, batches = found["energy_j"].to_list(), found["batch_size"].to_list()
    assert energy[1] * batches[1] > energy[0] * batches[0]
    assert energy[2] > energy[0]


@settings(max_examples=30)
@given(batch=st.integers(1, 64), prompt=st.integers(4000, 60_000), more=st.floats(1.2, 4))
def test_a_hybrid_rises_more_slowly_with_context_than_its_twin_of_attention(
    tmp_path_factory: pytest.TempPathFactory, batch: int, prompt: int, more: float
) -> None:
    folder = tmp_path_factory.mktemp("twins")
    twins = {n: _write(folder, f"every{n}", _NEXT | {"full_attention_interval": n}) for n in (1, 4)}
    hybrid, hybrid_long, attention, attention_long = (
        estimate(
            twins[n], "H200", n_accelerators=64, batch_size=float(batch), prompt_tokens=p
        ).energy_per_output_token_j
        or 0.0
        for n in (4, 1)
        for p in (float(prompt), prompt * more)
    )
    assert hybrid_long - hybrid < attention_long - attention
    assert hybrid_long / hybrid < attention_long / attention


def test_a_model_without_attention_has_no_cost_of_context_but_its_prompt(tmp_path: Path) -> None:
    file = _write(tmp_path, "states", _NEMOTRON | {"hybrid_override_pattern": "M-M-M-"})
    rows = [{"model": "mine", "accelerator": "H100", "prompt_tokens": p, "output_tokens": 1.0} for p in (100.0, 200.0)]
    columns = _columns(*rows, shapes={"mine": shape_of_config(file)})
    assert kept_bytes(columns)[0] == kept_bytes(columns)[1] > 0
    first, second = request_flops(columns)
    token = 2 * columns.active_params[0]
    assert (second - token) == pytest.approx(2 * (first - token))


@pytest.mark.parametrize(
    ("model", "engine", "flag"),
    [
        ("Qwen3-Next-80B-A3B-Instruct", None, Flag.RECURRENT_NOT_MEASURED),
        ("Nemotron-H-56B", None, Flag.RECURRENT_NOT_MEASURED),
        ("ai21labs/Jamba-v0.1", None, Flag.RECURRENT_AS_ATTENTION),
        ("flan-t5-xl", "vLLM 0.11", Flag.ENCODER_DECODER_NOT_MEASURED),
    ],
)
def test_what_was_never_measured_is_flagged_and_as_wide_as_any(model: str, engine: str | None, flag: Flag) -> None:
    found = estimate(model, "H200", n_accelerators=4, batch_size=64, engine=engine)
    assert found.has(flag)
    calibration = load_calibration()
    regimes = [v for n, v in calibration.intervals.items() if n.startswith(("language", "current", "eager", "shape"))]
    assert found.energy.low / found.energy.central == pytest.approx(min(low for low, _ in regimes))
    assert found.energy.high / found.energy.central == pytest.approx(max(high for _, high in regimes))


def test_the_one_measured_encoder_decoder_is_not_flagged() -> None:
    found = estimate("lmsys/fastchat-t5-3b-v1.0", "A100", engine="transformers", batch_size=1)
    assert not [flag for flag in found.flags if "measured" in str(flag) or "size" in str(flag)]


def test_an_encoder_reads_the_prompt_and_is_not_read_again() -> None:
    shape = shape_of_config(_T5)
    # 24 layers of 3 products of 2048 x 5120, and attention of 4 x 2048 x 2048 once, in the decoder twice.
    encoder, decoder = 24 * (3 * 2048 * 5120 + 4 * 2048**2), 24 * (3 * 2048 * 5120 + 8 * 2048**2)
    made = 24 * 2 * 2048**2
    assert shape.encoder_params == pytest.approx(encoder + made, rel=1e-3)
    assert shape.dense_params == pytest.approx(decoder - made + 32128 * 2048, rel=1e-3)
    assert (shape.layers, shape.attention_layers, shape.encoder_layers) == (36, 24, 24)


@pytest.mark.parametrize("family", ["whisper", "bert"])
def test_what_writes_no_text_from_text_is_refused(tmp_path: Path, family: str) -> None:
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128}
    file = _write(tmp_path, family, {"model_type": family, **sizes})
    with pytest.raises(InputError, match="is not a text-generation model"):
        shape_of_config(file)
