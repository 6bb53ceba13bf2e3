"""A calibration: fitted parameters and intervals, as they are kept in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from joulewise.catalog.tables import shipped_folder
from joulewise.energy.kinds import KINDS
from joulewise.energy.workload_kind import Kind, Values
from joulewise.errors import DataError
from joulewise.files import dump_json, write_text

# No fit comes near: beyond it a value is a slip, and products may overflow.
_PLAUSIBLE = 10_000


@dataclass(frozen=True)
class Calibration:
    """Fitted parameters, and the intervals of estimates made with them.

    Parameters
    ----------
    parameters : mapping of str to mapping of str to float
        For each kind of workload, by its name, a value of every parameter.
    intervals : mapping of str to pair of float
        For each regime, the factors from an estimate to the bounds of its 90% interval.
    provenance : mapping
        Rows and sources of the fit.
    """

    parameters: Mapping[str, Values]
    intervals: Mapping[str, tuple[float, float]]
    provenance: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the content of a calibration file, with four digits per number so that a review can read it."""
        return {
            "provenance": dict(self.provenance),
            **{kind.section: _described(kind, self.parameters[name]) for name, kind in KINDS.items()},
            "intervals_90": {name: [_four_digits(x) for x in bounds] for name, bounds in self.intervals.items()},
        }


def _described(kind: Kind, values: Values) -> dict[str, Any]:
    return {
        name: {
            "value": _four_digits(value),
            "unit": kind.parameters[name].unit,
            "meaning": kind.parameters[name].meaning,
        }
        for name, value in values.items()
    }


def _four_digits(value: float) -> float:
    return float(f"{value:.4g}")


def save_calibration(calibration: Calibration, path: Path) -> None:
    """Write a calibration as JSON.

    Raises
    ------
    WorkError
        If a number is not finite, with its name: nothing is written.
    """
    write_text(path, dump_json(calibration.to_dict(), indent=1) + "\n")


def load_calibration(path: Path | None = None) -> Calibration:
    """Return a calibration; by default the shipped one.

    Raises
    ------
    DataError
        If the file is not one.
    """
    return _shipped() if path is None else _read(path)


@cache
def _shipped() -> Calibration:
    return _read(shipped_folder() / "calibration.json")


def _read(file: Path) -> Calibration:
    try:
        return _parsed(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot read the calibration {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{file} is not a calibration: not UTF-8 text") from None
    except _NotACalibrationError as error:
        raise DataError(f"{file} is not a calibration: {error}", "joulewise calibrate -o writes one") from None


class _NotACalibrationError(Exception):
    pass


@lru_cache(maxsize=8)
def _parsed(text: str) -> Calibration:
    try:
        value = json.loads(text)
        parameters = {
            kind.name: {name: float(p["value"]) for name, p in value[kind.section].items()} for kind in KINDS.values()
        }
        intervals = {name: (float(low), float(high)) for name, (low, high) in value["intervals_90"].items()}
        provenance = dict(value.get("provenance", {}))
    except KeyError as error:
        raise _NotACalibrationError(f"it has no {error}") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise _NotACalibrationError(f"it is not JSON: {error}") from None
    except (ValueError, TypeError, AttributeError):
        raise _NotACalibrationError("its parameters and intervals are not numbers by name") from None
    for kind in KINDS.values():
        values = parameters[kind.name]
        for name, parameter in kind.parameters.items():
            if name not in values:
                raise _NotACalibrationError(f"{kind.section} has no value of {name}")
            if not 0 < values[name] < float("inf"):
                raise _NotACalibrationError(f"{kind.section}, {name}: {values[name]} is not a positive number")
            if not 1 / _PLAUSIBLE <= values[name] / parameter.prior <= _PLAUSIBLE:
                raise _NotACalibrationError(
                    f"{kind.section}, {name}: {values[name]:g} is not within {_PLAUSIBLE:,} times of what is usual, "
                    f"{parameter.prior:g}"
                )
    for name in [kind.interval for kind in KINDS.values()]:
        if name not in intervals:
            raise _NotACalibrationError(f"intervals_90 has no {name}")
    for name, (low, high) in intervals.items():
        if not 0 < low <= 1 <= high < float("inf"):
            raise _NotACalibrationError(f"intervals_90, {name}: {low} and {high} do not enclose 1")
    return Calibration(parameters, intervals, provenance)
