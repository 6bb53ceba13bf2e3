"""Find a model or an accelerator by any of its names: one index, and the same answer under all names.

A name is looked up only in the catalogue: it is never read as a file, an address or code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from joulewise.catalog.catalog import Catalog, kept_with
from joulewise.catalog.facts import Fact
from joulewise.catalog.loading import load
from joulewise.catalog.model_index import ModelRows, Row, model_index
from joulewise.catalog.names import (
    NETWORK,
    Hit,
    NameIndex,
    format_of,
    hub_part,
    index_names,
    model_keys,
    names_of_entities,
    network_of,
    normalise,
)
from joulewise.catalog.tables import COLLECTIONS
from joulewise.catalog.wide import standing, vision_results
from joulewise.errors import InputError, UnknownNameError

Kind = Literal["language", "encoder", "embedding", "generator", "network", "sample", "speech"]

DEFAULT_FORMAT = "bf16"
"""The number format of weights whose publication states no other."""

MAKERS = ("nvidia", "amd", "tesla", "qualcomm", "google", "intel", "apple", "amazon", "aws", "huawei", "cambricon")

_FEW = 3
_KIND_OF_TASK: dict[str, Kind] = {
    "vision": "network",
    "image-generation": "generator",
    "video-generation": "generator",
    "embedding": "embedding",
    "speech-recognition": "speech",
}
# Families whose models read a text and write none, as entities and rows of `architectures` name them.
_ENCODERS = frozenset(
    {"albert", "bert", "deberta", "distilbert", "electra", "elmo", "mobilebert", "roberta", "squeezebert", "xlnet"}
)
# Beginning of the note of a row that does not describe all layers of its model.
_PARTIAL = "not computed"
_EMBEDDERS = frozenset({"multilingual"})


@dataclass(frozen=True)
class KnownModel:
    """Everything the catalogue holds on one model, under any of its names.

    Parameters
    ----------
    name : str
        The model's own name.
    entity : str or None
        Id of its entity, which has its facts; None where only a reference table has it.
    kind : str
        ``language`` (writes text), ``encoder`` (reads text), ``embedding``, ``generator`` (of images or video),
        ``network`` (of images), ``sample`` (measured at the wall, one sample at a time) or ``speech``.
    architecture, configuration, generator, sample_network : mapping or None
        Its row of each reference table. Where ``architectures`` has several rows for one model, a published
        configuration (``ORG/NAME``) comes before the preset of another tool, and a row under its own name first.
    partial_architecture : mapping or None
        A row of ``architectures`` that leaves out some of the model's layers and so cannot be counted or estimated
        from, where there is neither another one nor a configuration; its note says why.
    image_networks : tuple of mapping
        Work of an image network at each size that it was counted at, best score first.
    params, active_params : float or None
        All parameters, and those that one token uses, as published.
    size_assumed : bool
        Whether `params` is an assumption because its maker published none.
    released_format : str
        Number format of the published weights; see `formats.FORMATS`.
    asked_format : str or None
        Number format that the given name ends in, as ``-FP8`` or ``-AWQ``.
    """

    name: str
    entity: str | None
    kind: Kind
    architecture: Row | None = None
    configuration: Row | None = None
    generator: Row | None = None
    sample_network: Row | None = None
    partial_architecture: Row | None = None
    image_networks: tuple[Row, ...] = ()
    params: float | None = None
    active_params: float | None = None
    size_assumed: bool = False
    released_format: str = DEFAULT_FORMAT
    asked_format: str | None = None


def find_model(name: str, catalog: Catalog | None = None) -> KnownModel:
    """Return the model that a name means, the same under all its names.

    Parameters
    ----------
    name : str
        Id, name or alias of an entity, name of a row of a reference table, or hub id (``ORG/NAME``, whose
        organisation may differ or be left out); an ending that names a number format may be there.
    catalog : Catalog, optional
        By default the shipped one.

    Raises
    ------
    UnknownNameError
        If no model has the name; with the nearest names.
    InputError
        If several models share the name; with their names.
    """
    catalog = catalog or load()
    found = known_model(name, catalog)
    if found is None:
        raise UnknownNameError("model", name, model_index(catalog).index.names)
    return found


def known_model(name: str, catalog: Catalog | None = None) -> KnownModel | None:
    """Return the model that a name means, or None if no model has it; otherwise like `find_model`."""
    catalog = catalog or load()
    models = model_index(catalog)
    hit = models.index.find(model_keys(name))
    if hit is None:
        return None
    owner = _only(hit, "model", name, catalog)
    rows, entity = models.rows.get(owner, ModelRows()), _entities(catalog).get(owner)
    size = _sizes(catalog).get(owner, {})
    params, assumed = size.get("params", (None, False))
    own = entity["name"] if entity else rows.name
    row = _own_row(own, owner, rows.architectures)
    partial = row is not None and str(row["note"]).startswith(_PARTIAL) and not rows.configurations
    return KnownModel(
        name=own,
        entity=owner if entity else None,
        kind=_kind(entity, rows),
        architecture=None if partial else row,
        partial_architecture=row if partial else None,
        configuration=rows.configurations[0] if rows.configurations else None,
        generator=rows.generators[0] if rows.generators else None,
        sample_network=rows.sample_networks[0] if rows.sample_networks else None,
        image_networks=_image_networks(catalog).get(owner, ()) if entity and entity["task"] == "vision" else (),
        params=params,
        active_params=size.get("active_params", (None, False))[0],
        size_assumed=assumed,
        released_format=_released_formats(catalog).get(owner, DEFAULT_FORMAT),
        asked_format=format_of(name),
    )


def find_entity(collection: str | None, name: str, catalog: Catalog | None = None) -> str:
    """Return the id of the entity that a name means.

    Parameters
    ----------
    collection : str or None
        ``models``, ``accelerators`` or ``references``; None for any.
    name : str
        Id, name or alias; of a model any of the names that `find_model` takes, of an accelerator also with its
        maker's name before it.
    catalog : Catalog, optional
        By default the shipped one.

    Raises
    ------
    UnknownNameError
        If there is none; with the nearest names.
    InputError
        If several entities share the name; with their names.
    """
    catalog = catalog or load()
    wanted = COLLECTIONS if collection is None else (collection,)
    hits = {c: _index(catalog, c).find(_keys(c, name)) for c in wanted}
    best = min((hit for hit in hits.values() if hit), default=None, key=lambda hit: hit[0])
    what = "model or accelerator" if collection is None else collection.removesuffix("s")
    if best is None:
        raise UnknownNameError(what, name, [n for c in wanted for n in _index(catalog, c).names])
    return _only(best, what, name, catalog)


def source_of(entity: str, attribute: str, catalog: Catalog | None = None, **conditions: str) -> Fact:
    """Return the fact behind a cell of a wide table, by any name of the entity; see `Catalog.source_of`."""
    catalog = catalog or load()
    known = catalog.entities.filter(id=entity).height
    return catalog.source_of(entity if known else find_entity(None, entity, catalog), attribute, **conditions)


def variants_of(accelerator: str, catalog: Catalog | None = None) -> tuple[str, ...]:
    """Return the names of other accelerators that a short name may mean too.

    They have the same chip, and names that continue the given one: ``A100-PCIe-80GB`` for ``A100``.

    Raises
    ------
    UnknownNameError
        If there is no such accelerator; with the nearest names.
    """
    catalog = catalog or load()
    own = find_entity("accelerators", accelerator, catalog)
    given, die = _words(accelerator), _dies(catalog)
    found = []
    for row in catalog.entities.filter(pl.col("collection") == "accelerators", pl.col("id") != own).to_dicts():
        names = [_words(name) for name in (row["name"], *row["aliases"].split("|"))]
        longer = any(len(words) > len(given) and words[: len(given)] == given for words in names)
        if longer and die.get(row["id"], row["id"]) == die.get(own, own):
            found.append(str(row["name"]))
    return tuple(found)


def _words(accelerator: str) -> list[str]:
    """Return the words of an accelerator's name, without its maker."""
    words = re.findall("[a-z0-9]+", accelerator.lower())
    while words[1:] and words[0] in MAKERS:
        words = words[1:]
    return words


