"""The page of all studies: what it says follows the data, and a browser draws it with the network cut."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, sync_playwright

from joulewise.catalog import load
from joulewise.report import section, write_today
from joulewise.report.sections import MOST_ROWS
from joulewise.report.today import FEW, STEPS, today_page
from joulewise.studies import STUDIES, run_study
from tests.report.test_report import _open

TEMPLATES = Path(__file__).parents[2] / "src" / "joulewise" / "report"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    begun: list[str] = []
    path = write_today(tmp_path_factory.mktemp("today"), begun.append)
    assert tuple(begun) == STEPS
    return path


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield launched
        launched.close()


def test_every_study_has_a_section(page_file: Path) -> None:
    html = page_file.read_text()
    for name in STUDIES:
        assert f'<section id="{name}">' in html
    assert "<script src" not in html
    assert "url(http" not in html


@pytest.mark.parametrize("template", ["today.html.j2", "parts.html.j2", "base.html.j2"])
def test_no_number_is_typed_into_the_prose(template: str) -> None:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    prose = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", " ", text, flags=re.DOTALL)
    assert re.findall(r"\d+", prose) == []


def test_the_sentences_change_with_the_data(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "entities.csv").write_text("id,name,aliases,family,task\nnew-net,new_net.made_up,,new,vision\n")
    facts = [
        ("release_date", "2025-06-01", "", ""),
        ("network_kind", "convolution", "", ""),
        ("params", "5", "M", ""),
        ("top1_percent", "92.25", "%", "image_px=224"),
        ("flops", "0.5", "GFLOP", "image_px=224"),
        ("activation_values", "2", "M", "image_px=224"),
    ]
    rows = [f"new-net,{a},{v},,,{u},{c},reported,me,,here,," for a, v, u, c in facts]
    header = "entity,attribute,value,low,high,unit,conditions,kind,source,via,locator,supersedes,note"
    (models / "facts.csv").write_text("\n".join([header, *rows, ""]))
    (tmp_path / "sources.csv").write_text("id,citation,url,date,licence,note\nme,Made up for a test.,,2025,,\n")
    changed, shipped = load(tmp_path), load()
    for name in ("constant-quality", "frontier"):
        new = today_page([run_study(name, changed)], changed)
        old = today_page([run_study(name, shipped)], shipped)
        assert "new_net.made_up" in new
        assert "new_net.made_up" not in old
        assert _sentences(new) != _sentences(old)
    assert any("92.25%" in sentence for sentence in _sentences(new))


def test_other_sections_join_the_page() -> None:
    frame = pl.DataFrame({"row": range(MOST_ROWS + 5)})
    extra = section(
        "off", "How far off", "How far off is it?", lead="A lead.", findings=[f"Finding {i}." for i in range(FEW + 2)],
        tables={"all-rows": frame}, command="joulewise validate --table",
    )  # fmt: skip
    html = today_page([], load(), [extra])
    assert '<section id="off">' in html
    assert "2 more findings" in html
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 5} rows; all: joulewise validate --table all-rows." in html
    assert html.count('<td class="n">') == MOST_ROWS


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_the_page_draws_every_chart_without_network(browser: Browser, page_file: Path, width: int, scheme: str) -> None:
    page, trouble = _open(browser, page_file, width, scheme)
    assert trouble == []
    assert page.locator(".chart svg").count() == page.locator("[data-figure]").count() > 40
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_a_table_opens_and_searches(browser: Browser, page_file: Path) -> None:
    page, _ = _open(browser, page_file, 1400, "light")
    page.locator("#outlook-yardsticks-rows summary").click()
    rows = page.locator("#outlook-yardsticks-rows-table tbody tr:not([hidden])")
    every = rows.count()
    page.locator("[data-searches=outlook-yardsticks-rows-table]").fill("household")
    assert 0 < rows.count() < every
    shown = page.locator("[data-shown=outlook-yardsticks-rows-table]").inner_text()
    assert shown == f"{rows.count()} of {every} shown"
    page.context.close()


def _sentences(html: str) -> list[str]:
    return re.findall(r"<li>(.*?)</li>", html, flags=re.DOTALL)
