"""A fact, its source and its conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

PAPER = "desislavov2021"
"""Source id of the paper; `Catalog.edition` with it leaves only what the paper's tables hold."""


@dataclass(frozen=True)
class Source:
    """A cited publication."""

    id: str
    citation: str
    url: str
    date: str
    licence: str
    note: str


@dataclass(frozen=True)
class Fact:
    """One value of one attribute of one entity, and its source.

    Parameters
    ----------
    value : str
        As published, in `unit`.
    number, low, high : float or None
        In the base unit of the attribute; None for text and dates, or where no bound is known.
    conditions : mapping of str to str
        Conditions under which the value holds, e.g. ``{"precision": "fp32"}``.
    kind : str
        ``reported``, ``measured``, ``derived`` or ``assumed``.
    sources : tuple of Source
        The publication or publications that the figure is from.
    via : Source or None
        Where the figure was read, if that is not the source itself.
    superseded : bool
        Whether another fact corrects this one.
    """

    entity: str
    attribute: str
    value: str
    unit: str
    number: float | None
    low: float | None
    high: float | None
    conditions: Mapping[str, str]
    kind: str
    sources: tuple[Source, ...]
    via: Source | None
    locator: str
    note: str
    superseded: bool

    @property
    def cited(self) -> str:
        """Return a short citation: sources, the work it was read in, and the place there."""
        names = "; ".join(source.id for source in self.sources)
        place = f"{self.via.id}, {self.locator}" if self.via else self.locator
        return f"{names}, via {place}" if self.via else f"{names}, {place}"


def condition(name: str) -> pl.Expr:
    """Return the value of one condition of each fact, from the column ``conditions``; null where it is not stated."""
    return pl.col("conditions").str.extract(f"(?:^|; ){name}=([^;]+)")


def conditions_of(text: str) -> dict[str, str]:
    """Return the conditions written as ``key=value; key=value``."""
    pairs = (part.partition("=") for part in text.split("; ") if part)
    return {key: value for key, _, value in pairs}