def others_named(entity: str, catalog: Catalog) -> list[str]:
    """Return the names of other entities that a reader of this name may have meant.

    They are the weights of timm's network of that name, and entities whose name continues this one: ``H100 PCIe`` for
    ``H100``.
    """
    row = catalog.entities.filter(id=entity).row(0, named=True)
    own = [name for name in (row["name"], *row["aliases"].split("|")) if name]
    keys = {normalise(name) for name in own}
    others = catalog.entities.filter(pl.col("collection") == row["collection"], pl.col("id") != entity)
    return [
        name
        for name in others["name"].to_list()
        if normalise(network_of(name) or "") in keys or name.lower().startswith(tuple(f"{n.lower()} " for n in own))
    ]


def _own_row(name: str, entity: str, rows: Iterable[Row]) -> Row | None:
    """Return the row that describes a model best: one under an organisation's name, and under the model's own."""
    own = {normalise(name), normalise(entity)}

    def order(row: Row) -> tuple[bool, bool]:
        return "/" not in row["model"], normalise(hub_part(row["model"])) not in own

    return min(rows, key=order, default=None)


def _kind(entity: Row | None, rows: ModelRows) -> Kind:
    if rows.generators:
        return "generator"
    if rows.sample_networks:
        return "sample"
    if entity and entity["task"] in _KIND_OF_TASK:
        return _KIND_OF_TASK[entity["task"]]
    families = {str(row["family"]).lower() for row in (*([entity] if entity else ()), *rows.architectures)}
    if families & _EMBEDDERS:
        return "embedding"
    return "encoder" if families & _ENCODERS else "language"


