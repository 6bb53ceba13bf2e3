"""Names as people write them, and the entry of the catalogue that each means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from joulewise.formats import format_named

OWN, ALIAS, PART, NETWORK = range(4)
"""How closely a name belongs to an entry, closest first: its id or name; an alias; the last part of a hub id, or the
name of a row of a wide table; a timm network without the tag of its weights."""

_PATHS = ("/", "./", "../", "~")
_OTHER_ASCII = re.compile("[^a-z0-9]+")
_HUB_ID = re.compile(r"[\w.-]+/([\w.-]+)")
_NETWORK_AND_TAG = re.compile(r"([a-z0-9_]+)\.[a-z][a-z0-9_]*")
# Endings of repository names: number formats of quantised weights, and MLPerf's accuracy targets.
_FORMAT = re.compile(
    r"[-_ ](nvfp4|mxfp4|fp4|fp8[-_ ]dynamic|fp8|bf16|int8|int4|awq|gptq|w4a16|w8a8)$", re.IGNORECASE | re.ASCII
)
_TARGET = re.compile(r"-99(\.9)?$")


@lru_cache(maxsize=65536)
def normalise(name: str) -> str:
    """Reduce a name to what distinguishes it from others: lower-case letters and digits.

    Examples
    --------
    >>> normalise("ResNet-50") == normalise("resnet50")
    True
    """
    plain = name.lower().replace("+", "plus").replace("×", "x")
    return _OTHER_ASCII.sub("", plain) if plain.isascii() else "".join(c for c in plain if c.isalnum())


def normalised(column: str) -> pl.Expr:
    """Return a column of names as `normalise` gives each."""
    plain = pl.col(column).str.to_lowercase().str.replace_all("+", "plus", literal=True)
    return plain.str.replace_all("×", "x", literal=True).str.replace_all(r"[^\p{L}\p{N}]", "")


def hub_part(name: str) -> str:
    """Return what follows the organisation in a hub id, ``ORG/NAME``; any other name as it is."""
    found = _HUB_ID.fullmatch(name)
    return found[1] if found and re.search("[A-Za-z]", found[1]) else name


def network_of(name: str) -> str | None:
    """Return the network of a name of timm's form, ``network.tag``; None where it has another form."""
    found = _NETWORK_AND_TAG.fullmatch(name)
    return found[1] if found else None


def format_of(name: str) -> str | None:
    """Return the number format that a name ends in, or None.

    Examples
    --------
    >>> format_of("Qwen3-32B-FP8"), format_of("Llama-2-7B-AWQ"), format_of("Llama-2-7B")
    ('fp8', 'int4', None)
    """
    found = _FORMAT.search(name)
    return format_named(found[1].lower().replace("_", "-").replace(" ", "-")).name if found else None


def shorter_names(name: str) -> list[str]:
    """Return a model's name and its shorter forms, the most literal first.

    They are the whole name, the name without its organisation, and the name without each ending that states a number
    format or an accuracy target.

    Examples
    --------
    >>> shorter_names("Qwen/Qwen3-32B-FP8")
    ['Qwen/Qwen3-32B-FP8', 'Qwen3-32B-FP8', 'Qwen3-32B']
    """
    names = [name, hub_part(name)]
    while (shorter := _TARGET.sub("", _FORMAT.sub("", names[-1]))) != names[-1]:
        names.append(shorter)
    return list(dict.fromkeys(names))


def model_keys(name: str) -> list[str]:
    """Return the keys to look a model up by, one for each of `shorter_names`; none for a path."""
    if name.startswith(_PATHS):
        return []
    return [key for key in dict.fromkeys(map(normalise, shorter_names(name))) if key]


Hit = tuple[int, tuple[str, ...]]
"""How closely a name belongs to its entries, and these entries."""


@dataclass(frozen=True)
class NameIndex:
    """The entries that each name means.

    Parameters
    ----------
    owners : mapping of str to (int, tuple of str)
        By key, as `normalise` gives it: how closely the name belongs to them (`OWN` before `ALIAS` before `PART` before
        `NETWORK`), and the entries.
    names : tuple of str
        Every name as it is first written, for hints.
    """

    owners: Mapping[str, Hit]
    names: tuple[str, ...]

    def find(self, keys: Iterable[str]) -> Hit | None:
        """Return how closely the first known key belongs to its entries, and these; or None."""
        return next((self.owners[key] for key in keys if key in self.owners), None)


def index_names(named: Iterable[tuple[str, str, int]]) -> NameIndex:
    """Return the index of names given as owner, name and how closely the name belongs to the owner.

    A name of one entry is not ambiguous because it is an alias of another.
    """
    owners: dict[str, Hit] = {}
    written: dict[str, str] = {}
    for owner, name, rank in named:
        key = normalise(name)
        best, sharing = owners.get(key, (rank + 1, ()))
        if rank < best:
            owners[key] = (rank, (owner,))
        elif rank == best and owner not in sharing:
            owners[key] = (rank, (*sharing, owner))
        if rank != NETWORK:
            written.setdefault(key, name)
    for one in (owners, written):
        one.pop("", None)
    return NameIndex(owners, tuple(written.values()))


def names_of_entities(entities: pl.DataFrame) -> list[tuple[str, str, int]]:
    """Return id, name, aliases and parts of hub ids of each entity, as `index_names` takes them."""
    named: list[tuple[str, str, int]] = []
    for entity, name, aliases in entities.select("id", "name", "aliases").iter_rows():
        also = [alias for alias in aliases.split("|") if alias]
        named += [(entity, name, OWN), (entity, entity, OWN), *((entity, alias, ALIAS) for alias in also)]
        named += [(entity, hub_part(alias), PART) for alias in also if hub_part(alias) != alias]
        network = network_of(name)
        if network:
            named.append((entity, network, NETWORK))
    return named
