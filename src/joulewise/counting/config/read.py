"""Reading a configuration: JSON, and nothing that could run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joulewise.errors import InputError

_MAX_BYTES = 10_000_000


class Keys:
    """A configuration whose missing or odd values are errors that name them.

    Parameters
    ----------
    values : mapping
    where : str
        For messages: the file, or "the config".
    """

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values = values
        self.where = where

    def whole(self, key: str, default: int | None = None, least: int = 1) -> int:
        """Return a whole number; without a default a missing one is an error."""
        value = self.values.get(key)
        value = default if value is None else value
        if value is None:
            raise InputError(f"{self.where}: {key!r} is missing", f"a {self.family} needs it")
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InputError(f"{self.where}: {key!r} must be a whole number of at least {least}, not {value!r}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return a yes or no."""
        value = self.values.get(key)
        value = default if value is None else value
        if not isinstance(value, bool):
            raise InputError(f"{self.where}: {key!r} must be true or false, not {value!r}")
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """Return any value; null counts as missing."""
        value = self.values.get(key)
        return default if value is None else value

    @property
    def family(self) -> str:
        """The ``model_type``, or the class name that diffusers gives."""
        return str(self.values.get("model_type") or self.values["_class_name"])

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
        If the file is not there or is no JSON object, or has no ``model_type``. Nothing but JSON is read.
    """
    where = "the config"
    values: Any = config
    if isinstance(config, Path):
        where = str(config)
        values = _json(config)
    if not isinstance(values, Mapping):
        raise InputError(f"{where} is no configuration: it holds a JSON {_kind(values)}, not an object")
    if not isinstance(values.get("model_type", values.get("_class_name")), str):
        raise InputError(f"{where} is no configuration of a known kind: 'model_type' is missing")
    return Keys(values, where)


def _json(path: Path) -> Any:
    try:
        raw = path.read_bytes() if path.stat().st_size <= _MAX_BYTES else b""
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    if path.stat().st_size > _MAX_BYTES:
        raise InputError(f"{path} is no configuration: it is larger than {_MAX_BYTES // 1_000_000} MB")
    if not raw.strip():
        raise InputError(f"{path} is empty")
    if raw[:1] == b"\x80" or raw[:2] == b"PK":
        raise InputError(f"{path} is a pickle or an archive, not JSON", "such files can run code and are never loaded")
    try:
        return json.loads(raw)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path} is no JSON: {error}") from None


def _kind(value: Any) -> str:
    return {list: "array", str: "text", int: "number", float: "number"}.get(type(value), type(value).__name__)
