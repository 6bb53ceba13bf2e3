"""Feed-forward parts: one file per kind, each with all of its costs."""

from joulewise.counting.config.feeds.experts import Experts
from joulewise.counting.config.feeds.feed import Feed
from joulewise.counting.config.feeds.mlp import Mlp

__all__ = ["Experts", "Feed", "Mlp"]
