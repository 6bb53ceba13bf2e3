"""Layers that mix the tokens of a sequence: one file per kind, each with all of its costs."""

from joulewise.counting.config.mixers.attention import Attention, Latent
from joulewise.counting.config.mixers.delta_net import DeltaNet
from joulewise.counting.config.mixers.mamba2 import Mamba2
from joulewise.counting.config.mixers.mixer import Mixer, Serving

__all__ = ["Attention", "DeltaNet", "Latent", "Mamba2", "Mixer", "Serving"]
