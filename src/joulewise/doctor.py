"""Check what works on this machine: energy meters and installed extras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joulewise.errors import JoulewiseError, MissingExtraError
from joulewise.extras import import_extra
from joulewise.measure.device import MeterStatus
from joulewise.measure.meters import find_meters

EXTRAS = {
    "report": "vl_convert",
    "fit": "scipy",
    "torch": "torch",
    "timm": "timm",
    "hf": "transformers",
    "onnx": "onnx",
    "meter": "pynvml",
}
"""Extras, and the package that each needs first."""


@dataclass(frozen=True)
class Extra:
    """An optional dependency.

    Parameters
    ----------
    name : str
        As in ``pip install 'joulewise[NAME]'``.
    package : str
        The package that was imported.
    works : bool
    remedy : str
        Command that would make it work; blank if it works.
    installed : bool
        Whether the package is installed; it may still fail if its versions do not match.
    """

    name: str
    package: str
    works: bool
    remedy: str = ""
    installed: bool = True


@dataclass(frozen=True)
class Checkup:
    """The meters and extras of this machine, and whether they work.

    Parameters
    ----------
    meters : tuple of MeterStatus
    extras : tuple of Extra
    """

    meters: tuple[MeterStatus, ...]
    extras: tuple[Extra, ...]

    def to_dict(self) -> dict[str, list[dict[str, Any]]]:
        """Return the meters and extras as data that JSON can hold."""
        extras = [{"name": e.name, "works": e.works, "detail": e.package, "remedy": e.remedy} for e in self.extras]
        return {"meters": [meter.to_dict() for meter in self.meters], "extras": extras}


def checkup(progress: Callable[[str], None] = lambda _: None) -> Checkup:
    """Look for the energy meters of this machine, and import each extra.

    Parameters
    ----------
    progress : callable
        Called with the name of each extra before it is imported: that can take seconds.
    """
    _, meters = find_meters()
    extras = []
    for name, package in EXTRAS.items():
        progress(name)
        extras.append(_extra(name, package))
    return Checkup(tuple(meters), tuple(extras))


def _extra(name: str, package: str) -> Extra:
    try:
        import_extra(package, name, "doctor")
    except MissingExtraError:
        return Extra(name, package, False, f"pip install joulewise[{name}]", installed=False)
    except JoulewiseError as error:
        return Extra(name, package, False, str(error))
    return Extra(name, package, True)
