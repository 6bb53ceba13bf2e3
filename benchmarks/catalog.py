"""Loading the catalogue and looking a model up, as shipped and with ten times the facts.

Run: python benchmarks/catalog.py
"""

import csv
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from joulewise import catalog
from joulewise.catalog import facts, tables

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
    for name, key in (("entities", "id"), ("facts", "entity")):
        with (shipped / "models" / f"{name}.csv").open() as source:
            rows = list(csv.DictReader(source))
        with (folder / "models" / f"{name}.csv").open("w", newline="") as target:
            writer = csv.DictWriter(target, rows[0])
            writer.writeheader()
            for copy in range(9):
                writer.writerows(
                    {**r, key: f"{r[key]}-{copy}", **({"name": f"{r['name']} {copy}"} if "name" in r else {})}
                    for r in rows
                )
    return folder


def main() -> None:
    """Print each time and its ratio to the limit."""
    catalog.load()  # warm the file cache and the libraries

    def fresh(data: Path | None) -> Callable[[], object]:
        def load() -> object:
            facts._load.cache_clear()
            return catalog.load(data)

        return load

    loaded = catalog.load()
    lookup = median(
        lambda: (catalog.models("vision", loaded).filter(pl.col("flops") > 1e10), loaded.source_of("alexnet", "flops"))
    )
    with tempfile.TemporaryDirectory() as folder:
        many = median(fresh(ten_times(Path(folder))), 3)
    for name, taken, limit in (
        ("load the catalogue", median(fresh(None)), LIMIT_LOAD_S),
        ("a filtered list and a source", lookup, LIMIT_LOOKUP_S),
        ("load and check ten times the facts", many, LIMIT_LOAD_TEN_S),
    ):
        print(f"{name:36s} {taken * 1000:7.1f} ms  ({taken / limit:.2f} of the limit of {limit * 1000:.0f} ms)")


if __name__ == "__main__":
    main()
