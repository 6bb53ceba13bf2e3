"""Loading the catalogue and looking a model up, as shipped and with ten times the facts.

Run: python benchmarks/catalog.py
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from joulewise import catalog
from joulewise.catalog import loading, reference_tables, tables

LIMIT_LOAD_S, LIMIT_LOOKUP_S, LIMIT_LOAD_TEN_S = 0.100, 0.010, 1.0


def median(work: Callable[[], object], runs: int = 9) -> float:
    """Return the median seconds of a call."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def ten_times(folder: Path) -> Path:
    """Write a data folder with nine more copies of each model under other names."""
    shipped = tables.shipped_folder()
    (folder / "models").mkdir()
    for table, key in (("entities", "id"), ("facts", "entity")):
        for file in sorted((shipped / "models").glob(f"{table}*.csv")):
            frame = pl.read_csv(file, infer_schema=False)
            copies = [
                frame.with_columns(
                    *(pl.format("{}-copy-{}", c, pl.lit(i)).alias(c) for c in (key, "name") if c in frame.columns),
                    *(pl.lit("").alias(c) for c in ("aliases",) if c in frame.columns),
                )
                for i in range(9)
            ]
            pl.concat(copies).write_csv(folder / "models" / file.name)
    return folder


def main() -> None:
    """Print each time and its ratio to the limit."""
    catalog.load()  # warm the file cache and the libraries

    def fresh(data: Path | None) -> Callable[[], object]:
        def load() -> object:
            for cached in (loading._shipped, loading._with_folder, reference_tables.shipped_tables):
                cached.cache_clear()
            return catalog.load(data)

        return load

    loaded = catalog.load()
    listed = median(lambda: catalog.models("vision", loaded).filter(pl.col("flops") > 1e10))
    looked_up = median(lambda: (loaded.source_of("alexnet", "flops"), catalog.find_model("resnet50.a1_in1k", loaded)))
    results = median(lambda: catalog.vision_results(loaded).filter(pl.col("top1_percent") > 85))
    with tempfile.TemporaryDirectory() as folder:
        many = median(fresh(ten_times(Path(folder))), 3)
    for name, taken, limit in (
        ("load the catalogue", median(fresh(None)), LIMIT_LOAD_S),
        ("a filtered list of models", listed, LIMIT_LOOKUP_S),
        ("a source and a name", looked_up, LIMIT_LOOKUP_S),
        ("a filtered list of ImageNet results", results, LIMIT_LOOKUP_S),
        ("load and check ten times the facts", many, LIMIT_LOAD_TEN_S),
    ):
        print(f"{name:36s} {taken * 1000:7.1f} ms  ({taken / limit:.2f} of the limit of {limit * 1000:.0f} ms)")


if __name__ == "__main__":
    main()
