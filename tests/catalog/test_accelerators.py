"""Today's accelerators and the paper's: data sheets, merged entities, editions, physical limits."""

import math
import random
import re
from datetime import date

import polars as pl
import pytest

from joulewise import catalog
from joulewise.catalog import PAPER, disagreements, find_entity

TERA, GIGA = 1e12, 1e9


@pytest.mark.parametrize(
    ("name", "precision", "rate_tera", "bandwidth_gb", "memory_gb", "tdp_w"),
    [
        # Typed from NVIDIA's, AMD's, Google's and Amazon's sheets: dense, FP16 or BF16 on matrix units.
        ("H100 SXM", "fp16-tensor", 989.4, 3350, 80, 700),
        ("H100 SXM", "fp8", 1979, 3350, 80, 700),
        ("H100 SXM", "int8", 1979, 3350, 80, 700),
        ("H100 PCIe", "fp16-tensor", 756, 2040, 80, 350),
        ("H200", "fp16-tensor", 989.5, 4800, 141, 700),
        ("B200", "fp8", 4500, 8000, 180, 1000),
        ("B200", "fp4", 9000, 8000, 180, 1000),
        ("A100-80GB", "fp16-tensor", 312, 2039, 80, 400),
        ("A100-80GB", "int8", 624, 2039, 80, 400),
        ("A100-SXM4-40GB", "tf32", 156, 1560, 40, 400),
        ("V100", "fp16-tensor", 125, 897, 16, 300),
        ("T4", "int8", 130, 320, 16, 70),
        ("A30", "fp16-tensor", 165, 933, 24, 165),
        ("A10", "fp16-tensor", 125, 600.2, 24, 150),
        ("L4", "fp16-tensor", 121, 300.1, 24, 72),
        ("L40S", "fp8", 733, 864, 48, 350),
        ("RTX 4090", "fp16-tensor", 165.2, 1008, 24, 450),
        ("RTX 5090", "fp16-tensor", 209.5, 1792, 32, 575),
        ("MI300X", "fp16-tensor", 1307.4, 5300, 192, 750),
        ("MI325X", "int8", 2600, 6000, 256, 1000),
        ("MI355X", "fp4", 10050, 8000, 288, 1400),
        ("Gaudi 3", "fp16-tensor", 1835, 3670, 128, 900),
        ("TPU v5e", "int8", 393, 819, 16, 225),
        ("TPU v5p", "fp16-tensor", 459, 2765, 95, 540),
        ("Trillium", "fp16-tensor", 918, 1638, 32, 380),
        ("Trainium2", "fp8", 1299, 2900, 96, 500),
        ("Jetson AGX Orin", "fp16-tensor", 43, 204.8, 32, 60),
        ("GTX 1080", "fp32", 8.87, 320.3, 8, 180),
    ],
)
def test_figures_of_data_sheets(
    name: str, precision: str, rate_tera: float, bandwidth_gb: float, memory_gb: float, tdp_w: float
) -> None:
    found = find_entity("accelerators", name)
    row = catalog.accelerators().filter(id=found, precision=precision).row(0, named=True)
    rate = row["peak_ops_per_s"] if precision.startswith("int") else row["peak_flops_per_s"]
    assert rate == pytest.approx(rate_tera * TERA, rel=1e-9)
    assert row["bandwidth_bytes_per_s"] == pytest.approx(bandwidth_gb * GIGA, rel=1e-9)
    assert row["memory_bytes"] == pytest.approx(memory_gb * GIGA, rel=1e-9)
    assert row["tdp_w"] == tdp_w


def test_every_row_of_epoch_is_in_the_catalogue() -> None:
    locators = catalog.load().facts.filter(pl.col("locator").str.starts_with("ML hardware"))["locator"]
    rows = {text.split(", row ")[1].rsplit(", ", 1)[0] for text in locators}
    assert len(rows) >= 175  # as many as the edition of April 2026 has; a later one has more


