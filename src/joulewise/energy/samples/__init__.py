"""Samples through single-pass networks: image networks and encoders."""
