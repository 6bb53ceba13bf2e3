"""Specifications that estimates need: unchanged for calibrated accelerators, and present for every other."""

import re

import pytest

from joulewise.catalog import accelerator_spec
from joulewise.errors import InputError, UnknownNameError
from tests.conftest import Run

# name: die, memory GB, bandwidth GB/s, link GB/s, TDP W, 16 bits TFLOP/s, FP8 TFLOP/s, INT8 TOP/s, system. The table
# that the calibration was fitted on; rates in FP8 that it left blank are not compared.
FORMER = {
    "H100": ("GH100", 80, 3350, 900, 700, 989.4, 1979, 1979, "server"),
    "H200": ("GH100", 141, 4800, 900, 700, 989.5, 1979, 1979, "server"),
    "B200": ("GB100", 180, 8000, 1800, 1000, 2250, 4500, 4500, "server"),
    "GB200": ("GB100", 186, 8000, 1800, 1200, 2500, 5000, 5000, "server"),
    "A100-SXM4-40GB": ("GA100", 40, 1560, 600, 400, 312, None, 624, "server"),
    "A100-SXM4-80GB": ("GA100", 80, 2039, 600, 400, 312, None, 624, "server"),
    "A100-PCIe-40GB": ("GA100", 40, 1555, 600, 250, 312, None, 624, "server"),
    "A100-PCIe-80GB": ("GA100", 80, 1935, 600, 300, 312, None, 624, "server"),
    "V100": ("GV100", 16, 897, 300, 300, 125, None, None, "server"),
    "A40": ("GA102", 48, 695.8, 32, 300, 149.7, None, 299.3, "server"),
    "A10": ("GA102", 24, 600.2, 32, 150, 125, None, 250, "server"),
    "L4": ("AD104", 24, 300.1, 32, 72, 121, None, 242, "server"),
    "T4": ("TU104", 16, 320, 32, 70, 65, None, 130, "server"),
    "RTX 4090": ("AD102", 24, 1008, 32, 450, 165.2, None, 660.6, "server"),
    "MI300X": ("MI300X", 192, 5300, 896, 750, 1307.4, None, 2614.9, "server"),
    "MI325X": ("MI300X", 256, 6000, 896, 1000, 1307.4, None, 2600, "server"),
    "L40S": ("AD102", 48, 864, 32, 350, 362.05, 733, 733, "server"),
    "RTX 5090": ("GB202", 32, 1792, 64, 575, 209.5, 419, 838, "server"),
    "A2": ("GA107", 16, 200, 16, 60, 18.13, None, 36.25, "server"),
    "Cloud AI 100 Pro": ("AIC100", 32, 137, 16, 75, 125, None, 375, "server"),
    "Cloud AI 100 Standard": ("AIC100", 16, 137, 16, 75, 110, None, 325, "server"),
    "Cloud AI 100 DM.2": ("AIC100", 16, 136.5, 16, 25, 66, None, 196.94, "edge"),
    "Cloud AI 100 DM.2e": ("AIC100", 8, 68.25, 16, 15, 50, None, 149.01, "edge"),
    "Jetson AGX Orin": ("GA10B", 32, 204.8, 16, 60, 43, None, 137.5, "soc"),
    "Jetson AGX Xavier": ("GV11B", 32, 136.5, 16, 30, 11, None, 32, "soc"),
    "A30": ("GA100", 24, 933, 16, 165, 165, None, 330, "server"),
}


@pytest.mark.parametrize("name", FORMER)
def test_the_calibrated_accelerators_are_as_they_were(name: str) -> None:
    spec = accelerator_spec(name)
    die, memory, bandwidth, link, tdp, rate, fp8, int8, system = FORMER[name]
    assert (spec.die, spec.system, spec.tdp_w) == (die, system, tdp)
    assert spec.memory_bytes == pytest.approx(memory * 1e9, rel=1e-12)
    assert spec.bandwidth_bytes_per_s == pytest.approx(bandwidth * 1e9, rel=1e-12)
    assert spec.link_bytes_per_s == pytest.approx(link * 1e9, rel=1e-12)
    assert spec.bf16_flops_per_s == pytest.approx(rate * 1e12, rel=1e-12)
    if fp8 is not None:
        assert spec.fp8_flops_per_s == pytest.approx(fp8 * 1e12, rel=1e-12)
    assert spec.int8_ops_per_s == (None if int8 is None else pytest.approx(int8 * 1e12, rel=1e-12))
    assert spec.source or spec.via


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NVIDIA A100-PCIe", "a100-pcie-40gb"),
        ("NVIDIA A100-SXM-80GB CTS", "a100-sxm4-80gb"),
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("V100-SXM2", "tesla-v100"),
        ("Google TPU v5e", "tpu-v5e"),
        ("AMD Instinct MI300X", "instinct-mi300x"),
        ("Ironwood", "tpu-v7"),
        ("Apple M2 Max", "m2-max"),
        ("geforce rtx 4070", "geforce-rtx-4070"),
    ],
)
def test_names_as_they_are_written(name: str, found: str) -> None:
    assert accelerator_spec(name).id == found


def test_without_matrix_units_the_best_other_rate_is_used_and_noted() -> None:
    spec = accelerator_spec("GTX 1080")
    assert spec.bf16_flops_per_s == 8.87e12
    assert "no matrix units" in spec.note
    assert "assumed" in spec.note


def test_a_missing_fact_is_named_in_one_line() -> None:
    with pytest.raises(InputError, match=r"Ascend 920 .* lacks its memory and its thermal design power$") as raised:
        accelerator_spec("Ascend 920")
    assert "\n" not in str(raised.value)
    with pytest.raises(UnknownNameError, match="H100"):
        accelerator_spec("H10")


@pytest.mark.parametrize("name", ["MI300X", "RTX 5090", "H200", "Gaudi 3", "Ascend 910B", "TPU v6e"])
def test_a_language_model_is_estimated_on_any_of_them(joulewise: Run, name: str) -> None:
    ran = joulewise("estimate", "Llama-3.1-8B-Instruct", "--on", name, "--batch-size", "8", "--prompt-tokens", "512")
    assert ran.returncode == 0, ran.stderr
    assert re.match(r"Llama-3.1-8B-Instruct: \d+(\.\d+)? m?J per request", ran.stdout)


def test_a_new_accelerator_changes_nothing_of_the_papers_method(joulewise: Run) -> None:
    assert "211.8 mJ" in joulewise("estimate", "resnet50", "--method", "paper", "--explain").stdout
