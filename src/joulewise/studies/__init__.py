"""Studies: one question to the whole catalogue each, answered with frames, charts and findings."""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING

from joulewise.errors import InputError, UnknownNameError

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


def run_study(name: str, catalog: Catalog | None = None, **options: float) -> Study:
    """Run one study by its name.

    Parameters
    ----------
    name : str
        One of `STUDIES`.
    catalog : Catalog, optional
        By default the shipped one, whole.
    **options
        Parameters of the study's function, of which so far only ``outlook`` has some.

    Raises
    ------
    UnknownNameError
        If there is no such study.
    InputError
        If the study has no such parameter.
    """
    if name not in STUDIES:
        raise UnknownNameError("study", name, STUDIES)
    module, function = STUDIES[name].split(":")
    answer = getattr(import_module(module), function)
    unknown = [option for option in options if option not in signature(answer).parameters]
    if unknown:
        raise InputError(f"the study {name} takes no {unknown[0]}", "that is a parameter of the study outlook")
    study: Study = answer(catalog, **options)
    return study
