"""Compute of one inference: a network in, a `Workload` out."""
