"""Energy of an inference: a workload on hardware gives an `Estimate`."""

from joulewise.energy.estimate import Estimate, Input
from joulewise.energy.paper_method import estimate_paper, models_with_energy

__all__ = ["Estimate", "Input", "estimate_paper", "models_with_energy"]
