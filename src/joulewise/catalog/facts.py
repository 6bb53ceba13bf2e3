"""Facts and their sources in memory, and the way back from any cell to the fact behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from joulewise.catalog.check import Problem, find_problems
from joulewise.catalog.names import find_id
from joulewise.catalog.tables import read_folder, shipped_folder, with_numbers
from joulewise.errors import DataError, InputError, UnknownNameError

PAPER = "desislavov2021"
"""Source id of the paper; `Catalog.edition` with it leaves only what the paper's tables hold."""

PRECISION = r"(?:^|; )precision=([^;]+)"


@dataclass(frozen=True)
class Source:
    """Where a fact comes from."""

    id: str
    citation: str
    url: str
    date: str
    licence: str
    note: str


@dataclass(frozen=True)
class Fact:
    """One value of one attribute of one entity, and where it comes from.

    Parameters
    ----------
    value : str
        As published, in `unit`.
    number, low, high : float or None
        In the base unit of the attribute; None for text and dates, or where no bound is known.
    conditions : mapping of str to str
        What the value holds under, e.g. ``{"precision": "fp32"}``.
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


@dataclass(frozen=True)
class Catalog:
    """All facts in memory.

    Parameters
    ----------
    entities, facts, source_table, attributes : polars.DataFrame
        As in the CSV files; `facts` has `number`, `number_low` and `number_high` in base units, and
        `superseded`.
    """

    entities: pl.DataFrame
    facts: pl.DataFrame
    source_table: pl.DataFrame
    attributes: pl.DataFrame

    def edition(self, source: str) -> Catalog:
        """Return the catalogue with only the shipped facts that were read in one source, e.g. the paper.

        Facts that a user's folder adds stay. Only corrections within the edition correct it.
        """
        shipped = pl.col("file").str.starts_with(str(shipped_folder()))
        facts = _mark_superseded(
            self.facts.filter(~shipped | (pl.col("via") == source) | (pl.col("source") == source)).drop("superseded")
        )
        held = facts.select("collection", pl.col("entity").alias("id")).unique()
        entities = self.entities.join(held, on=["collection", "id"], how="semi", maintain_order="left")
        return Catalog(entities, facts, self.source_table, self.attributes)

    def find(self, collection: str, name: str) -> str:
        """Return the id of an entity by id, name or alias.

        Raises
        ------
        UnknownNameError
            If there is none; with the nearest names.
        """
        return find_id(self.entities.filter(collection=collection), name, collection.removesuffix("s"))

    def name_of(self, entity: str) -> str:
        """Return the display name of an entity by its id."""
        return str(self.entities.filter(id=entity)["name"][0])

    def source(self, source_id: str) -> Source:
        """Return a source by its id."""
        found = self.source_table.filter(id=source_id)
        if not found.height:
            raise UnknownNameError("source", source_id, self.source_table["id"])
        row = found.select("id", "citation", "url", "date", "licence", "note").row(0, named=True)
        return Source(**row)

    def facts_of(self, entity: str, attribute: str | None = None, **conditions: str) -> list[Fact]:
        """Return the facts of an entity, those that stand first.

        Parameters
        ----------
        entity : str
            The entity's id.
        attribute : str, optional
            Only this attribute.
        **conditions : str
            Only facts under these conditions, e.g. ``precision="fp32"``.
        """
        rows = self.facts.filter(entity=entity)
        if attribute is not None:
            rows = rows.filter(attribute=attribute)
        facts = [self._fact(row) for row in rows.to_dicts()]
        matching = [f for f in facts if conditions.items() <= dict(f.conditions).items()]
        return sorted(matching, key=lambda fact: fact.superseded)

    def source_of(self, entity: str, attribute: str, **conditions: str) -> Fact:
        """Return the fact behind a cell: the first one listed that no other corrects.

        Parameters
        ----------
        entity : str
            Id, name or alias.
        attribute : str
            A column of `models` or `accelerators`.
        **conditions : str
            Which one, where there are several, e.g. ``precision="fp32"``.

        Raises
        ------
        UnknownNameError
            If the entity is not known, or has no such fact.
        """
        found = self._find_anywhere(entity)
        facts = self.facts_of(found, attribute, **conditions)
        if not facts:
            known = self.facts.filter(entity=found)["attribute"].unique(maintain_order=True)
            under = "".join(f", {k}={v}" for k, v in conditions.items())
            raise UnknownNameError(f"fact of {found}", attribute + under, known)
        return facts[0]

    def _find_anywhere(self, name: str) -> str:
        exact = self.entities.filter(id=name)
        if exact.height:
            return name
        return find_id(self.entities, name, "entity")

    def _fact(self, row: Mapping[str, str]) -> Fact:
        return Fact(
            entity=row["entity"],
            attribute=row["attribute"],
            value=row["value"],
            unit=row["unit"],
            number=_maybe(row["number"]),
            low=_maybe(row["number_low"]),
            high=_maybe(row["number_high"]),
            conditions=_conditions(row["conditions"]),
            kind=row["kind"],
            sources=tuple(self.source(s) for s in row["source"].split("; ")),
            via=self.source(row["via"]) if row["via"] else None,
            locator=row["locator"],
            note=row["note"],
            superseded=bool(row["superseded"]),
        )


def load(data: str | Path | None = None) -> Catalog:
    """Load the shipped facts, with those of a user's folder added.

    Parameters
    ----------
    data : path, optional
        A folder of the same form as the shipped one: ``models/facts.csv``, ``models/entities.csv``,
        ``sources.csv`` and so on, each optional.

    Raises
    ------
    InputError
        If the folder is not there.
    DataError
        If its rows break a rule; `DataError.problems` has one line each.
    """
    return _load(None if data is None else Path(data).resolve())


def check(data: str | Path | None = None) -> list[Problem]:
    """Return what is wrong in the shipped data, or in a user's folder together with it."""
    tables = _tables(None if data is None else Path(data))
    return find_problems(tables["entities"], tables["facts"], tables["sources"], tables["attributes"])


