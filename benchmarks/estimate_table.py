"""Time of estimates: a table of 100,000 workloads, one of three, and a single one; with their limits.

Run: python benchmarks/estimate_table.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import polars as pl

from joulewise.catalog import measurements
from joulewise.energy.rows import COLUMNS
from joulewise.energy.single import estimate
from joulewise.energy.table import estimate_table

ROWS, TABLE_LIMIT_S = 100_000, 4.0
FEW_LIMIT_S, RUNS = 0.002, 100
ONE = {"model": "Qwen3-8B", "accelerator": "H100", "batch_size": 8, "prompt_tokens": 100, "output_tokens": 50}


def workloads() -> pl.DataFrame:
    """Return the workloads of the measured rows, over and over: language models and generators."""
    measured = measurements().filter(pl.col("tier") == "A-gpu")
    of_text = pl.col("unit").str.starts_with("output token")
    rows = measured.with_columns(pl.when(~of_text).then(pl.col("image_size", "steps")))
    rows = rows.select(name for name in rows.columns if name in COLUMNS)
    return pl.concat([rows] * (ROWS // len(rows) + 1))[:ROWS]


def seconds(call: Callable[[], object], runs: int = 1) -> float:
    """Return the median time of a call, after a first one."""
    call()
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return median(times)


def main() -> None:
    """Print each time and its ratio to the limit."""
    table = workloads()
    found, problems = estimate_table(table)
    three = pl.DataFrame([ONE | {"model": name} for name in ("Qwen3-8B", "Llama-3.1-8B", "gpt-oss-20b")])
    for what, took, limit in (
        (f"{len(found):,} rows ({len(problems)} bad)", seconds(lambda: estimate_table(table)), TABLE_LIMIT_S),
        ("3 rows", seconds(lambda: estimate_table(three), RUNS), FEW_LIMIT_S),
        ("one estimate, with its steps", seconds(lambda: estimate(**ONE), RUNS), FEW_LIMIT_S),  # type: ignore[arg-type]
    ):
        print(f"{what:32s} {took * 1e3:9.2f} ms  ({took / limit:.2f} of the limit of {limit * 1e3:g} ms)")


if __name__ == "__main__":
    main()
