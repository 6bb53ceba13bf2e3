"""Studies: each asks the whole catalogue one question and answers with tables, charts and findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from joulewise.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from joulewise.catalog import Catalog
    from joulewise.studies.inputs import Inputs
    from joulewise.studies.study import Study

__all__ = ["STUDIES", "StudyEntry", "StudyOption", "run_studies", "run_study"]


@dataclass(frozen=True)
class StudyOption:
    """A number that a study takes: a keyword of its function, and an option of ``joulewise study``.

    Parameters
    ----------
    name : str
        As a keyword; the command line writes hyphens for underscores.
    kind : type
    help : str
    """

    name: str
    kind: type[int] | type[float]
    help: str


@dataclass(frozen=True)
class StudyEntry:
    """The module of a study, and the facts that the page and the command line need before it runs.

    Parameters
    ----------
    short : str
        Title for a navigation bar.
    module : str
        Its function ``study`` takes `inputs.Inputs` and the options, and returns a `Study`.
    options : tuple of StudyOption
    """

    short: str
    module: str
    options: tuple[StudyOption, ...] = ()


STUDIES: dict[str, StudyEntry] = {
    "redrawn": StudyEntry("Then and now", "joulewise.studies.redrawn"),
    "backtest": StudyEntry("Forecasts tested", "joulewise.studies.backtest"),
    "constant-quality": StudyEntry("Constant quality", "joulewise.studies.quality"),
    "frontier": StudyEntry("Frontiers", "joulewise.studies.frontier"),
    "hardware": StudyEntry("Hardware", "joulewise.studies.hardware"),
    "outlook": StudyEntry(
        "Outlook",
        "joulewise.studies.outlook",
        (
            StudyOption("until", int, "Last year of the forecast."),
            StudyOption("inferences_per_day", float, "Answers of a language model per user and day."),
            StudyOption("tokens", float, "Tokens per answer without reasoning."),
            StudyOption("reasoning_share", float, "Share of answers that reason first, 0 to 1."),
            StudyOption("reasoning_tokens", float, "Length of an answer with reasoning relative to one without."),
            StudyOption("users", float, "Number of people who use language models."),
            StudyOption("population", float, "World population."),
            StudyOption("growth", float, "Factor by which answers per user grow each year."),
            StudyOption("pue", float, "Power usage effectiveness of the data centres."),
        ),
    ),
}
"""Every study by name, in the order of the page."""


def run_study(name: str, catalog: Catalog | None = None, **options: float) -> Study:
    """Run one study.

    Parameters
    ----------
    name : str
        One of `STUDIES`.
    catalog : Catalog, optional
        By default the shipped one.
    **options
        Options of the study, see `STUDIES`; by default those of its function.

    Raises
    ------
    UnknownNameError
        If there is no such study.
    InputError
        If the study has no such option, or an option is out of range.
    """
    if name not in STUDIES:
        raise UnknownNameError("study", name, STUDIES)
    known = [option.name for option in STUDIES[name].options]
    for option in options:
        if option not in known:
            raise InputError(f"the study {name} takes no {option}", _where(option, known))
    return _run(name, _inputs(catalog), options)


def run_studies(catalog: Catalog | None = None, progress: Callable[[str], None] = lambda _: None) -> list[Study]:
    """Run every study with its defaults; what several of them need is computed once.

    Parameters
    ----------
    catalog : Catalog, optional
        By default the shipped one.
    progress : callable
        Called with the name of each study as it begins.
    """
    inputs, done = _inputs(catalog), []
    for name in STUDIES:
        progress(name)
        done.append(_run(name, inputs, {}))
    return done


def _run(name: str, inputs: Inputs, options: dict[str, float]) -> Study:
    study: Study = import_module(STUDIES[name].module).study(inputs, **options)
    return study


def _inputs(catalog: Catalog | None) -> Inputs:
    # Imported here: the command line lists the studies without loading what they need.
    from joulewise.catalog import load  # noqa: PLC0415
    from joulewise.studies.inputs import Inputs  # noqa: PLC0415

    return Inputs(catalog or load())


def _where(option: str, known: list[str]) -> str:
    """Return the hint for an option that a study does not have."""
    others = [name for name, entry in STUDIES.items() if option in [one.name for one in entry.options]]
    if others:
        return f"it is an option of {' and '.join(others)}"
    return f"its options are {', '.join(known)}" if known else "it has no options"
