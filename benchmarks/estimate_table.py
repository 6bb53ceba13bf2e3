"""100,000 workloads estimated from a table: seconds, and rows a second. Run: python benchmarks/estimate_table.py."""

from __future__ import annotations

import time

import polars as pl

from joulewise.catalog import measurements
from joulewise.energy.table import estimate_table

ROWS = 100_000


def main() -> None:
    """Print the time of a table made of the measured rows over and over."""
    measured = measurements().filter(pl.col("tier") == "A-gpu")
    table = pl.concat([measured] * (ROWS // len(measured) + 1))[:ROWS]
    begun = time.perf_counter()
    found, problems = estimate_table(table)
    took = time.perf_counter() - begun
    print(f"{len(found)} rows, {len(problems)} bad, in {took:.1f} s: {len(table) / took:,.0f} rows a second")


if __name__ == "__main__":
    main()
