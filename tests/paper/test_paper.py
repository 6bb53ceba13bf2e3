import csv
from pathlib import Path

import polars as pl
import pytest

from joulewise.catalog import load
from joulewise.errors import InputError, UnknownNameError
from joulewise.paper import FIGURES, TABLES, compare, write_paper
from joulewise.paper.comparison import COLUMNS, VERDICTS
from joulewise.paper.points import paper_edition
from joulewise.paper.recount import recounted


@pytest.fixture(scope="module")
def comparison() -> pl.DataFrame:
    return compare(paper_edition())


def test_hundreds_of_numbers_and_every_difference_has_a_reason(comparison: pl.DataFrame) -> None:
    assert comparison.columns == list(COLUMNS)
    assert comparison.height > 300
    assert set(comparison["verdict"]) == set(VERDICTS)
    differing = comparison.filter(verdict="differs")
    assert (differing["reason"] != "").all()
    assert differing.height < 20


def test_verdicts_agree_with_the_numbers(comparison: pl.DataFrame) -> None:
    for row in comparison.filter(pl.col("difference").is_not_null()).to_dicts():
        printed, ours = float(row["printed"]), float(row["ours"])
        assert row["difference"] == pytest.approx(ours - printed, abs=2e-5 * abs(printed))
        if row["verdict"] == "exact":
            assert ours == pytest.approx(printed, rel=1e-8)
        elif not row["reason"]:
            digits = len(row["printed"].partition(".")[2])
            if row["printed"] not in {"1040"}:
                assert abs(ours - printed) <= 0.5 * 10**-digits + 1e-6 * abs(printed)


@pytest.mark.parametrize(
    ("quantity", "verdict"),
    [
        ("Fig. 1: Pearson's correlation of parameters and FLOPs, CNNs", "rounds to it"),
        ("Fig. 1: Pearson's correlation of parameters and FLOPs, transformers", "rounds to it"),
        ("FLOPs of NoisyStudent-L2 by Eq. 4 [GFLOP]", "rounds to it"),
        ("FLOPs of FixEfficientNet-L2 by Eq. 3 [GFLOP]", "rounds to it"),
        ("FLOPs of FixEfficientNet-B7 by Eq. 3 [GFLOP]", "rounds to it"),
        ("FLOPs of FixEfficientNet-B0 by Eq. 3 [GFLOP]", "rounds to it"),
        ("FLOPs of ViT-G/14 by the transformer rule [GFLOP]", "differs"),
        ("somatic consumption of a person [J/s]", "rounds to it"),
        ("external consumption of a person [J/s]", "differs"),
        ("year of Meta Pseudo Labels L2", "differs"),
    ],
)
def test_the_numbers_that_take_looking(comparison: pl.DataFrame, quantity: str, verdict: str) -> None:
    assert comparison.filter(quantity=quantity)["verdict"].to_list() == [verdict]


def test_all_of_table_4_and_of_the_adapted_tflops_agree(comparison: pl.DataFrame) -> None:
    adapted = comparison.filter(
        (pl.col("where") == "Table 4") | (pl.col("where").str.contains(r"Table 9, row (29|3\d)"))
    )
    assert adapted.height == 8 + 8 * 4
    assert "differs" not in set(adapted["verdict"])


def test_tables_have_the_papers_rows() -> None:
    catalog = paper_edition()
    heights = {name: build(catalog).height for name, build in TABLES.items()}
    assert list(heights.values()) == [7, 94, 58, 8, 2, 2, 19, 48, 36]


def test_table_1_is_derived_from_table_2() -> None:
    table = TABLES["table1"](paper_edition())
    # As printed in Table 1.
    assert list(table.select("top1_percent", "gflops", "year").iter_rows()) == [
        (56.52, 1.42, 2012), (60.21, 2.34, 2013), (69.77, 3.0, 2014), (70.6, 1.14, 2017), (74.7, 1.18, 2018),
        (79.1, 1.4, 2019), (81.5, 1.4, 2019),
    ]  # fmt: skip


def test_table_2_carries_a_source_beside_each_figure() -> None:
    table = TABLES["table2"](paper_edition())
    for column in ("top1_percent", "params", "flops", "extra_data", "release_date", "architecture"):
        assert table[f"{column}_source"].null_count() == 0


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_draws_with_a_caption_of_numbers(figure: str) -> None:
    title, caption, draw = FIGURES[figure](paper_edition())
    assert title
    assert any(c.isdigit() for c in caption)
    assert "nan" not in caption
    assert draw().to_dict()["layer"]


def test_parts_asked_for_are_written_whole(tmp_path: Path) -> None:
    files = write_paper(tmp_path / "out", ["fig8", "table4", "comparison"])
    assert sorted(p.name for p in files) == sorted(p.name for p in (tmp_path / "out").iterdir())
    assert {p.name for p in files} == {"fig8.svg", "fig8.png", "fig8.html", "table4.csv", "comparison.csv"}
    with (tmp_path / "out" / "comparison.csv").open() as file:
        assert tuple(next(csv.reader(file))) == COLUMNS
    assert (tmp_path / "out" / "fig8.png").read_bytes()[:4] == b"\x89PNG"
    html = (tmp_path / "out" / "fig8.html").read_text()
    assert "<script src" not in html
    assert "<link" not in html


def test_an_unknown_part_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="fig1"):
        write_paper(tmp_path / "out", ["fig16"])
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="cannot make the folder"):
        write_paper(tmp_path / "out", ["table4"])


def test_the_papers_networks_counted_again() -> None:
    table = recounted(paper_edition())
    assert table.height == 96
    far = table.filter(pl.col("difference_percent").abs() > 3)
    assert far.height < 20
    assert (far["reason"] != "").all()
    assert table.filter(pl.col("difference_percent").abs() <= 1).height >= 49


def test_a_users_rows_join_tables_and_figures_but_not_the_comparison(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "entities.csv").write_text("id,name,aliases,family,task\nmynet,MyNet,,Mine,vision\n")
    (folder / "models" / "facts.csv").write_text(
        "entity,attribute,value,low,high,unit,conditions,kind,source,via,locator,supersedes,note\n"
        "mynet,flops,3,,,GFLOP,,measured,me,,row 1,,\n"
        "mynet,params,5,,,M,,measured,me,,row 1,,\n"
        "mynet,top1_percent,91,,,%,,measured,me,,row 1,,\n"
        "mynet,architecture,CNN,,,,,reported,me,,row 1,,\n"
        "mynet,release_date,2021-05-01,,,,,reported,me,,row 1,,\n"
    )
    (folder / "sources.csv").write_text("id,citation,url,date,licence,note\nme,Ourselves (2021),,2021,,\n")
    write_paper(tmp_path / "out", ["table2", "fig3", "comparison"], catalog=load(folder))
    assert "MyNet" in (tmp_path / "out" / "table2.csv").read_text()
    assert "MyNet" in (tmp_path / "out" / "fig3.html").read_text()
    write_paper(tmp_path / "plain", ["comparison"])
    assert (tmp_path / "out" / "comparison.csv").read_text() == (tmp_path / "plain" / "comparison.csv").read_text()
