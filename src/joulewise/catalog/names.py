"""Finding an entity by what people call it."""

from __future__ import annotations

import polars as pl

from joulewise.errors import InputError, UnknownNameError


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
    """Return the id of the entity that `name` means: by id, then by name, then by alias.

    Raises
    ------
    UnknownNameError
        If there is none; the error has the nearest names.
    InputError
        If an alias is shared by several entities.
    """
    wanted = normalise(name)
    if wanted:
        for column in ("id", "name"):
            found = entities.filter(normalised(column) == wanted)
            if found.height:
                return str(found["id"][0])
    known = entities.filter(pl.col("aliases") != "").select("id", "aliases").rows()
    by_alias = [found for found, aliases in known if wanted and wanted in map(normalise, aliases.split("|"))]
    if len(by_alias) > 1:
        raise InputError(f"{what} {name!r} is ambiguous", "it may be " + " or ".join(by_alias))
    if by_alias:
        return str(by_alias[0])
    rows = entities.select("name", "aliases").rows()
    raise UnknownNameError(what, name, [n for own, aliases in rows for n in (own, *aliases.split("|")) if n])
