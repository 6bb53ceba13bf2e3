"""Counting a language model from its ``config.json`` alone: closed forms, no torch, no weights."""

from joulewise.counting.config.count import count_config

__all__ = ["count_config"]
