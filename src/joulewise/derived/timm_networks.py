"""Counts of timm's networks at each image size that a score is given for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import polars as pl

from joulewise.catalog import Catalog
from joulewise.counting.kind import network_kind
from joulewise.counting.workload import Workload
from joulewise.derived.derivation import Derivation, Steps
from joulewise.errors import DataError, InputError
from joulewise.extras import import_extra

SCORES, NETWORKS = "timm-results", "timm-networks"
FILE = "models/facts-timm-counts.csv"


@dataclass(frozen=True)
class NetworkCount:
    """One network at one image size, one image; values as in `Workload`."""

    params: int
    flops: int
    activation_values: int
    flops_by_form: Mapping[str, int]


def scored_sizes(catalog: Catalog) -> pl.DataFrame:
    """Return ``id, name, architecture, image_px`` of every score of a network of timm, in the order of the catalogue.

    These are the scores from timm, and those of models whose attribute ``timm_network`` names a network of timm.
    """
    facts = catalog.facts.filter(collection="models")
    scores = facts.filter(attribute="top1_percent").filter(pl.col("conditions").str.contains("image_px="))
    given = facts.filter(attribute="timm_network").select("entity", pl.col("value").alias("name"))
    names = catalog.entities.filter(collection="models").select(pl.col("id").alias("entity"), "name")
    of_timm = scores.filter(source=SCORES).select("entity").unique()
    names = pl.concat([given, names.join(of_timm, on="entity", how="semi")])
    return scores.join(names, on="entity", how="inner", maintain_order="left").select(
        pl.col("entity").alias("id"),
        "name",
        pl.col("name").str.split(".").list.first().alias("architecture"),
        pl.col("conditions").str.extract(r"image_px=(\d+)").cast(pl.Int64).alias("image_px"),
    )


def architecture_of(flops_by_form: Mapping[str, int], family: str) -> str:
    """Return the word for the attribute ``architecture``."""
    if family == "sequencer":
        return "LSTM"
    if not any(flops_by_form.get(form) for form in ("convolution", "depthwise", "attention")):
        return "MLP"
    kind = network_kind(flops_by_form)
    return {"transformer": "Transformer", "hybrid": "Hybrid"}.get(kind, "CNN")


def count_network(name: str, image_px: int) -> NetworkCount:
    """Count one image through a network of timm.

    Raises
    ------
    MissingExtraError
        If timm is not installed.
    DataError
        If the network cannot be counted at that size, or has an uncounted operation.
    """
    from joulewise.counting.timm_models import count_timm  # noqa: PLC0415  (torch takes seconds to import)

    try:
        work: Workload = count_timm(name, (3, image_px, image_px))
    except InputError as error:
        raise DataError(f"timm:{name} at {image_px} px: {error}") from error
    if work.uncounted or work.activation_values is None:
        raise DataError(f"timm:{name} at {image_px} px: uncounted {', '.join(work.uncounted)}")
    return NetworkCount(work.params, work.flops, work.activation_values, dict(sorted(work.flops_by_form.items())))


def rows(catalog: Catalog, steps: Steps) -> Iterator[dict[str, str]]:
    """Return the facts of each weight: those by size in the order of its scores, then those for any size."""
    timm = import_extra("timm", "timm", "counting timm's networks")
    sizes = scored_sizes(catalog)
    counts = _counted(sizes, f"timm {timm.__version__}", steps)
    families = dict(catalog.entities.filter(collection="models").select("id", "family").iter_rows())
    for (entity,), of_weight in sizes.group_by("id", maintain_order=True):
        first = of_weight.row(0, named=True)
        for row in of_weight.to_dicts():
            found = counts[row["architecture"], row["image_px"]]
            place = {"locator": f"timm:{row['name']} at 3x{row['image_px']}x{row['image_px']}"}
            at = f"image_px={row['image_px']}"
            yield _fact(entity, "flops", found.flops, "FLOP", f"{at}; convention=flop") | place
            yield _fact(entity, "activation_values", found.activation_values, "1", at) | place
        found = counts[first["architecture"], first["image_px"]]
        place = {"locator": f"timm:{first['name']}"}
        yield _fact(entity, "params", found.params, "1") | place
        yield _fact(entity, "network_kind", network_kind(found.flops_by_form)) | place
        yield _fact(entity, "architecture", architecture_of(found.flops_by_form, families[entity])) | place


def total(catalog: Catalog) -> int:
    """Return how many networks and sizes there are to count."""
    return scored_sizes(catalog).select("architecture", "image_px").unique().height


TIMM_COUNTS = Derivation(
    "timm-counts", FILE, "FLOPs, values and parameters of timm's networks at test size", rows, total
)


def _fact(entity: object, attribute: str, value: object, unit: str = "", conditions: str = "") -> dict[str, str]:
    return {
        "entity": str(entity),
        "attribute": attribute,
        "value": str(value),
        "unit": unit,
        "conditions": conditions,
        "kind": "derived",
        "source": NETWORKS,
    }


def _counted(sizes: pl.DataFrame, made_with: str, steps: Steps) -> dict[tuple[str, int], NetworkCount]:
    """Count each network once per size, except those that an earlier run saved."""
    # Another version of timm may have counted other networks.
    kept = [result for result in steps.results() if len(result) == 4 and result[0] == made_with]
    counts = {(architecture, px): NetworkCount(**values) for _, architecture, px, values in kept}
    for row in sizes.unique(["architecture", "image_px"], keep="first", maintain_order=True).to_dicts():
        key = (row["architecture"], row["image_px"])
        steps.begin(f"{row['architecture']} at {row['image_px']}")
        if key not in counts:
            counts[key] = count_network(row["name"], row["image_px"])
            steps.keep(made_with, *key, asdict(counts[key]))
    return counts
