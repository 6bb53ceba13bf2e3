"""The names of models, and the rows of the reference tables that belong to each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from joulewise.catalog.catalog import Catalog, kept_with
from joulewise.catalog.names import (
    NETWORK,
    PART,
    NameIndex,
    hub_part,
    index_names,
    model_keys,
    names_of_entities,
    shorter_names,
)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ModelRows:
    """The rows of the reference tables that belong to one model."""

    architectures: list[Row] = field(default_factory=list)
    configurations: list[Row] = field(default_factory=list)
    generators: list[Row] = field(default_factory=list)
    sample_networks: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the name of the first row."""
        named = [*self.architectures, *self.generators, *self.sample_networks]
        return hub_part(str(named[0]["model"] if named else self.configurations[0]["names"][0]))


@dataclass(frozen=True)
class ModelIndex:
    """Every name of every model, and the rows of each model."""

    index: NameIndex
    rows: Mapping[str, ModelRows]


@kept_with
def model_index(catalog: Catalog) -> ModelIndex:
    """Return the index of models, and the rows of the reference tables that belong to each.

    A row belongs to every entity that has one of its names. Its other names become names of that entity if there is
    only one, otherwise names of a model that only the reference tables have.
    """
    named = names_of_entities(catalog.entities.filter(collection="models"))
    entities = index_names(named)
    others: dict[str, str] = {}
    rows: dict[str, ModelRows] = {}
    for table, names, row in _rows_of(catalog):
        owners = {name: _owner_of_row(entities, others, name) for name in names}
        known = list(dict.fromkeys(owner for owner in owners.values() if owner))
        spare = known[0] if len(known) == 1 else model_keys(names[0])[-1]
        settled = {name: owner or spare for name, owner in owners.items()}
        for name, owner in settled.items():
            named += [(owner, shorter, PART) for shorter in shorter_names(name)]
            for key in model_keys(name):
                others.setdefault(key, owner)
        for owner in dict.fromkeys(settled.values()):
            getattr(rows.setdefault(owner, ModelRows()), table).append(row)
    return ModelIndex(index_names(named), rows)


def _rows_of(catalog: Catalog) -> Iterator[tuple[str, list[str], Row]]:
    """Yield each row of the reference tables of models: its table, its names and itself."""
    for row in catalog.tables.configurations:
        yield "configurations", row["names"], row
    for row in catalog.tables.architectures.to_dicts():
        yield "architectures", [row["model"]], row
    for table in ("generators", "sample_networks"):
        for row in getattr(catalog.tables, table).to_dicts():
            yield table, [row["model"], *filter(None, (row["aliases"] or "").split("|"))], row


def _owner_of_row(entities: NameIndex, others: Mapping[str, str], name: str) -> str | None:
    """Return the known model that has a row's name; None where none has it, or several have."""
    keys = model_keys(name)
    hit = entities.find(keys)
    if hit and hit[0] < NETWORK and len(hit[1]) == 1:
        return hit[1][0]
    return next((others[key] for key in keys if key in others), None)
