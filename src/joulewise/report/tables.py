"""Frames as tables of a page: each cell with its text, its alignment and its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Cell:
    """One cell: its text, whether it is a number, and the citation of the fact behind it."""

    text: str
    number: bool = False
    cited: str = ""

    @property
    def source_ids(self) -> list[str]:
        """The ids of the sources in the citation, for links."""
        return self.cited.split(", ")[0].split("; ") if self.cited else []


@dataclass(frozen=True)
class PageTable:
    """A table of a page, its title and note in the line that unfolds it."""

    id: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def page_table(table_id: str, title: str, note: str, frame: pl.DataFrame) -> PageTable:
    """Return a frame as a page table; a column ``x_source`` becomes the citation of the cells of ``x``."""
    aliases = {"flops_source": "gflops", "params_source": "params_m"}
    cited_by = {aliases.get(c, c.removesuffix("_source")): c for c in frame.columns if c.endswith("_source")} | (
        {frame.columns[-2]: "source"} if frame.columns[-1] == "source" else {}
    )
    columns = tuple(c for c in frame.columns if c not in cited_by.values() and c != "id")
    rows = tuple(
        tuple(_cell(row[c], str(row[cited_by[c]] or "") if c in cited_by else "") for c in columns)
        for row in frame.to_dicts()
    )
    return PageTable(table_id, title, note, columns, rows)


def _cell(value: Any, cited: str) -> Cell:
    if value is None:
        return Cell("–")
    if isinstance(value, bool):
        return Cell("yes" if value else "no")
    if isinstance(value, int):
        return Cell(str(value), number=True, cited=cited)
    if isinstance(value, float):
        return Cell(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}", number=True, cited=cited)
    return Cell(value.isoformat() if isinstance(value, date) else str(value), cited=cited)
