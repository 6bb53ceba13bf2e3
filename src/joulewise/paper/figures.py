"""The paper's fifteen figures, redrawn from the facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from joulewise.catalog import Catalog
from joulewise.charts.altair import Draw
from joulewise.paper import figures_energy, figures_models
from joulewise.paper.drawing import Drawn


@dataclass(frozen=True)
class Figure:
    """One figure.

    Parameters
    ----------
    id : str
        ``"fig1"`` to ``"fig15"``.
    title, caption : str
        The caption's numbers are computed from the data it is drawn from.
    draw : callable
        Returns the chart; needs the extra ``report``.
    """

    id: str
    title: str
    caption: str
    draw: Draw


_Builder = Callable[[Catalog], Drawn]

FIGURES: dict[str, _Builder] = {
    "fig1": figures_models.params_and_flops,
    "fig2": figures_models.accuracy_over_years,
    "fig3": figures_models.vision_flops_over_years,
    "fig4": figures_models.accuracy_and_flops,
    "fig5": figures_models.glue_and_flops,
    "fig6": figures_models.language_flops_over_years,
    "fig7": figures_energy.peak_over_years,
    "fig8": figures_energy.efficiency_over_years,
    "fig9": figures_energy.vision_energy_over_years,
    "fig10": figures_energy.language_energy_over_years,
    "fig11": figures_energy.accuracy_and_energy,
    "fig12": figures_energy.glue_and_energy,
    "fig13": figures_energy.vision_forecast,
    "fig14": figures_energy.language_forecast,
    "fig15": figures_models.glue_over_years,
}
"""Function of each figure: from a catalogue to its title, caption and chart."""


def draw(figure: str, catalog: Catalog) -> Figure:
    """Draw one figure by its id."""
    return Figure(figure, *FIGURES[figure](catalog))
