"""Joules of what runs here, by the meters of this machine."""

from joulewise.measure.meters import Finding, Meter, find_meters
from joulewise.measure.run import Measurement, Reading, measure, meter

__all__ = ["Finding", "Measurement", "Meter", "Reading", "find_meters", "measure", "meter"]
