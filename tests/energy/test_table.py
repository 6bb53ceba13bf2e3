"""Estimates of tables: their invariants, their bad rows, and their agreement with measurements."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulewise.catalog import measurements
from joulewise.energy.calibration.stored import load_calibration
from joulewise.energy.table import OUTPUT, estimate_table
from joulewise.errors import InputError


def _one(**row: object) -> dict[str, Any]:
    table, problems = estimate_table(pl.DataFrame({k: [v] for k, v in row.items()}))
    assert not problems, problems
    return table.row(0, named=True)


def test_the_shipped_calibration_reproduces_measurements_it_was_fitted_to() -> None:
    measured = _metered()
    table, problems = estimate_table(measured)
    assert not problems
    ours = table["energy_per_output_token_j"].fill_null(table["energy_j"])
    error = (ours / table["energy_j_per_unit"] - 1).abs()
    assert error.median() < 0.09  # type: ignore[operator]
    assert error.quantile(0.9) < 0.30  # type: ignore[operator]


_LLAMA = {"model": "Llama-3.1-8B-Instruct", "accelerator": "H100"}


@settings(max_examples=60)
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
    found, _ = estimate_table(frame)
    energy = found["energy_j"].to_list()
    assert energy[1] > energy[0]
    assert energy[3] > energy[0]
    if batch * more <= 16 or (batch > 128) or (batch > 16 and batch * more <= 128):
        assert energy[2] <= energy[0] * (1 + 1e-9)
    for low, e, high in zip(found["energy_j_low"], found["energy_j"], found["energy_j_high"], strict=True):
        assert low <= e <= high


@settings(max_examples=30)
@given(batch=st.integers(1, 128), output=st.integers(1, 1000))
def test_energy_rises_with_bytes_per_weight(batch: int, output: int) -> None:
    frame = pl.DataFrame(
        {"model": ["Llama-3.1-8B-Instruct"] * 2, "accelerator": ["H100"] * 2, "precision": ["int8", "bf16"]}
    ).with_columns(batch_size=pl.lit(float(batch)), output_tokens=pl.lit(float(output)))
    less, more = estimate_table(frame)[0]["energy_j"].to_list()
    assert less < more


@settings(max_examples=20)
@given(cut=st.integers(1, 199))
def test_splitting_a_table_does_not_change_its_sum(cut: int) -> None:
    frame = _metered().sample(200, seed=3)
    whole = estimate_table(frame)[0]["energy_j"].sum()
    parts = [estimate_table(part)[0]["energy_j"].sum() for part in (frame[:cut], frame[cut:])]
    assert sum(parts) == pytest.approx(whole, rel=1e-12)


def test_a_table_keeps_its_columns_and_order_and_names_its_bad_rows() -> None:
    frame = pl.DataFrame(
        {
            "id": ["a", "b", "c", "d", "e"],
            "model": ["Llama-3.1-8B", "nonsense", "Qwen3-8B", "stable-diffusion-3.5-medium", "Llama-3.1-8B"],
            "accelerator": ["H100", "H100", "A100", "B200", "H999"],
            "batch_size": ["8", "8", "-1", "2", "8"],
        }
    )
    found, problems = estimate_table(frame)
    assert found["id"].to_list() == ["a", "d"]
    assert found["row"].to_list() == [1, 4]
    assert found.columns == [*frame.columns, *OUTPUT]
    assert [(p.row, p.column) for p in problems] == [(2, "model"), (3, "batch_size"), (5, "accelerator")]
    assert found["energy_per_output_token_j"].to_list()[1] is None
    assert "prompt-assumed-512" in found["flags"][0]


def test_the_whole_system_is_more_than_its_accelerators() -> None:
    row = {"model": "Llama-3.1-8B", "accelerator": "H100", "batch_size": 8}
    alone, whole = _one(**row), _one(**row, meter_scope="whole system at wall")
    assert whole["power_w"] - alone["power_w"] == pytest.approx(
        load_calibration().parameters["sample"]["host.server"]
        + load_calibration().parameters["sample"]["per_accelerator"]
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


def _metered() -> pl.DataFrame:
    """Return public rows metered on the accelerators, as tables of workloads: without what a kind has no use for."""
    rows = measurements().filter(pl.col("tier") == "A-gpu")
    of_text = pl.col("unit").str.starts_with("output token")
    return rows.with_columns(pl.when(~of_text).then(pl.col("image_size", "steps")))


@pytest.mark.parametrize(
    ("changes", "column", "said"),
    [
        ({"image_size": "224x224"}, "image_size", "does not apply to a language model"),
        ({"model": "stable-diffusion-3.5-medium", "prompt_tokens": 10}, "prompt_tokens", "does not apply to an image"),
        ({"model": "stable-diffusion-3.5-medium", "precision": "fp32"}, "precision", "not priced for generators"),
        ({"model": "stable-diffusion-3.5-medium", "image_size": "99999x10"}, "image_size", "16,384 px"),
        ({"n_accelerators": 100_000}, "n_accelerators", "between 1 and 10,000"),
        ({"n_accelerators": 1.5}, "n_accelerators", "whole number"),
        ({"batch_size": 5e-324}, "batch_size", "between"),
        ({"batch_size": float("inf")}, "batch_size", "between"),
        ({"batch_size": float("nan")}, "batch_size", "not between"),
        ({"params_b": 70}, "params_b", "not the size of Llama-3.1-8B, 8.03"),
        ({"model": "resnet50", "image_size": "32x32"}, "image_size", "measured at 224x224 alone"),
        ({"model": "resnet50", "network_kind": "hybrid"}, "network_kind", "without flops"),
    ],
)
def test_a_cell_that_means_nothing_or_is_absurd_is_named(changes: dict[str, object], column: str, said: str) -> None:
    row = {"model": "Llama-3.1-8B", "accelerator": "H100"} | changes
    found, problems = estimate_table(pl.DataFrame([row]))
    assert found.is_empty()
    assert [p.column for p in problems] == [column]
    assert said in problems[0].reason


def test_a_misspelt_column_is_refused_and_an_extra_one_is_kept_on_request() -> None:
    frame = pl.DataFrame({"model": ["Llama-3.1-8B"], "accelerator": ["H100"], "count": [4]})
    with pytest.raises(InputError, match=r"unknown column 'count'.*--keep count"):
        estimate_table(frame)
    found, _ = estimate_table(frame, keep=["count"])
    assert found["count"].to_list() == [4]
    with pytest.raises(InputError, match=r"unknown column 'batchsize' \(did you mean batch_size"):
        estimate_table(frame.rename({"count": "batchsize"}))


def test_a_kept_column_may_not_hide_a_result() -> None:
    frame = pl.DataFrame({"model": ["Qwen3-8B"], "accelerator": ["H100"], "energy_j": [1.0]})
    with pytest.raises(InputError, match="energy_j is one that an estimate adds"):
        estimate_table(frame, keep=["energy_j"])


def test_a_column_of_lists_is_refused() -> None:
    with pytest.raises(InputError, match="column model holds List"):
        estimate_table(pl.DataFrame({"model": [["Qwen3-8B"]], "accelerator": ["H100"]}))


_WATCHED = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event in ("open", "import", "os.listdir") else None)
import polars as pl
from joulewise.energy.table import estimate_table
names = sys.argv[1:]
_, problems = estimate_table(pl.DataFrame({"model": names, "accelerator": ["H100"] * len(names)}))
assert [p.column for p in problems] == ["model"] * len(names), problems
_, problems = estimate_table(pl.DataFrame({"model": ["Qwen3-8B"] * len(names), "accelerator": names}))
assert [p.column for p in problems] == ["accelerator"] * len(names), problems
print("\\n".join(opened))
"""


def test_a_table_never_opens_a_file_that_it_names(tmp_path: Path) -> None:
    canary, code, config = tmp_path / "canary", tmp_path / "net.py", tmp_path / "config.json"
    code.write_text(f"open({str(canary)!r}, 'w')\ndef make(): raise SystemExit")
    config.write_text('{"model_type": "llama", "hidden_size": 64}')
    names = [str(config), f"{code}:make", f"hf:{config}", f"{tmp_path}/x.onnx", str(tmp_path), "timm:resnet50"]
    done = subprocess.run([sys.executable, "-c", _WATCHED, *names], capture_output=True, text=True, check=True)
    opened = done.stdout.splitlines()
    assert len(opened) > 10
    assert not [path for path in opened if str(tmp_path) in path or path.split(".")[0] in ("timm", "torch")]
    assert not canary.exists()