def _keys(collection: str, name: str) -> list[str]:
    if collection == "models":
        return model_keys(name)
    wanted = normalise(name)
    if collection == "accelerators":
        return list(dict.fromkeys((wanted, *(wanted.removeprefix(maker) for maker in MAKERS))))
    return [wanted]


def _index(catalog: Catalog, collection: str) -> NameIndex:
    return _entity_models(catalog) if collection == "models" else _others(catalog)[collection]


@kept_with
def _entity_models(catalog: Catalog) -> NameIndex:
    """Return the index of models with only those that are entities."""
    known, index = set(catalog.entities.filter(collection="models")["id"]), model_index(catalog).index
    owners = {key: (rank, tuple(o for o in owners if o in known)) for key, (rank, owners) in index.owners.items()}
    return NameIndex({key: hit for key, hit in owners.items() if hit[1]}, index.names)


@kept_with
def _others(catalog: Catalog) -> dict[str, NameIndex]:
    """Return the index of each collection of entities besides the models."""
    return {
        c: index_names(names_of_entities(catalog.entities.filter(collection=c))) for c in COLLECTIONS if c != "models"
    }


def _only(hit: Hit, what: str, name: str, catalog: Catalog) -> str:
    """Return the one entry that has a name, or raise with the entries that share it."""
    rank, owners = hit
    if len(owners) == 1:
        return owners[0]
    entities = _entities(catalog)
    names = [entities[o]["name"] if rank == NETWORK else o for o in owners]
    more = f", {len(names)} in all" if len(names) > _FEW else ""
    shared = "has several weights" if rank == NETWORK else "is ambiguous"
    raise InputError(f"{what} {name!r} {shared}", "it may be " + " or ".join(names[:_FEW]) + more)


@kept_with
def _entities(catalog: Catalog) -> dict[str, Row]:
    return {row["id"]: row for row in catalog.entities.filter(collection="models").to_dicts()}


@kept_with
def _sizes(catalog: Catalog) -> dict[str, dict[str, tuple[float, bool]]]:
    """Return total and active parameters of each model, and whether they are assumed."""
    facts = standing(catalog, "models").filter(pl.col("attribute").is_in(["params", "active_params"]))
    first = facts.unique(["entity", "attribute"], keep="first", maintain_order=True)
    found: dict[str, dict[str, tuple[float, bool]]] = {}
    for entity, attribute, number, kind in first.select("entity", "attribute", "number", "kind").iter_rows():
        found.setdefault(entity, {})[attribute] = (number, kind == "assumed")
    return found


@kept_with
def _released_formats(catalog: Catalog) -> dict[str, str]:
    facts = standing(catalog, "models").filter(pl.col("attribute") == "released_format")
    first = facts.unique("entity", keep="first", maintain_order=True)
    return dict(first.select("entity", "value").iter_rows())


@kept_with
def _dies(catalog: Catalog) -> dict[str, str]:
    facts = standing(catalog, "accelerators").filter(pl.col("attribute") == "die")
    return dict(facts.unique("entity", keep="first", maintain_order=True).select("entity", "value").iter_rows())


@kept_with
def _image_networks(catalog: Catalog) -> dict[str, tuple[Row, ...]]:
    """Return the work of each image network at every counted size, best score first."""
    counted = vision_results(catalog).filter(pl.col("flops").is_not_null() & pl.col("activation_values").is_not_null())
    found: dict[str, tuple[Row, ...]] = {}
    for row in counted.with_columns(
        kind=pl.col("network_kind"), image_px=pl.col("image_px").cast(pl.String)
    ).to_dicts():
        found[row["id"]] = (*found.get(row["id"], ()), row)
    return found