def test_a_random_fact_has_form_bounds_and_sources() -> None:
    loaded = catalog.load()
    facts = loaded.facts.filter(pl.col("collection").is_in(["accelerators", "references"])).to_dicts()
    bounds = {row["attribute"]: row for row in loaded.attributes.to_dicts()}
    for row in random.Random(11).sample(facts, 300):
        rule = bounds[row["attribute"]]
        for source in filter(None, [*row["source"].split("; "), row["via"]]):
            assert loaded.source(source).citation
        assert row["locator"]
        if rule["type"] == "number":
            assert float(rule["min"]) <= row["number"] <= float(rule["max"])
        if rule["type"] == "date":
            assert date.fromisoformat(row["value"])
        if row["kind"] in ("assumed", "derived"):
            assert row["note"] or row["source"] == PAPER


def test_the_same_accelerator_is_one_entity_with_the_facts_of_both() -> None:
    loaded = catalog.load()
    for name in ("GTX 580", "Titan Xp", "Tesla K80", "V100", "A100", "T4", "RTX 3090"):
        found = find_entity("accelerators", name, loaded)
        read_in = {fact.via.id for fact in loaded.facts_of(found) if fact.via}
        assert {PAPER, "epoch-hardware-2026"} <= read_in


def test_the_papers_edition_keeps_its_figures_and_the_catalogue_has_the_corrections() -> None:
    today, paper = catalog.load(), catalog.load().edition(PAPER)
    assert today.source_of("a100", "release_date").value == "2020-05-14"
    assert paper.source_of("a100", "release_date").value == "2020-04-14"
    facts = today.facts_of("a100", "release_date")
    assert ("2020-04-14", True) in [(f.value, f.superseded) for f in facts]
    assert "month early" in facts[0].note


def test_an_edition_loses_no_cell_to_a_correction_outside_it() -> None:
    paper = catalog.load().edition(PAPER)
    assert paper.facts.filter(pl.col("superseded") & (pl.col("collection") == "accelerators")).height == 0
    assert catalog.accelerators(paper)["release_date"].null_count() == 0
    assert catalog.accelerators(paper).height == 48


def test_a_correction_at_one_precision_leaves_the_others() -> None:
    rates = catalog.accelerators().filter(id="instinct-mi355x")
    assert set(rates["precision"]) == {"fp16-tensor", "fp8", "fp4", "int8"}


def test_no_rate_with_sparsity_replaces_a_dense_one() -> None:
    loaded = catalog.load()
    sparse = loaded.facts.filter(pl.col("conditions").str.contains("sparsity="))
    assert sparse.height >= 6
    for row in sparse.to_dicts():
        precision = re.findall(r"precision=([^;]+)", row["conditions"])[0]
        dense = loaded.source_of(row["entity"], row["attribute"], precision=precision)
        assert "sparsity" not in dense.conditions
        assert dense.number is not None
        assert dense.number < row["number"]


def test_disagreements_are_reported_with_their_sources() -> None:
    table = disagreements("accelerators")
    row = table.filter(entity="a100", attribute="release_date").row(0, named=True)
    assert (row["value"], row["other"], row["corrected"]) == ("2020-05-14", "2020-04-14", True)
    assert row["reason"]
    assert table.filter(pl.col("entity") == "geforce-gtx-580").height == 0  # 1.58 and 1.581 TFLOP/s are one figure
    assert disagreements("accelerators", tolerance=1e-9).height > table.height


def test_physical_limits_are_the_closed_forms() -> None:
    loaded = catalog.load()
    k = loaded.source_of("boltzmann-constant", "boltzmann_j_per_k").number
    landauer = loaded.source_of("landauer", "energy_per_bit_j", temperature_k="300").number
    assert k == 1.380649e-23
    assert landauer == pytest.approx(k * 300 * math.log(2), rel=1e-6)
    parts = [
        loaded.source_of("arithmetic-45nm", "energy_per_op_j", op=op).number for op in ("fp16-multiply", "fp16-add")
    ]
    both = loaded.source_of("arithmetic-45nm", "energy_per_op_j", op="fp16-multiply-add").number
    assert both == pytest.approx(sum(p for p in parts if p is not None))


def test_electricity_of_a_person_is_that_of_the_world_over_its_people() -> None:
    loaded = catalog.load()
    world = loaded.source_of("world-electricity", "electricity_w", year="2024").number
    person = loaded.source_of("person-electricity", "electricity_w", year="2024").number
    assert world is not None
    assert world == pytest.approx(30856e12 * 3600 / (365.25 * 86400))
    assert person == pytest.approx(world / 8.1e9, rel=1e-3)
