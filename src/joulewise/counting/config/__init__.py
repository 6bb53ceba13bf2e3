"""Count a language model from its ``config.json`` alone, in closed form, without torch or weights."""

from joulewise.counting.config.count import count_config

__all__ = ["count_config"]
