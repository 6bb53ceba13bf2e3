"""A measurement as a row in the form of the shipped ones, for validation and calibration."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from joulewise.catalog import measurements
from joulewise.errors import InputError
from joulewise.files import write_text
from joulewise.measure.run import ASSUMED, Measurement

TOKEN = "output token (prefill energy amortised)"


def row_of(found: Measurement, per: float, unit: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row in the columns of the shipped measurements.

    On a machine with accelerators the row covers them alone, like the shipped rows and the estimates, and ``notes`` has
    the total of all devices. Otherwise it covers all devices.

    Parameters
    ----------
    found : Measurement
    per : float
        Units in one run.
    unit : str
        ``inference``, or `TOKEN`.
    about : mapping
        Workload that was run, by column: model, accelerator, batch_size ...
    """
    accelerators = [name for name, scope in found.scopes.items() if scope == "gpu"]
    energy = found.energy_of("gpu") if accelerators else found.energy.central
    share = energy / found.energy.central
    scopes = ", ".join(sorted(set(found.scopes.values())))
    estimated = found.method == ASSUMED
    tier = "estimated" if estimated else "A-gpu" if accelerators else "A-" + scopes.replace(", ", "-")
    scope = "GPUs only" if accelerators else scopes
    notes = {
        "energy_j_low": f"{found.energy.low * share / per:g}",
        "energy_j_high": f"{found.energy.high * share / per:g}",
        "readings": found.readings,
        "runs_per_reading": found.runs_per_reading,
        "idle_w": f"{sum(found.idle_w.values()):g}" if found.idle_w else "unknown",
        "all_devices_j_per_unit": f"{found.energy.central / per:g}",
        "all_devices": scopes,
    }
    row: dict[str, Any] = dict.fromkeys(measurements().columns, "")
    row |= {
        "source": "own measurement",
        "tier": tier,
        "n_accelerators": len(accelerators) or "",
        "latency_s": found.seconds,
        "throughput": per / found.seconds,
        "throughput_unit": "output tok/s" if unit == TOKEN else f"{unit}s/s",
        "avg_power_w": energy / found.seconds,
        "energy_j_per_unit": energy / per,
        "unit": unit,
        "meter_scope": found.method if estimated else f"{scope} ({found.method}), idling included",
        "year": datetime.now(UTC).year,
        "notes": ";".join(f"{k}={v}" for k, v in notes.items()),
    }
    row |= {k: v for k, v in about.items() if v not in (None, "")}
    digest = hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()
    return {**row, "id": f"own-{digest[:10]}"}


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row to a CSV file, under the header that it has; a new file gets the row's.

    Raises
    ------
    InputError
        As `require_appendable`.
    WorkError
        If it cannot be written; it is then unchanged.
    """
    before = require_appendable(path)
    columns = next(csv.reader(StringIO(before))) if before else list(row)
    buffer = StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", restval="")
    if not before:
        writer.writeheader()
    writer.writerow(row)
    write_text(path, before + ("" if before.endswith("\n") or not before else "\n") + buffer.getvalue())


def require_appendable(path: Path) -> str:
    """Return the content of a file of measurements; blank if it does not exist.

    Raises
    ------
    InputError
        If its folder does not exist, or the file is not text with all columns of a measurement.
    """
    if not path.parent.is_dir():
        raise InputError(f"no such folder: {path.parent}")
    # A pipe or a device has no content that could be read back.
    if path.exists() and not path.is_file() and not path.is_dir():
        return ""
    try:
        before = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{path} is not a text file that can be read", "give another file") from None
    columns = next(csv.reader(StringIO(before)), [])
    missing = [c for c in measurements().columns if before and c not in columns]
    if missing:
        raise InputError(f"{path} has no column {missing[0]!r}", "a file of measurements, or a new one")
    return before
