"""Altair, imported when it is first used, so that code that returns numbers and charts works without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from joulewise.extras import import_extra

if TYPE_CHECKING:
    import altair as alt
else:

    class _Altair:
        """Stands for the package until one of its names is asked for."""

        def __getattr__(self, name: str) -> Any:
            """Return a name of Altair, or raise `MissingExtraError` where Altair is not installed."""
            return getattr(import_extra("altair", "report", "drawing a chart"), name)

    alt = _Altair()

Draw = Callable[[], "alt.LayerChart"]
"""A function that returns a chart."""

__all__ = ["Draw", "alt"]
