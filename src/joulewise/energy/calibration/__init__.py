"""Fitting the models to measurements, and judging them on what a fit had not seen."""
