"""Accelerators: their work per second and per joule."""

from joulewise.hardware.efficiency import adapted_efficiencies, efficiencies, efficiency_of
from joulewise.hardware.speedups import measured_throughputs, speed_ups
from joulewise.hardware.trend import efficiency_at, efficiency_trend

__all__ = [
    "adapted_efficiencies",
    "efficiencies",
    "efficiency_at",
    "efficiency_of",
    "efficiency_trend",
    "measured_throughputs",
    "speed_ups",
]
