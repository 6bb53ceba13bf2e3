"""Read a configuration: only JSON, nothing that could run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from joulewise.errors import InputError

_MAX_BYTES = 10_000_000
MOST_LAYERS = 10_000
_MOST = 100_000_000


class Keys:
    """A configuration; a missing or invalid value is an error that names its key.

    Parameters
    ----------
    values : mapping
    where : str
        For messages: the file, or "the config".
    """

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values = values
        self.where = where

    def whole(self, key: str, default: int | None = None, least: int = 1, most: int = _MOST) -> int:
        """Return a whole number between two bounds; without a default a missing one is an error."""
        value = self.get(key, default)
        if value is None:
            raise InputError(f"{self.where}: {key!r} is missing", f"a {self.family} needs it")
        if not _is_whole(value) or value < least:
            raise InputError(f"{self.where}: {key!r} must be a whole number of at least {least}, not {value!r}")
        if value > most:
            raise InputError(f"{self.where}: {key!r} must be {most:,} at most")
        return int(value)

    def layers(self, key: str = "num_hidden_layers", default: int | None = None) -> int:
        """Return a number of layers."""
        return self.whole(key, default, most=MOST_LAYERS)

    def optional_whole(self, key: str) -> int | None:
        """Return a whole number, or None where the key is missing or null."""
        return None if self.get(key) is None else self.whole(key)

    def wholes(self, key: str, default: Sequence[int]) -> Sequence[int]:
        """Return a list of whole numbers, e.g. of the layers that differ from the others."""
        value = self.get(key, default)
        if not isinstance(value, list | tuple) or not all(map(_is_whole, value)) or len(value) > MOST_LAYERS:
            raise InputError(f"{self.where}: {key!r} must be a list of whole numbers, not {value!r}")
        return value

    def fraction(self, key: str, default: float) -> float:
        """Return a number above 0 and up to 1."""
        value = self.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise InputError(f"{self.where}: {key!r} must be a number above 0 and up to 1, not {value!r}")
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return a boolean."""
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise InputError(f"{self.where}: {key!r} must be true or false, not {value!r}")
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """Return any value; null counts as missing."""
        value = self.values.get(key)
        return default if value is None else value

    def per_head(self, hidden: int, heads: int) -> int:
        """Return the width of a head where the heads share the width of the model."""
        if heads > hidden:
            raise InputError(f"{self.where}: {heads} heads cannot share a width of {hidden}")
        return hidden // heads

    @property
    def family(self) -> str:
        """The ``model_type``, or the class name that diffusers gives."""
        return str(self.values.get("model_type") or self.values["_class_name"])

    @property
    def has_head(self) -> bool:
        """Whether the architecture has a head: the name of a bare network ends in ``Model``, but so may others'."""
        return not self.architecture.endswith("Model") or "Head" in self.architecture

    @property
    def architecture(self) -> str:
        """The first of ``architectures``, or blank."""
        named = self.values.get("architectures")
        return str(named[0]) if isinstance(named, list) and named else ""


def read_config(config: Mapping[str, Any] | Path) -> Keys:
    """Return a configuration of transformers, or of a diffusers transformer.

    Raises
    ------
    InputError
        If the file does not exist, does not hold a JSON object, or has no ``model_type``. Only JSON is read.
    """
    where = "the config"
    values: Any = config
    if isinstance(config, Path):
        where = str(config)
        values = _json(config)
    if not isinstance(values, Mapping):
        raise InputError(f"{where} is not a configuration: it holds a JSON {_kind(values)}, not an object")
    named = values.get("model_type") or values.get("_class_name")
    if not isinstance(named, str) or not named.strip():
        raise InputError(f"{where} is not a configuration of a known kind: 'model_type' is missing")
    return Keys(values, where)


def _json(path: Path) -> Any:
    if "\0" in str(path):
        raise InputError(f"cannot read {str(path)!r}: its name holds a NUL byte")
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    if len(raw) > _MAX_BYTES:
        raise InputError(f"{path} is not a configuration: it is larger than {_MAX_BYTES // 1_000_000} MB")
    if not raw.strip():
        raise InputError(f"{path} is empty")
    if raw[:1] == b"\x80" or raw[:2] == b"PK":
        raise InputError(f"{path} is a pickle or an archive, not JSON", "such files can run code and are never loaded")
    try:
        return json.loads(raw)
    # Numbers of thousands of digits are a plain ValueError.
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    return {list: "array", str: "text", int: "number", float: "number"}.get(type(value), type(value).__name__)
