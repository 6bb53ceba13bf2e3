"""Counts of the open language models of the catalogue: parameters, and FLOPs of a forward pass of one length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from joulewise.catalog import Catalog, find_model, language_models
from joulewise.catalog.tables import FACT_COLUMNS
from joulewise.counting.architectures import Pass, forward, reason_uncounted
from joulewise.derived.derivation import Derivation, Steps

FILE = "models/facts-llm-derived.csv"
"""File of the data folder that `rows` fills."""

INPUT_TOKENS = 1024
_SOURCE = "joulewise-language"
# A total further from the published one counts other parts: it lacks the embedding, or includes a vision tower.
_AGREES = 0.15


@dataclass(frozen=True)
class _Described:
    """A model whose layers the catalogue describes: a row of the table, and the configuration of a hybrid."""

    row: Mapping[str, Any]
    config: Mapping[str, Any] | None

    @property
    def reason_uncounted(self) -> str | None:
        return reason_uncounted(self.row, self.config)

    def forward(self) -> Pass:
        return forward(self.row, INPUT_TOKENS, self.config)


def rows(catalog: Catalog, _steps: Steps | None = None) -> Iterator[dict[str, str]]:
    """Return the derived facts of all language models whose configuration can be counted, as rows of `FILE`.

    Each model has three: ``params`` (if it is within 15% of the published total, which is often rounded to a billion,
    or none is published), ``active_params``, and ``flops`` of one forward pass of 1,024 tokens, or as many as the model
    takes, with logits at every token and attention to all tokens.
    """
    for model in language_models(catalog).to_dicts():
        described = _described(model, catalog)
        if described is not None and not described.reason_uncounted:
            yield from _facts(model["id"], described, _published(catalog, model["id"]))


LANGUAGE_COUNTS = Derivation("language-counts", FILE, "FLOPs and parameters of open language models", rows, lambda _: 1)


def uncounted(catalog: Catalog) -> pl.DataFrame:
    """Return the open models without derived facts: ``id, name, reason``."""
    found = []
    for model in language_models(catalog).filter(access="open-weights").to_dicts():
        described = _described(model, catalog)
        reason = described.reason_uncounted if described else "no configuration in the table"
        if reason:
            found.append((model["id"], model["name"], reason))
    return pl.DataFrame(found, schema=dict.fromkeys(("id", "name", "reason"), pl.String), orient="row")


def totals(catalog: Catalog) -> pl.DataFrame:
    """Return computed and published parameters: ``id, name, computed, published, ratio``, furthest apart first."""
    found = []
    for model in language_models(catalog).to_dicts():
        described, published = _described(model, catalog), _published(catalog, model["id"])
        if described is None or described.reason_uncounted or published is None:
            continue
        computed = described.forward().params
        found.append((model["id"], model["name"], float(computed), published, computed / published))
    frame = pl.DataFrame(found, schema=["id", "name", "computed", "published", "ratio"], orient="row")
    return frame.sort((pl.col("ratio") - 1).abs(), descending=True)


def _described(model: Mapping[str, Any], catalog: Catalog) -> _Described | None:
    if model["access"] != "open-weights":
        return None
    known = find_model(model["id"], catalog)
    row = known.architecture or known.partial_architecture
    if row is None:
        return None
    # An encoder-decoder is two stacks, which the closed form of one pass does not count.
    hybrid = known.configuration and known.configuration["file"] == "hybrid_architectures.json"
    return _Described(row, known.configuration["config"] if known.configuration and hybrid else None)


def _published(catalog: Catalog, entity: str) -> float | None:
    stated = [f.number for f in catalog.facts_of(entity, "params") if f.kind == "reported"]
    return stated[0] if stated else None


def _facts(entity: str, described: _Described, published: float | None) -> Iterator[dict[str, str]]:
    row, counted = described.row, described.forward()

    def fact(attribute: str, value: int, unit: str, conditions: str = "", note: str = "") -> dict[str, str]:
        return dict.fromkeys(FACT_COLUMNS, "") | {
            "entity": entity, "attribute": attribute, "value": str(value), "unit": unit, "conditions": conditions,
            "kind": "derived", "source": _SOURCE, "locator": f"architectures.csv, {row['model']}", "note": note,
        }  # fmt: skip

    sees = bool(row["image_tokens"])
    note = "of the language model; its vision tower is not counted" if sees else ""
    agrees = published is None or abs(counted.params / published - 1) < _AGREES
    conditions = f"input_tokens={counted.input_tokens}; convention=flop; attention=causal-full; logits=all"
    if agrees and not sees:
        yield fact("params", counted.params, "1")
    yield fact("active_params", counted.active_params, "1", note=note)
    yield fact("flops", counted.flops, "FLOP", conditions, note)
