"""Outliers: every shipped one has a reason, and a false figure is found."""

from pathlib import Path

import pytest

from joulewise import catalog
from joulewise.catalog.strict import RULES, explanations, outliers, unexplained
from tests.conftest import Run

FACTS = "entity,attribute,value,low,high,unit,conditions,kind,source,via,locator,supersedes,note\n"


def _with(tmp_path: Path, *rows: str) -> catalog.Catalog:
    (tmp_path / "accelerators").mkdir()
    (tmp_path / "accelerators" / "facts.csv").write_text(FACTS + "".join(f"{row}\n" for row in rows))
    (tmp_path / "accelerators" / "entities.csv").write_text("id,name,aliases,family,task\nmine,Mine,,,\n")
    (tmp_path / "sources.csv").write_text("id,citation,url,date,licence,note\nme,Ourselves (2026),,,,\n")
    return catalog.load(tmp_path)


def test_every_outlier_of_the_shipped_data_is_explained() -> None:
    assert [str(problem) for problem in unexplained()] == []


def test_every_reason_is_written_and_short() -> None:
    table = explanations()
    assert table.height > 20
    assert table.filter(table["reason"].str.len_chars() < 20).height == 0
    assert table.select("collection", "entity", "attribute").is_duplicated().sum() == 0


def test_without_reasons_the_outliers_are_listed_with_file_and_row() -> None:
    found = outliers()
    assert {p.entity for p in found} >= {
        "groqchip-lpu-v1",
        "cloud-ai-100-pro",
        "b300",
        "gaudi-3",
        "timm-efficientnet-el-ra-in1k",
    }
    for problem in found:
        assert Path(problem.file).name.startswith("facts")
        assert problem.row > 1


COMMON = (
    "mine,release_date,2022-06-01,,,,,reported,me,,sheet,,",
    "mine,tdp_w,300,,,W,,reported,me,,sheet,,",
    "mine,memory_bytes,80,,,GB,,reported,me,,sheet,,",
)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            (
                "mine,peak_flops_per_s,312,,,TFLOP/s,precision=fp16-tensor,reported,me,,sheet,,",
                "mine,peak_ops_per_s,1248,,,TOP/s,precision=int8,reported,me,,sheet,,",
            ),
            "the rate at int8 is 4 times that at fp16-tensor",
        ),
        (
            (
                "mine,peak_flops_per_s,300,,,TFLOP/s,precision=fp16-tensor,reported,me,,sheet,,",
                "mine,bandwidth_bytes_per_s,200,,,GB/s,,reported,me,,sheet,,",
            ),
            "bytes per FLOP",
        ),
        (("mine,bandwidth_bytes_per_s,40000,,,GB/s,,reported,me,,sheet,,",), "could be read 500 times per second"),
        (
            ("mine,peak_flops_per_s,90000,,,TFLOP/s,precision=fp16-tensor,reported,me,,sheet,,",),
            "times the median efficiency",
        ),
    ],
)
def test_a_figure_that_cannot_be_is_seen(tmp_path: Path, rows: tuple[str, ...], said: str) -> None:
    loaded = _with(tmp_path, *COMMON, *rows)
    found = [p for p in unexplained(loaded) if p.entity == "mine"]
    assert any(said in p.message for p in found), found


def test_a_source_that_says_otherwise_is_seen(tmp_path: Path) -> None:
    loaded = _with(tmp_path, "h100,tdp_w,650,,,W,,reported,me,,sheet,,")
    found = [p for p in unexplained(loaded) if p.entity == "h100"]
    assert len(found) == 1
    assert "650 W of me" in found[0].message


def test_a_custom_rule_is_a_function_of_the_catalogue() -> None:
    def any_at_all(loaded: catalog.Catalog) -> list[catalog.RuleViolation]:
        return [
            catalog.RuleViolation("f", 2, "value", "odd", "models", row, "flops") for row in loaded.entities["id"][:1]
        ]

    assert [p.message for p in outliers(rules=[any_at_all])] == ["odd"]
    assert len(RULES) >= 5


def test_the_command_fails_on_an_outlier_and_passes_without(joulewise: Run, tmp_path: Path) -> None:
    assert joulewise("check", "--strict").returncode == 0
    _with(tmp_path, "h100,tdp_w,650,,,W,,reported,me,,sheet,,")
    ran = joulewise("check", "--strict", "--data", str(tmp_path))
    assert ran.returncode == 1
    assert "650 W" in ran.stdout
    assert joulewise("check", "--data", str(tmp_path)).returncode == 0
