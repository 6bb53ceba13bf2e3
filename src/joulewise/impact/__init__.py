"""Total energy of inference by many people, compared with their other energy use."""

from joulewise.impact.people import Crossing, Forecast, Reference, forecast, references

__all__ = ["Crossing", "Forecast", "Reference", "forecast", "references"]
