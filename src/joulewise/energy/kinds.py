"""The kinds of workload that can be priced, and which of them a row is."""

from __future__ import annotations

from joulewise.catalog import Catalog
from joulewise.energy.generators.kind import GENERATOR
from joulewise.energy.known import architecture, configuration, generator, image_network, sample_network
from joulewise.energy.language.kind import LANGUAGE
from joulewise.energy.rows import WorkloadRow
from joulewise.energy.samples.kind import SAMPLE
from joulewise.energy.workload_kind import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (LANGUAGE, GENERATOR, SAMPLE)}
_GENERATING_TASKS = ("to-image", "to-video", "image-generation", "video-generation")


def kind_of(row: WorkloadRow, catalog: Catalog) -> Kind:
    """Return what a row is: by its model where that is known, else by its work, task or steps, else language."""
    known = _kind_of_model(row.model, catalog) if row.model else None
    if known is not None:
        return known
    if row.flops is not None:
        return SAMPLE
    generates = row.steps is not None or any(task in (row.task or "") for task in _GENERATING_TASKS)
    return GENERATOR if generates else LANGUAGE


def _kind_of_model(model: str, catalog: Catalog) -> Kind | None:
    for kind, found in (
        (GENERATOR, generator),
        (SAMPLE, sample_network),
        (LANGUAGE, architecture),
        (LANGUAGE, configuration),
        (SAMPLE, image_network),
    ):
        if found(model, catalog):
            return kind
    return None
