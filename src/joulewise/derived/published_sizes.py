"""Shapes of language models compared with the sizes that their makers publish."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from joulewise.catalog import Catalog, KnownModel, RuleViolation, find_model, load, unexplained
from joulewise.catalog.strict import EXPLANATION_COLUMNS
from joulewise.catalog.tables import read_csv, shipped_folder
from joulewise.energy.language.shape import shape_of_architecture, shape_of_configuration

TOLERANCE = 0.02
"""Relative difference that a computed size may have from the published one, beyond its rounding."""

FILE = "published-sizes.csv"
"""File of the data folder with the reviewed reasons: ``collection, entity, attribute, reason``."""


def unexplained_sizes(catalog: Catalog | None = None) -> list[RuleViolation]:
    """Return the disagreeing sizes without a reason in `FILE`, and the reasons without a disagreement."""
    return unexplained(catalog, [disagreeing_sizes], read_csv(shipped_folder() / FILE, EXPLANATION_COLUMNS))


def disagreeing_sizes(catalog: Catalog | None = None) -> list[RuleViolation]:
    """Return the models whose shape in estimates does not have the published parameters.

    Total and active parameters are compared with each figure that a source reports. They may differ by half a unit of
    its last digit, as it may be rounded, and by `TOLERANCE` beyond that.
    """
    catalog = catalog or load()
    published = catalog.facts.filter(
        pl.col("collection") == "models",
        pl.col("attribute").is_in(["params", "active_params"]),
        ~pl.col("superseded"),
        pl.col("kind") == "reported",
    ).unique(["entity", "attribute"], keep="first", maintain_order=True)
    known = {entity: find_model(entity, catalog) for entity in published["entity"].unique(maintain_order=True)}
    computed = {
        entity: computed_sizes(model) for entity, model in known.items() if model.kind in ("language", "encoder")
    }
    return [violation for row in published.to_dicts() for violation in _compare(row, computed.get(row["entity"], {}))]


def computed_sizes(model: KnownModel) -> dict[str, float]:
    """Return ``params`` and ``active_params`` of a model's shape in estimates; empty where it has none."""
    if model.configuration is not None:
        shape = shape_of_configuration(model.configuration)
    elif model.architecture is not None:
        shape = shape_of_architecture(model.architecture)
    else:
        return {}
    return {"params": shape.params, "active_params": shape.active_params}


def _compare(fact: dict[str, str | float], computed: dict[str, float]) -> Iterator[RuleViolation]:
    attribute, published = str(fact["attribute"]), float(fact["number"])
    if attribute not in computed:
        return
    rounded = published / float(fact["value"]) * _half_unit(str(fact["value"]))
    off = abs(computed[attribute] - published)
    if off > TOLERANCE * published + rounded:
        yield RuleViolation(
            str(fact["file"]),
            int(fact["row"]),
            "value",
            f"{fact['entity']} {attribute}: its architecture has {computed[attribute] / 1e9:.4g} billion, "
            f"{fact['source']} reports {published / 1e9:.4g}",
            "models",
            str(fact["entity"]),
            attribute,
        )


def _half_unit(written: str) -> float:
    """Return half a unit of the last digit that a number is written with: 0.5 for ``7``, 0.05 for ``7.2``."""
    mantissa, _, exponent = written.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals)
