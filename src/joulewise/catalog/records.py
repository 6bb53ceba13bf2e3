"""Wide reference tables: one row from one publication, so that a row's source is that of every cell in it."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Literal

import polars as pl

from joulewise.catalog.facts import load
from joulewise.catalog.names import normalise
from joulewise.catalog.specs import accelerator_spec as accelerator_spec  # noqa: PLC0414 (re-exported: looked up with the others)
from joulewise.catalog.tables import shipped_folder
from joulewise.catalog.wide import standing, vision_results
from joulewise.errors import UnknownNameError

Table = Literal["architectures", "generators", "sample_networks", "measurements/public"]


@lru_cache
def records(table: Table) -> pl.DataFrame:
    """Return a wide table as it is shipped.

    Parameters
    ----------
    table : str
        ``architectures``: the configuration of language models, with `source` and `licence` of each;
        ``generators``: work of one pass of image and video generators' denoisers;
        ``sample_networks``: work of networks that take one sample at a time, as measured at the wall;
        ``measurements/public``: public measurements of inference energy.
    """
    return pl.read_csv(shipped_folder() / f"{table}.csv", infer_schema_length=None)


def architecture(name: str) -> dict[str, Any] | None:
    """Return the configuration of a language model, or None if it is not in the table.

    The organisation before a slash and an ending that names a number format, or MLPerf's target of accuracy,
    may differ.
    """
    names = _architecture_names()
    return next((names[key] for key in _keys(name) if key in names), None)


def _keys(name: str) -> list[str]:
    bare = normalise(name.rsplit("/", 1)[-1])
    return [normalise(name), bare, *(bare.removesuffix(s) for s in _FORMATS if bare.endswith(s))]


_FORMATS = ("fp8", "nvfp4", "fp4", "awq", "gptq", "int8", "int4", "bf16", "fp8dynamic", "999", "99")


@lru_cache
def _architecture_names() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    rows = records("architectures").to_dicts()
    for row in rows:
        found.setdefault(normalise(row["model"]), row)
    for row in rows:
        found.setdefault(normalise(row["model"].rsplit("/", 1)[-1]), row)
    return found


def hybrid_configuration(name: str) -> dict[str, Any] | None:
    """Return the configuration of a hybrid (state-space or delta-net layers beside attention), or None.

    ``config`` has the keys of the model's own ``config.json`` that decide its work, ``source`` and ``licence``
    where they were read. The table of architectures has no columns for such layers.
    """
    return _hybrids().get(normalise(name.rsplit("/", 1)[-1]))


def configuration(name: str) -> dict[str, Any] | None:
    """Return the configuration of a hybrid or an encoder-decoder, or None; names as in `architecture`.

    As of `hybrid_configuration`, with its ``file`` beside.
    """
    found = {**_configurations("encoder_decoders.json"), **_hybrids()}
    return next((found[key] for key in _keys(name) if key in found), None)


def _hybrids() -> dict[str, dict[str, Any]]:
    return _configurations("hybrid_architectures.json")


@lru_cache
def _configurations(file: str) -> dict[str, dict[str, Any]]:
    rows = json.loads((shipped_folder() / file).read_text(encoding="utf-8"))
    return {normalise(name): {**row, "file": file} for row in rows for name in row["names"]}


def unknown_model(name: str) -> UnknownNameError:
    """Return the error for a model that is in no table, with the nearest names."""
    shown = [r["model"].rsplit("/", 1)[-1] for t in ("architectures", "generators") for r in records(t).to_dicts()]
    shown += [name for row in _configurations("encoder_decoders.json").values() for name in row["names"]]
    return UnknownNameError("model", name, shown)


def generator(name: str) -> dict[str, Any] | None:
    """Return the row of an image or video generator, or None if it is not in the table."""
    return _by_name("generators", name)


def sample_network(name: str) -> dict[str, Any] | None:
    """Return the row of a network of ``sample_networks``, or None if it is not in the table."""
    return _by_name("sample_networks", name)


def image_network(name: str) -> list[dict[str, Any]]:
    """Return an ImageNet network of the catalogue at each size it was counted at, best score first; or none."""
    return _image_networks().get(normalise(name), [])


@lru_cache
def _image_networks() -> dict[str, list[dict[str, Any]]]:
    counted = vision_results().filter(pl.col("flops").is_not_null() & pl.col("activation_values").is_not_null())
    found: dict[str, list[dict[str, Any]]] = {}
    for row in counted.with_columns(
        kind=pl.col("network_kind"), image_px=pl.col("image_px").cast(pl.String)
    ).to_dicts():
        for name in dict.fromkeys((normalise(row["name"]), normalise(row["id"]))):
            found.setdefault(name, []).append(row)
    return found


def language_size(name: str) -> tuple[float, float | None, bool] | None:
    """Return parameters in all and active of a language model of the catalogue, and whether they are assumed."""
    return _language_sizes().get(normalise(name))


@lru_cache
def _language_sizes() -> dict[str, tuple[float, float | None, bool]]:
    catalog = load()
    of_size = standing(catalog, "models").filter(pl.col("attribute").is_in(["params", "active_params"]))
    first = of_size.unique(["entity", "attribute"], keep="first", maintain_order=True)
    numbers = {(r["entity"], r["attribute"]): (r["number"], r["kind"]) for r in first.iter_rows(named=True)}
    found: dict[str, tuple[float, float | None, bool]] = {}
    for row in catalog.entities.filter(collection="models", task="language").iter_rows(named=True):
        if (row["id"], "params") in numbers:
            params, kind = numbers[row["id"], "params"]
            active = numbers.get((row["id"], "active_params"), (None, ""))[0]
            for called in (row["id"], row["name"], *row["aliases"].split("|")):
                found.setdefault(normalise(called), (params, active, kind == "assumed"))
    return found


def _by_name(table: Table, name: str) -> dict[str, Any] | None:
    names = _names_of(table)
    return names.get(normalise(name)) or names.get(normalise(name.rsplit("/", 1)[-1]))


@lru_cache
def _names_of(table: Table) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in records(table).to_dicts():
        for name in (row["model"], *_aliases(row)):
            found.setdefault(normalise(name), row)
            found.setdefault(normalise(name.rsplit("/", 1)[-1]), row)
    return found


def _aliases(row: dict[str, Any]) -> list[str]:
    return [a for a in (row["aliases"] or "").split("|") if a]
