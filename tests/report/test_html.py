"""A page without figures: what a user's own text may become in it."""

import re

from joulewise.report.html import render


def test_only_web_addresses_of_sources_become_links() -> None:
    addresses = {"good": "https://arxiv.org/abs/2109.05472", "bad": "javascript:alert(1)", "none": ""}
    sources = [{"id": i, "citation": "c", "url": url, "facts": 1, "note": ""} for i, url in addresses.items()]
    page = render("today.html.j2", {}, sections=[], sources=sources, method=[], data_until="2026", few=3)
    links = re.findall(r'href="([^"#]+)"', page)
    assert links == ["https://arxiv.org/abs/2109.05472"]
    assert "javascript:alert" not in page
