"""Joules of what runs here, by the meters of this machine."""

from joulewise.measure.device import Finding, Meter, MeterError, MeterReadingError, MissingPermissionError, NoMeterError
from joulewise.measure.meters import find_meters
from joulewise.measure.reading import Reading, meter
from joulewise.measure.run import Measurement, measure

__all__ = [
    "Finding",
    "Measurement",
    "Meter",
    "MeterError",
    "MeterReadingError",
    "MissingPermissionError",
    "NoMeterError",
    "Reading",
    "find_meters",
    "measure",
    "meter",
]
