"""The kinds of workload that can be priced, and the kind of a row."""

from __future__ import annotations

from joulewise.catalog import Catalog
from joulewise.energy.generators.kind import GENERATOR
from joulewise.energy.language.kind import LANGUAGE
from joulewise.energy.models import model_of
from joulewise.energy.reading import BadCellError
from joulewise.energy.rows import WorkloadRow
from joulewise.energy.samples.kind import SAMPLE
from joulewise.energy.workload_kind import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (LANGUAGE, GENERATOR, SAMPLE)}
# Encoders, embedding and speech models are single-pass networks without counted work; `samples.read` refuses them.
_KIND_OF_MODEL = {
    "language": LANGUAGE,
    "generator": GENERATOR,
    "sample": SAMPLE,
    "network": SAMPLE,
    "encoder": SAMPLE,
    "embedding": SAMPLE,
    "speech": SAMPLE,
}
_GENERATING_TASKS = ("to-image", "to-video", "image-generation", "video-generation")


def kind_of(row: WorkloadRow, catalog: Catalog) -> Kind:
    """Return the kind of a row: by its model where that is known, else by its work, task or steps, else language."""
    try:
        known = model_of(row, catalog)
    except BadCellError:
        return LANGUAGE  # whose reading reports the cell
    if known is not None:
        return _KIND_OF_MODEL[known.kind]
    generates = row.steps is not None or any(task in (row.task or "") for task in _GENERATING_TASKS)
    if generates:
        return GENERATOR
    # An image size with an unknown model: `samples.read` says what is missing.
    return SAMPLE if row.flops is not None or row.image_size is not None else LANGUAGE
