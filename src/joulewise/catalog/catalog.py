"""The catalogue as a value: every fact, entity, source and reference table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import polars as pl

from joulewise.catalog.facts import Fact, Source, condition, conditions_of
from joulewise.catalog.reference_tables import ReferenceTables
from joulewise.catalog.tables import shipped_folder
from joulewise.errors import UnknownNameError

Derived = TypeVar("Derived")


@dataclass(frozen=True, eq=False)
class Catalog:
    """All facts and reference tables in memory; two catalogues are equal only if they are one object.

    Parameters
    ----------
    entities, facts, source_table, attributes : polars.DataFrame
        As in the CSV files; `facts` has `number`, `number_low` and `number_high` in base units, and
        `superseded`.
    tables : ReferenceTables
        Wide tables: architectures, generators, sample networks, grids, embodied emissions, configurations.
    """

    entities: pl.DataFrame
    facts: pl.DataFrame
    source_table: pl.DataFrame
    attributes: pl.DataFrame
    tables: ReferenceTables

    def edition(self, source: str) -> Catalog:
        """Return the catalogue with only the shipped facts that were read in one source, e.g. the paper.

        The facts of a user's folder stay, and so do the reference tables. Only corrections from the edition itself
        apply.
        """
        editions = _editions(self)
        if source not in editions:
            shipped = pl.col("file").str.starts_with(str(shipped_folder()))
            facts = mark_superseded(
                self.facts.filter(~shipped | (pl.col("via") == source) | (pl.col("source") == source)).drop(
                    "superseded"
                )
            )
            held = facts.select("collection", pl.col("entity").alias("id")).unique()
            entities = self.entities.join(held, on=["collection", "id"], how="semi", maintain_order="left")
            editions[source] = replace(self, entities=entities, facts=facts)
        return editions[source]

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
        """Return the facts of an entity, those in use first.

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
        """Return the fact behind a cell: the first listed one that no other corrects.

        Parameters
        ----------
        entity : str
            The entity's id.
        attribute : str
            A column of `models` or `accelerators`.
        **conditions : str
            Which one, where there are several, e.g. ``precision="fp32"``.

        Raises
        ------
        UnknownNameError
            If the entity has no such fact.
        """
        facts = self.facts_of(entity, attribute, **conditions)
        if not facts:
            known = self.facts.filter(entity=entity)["attribute"].unique(maintain_order=True)
            under = "".join(f", {k}={v}" for k, v in conditions.items())
            raise UnknownNameError(f"fact of {entity}", attribute + under, known)
        return facts[0]

    def _fact(self, row: Mapping[str, Any]) -> Fact:
        return Fact(
            entity=row["entity"],
            attribute=row["attribute"],
            value=row["value"],
            unit=row["unit"],
            number=row["number"],
            low=row["number_low"],
            high=row["number_high"],
            conditions=conditions_of(row["conditions"]),
            kind=row["kind"],
            sources=tuple(self.source(s) for s in row["source"].split("; ")),
            via=self.source(row["via"]) if row["via"] else None,
            locator=row["locator"],
            note=row["note"],
            superseded=row["superseded"],
        )


def kept_with(derive: Callable[[Catalog], Derived]) -> Callable[[Catalog], Derived]:
    """Cache what a function derives from a catalogue for as long as that catalogue is in use.

    The result must not refer to the catalogue, or neither would ever be freed.
    """
    kept: WeakKeyDictionary[Catalog, Derived] = WeakKeyDictionary()

    @wraps(derive)
    def derived(catalog: Catalog) -> Derived:
        if catalog not in kept:
            kept[catalog] = derive(catalog)
        return kept[catalog]

    return derived


@kept_with
def _editions(_catalog: Catalog) -> dict[str, Catalog]:
    """Return the editions of a catalogue that were asked for so far."""
    return {}


def mark_superseded(facts: pl.DataFrame) -> pl.DataFrame:
    """Add `superseded`: whether another of the facts corrects this one, at the same precision where one is given."""
    precision = condition("precision")
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
