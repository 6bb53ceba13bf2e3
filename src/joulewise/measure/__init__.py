"""Measure energy with the meters of this machine."""

from joulewise.measure.device import (
    Meter,
    MeterError,
    MeterReadingError,
    MeterStatus,
    MissingPermissionError,
    NoMeterError,
)
from joulewise.measure.meters import find_meters
from joulewise.measure.reading import Reading, meter
from joulewise.measure.run import Measurement, measure

__all__ = [
    "Measurement",
    "Meter",
    "MeterError",
    "MeterReadingError",
    "MeterStatus",
    "MissingPermissionError",
    "NoMeterError",
    "Reading",
    "find_meters",
    "measure",
    "meter",
]
