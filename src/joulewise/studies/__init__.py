"""Studies: one question to the whole catalogue each, answered with frames, charts and findings."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from joulewise.errors import UnknownNameError

if TYPE_CHECKING:
    from joulewise.catalog import Catalog
    from joulewise.studies.study import Study

STUDIES = {
    "redrawn": "joulewise.studies.redrawn:redrawn",
    "backtest": "joulewise.studies.backtest:backtest",
    "hardware": "joulewise.studies.hardware:hardware",
    "constant-quality": "joulewise.studies.constant_quality:constant_quality",
    "frontier": "joulewise.studies.frontier:frontier",
    "outlook": "joulewise.studies.outlook:outlook",
}
"""Name -> module:function; the function takes a catalogue (None for the shipped one) and returns a `Study`."""

__all__ = ["STUDIES", "run_study"]


def run_study(name: str, catalog: Catalog | None = None) -> Study:
    """Run one study by its name.

    Parameters
    ----------
    name : str
        One of `STUDIES`.
    catalog : Catalog, optional
        By default the shipped one, whole.

    Raises
    ------
    UnknownNameError
        If there is no such study.
    """
    if name not in STUDIES:
        raise UnknownNameError("study", name, STUDIES)
    module, function = STUDIES[name].split(":")
    study: Study = getattr(import_module(module), function)(catalog)
    return study
