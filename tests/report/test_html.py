"""A page without figures: what a user's own text may become on it."""

import re

from joulewise.report.html import render
from joulewise.report.sources import ListedSource
from joulewise.report.today import TodayPage


def test_only_web_addresses_of_sources_become_links() -> None:
    addresses = {"good": "https://arxiv.org/abs/2109.05472", "bad": "javascript:alert(1)", "none": ""}
    sources = tuple(ListedSource(i, "c", url, "", 1) for i, url in addresses.items())
    page = render("today.html.j2", TodayPage(sections=(), method=(), sources=sources, built_from="facts"), {})
    links = re.findall(r'href="([^"#]+)"', page)
    assert links == ["https://arxiv.org/abs/2109.05472"]
    assert "javascript:alert" not in page
