"""The page in a real browser with the network cut."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from joulewise.report import write_report
from joulewise.report.paper import STEPS


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    begun: list[str] = []
    path = write_report(tmp_path_factory.mktemp("report"), begun.append)
    assert tuple(begun) == STEPS
    return path


@pytest.fixture(scope="module")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield launched
        launched.close()


def _open(browser: Browser, report: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)  # type: ignore[arg-type]
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("request", lambda request: trouble.append(request.url) if request.url.startswith("http") else None)
    page.goto(report.as_uri())
    page.wait_for_selector("body[data-drawn]", timeout=60_000)
    return page, trouble


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_the_page_draws_every_figure_without_network(browser: Browser, report: Path, width: int, scheme: str) -> None:
    page, trouble = _open(browser, report, width, scheme)
    assert trouble == []
    assert page.locator(".chart svg").count() == 15
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_the_comparison_searches_filters_and_sorts(browser: Browser, report: Path) -> None:
    page, _ = _open(browser, report, 1400, "light")
    visible = page.locator("#comparison-table tbody tr:not([hidden])")
    total = visible.count()
    assert total > 300
    page.locator("input[name=verdict][value=exact]").uncheck()
    page.locator("input[name=verdict][value='rounds to it']").uncheck()
    differing = visible.count()
    assert 0 < differing < 20
    page.locator("[data-searches=comparison-table]").fill("vit-g")
    assert visible.count() == 1
    assert "5204" in visible.first.inner_text()
    page.locator("[data-searches=comparison-table]").fill("")
    page.locator("#comparison-table th", has_text="Difference").click()
    column = [
        float(t)
        for t in page.locator("#comparison-table tbody tr:not([hidden]) td:nth-child(5)").all_inner_texts()
        if t
    ]
    assert column == sorted(column)
    page.context.close()


def test_a_source_of_a_cell_is_on_the_page(report: Path) -> None:
    html = report.read_text()
    assert 'href="#source-paszke2016"' in html
    assert 'id="source-paszke2016"' in html
    assert "<script src" not in html
    assert "url(http" not in html
