"""Finding an entity by what people call it."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from joulewise.errors import InputError, UnknownNameError

_TOLD = 3


@lru_cache(maxsize=65536)
def normalise(name: str) -> str:
    """Reduce a name to what tells it from others: lower-case letters and digits.

    Examples
    --------
    >>> normalise("ResNet-50") == normalise("resnet50")
    True
    """
    return "".join(c for c in name.lower().replace("+", "plus").replace("×", "x") if c.isalnum())


def normalised(column: str) -> pl.Expr:
    """Return a column of names as `normalise` gives each."""
    plain = pl.col(column).str.to_lowercase().str.replace_all("+", "plus", literal=True)
    return plain.str.replace_all("×", "x", literal=True).str.replace_all(r"[^\p{L}\p{N}]", "")


def find_id(entities: pl.DataFrame, name: str, what: str) -> str:
    """Return the id of the entity that `name` means.

    By id, then by name, then by alias, so that a plain name is that of the paper's model where it has one
    (``ResNet-50``) and timm's weights go by their own (``resnet50.a1_in1k``); last by the name of a timm network
    without its tag, where it has only one.

    Raises
    ------
    UnknownNameError
        If there is none; the error has the nearest names.
    InputError
        If an alias or a network is shared by several entities.
    """
    wanted = normalise(name)
    if wanted:
        for column in ("id", "name"):
            found = entities.filter(normalised(column) == wanted)
            if found.height:
                return str(found["id"][0])
        aliases = (
            entities.filter(pl.col("aliases") != "").select("id", pl.col("aliases").str.split("|")).explode("aliases")
        )
        by_alias = aliases.filter(normalised("aliases") == wanted)["id"].unique(maintain_order=True).to_list()
        if len(by_alias) > 1:
            raise InputError(f"{what} {name!r} is ambiguous", "it may be " + " or ".join(by_alias))
        if by_alias:
            return str(by_alias[0])
        weights = entities.filter(_network() == wanted)
        if weights.height == 1:
            return str(weights["id"][0])
        if weights.height:
            names = weights["name"].to_list()
            more = f", {len(names)} in all" if len(names) > _TOLD else ""
            raise InputError(f"{what} {name!r} has several weights", "it may be " + " or ".join(names[:_TOLD]) + more)
    rows = entities.select("name", "aliases").rows()
    raise UnknownNameError(what, name, [n for own, aliases in rows for n in (own, *aliases.split("|")) if n])


def others_of_name(entities: pl.DataFrame, entity: str) -> list[str]:
    """Return the names of other entities that a reader of this one's name may have meant.

    The weights of timm's network of that name, and those whose name goes on where this one ends: ``H100 PCIe``
    beside ``H100``.
    """
    row = entities.filter(id=entity).row(0, named=True)
    own = [name for name in (row["name"], *row["aliases"].split("|")) if name]
    lower = pl.col("name").str.to_lowercase()
    longer = pl.any_horizontal(lower.str.starts_with(f"{name.lower()} ") for name in own)
    of_network = _network().is_in([normalise(name) for name in own])
    others = entities.filter(pl.col("collection") == row["collection"], pl.col("id") != entity, longer | of_network)
    return others["name"].to_list()


def _network() -> pl.Expr:
    """Return the network that a name of timm's form, network.tag, begins with."""
    return pl.col("name").str.extract(r"^([a-z0-9_]+)\.[a-z][a-z0-9_]*$").str.replace_all("_", "", literal=True)
