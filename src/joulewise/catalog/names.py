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


def find_id(entities: pl.DataFrame, name: str, what: str) -> str:
    """Return the id of the entity that `name` means: by id, then by name, then by alias.

    Raises
    ------
    UnknownNameError
        If there is none; the error has the nearest names.
    InputError
        If an alias is shared by several entities.
    """
    rows = entities.select("id", "name", "aliases").to_dicts()
    wanted = normalise(name)
    for column in ("id", "name"):
        for row in rows:
            if wanted and normalise(row[column]) == wanted:
                return str(row["id"])
    by_alias = [r["id"] for r in rows if wanted and wanted in map(normalise, r["aliases"].split("|"))]
    if len(by_alias) > 1:
        raise InputError(f"{what} {name!r} is ambiguous", "it may be " + " or ".join(by_alias))
    if by_alias:
        return str(by_alias[0])
    raise UnknownNameError(what, name, [n for r in rows for n in (r["name"], *r["aliases"].split("|")) if n])
