import csv
from pathlib import Path

import pytest

from joulewise.catalog import load
from joulewise.errors import InputError, UnknownNameError
from joulewise.paper import write_paper
from joulewise.paper.comparison import COLUMNS


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
