"""The look of every chart: size, colours that the colour-blind can distinguish, a light and a dark background."""

from __future__ import annotations

from typing import Any

WIDTH, HEIGHT = 720, 430
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
LABEL_PX = 11

# The hues of Okabe and Ito's palette for the colour-blind, at a lightness that stands out on white and on black;
# without its yellow, which is lost on white.
PALETTE = ("#2E86CC", "#DE5F17", "#12A37B", "#CC79A7", "#DB9A11", "#5FB3E4", "#888888")

# Early to late, light enough at one end and dark enough at the other to be read on white and on black.
YEAR_RANGE = ("#6A51A3", "#3182BD", "#2CA089", "#C79A17", "#E8601C")

_GROUND = {
    "light": {"text": "#1b1f24", "muted": "#57606a", "grid": "#e6e8eb", "axis": "#b5bac0"},
    "dark": {"text": "#e6edf3", "muted": "#9aa5b1", "grid": "#2b323b", "axis": "#4b545f"},
}


def config(mode: str = "light") -> dict[str, Any]:
    """Return the Vega-Lite configuration for a ``light`` or ``dark`` ground."""
    ground = _GROUND[mode]
    return {
        "background": "transparent" if mode == "dark" else "white",
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "labelColor": ground["muted"],
            "titleColor": ground["text"],
            "gridColor": ground["grid"],
            "domainColor": ground["axis"],
            "tickColor": ground["axis"],
            "labelFontSize": LABEL_PX,
            "titleFontSize": 12,
            "titleFontWeight": 500,
            "titlePadding": 8,
        },
        "legend": {
            "labelColor": ground["text"],
            "titleColor": ground["text"],
            "labelFontSize": LABEL_PX,
            "titleFontSize": 12,
            "titleFontWeight": 500,
            "labelLimit": 700,
            "symbolBaseFillColor": ground["muted"],
            "symbolBaseStrokeColor": ground["muted"],
        },
        "title": {
            "color": ground["text"],
            "anchor": "start",
            "fontSize": 15,
            "fontWeight": 600,
            "offset": 12,
        },
        "text": {"color": ground["text"], "fontSize": LABEL_PX},
        "rule": {"color": ground["muted"]},
    }
