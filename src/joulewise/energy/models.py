"""Models by name, each looked up once per catalogue, as a table repeats a few names many times."""

from __future__ import annotations

from joulewise.catalog import Catalog, KnownModel
from joulewise.catalog.catalog import kept_with
from joulewise.catalog.find import known_model
from joulewise.energy.reading import BadCellError
from joulewise.energy.rows import WorkloadRow
from joulewise.errors import InputError

# A server may be asked for any number of names; the cache is emptied when it reaches this size.
_MOST_NAMES = 10_000


def model_named(name: str, catalog: Catalog) -> KnownModel | None:
    """Return the model that a name means, or None if there is none; see `catalog.find.known_model`.

    Raises
    ------
    InputError
        If several models share the name.
    """
    found = _found(catalog)
    if name not in found:
        if len(found) >= _MOST_NAMES:
            found.clear()
        found[name] = known_model(name, catalog)
    return found[name]


def model_of(row: WorkloadRow, catalog: Catalog) -> KnownModel | None:
    """Return the model of a row, or None if the catalogue has none of its name.

    Raises
    ------
    BadCellError
        If several models share the name.
    """
    try:
        return model_named(row.model, catalog) if row.model else None
    except InputError as error:
        raise BadCellError("model", str(error)) from None


@kept_with
def _found(_catalog: Catalog) -> dict[str, KnownModel | None]:
    return {}
