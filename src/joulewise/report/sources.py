"""The list of sources at the end of a page."""

from __future__ import annotations

from dataclasses import dataclass

from joulewise.catalog import Catalog, sources


@dataclass(frozen=True)
class ListedSource:
    """A source, and the number of facts that rest on it."""

    id: str
    citation: str
    url: str
    note: str
    facts: int


def listed_sources(catalog: Catalog) -> tuple[ListedSource, ...]:
    """Return the sources on which a fact of the catalogue rests."""
    columns = sources(catalog).select("id", "citation", "url", "note", "facts")
    return tuple(ListedSource(**row) for row in columns.to_dicts() if row["facts"])
