"""Joules of the catalogue's image networks and open language models on one accelerator, as facts."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from joulewise.catalog import Catalog, language_models, vision_results
from joulewise.derived.derivation import Derivation, Steps
from joulewise.energy.grid import (
    BATCH_SIZE,
    FIXED,
    OUTPUT_TOKENS,
    PER_TOKENS,
    PROMPT_TOKENS,
    image_joules,
    language_joules,
)

FILE = "models/facts-joules.csv"
SOURCE = "joulewise-calibrated"


def rows(catalog: Catalog, _steps: Steps) -> Iterator[dict[str, str]]:
    """Return a fact on ``energy_j`` with its 90% interval for each network and size, and each configured model."""
    images = vision_results(catalog).with_columns(
        pl.format("{}@{}", "id", "image_px").alias("id"), kind=pl.col("network_kind")
    )
    for row in image_joules(images, [FIXED]).sort("id").iter_rows(named=True):
        entity, _, image_px = row["id"].partition("@")
        yield _fact(entity, row, f"precision=bf16; image_px={image_px}; scope=wall; batch_size=large")
    known = language_models(catalog).filter(pl.col("has_architecture") & (pl.col("access") != "closed"))
    models = known.with_columns(model=pl.col("name"))
    tokens = f"per_tokens={PER_TOKENS}; prompt_tokens={PROMPT_TOKENS}; output_tokens={OUTPUT_TOKENS}"
    for row in language_joules(models, [FIXED]).sort("id").iter_rows(named=True):
        yield _fact(row["id"], row, f"precision=as released; {tokens}; scope=accelerators; batch_size={BATCH_SIZE}")


def _fact(entity: str, row: dict[str, float], conditions: str) -> dict[str, str]:
    return {
        "entity": entity,
        "attribute": "energy_j",
        "value": f"{row['energy_j']:.4g}",
        "low": f"{row['energy_j_low']:.4g}",
        "high": f"{row['energy_j_high']:.4g}",
        "unit": "J",
        "conditions": f"accelerator={FIXED}; n_accelerators={row['n_accelerators']:g}; {conditions}",
        "kind": "derived",
        "source": SOURCE,
        "locator": "calibration.json",
    }


MODEL_JOULES = Derivation("joules", FILE, f"joules on {FIXED} by the calibrated method", rows, lambda _: 1)
