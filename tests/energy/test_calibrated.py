"""The calibrated method: its physics, its tables, its bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import joulewise
from joulewise.catalog.records import accelerator_spec, architecture, configuration, records
from joulewise.energy.calibrate import calibrate, load_calibration, save_calibration
from joulewise.energy.calibrated import OUTPUT, estimate_many
from joulewise.energy.shape import shape_of_architecture, shape_of_config, shape_of_params
from joulewise.errors import DataError, InputError, UnknownNameError


def _one(**row: object) -> dict[str, Any]:
    table, problems = estimate_many(pl.DataFrame({k: [v] for k, v in row.items()}))
    assert not problems, problems
    return table.row(0, named=True)


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
    row = architecture(model)
    assert row is not None
    shape = shape_of_architecture(row)
    assert shape.params / 1e9 == pytest.approx(params_b, rel=0.01)
    if active_b:
        assert shape.active_params / 1e9 == pytest.approx(active_b, rel=0.03)


def test_a_configuration_file_gives_the_shape_of_the_table() -> None:
    file = Path(__file__).parents[2] / "docs" / "llama-3.1-405b.json"
    ours = shape_of_config(file)
    assert ours.params / 1e9 == pytest.approx(405.9, rel=0.001)
    assert (ours.layers, ours.hidden, ours.kv_heads, ours.kv_values_per_token_layer) == (126, 16384, 8, 2048)


def test_every_measured_language_model_has_its_architecture() -> None:
    measured = records("measurements/public").filter(
        (pl.col("tier") == "A-gpu") & pl.col("unit").str.starts_with("output token")
    )
    assert all(architecture(m) or configuration(m) for m in measured["model"].unique())


def test_names_are_found_without_organisation_or_format() -> None:
    assert architecture("Qwen3-235B-A22B-Instruct-2507-FP8") == architecture("Qwen/Qwen3-235B-A22B-Instruct-2507")
    assert accelerator_spec("NVIDIA H100 80GB HBM3")["name"] == "H100"
    with pytest.raises(UnknownNameError, match="H100"):
        accelerator_spec("H10")


def test_the_shipped_calibration_reproduces_measurements_it_was_fitted_to() -> None:
    measured = records("measurements/public").filter(pl.col("tier") == "A-gpu")
    table, problems = estimate_many(measured)
    assert not problems
    ours = table["energy_per_output_token_j"].fill_null(table["energy_j"])
    error = (ours / table["energy_j_per_unit"] - 1).abs()
    assert error.median() < 0.09  # type: ignore[operator]
    assert error.quantile(0.9) < 0.30  # type: ignore[operator]


_LLAMA = {"model": "Llama-3.1-8B-Instruct", "accelerator": "H100"}


@settings(max_examples=60, deadline=None)
@given(
    prompt=st.integers(1, 20_000),
    output=st.integers(1, 4_000),
    batch=st.integers(1, 256),
    more=st.floats(1.05, 4),
)
def test_energy_rises_with_tokens_and_falls_per_token_with_batch(
    prompt: int, output: int, batch: int, more: float
) -> None:
    base = {**_LLAMA, "prompt_tokens": prompt, "output_tokens": output, "batch_size": batch}
    rows = [base, base | {"prompt_tokens": prompt * more}, base | {"batch_size": batch * more}]
    rows.append(base | {"output_tokens": output * more})
    frame = pl.DataFrame([{k: float(v) if isinstance(v, int) else v for k, v in r.items()} for r in rows])
    found, _ = estimate_many(frame)
    energy = found["energy_j"].to_list()
    assert energy[1] > energy[0]
    assert energy[3] > energy[0]
    if batch * more <= 16 or (batch > 128) or (batch > 16 and batch * more <= 128):
        assert energy[2] <= energy[0] * (1 + 1e-9)
    for low, e, high in zip(found["energy_j_low"], found["energy_j"], found["energy_j_high"], strict=True):
        assert low <= e <= high


@settings(max_examples=30, deadline=None)
@given(batch=st.integers(1, 128), output=st.integers(1, 1000))
def test_energy_rises_with_bytes_per_weight(batch: int, output: int) -> None:
    frame = pl.DataFrame(
        {"model": ["Llama-3.1-8B-Instruct"] * 2, "accelerator": ["H100"] * 2, "precision": ["int8", "bf16"]}
    ).with_columns(batch_size=pl.lit(float(batch)), output_tokens=pl.lit(float(output)))
    less, more = estimate_many(frame)[0]["energy_j"].to_list()
    assert less < more


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(1, 199))
def test_splitting_a_table_does_not_change_its_sum(cut: int) -> None:
    frame = records("measurements/public").filter(pl.col("tier") == "A-gpu").sample(200, seed=3)
    whole = estimate_many(frame)[0]["energy_j"].sum()
    parts = [estimate_many(part)[0]["energy_j"].sum() for part in (frame[:cut], frame[cut:])]
    assert sum(parts) == pytest.approx(whole, rel=1e-12)


def test_a_table_keeps_its_columns_and_order_and_names_its_bad_rows() -> None:
    frame = pl.DataFrame(
        {
            "mine": ["a", "b", "c", "d", "e"],
            "model": ["Llama-3.1-8B", "nonsense", "Qwen3-8B", "stable-diffusion-3.5-medium", "Llama-3.1-8B"],
            "accelerator": ["H100", "H100", "A100", "B200", "H999"],
            "batch_size": ["8", "8", "-1", "2", "8"],
        }
    )
    found, problems = estimate_many(frame)
    assert found["mine"].to_list() == ["a", "d"]
    assert found["row"].to_list() == [1, 4]
    assert found.columns == [*frame.columns, *OUTPUT]
    assert [(p.row, p.column) for p in problems] == [(2, "model"), (3, "batch_size"), (5, "accelerator")]
    assert found["energy_per_output_token_j"].to_list()[1] is None
    assert "prompt-assumed-512" in found["flags"][0]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"model": "Llama-3.1-8B", "accelerator": "A100", "precision": "fp8"}, "no fp8"),
        ({"model": "gemma-3-12b-it", "accelerator": "H100", "prompt_tokens": 900_000}, "context"),
        ({"model": "Llama-3.1-8B", "accelerator": "H100", "tensor_parallel": 4}, "more than the 1 accelerators"),
        ({"model": "Llama-3.1-70B", "accelerator": "H100"}, "--count 2 or --precision"),
        ({"model": None, "accelerator": "H100", "params_b": 3, "active_params_b": 5}, "more than the 3 billion"),
        ({"model": None, "accelerator": "H100"}, "no model"),
        ({"model": "stable-diffusion-3.5-medium", "accelerator": "H100", "image_size": "big"}, "not a size"),
        ({"model": "Llama-3.1-8B", "accelerator": "H100", "precision": "bf17"}, "not one of"),
    ],
)
def test_bad_input_is_one_line_with_what_would_be_right(row: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        joulewise.estimate(**row)
    assert "\n" not in str(caught.value)


def test_an_estimate_shows_its_steps_and_sums_up() -> None:
    result = joulewise.estimate("Llama-3.1-8B-Instruct", "H100", batch_size=32, prompt_tokens=512, output_tokens=256)
    assert result.energy.low < result.energy.central < result.energy.high
    assert result.results["power_w"] * result.results["time_s"] / 32 == pytest.approx(result.energy_j)
    assert "energy of a token" in result.explain()
    assert any("litgpt" in i.source or "http" in i.source for i in result.inputs)


def test_the_paper_is_far_below_what_is_measured() -> None:
    ours = joulewise.estimate("Llama-3.1-8B-Instruct", "H100", batch_size=8).energy_j
    paper = joulewise.estimate("Llama-3.1-8B-Instruct", "H100", batch_size=8, method="paper").energy_j
    assert paper == pytest.approx(2 * 7.505e9 / (989.4e12 / 700) * (512 + 256), rel=1e-3)
    assert ours > 10 * paper


def test_what_is_not_known_widens_the_interval() -> None:
    known = joulewise.estimate("Llama-3.1-8B-Instruct", "H100", batch_size=64)
    size = joulewise.estimate(None, "H100", params_b=8, batch_size=64)
    other = joulewise.estimate("Llama-3.1-8B-Instruct", "MI300X", batch_size=64)
    width = known.energy.high / known.energy.low
    assert size.energy.high / size.energy.low > width
    assert other.energy.high / other.energy.low > width
    assert "shape-from-size" in size.results["flags"]
    assert "accelerator-not-measured" in other.results["flags"]


def test_shapes_of_sizes_are_checked() -> None:
    assert shape_of_params(7e9).layers == 36
    with pytest.raises(InputError, match="positive"):
        shape_of_params(-1)


def test_a_calibration_on_part_of_the_data_is_written_and_read(tmp_path: Path) -> None:
    some = records("measurements/public").filter(pl.col("source").is_in(["ML.ENERGY v1 (legacy)"]))
    fitted = calibrate(some)
    save_calibration(fitted, tmp_path / "c.json")
    again = load_calibration(tmp_path / "c.json")
    assert again.language["eager_layer_s"] == pytest.approx(fitted.language["eager_layer_s"], rel=1e-3)
    assert again.provenance["rows"] == len(some)
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(DataError, match="not a calibration"):
        load_calibration(tmp_path / "bad.json")


def test_the_whole_system_is_more_than_its_accelerators() -> None:
    row = {"model": "Llama-3.1-8B", "accelerator": "H100", "batch_size": 8}
    alone, whole = _one(**row), _one(**row, meter_scope="whole system at wall")
    assert whole["power_w"] - alone["power_w"] == pytest.approx(
        load_calibration().wall["host.server"] + load_calibration().wall["per_accelerator"]
    )
    assert whole["energy_j"] / alone["energy_j"] == pytest.approx(whole["power_w"] / alone["power_w"])
    assert whole["energy_j_high"] / whole["energy_j"] > alone["energy_j_high"] / alone["energy_j"]
    assert "at-the-wall" in whole["flags"]


def test_samples_at_the_wall_by_scenario() -> None:
    rows = [{"model": "resnet50", "accelerator": "A30", "task": f"resnet50/{s}"} for s in ("SingleStream", "Offline")]
    one, many = (_one(**r) for r in rows)
    assert one["energy_j"] > many["energy_j"]
    assert one["energy_per_output_token_j"] is None


def test_a_generator_takes_longer_with_more_steps_and_pixels() -> None:
    base = {"model": "stable-diffusion-3.5-medium", "accelerator": "H100", "image_size": "1024x1024", "steps": 20}
    energy = _one(**base)["energy_j"]
    assert 1.8 < _one(**base | {"steps": 40})["energy_j"] / energy < 2.05
    # attention grows with the square of the pixels, the rest with the pixels
    assert 4 < _one(**base | {"image_size": "2048x2048"})["energy_j"] / energy < 16


def test_scenarios_of_throughput_run_copies_side_by_side() -> None:
    row = {"model": "Llama-3.1-8B", "accelerator": "H200", "batch_size": 64, "output_tokens": 100}
    one = _one(**row)
    eight = _one(**row, n_accelerators=8, task="llama3.1-8b/Offline")
    assert eight["energy_j"] == pytest.approx(one["energy_j"])
    assert eight["power_w"] == pytest.approx(8 * one["power_w"])
    assert "copies-assumed-8" in eight["flags"]
    large = _one(**row | {"model": "Llama-3.1-70B"}, n_accelerators=8, task="llama3.1-70b/Server")
    assert "copies-assumed-4" in large["flags"]  # 141 GB of weights need two of 141 GB, with room for the cache
