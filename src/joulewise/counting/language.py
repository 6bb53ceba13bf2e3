"""Facts derived from the configurations of language models: parameters and the FLOPs of one forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from joulewise.catalog import Catalog, language_models
from joulewise.catalog.find import find_model
from joulewise.catalog.tables import FACT_COLUMNS
from joulewise.counting.architectures import Pass, forward, reason_uncounted

FILE = "models/facts-llm-derived.csv"
"""Where `rows` belongs in the data folder."""

INPUT_TOKENS = 1024
_SOURCE = "joulewise-language"
# A total further from the published one is of something else: without the embedding, or with a vision tower.
_AGREES = 0.15


def rows(catalog: Catalog) -> pl.DataFrame:
    """Return the derived facts of all language models whose configuration can be counted, as rows of `FILE`.

    Three a model: ``params`` (where the published total, if there is one, is within 15%: a published one is
    often rounded to a billion), ``active_params``, and ``flops`` of one forward pass of 1,024 tokens, or as
    many as the model takes, with logits at every token and attention to all tokens.
    """
    found: list[dict[str, str]] = []
    for model in language_models(catalog).to_dicts():
        row = _configuration(model, catalog)
        if row is None or reason_uncounted(row):
            continue
        counted = forward(row, INPUT_TOKENS)
        found += _facts(model["id"], row, counted, _published(catalog, model["id"]))
    return pl.DataFrame(found, schema=dict.fromkeys(FACT_COLUMNS, pl.String))


def uncounted(catalog: Catalog) -> pl.DataFrame:
    """Return the open models without derived facts: ``id, name, reason``."""
    models = language_models(catalog).filter(access="open-weights").to_dicts()
    rows = [(m, _configuration(m, catalog)) for m in models]
    reasons = [
        {"id": m["id"], "name": m["name"], "reason": reason_uncounted(row) if row else "no configuration in the table"}
        for m, row in rows
    ]
    return pl.DataFrame(reasons, schema=dict.fromkeys(("id", "name", "reason"), pl.String)).filter(
        pl.col("reason").is_not_null()
    )


def totals(catalog: Catalog) -> pl.DataFrame:
    """Return computed beside published parameters: ``id, name, computed, published, ratio``, furthest first."""
    found = []
    for model in language_models(catalog).to_dicts():
        row, published = _configuration(model, catalog), _published(catalog, model["id"])
        if row is None or reason_uncounted(row) or published is None:
            continue
        computed = forward(row, INPUT_TOKENS).params
        found.append((model["id"], model["name"], float(computed), published, computed / published))
    frame = pl.DataFrame(found, schema=["id", "name", "computed", "published", "ratio"], orient="row")
    return frame.sort((pl.col("ratio") - 1).abs(), descending=True)


def _configuration(model: dict[str, Any], catalog: Catalog) -> Mapping[str, Any] | None:
    known = find_model(model["id"], catalog)
    return known.architecture or known.partial_architecture if model["access"] == "open-weights" else None


def _published(catalog: Catalog, entity: str) -> float | None:
    stated = [f.number for f in catalog.facts_of(entity, "params") if f.kind == "reported"]
    return stated[0] if stated else None


def _facts(entity: str, row: Mapping[str, Any], counted: Pass, published: float | None) -> list[dict[str, str]]:
    def fact(attribute: str, value: int, unit: str, conditions: str = "", note: str = "") -> dict[str, str]:
        return dict.fromkeys(FACT_COLUMNS, "") | {
            "entity": entity, "attribute": attribute, "value": str(value), "unit": unit, "conditions": conditions,
            "kind": "derived", "source": _SOURCE, "locator": f"architectures.csv, {row['model']}", "note": note,
        }  # fmt: skip

    sees = bool(row["image_tokens"])
    note = "of the language model; its vision tower is not counted" if sees else ""
    agrees = published is None or abs(counted.params / published - 1) < _AGREES
    conditions = f"input_tokens={counted.input_tokens}; convention=flop; attention=causal-full; logits=all"
    found = [fact("params", counted.params, "1")] if agrees and not sees else []
    return [
        *found,
        fact("active_params", counted.active_params, "1", note=note),
        fact("flops", counted.flops, "FLOP", conditions, note),
    ]
