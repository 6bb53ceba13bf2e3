"""Fit the models to measurements, and test them on rows that the fit has not seen."""