def source_of(entity: str, attribute: str, catalog: Catalog | None = None, **conditions: str) -> Fact:
    """Return the fact behind a cell of a wide table; see `Catalog.source_of`."""
    return (catalog or load()).source_of(entity, attribute, **conditions)


@lru_cache(maxsize=8)
def _load(data: Path | None) -> Catalog:
    tables = _tables(data)
    if data is not None:
        problems = find_problems(tables["entities"], tables["facts"], tables["sources"], tables["attributes"])
        if problems:
            more = f" (and {len(problems) - 1} more; see joulewise check)" if len(problems) > 1 else ""
            raise DataError(f"{problems[0]}{more}", problems=map(str, problems))
    facts = _mark_superseded(with_numbers(tables["facts"]))
    return Catalog(tables["entities"], facts, tables["sources"], tables["attributes"])


def _mark_superseded(facts: pl.DataFrame) -> pl.DataFrame:
    """Add `superseded`: whether another of the facts corrects this one, at the same precision where one is given."""
    precision = pl.col("conditions").str.extract(PRECISION)
    corrected = (
        facts.filter(pl.col("supersedes") != "")
        .select(
            "collection",
            "entity",
            "attribute",
            pl.col("supersedes").alias("source"),
            precision.alias("precision"),
            superseded=pl.lit(True),
        )
        .unique()
    )
    return (
        facts.with_columns(precision.alias("precision"))
        .join(
            corrected,
            on=["collection", "entity", "attribute", "source", "precision"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        .with_columns(pl.col("superseded").fill_null(False))
        .drop("precision")
    )


def _tables(data: Path | None) -> dict[str, pl.DataFrame]:
    shipped = read_folder(shipped_folder())
    if data is None:
        return shipped
    added = read_folder(data)
    if added["attributes"].height:
        raise InputError(
            f"{data / 'attributes.csv'}: attributes cannot be added by a data folder", "use the shipped ones"
        )
    return {name: pl.concat([frame, added[name]]) for name, frame in shipped.items()}


def _conditions(text: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in text.split("; ") if part)
    return {key: value for key, value in pairs}  # noqa: C416


def _maybe(number: object) -> float | None:
    return None if number is None else float(str(number))
