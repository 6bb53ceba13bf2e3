"""What inference adds up to: joules of many people, set against what they use otherwise."""

from joulewise.impact.people import Crossing, Forecast, Reference, forecast, references

__all__ = ["Crossing", "Forecast", "Reference", "forecast", "references"]
