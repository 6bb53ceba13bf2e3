"""Single estimates: their steps, their method, and what is refused with what would be right."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import joulewise
from joulewise.energy.calibration.stored import load_calibration
from joulewise.energy.estimate import Scope
from joulewise.energy.flags import Flag
from joulewise.energy.single import estimate
from joulewise.energy.table import estimate_table
from joulewise.errors import InputError

CONFIG = Path(__file__).parents[2] / "docs" / "llama-3.1-405b.json"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"model": "Llama-3.1-8B", "accelerator": "A100", "precision": "fp8"}, "no fp8"),
        ({"model": "gemma-3-12b-it", "accelerator": "H100", "prompt_tokens": 900_000}, "context"),
        ({"model": "Llama-3.1-8B", "accelerator": "H100", "tensor_parallel": 4}, "more than the 1 accelerators"),
        ({"model": "Llama-3.1-70B", "accelerator": "H100"}, "--count 2 or --precision"),
        ({"model": None, "accelerator": "H100", "params_b": 3, "active_params_b": 5}, "more than the 3 billion"),
        ({"model": None, "accelerator": "H100"}, "blank"),
        ({"model": "stable-diffusion-3.5-medium", "accelerator": "H100", "image_size": "big"}, "not a size"),
        ({"model": "Llama-3.1-8B", "accelerator": "H100", "precision": "bf17"}, "did you mean bf16"),
        ({"model": "Llama-3.1-8B", "accelerator": "H100", "batchsize": 8}, "did you mean batch_size"),
        ({"model": "Llama-3.1-8B", "accelerator": "H100", "image_size": "224x224"}, "does not apply to a language"),
        ({"model": "resnet50", "accelerator": "A100", "prompt_tokens": 8}, "does not apply to a single-pass"),
        ({"model": "Llama-3.1-8B", "accelerator": "H100", "n_accelerators": 100_000}, "10,000"),
        ({"model": "Llama-3.1-8B"}, "needs an accelerator"),
        ({"model": "Llama-3.1-8B", "accelerator": "H100", "method": "papers"}, "unknown method"),
        ({"model": "resnet50", "accelerator": "A100", "method": "roofline"}, "only for language models"),
        ({"model": "resnet50", "method": "paper", "batch_size": 8}, "batch size does not apply to the paper"),
        ({"model": "resnet50", "method": "paper", "batchsize": 8}, "unknown option"),
        ({"model": "Llama-3.1-8B", "accelerator": "H100", "at": date(2020, 1, 1)}, "paper's method"),
    ],
)
def test_bad_input_is_one_line_with_what_would_be_right(row: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        joulewise.estimate(**row)
    assert "\n" not in str(caught.value)


def test_an_estimate_shows_its_steps_and_sums_up() -> None:
    result = estimate("Llama-3.1-8B-Instruct", "H100", batch_size=32, prompt_tokens=512, output_tokens=256)
    assert result.energy.low < result.energy.central < result.energy.high
    assert result.serving is not None
    assert result.serving.power_w * result.serving.time_s / 32 == pytest.approx(result.energy_j)
    assert "energy of a token" in result.explain()
    assert any("litgpt" in i.source or "http" in i.source for i in result.inputs)


def test_a_single_estimate_is_the_row_of_a_table() -> None:
    row = {"model": "Qwen3-8B", "accelerator": "A100", "batch_size": 7.0, "prompt_tokens": 90.0, "output_tokens": 30.0}
    found, _ = estimate_table(pl.DataFrame([row]))
    value = estimate(**row).to_dict()  # type: ignore[arg-type]
    for name in ("energy_j", "energy_j_low", "energy_j_high", "time_s", "power_w", "prefill_share", "bound", "flags"):
        assert value[name] == (found[name][0] if name != "flags" else found[name][0].to_list())


def test_at_peak_is_far_below_what_is_measured() -> None:
    ours = estimate("Llama-3.1-8B-Instruct", "H100", batch_size=8).energy_j
    at_peak = estimate("Llama-3.1-8B-Instruct", "H100", batch_size=8, method="at-peak")
    assert at_peak.energy_j == pytest.approx(2 * 7.505e9 / (989.4e12 / 700) * (512 + 256), rel=1e-3)
    assert ours > 10 * at_peak.energy_j
    assert "thermal design power" in at_peak.assumptions[0]


def test_one_method_is_called_paper_and_divides_the_flops_of_a_forward_pass() -> None:
    # He et al. give 3.8 GFLOP of multiply-adds for ResNet-50; V100's data sheet 15.7 TFLOP/s in FP32 at 300 W.
    found = estimate("resnet50", "V100", method="paper")
    assert (found.method, found.unit) == ("paper", "inference")
    assert found.energy_j == pytest.approx(7.6e9 / (15.7e12 / 300), rel=0.02)
    assert estimate("resnet50", method="paper", at=date(2020, 1, 1)).energy_j < found.energy_j


def test_what_is_not_known_widens_the_interval() -> None:
    known = estimate("Llama-3.1-8B-Instruct", "H100", batch_size=64)
    size = estimate(None, "H100", params_b=8, batch_size=64)
    other = estimate("Llama-3.1-8B-Instruct", "MI300X", batch_size=64)
    width = known.energy.high / known.energy.low
    assert size.energy.high / size.energy.low > width
    assert other.energy.high / other.energy.low > width
    assert size.has(Flag.SHAPE_FROM_SIZE)
    assert other.has(Flag.ACCELERATOR_NOT_MEASURED)


def test_a_configuration_is_given_as_a_path_and_never_as_a_name() -> None:
    found = estimate(CONFIG, "H100", n_accelerators=16)
    assert found.unit == "request"
    assert found.inputs[0].value == str(CONFIG)
    with pytest.raises(InputError, match="unknown model"):
        estimate(str(CONFIG), "H100", n_accelerators=16)


def test_the_scope_is_that_of_the_energy() -> None:
    assert estimate("Llama-3.1-8B", "H100").scope is Scope.ACCELERATORS
    assert estimate("Llama-3.1-8B", "H100", meter_scope="wall").scope is Scope.WALL


def test_accelerator_seconds_are_those_that_one_request_takes_up() -> None:
    # A request of 8 that share two accelerators takes a quarter of its own time of them.
    text = estimate("Llama-3.1-8B", "H100", n_accelerators=2, batch_size=8).serving
    assert text is not None
    assert text.accelerator_seconds == pytest.approx(text.time_s * 2 / 8)
    # The time of a sample is one of a batch already: the batch size is not divided by again.
    sample = estimate("resnet50", "A30", n_accelerators=4, batch_size=64).serving
    assert sample is not None
    assert sample.accelerator_seconds == pytest.approx(sample.time_s * 4)


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        # What a method leaves out is refused, not ignored.
        ("Llama-3.1-8B", {"method": "at-peak", "meter_scope": "wall"}, "meter scope does not apply to the method at"),
        ("Llama-3.1-8B", {"method": "roofline", "engine": "transformers"}, "engine does not apply to the method roof"),
        ("Llama-3.1-8B", {"method": "ecologits", "tensor_parallel": 1}, "tensor parallel does not apply to the method"),
        ("Llama-3.1-8B", {"method": "at-peak", "measured": pl.DataFrame()}, "measured does not apply to the method"),
        ("Llama-3.1-8B", {"method": "paper", "calibration": load_calibration()}, "calibration does not apply to the"),
        ("resnet50", {"method": "roofline"}, "only for language models"),
        # What contradicts the model is refused, not taken for the model's own.
        ("Llama-3.1-8B", {"active_params_b": 3}, "active_params_b: 3 is not what a token of Llama-3.1-8B uses, 7.505"),
        ("Llama-3.1-8B", {"task": "gqpa"}, "task: 'gqpa' was not measured: .* did you mean gpqa"),
        ("Llama-3.1-8B", {"pipeline_parallel": 8}, "pipeline_parallel: 8 is more than the 1 accelerators"),
        ("sd3.5-medium", {"image_size": "512x512x81f"}, "'512x512x81f' is a video, and .* makes single images"),
        ("Wan-AI/Wan2.1-T2V-1.3B", {"image_size": "832x480"}, "lacks the frames of a video; give e.g. 832x480x81f"),
        ("Llama-3.1-8B", {"engine": "trasnformers"}, "engine: 'trasnformers' is not known; did you mean transformers"),
        ("Llama-3.1-8B", {"meter_scope": "wal"}, "meter_scope: 'wal' is not one of accelerators, wall"),
        # A hint to the paper's method only where it may help.
        ("whisper-large-v3", {}, "a speech model, which the calibrated method does not price$"),
        ("bge-large-en-v1.5", {}, "an embedding model, .* by --config$"),
    ],
)
def test_what_does_not_apply_is_refused(model: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        estimate(model, "H100", **options)


def test_an_own_task_is_a_label_where_the_prompt_is_given() -> None:
    own = estimate("Llama-3.1-8B", "H100", task="our-chat", prompt_tokens=100)
    assert own.energy_j == estimate("Llama-3.1-8B", "H100", prompt_tokens=100).energy_j


def test_a_whole_number_of_any_length_is_out_of_bounds() -> None:
    with pytest.raises(InputError, match="batch_size: a whole number of that many digits is not between"):
        estimate("Qwen3-8B", "H100", batch_size=10**5000)
