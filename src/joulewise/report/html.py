"""Pages of one file: a template, its style, its scripts and the charts it draws."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from joulewise import __version__
from joulewise.charts.altair import alt
from joulewise.charts.export import for_script, script_bundle, specification
from joulewise.charts.theme import config
from joulewise.text import is_web_address

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def render(template: str, page: DataclassInstance, charts: Mapping[str, alt.LayerChart]) -> str:
    """Return a page as HTML that needs no network.

    Parameters
    ----------
    template : str
        Its file in this package.
    page : dataclass
        Content of the page, the template's variable ``page``.
    charts : mapping of str to altair.LayerChart
        By the id of the element that each is drawn in.
    """
    environment = Environment(
        loader=PackageLoader("joulewise", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["web_address"] = is_web_address
    return environment.get_template(template).render(
        page=page,
        version=__version__,
        style=_asset("report.css"),
        script=_asset("report.js"),
        bundle=script_bundle(),
        specs=for_script({name: specification(chart) for name, chart in charts.items()}),
        looks=for_script({mode: config(mode) for mode in ("light", "dark")}),
    )


def _asset(name: str) -> str:
    return (resources.files("joulewise.report") / name).read_text(encoding="utf-8")
