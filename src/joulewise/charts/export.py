"""Charts as files: SVG, PNG, and HTML that needs no network."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from joulewise.charts.altair import alt
from joulewise.charts.theme import config
from joulewise.errors import InputError
from joulewise.extras import import_extra
from joulewise.files import make_folder, write_bytes, write_text

PNG_SCALE = 2.0

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 1.5rem; font-family: system-ui, sans-serif; overflow-x: auto; }}
</style></head>
<body><div id="chart"></div>
<script type="module">{bundle}</script>
<script type="module">
const spec = {spec}, looks = {looks};
const dark = matchMedia("(prefers-color-scheme: dark)");
const draw = () => vegaEmbed("#chart", spec, {{
  renderer: "svg", config: looks[dark.matches ? "dark" : "light"], actions: false
}});
dark.addEventListener("change", draw);
draw();
</script></body></html>
"""


def specification(chart: alt.LayerChart) -> dict[str, Any]:
    """Return the Vega-Lite specification of a chart, without the colours and fonts of `theme.config`."""
    spec: dict[str, Any] = chart.to_dict()
    spec.pop("config", None)
    return spec


def write_chart(chart: alt.LayerChart, folder: Path, name: str) -> list[Path]:
    """Write ``NAME.svg``, ``NAME.png`` and an interactive ``NAME.html`` without network access.

    Raises
    ------
    WorkError
        If a file cannot be written.
    """
    return [save_chart(chart, folder / f"{name}.{ending}") for ending in ("svg", "png", "html")]


def save_chart(chart: alt.LayerChart, file: Path) -> Path:
    """Write a chart in the format that the file's name ends with; a missing folder is created.

    Raises
    ------
    InputError
        If the name ends with none of .png, .svg and .html.
    WorkError
        If the file cannot be written.
    """
    check_chart_name(file)
    spec = specification(chart)
    make_folder(file.parent)
    if file.suffix == ".html":
        looks = for_script({mode: config(mode) for mode in ("light", "dark")})
        return write_text(
            file, _PAGE.format(title=file.stem, bundle=script_bundle(), spec=for_script(spec), looks=looks)
        )
    svg = svg_of(spec)
    if file.suffix == ".svg":
        return write_text(file, svg)
    return write_bytes(file, _vl_convert().svg_to_png(svg, scale=PNG_SCALE))


def check_chart_name(file: Path) -> None:
    """Refuse a file whose name does not end in a form that charts are written in.

    Raises
    ------
    InputError
    """
    if file.suffix not in {".png", ".svg", ".html"}:
        raise InputError(f"a chart cannot be written as {file.name!r}", "end it with .png, .svg or .html")


def svg_of(spec: dict[str, Any]) -> str:
    """Return a specification drawn as SVG, on the light ground."""
    return str(_vl_convert().vegalite_to_svg({**spec, "config": config("light")}))


@cache
def script_bundle() -> str:
    """Return the JavaScript that draws charts in a page: it sets ``window.vegaEmbed``."""
    bundle: str = _vl_convert().javascript_bundle()
    return bundle.replace("</script", "<\\/script")


def for_script(value: Any) -> str:
    """Return JSON that can stand inside a script element."""
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/")


def _vl_convert() -> Any:
    """Return the package that draws Vega-Lite without a browser."""
    return import_extra("vl_convert", "report", "writing a chart")
