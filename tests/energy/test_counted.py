"""Networks of one sample that no table has: from a count, from the catalogue, and what is refused."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import torch

from joulewise import catalog
from joulewise.catalog import measurements
from joulewise.counting.options import InferenceOptions
from joulewise.counting.targets import count
from joulewise.energy.counted import columns_of, count_sample
from joulewise.energy.flags import Flag
from joulewise.energy.single import estimate
from joulewise.energy.table import estimate_table
from joulewise.errors import InputError

MODULE = """
import torch
def net():
    first, second = torch.nn.Conv2d(3, 64, 3, padding=1), torch.nn.Conv2d(64, 64, 3, padding=1)
    return torch.nn.Sequential(first, torch.nn.ReLU(), second)
"""


def test_the_work_of_a_module_by_hand(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(MODULE)
    counted = count_sample(f"{file}:net", {"image_size": "32x32"})
    work = columns_of(counted)
    assert work["flops"] == 2 * 32 * 32 * 9 * (3 * 64 + 64 * 64)
    assert work["activation_values"] == 32 * 32 * (3 + 64 + 64 + 64)
    assert (work["params_b"] or 0) * 1e9 == pytest.approx(9 * (3 * 64 + 64 * 64) + 128)
    assert work["network_kind"] == "convolution"
    found = estimate(counted, "A100", batch_size=64)
    assert 0 < found.energy.low < found.energy.central < found.energy.high
    assert found.unit == "sample"
    assert found.has(Flag.NETWORK_NOT_MEASURED)


def test_a_network_of_the_catalogue_is_its_counted_work() -> None:
    row = (
        catalog.vision_results()
        .filter(name="vit_base_patch16_224.augreg_in21k_ft_in1k", image_px=224)
        .row(0, named=True)
    )
    by_name = estimate(row["name"], "A100", image_size="224x224", batch_size=64, precision="bf16")
    columns = {
        "accelerator": ["A100"],
        "batch_size": [64],
        "precision": ["bf16"],
        "flops": [row["flops"]],
        "activation_values": [row["activation_values"]],
        "network_kind": [row["network_kind"]],
        "params_b": [row["params"] / 1e9],
    }
    by_work, problems = estimate_table(pl.DataFrame(columns | {"model": ["mine"]}))
    assert not problems
    assert by_work["energy_j"][0] == pytest.approx(by_name.energy.central)


def test_the_wall_takes_more_than_its_accelerators() -> None:
    alone = estimate("resnet50", "A100", batch_size=64, meter_scope="accelerators").energy
    assert estimate("resnet50", "A100", batch_size=64, meter_scope="wall").energy.central > alone.central
    assert estimate("resnet50", "A100", batch_size=64).energy.central > alone.central  # as it was measured


def test_a_refusal_names_its_column() -> None:
    with pytest.raises(InputError, match="counted at 224"):
        estimate("vit_base_patch16_224.augreg_in21k_ft_in1k", "A100", image_size="17x17")
    base = {"model": ["mine"], "accelerator": ["A100"], "flops": ["1e9"]}
    _, problems = estimate_table(pl.DataFrame(base))
    assert [p.column for p in problems] == ["activation_values"]
    rest = {"activation_values": ["1e7"], "params_b": ["0.1"]}
    _, problems = estimate_table(pl.DataFrame(base | rest | {"network_kind": ["conv"]}))
    assert "not one of convolution" in problems[0].reason
    _, problems = estimate_table(pl.DataFrame(base | rest | {"network_kind": ["hybrid"], "flops": ["-1"]}))
    assert [p.column for p in problems] == ["flops"]
    with pytest.raises(InputError, match="size of an image"):
        count_sample("timm:resnet50", {"image_size": "big"})


def test_what_count_gave_can_be_estimated() -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 64, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(64, 64, 3))
    four, one = (count(net, torch.zeros(n, 3, 32, 32)) for n in (4, 1))
    of_four = estimate(four, "H100")
    assert of_four.flags == estimate(one, "H100", batch_size=4).flags
    assert of_four.energy.central == pytest.approx(estimate(one, "H100", batch_size=4).energy.central)
    config = Path(__file__).parents[2] / "docs" / "llama-3.1-405b.json"
    counted = count(str(config), options=InferenceOptions(batch_size=8, prompt_tokens=300, output_tokens=100))
    by_hand = estimate(config, "H100", n_accelerators=16, batch_size=8, prompt_tokens=300, output_tokens=100)
    assert estimate(counted, "H100", n_accelerators=16).energy == by_hand.energy
    assert by_hand.serving is not None
    assert (by_hand.serving.decode_share or 0) + (by_hand.serving.prefill_share or 0) == pytest.approx(1)


def test_a_model_without_a_configuration_goes_by_its_size() -> None:
    known = estimate("Yi-34B", "H100", batch_size=8)
    assert known.has(Flag.SHAPE_FROM_SIZE)
    with pytest.raises(InputError, match="not public"):
        estimate("GPT-4o", "H100", n_accelerators=8)


@pytest.mark.parametrize("model", ["stabilityai/stable-diffusion-xl-base-1.0", "resnet50", "Qwen/Qwen3-8B"])
def test_every_kind_shows_its_steps(model: str) -> None:
    steps = estimate(model, "H100").steps
    assert len(steps) >= 3
    assert steps[-1].endswith("J")


def test_an_image_network_is_not_priced_as_a_language_model() -> None:
    row = {"model": ["mine"], "params_b": ["0.04"], "image_size": ["800x800"], "accelerator": ["A100"]}
    _, problems = estimate_table(pl.DataFrame(row))
    assert problems[0].column == "image_size"
    assert "network_kind" in problems[0].reason


def test_a_detector_at_the_wall_by_its_count() -> None:
    # MLPerf v3.0: one Cloud AI 100 DM.2e in a small host, 800 px, one image after another.
    rows = measurements().filter((pl.col("model") == "retinanet") & pl.col("source").str.contains("closed"))
    rows = rows.drop("engine", "active_params_b")
    found, problems = estimate_table(rows)
    assert not problems
    off = (found["energy_j"] / found["energy_j_per_unit"] - 1).abs()
    assert float(off.median() or 1) < 0.35  # type: ignore[arg-type]


def test_a_blank_cell_of_a_count_says_nothing() -> None:
    row = {"model": ["mine"], "params_b": ["7"], "accelerator": ["H100"]}
    without, _ = estimate_table(pl.DataFrame(row))
    blank, problems = estimate_table(pl.DataFrame(row | {"flops": [""], "activation_values": [" "]}))
    assert not problems
    assert blank["energy_j"].to_list() == without["energy_j"].to_list()
