"""Counting many targets: in parallel processes, resumable, a failing one recorded and the rest unharmed."""

from __future__ import annotations

import csv
import multiprocessing
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from joulewise.counting.targets import Options, count_target
from joulewise.errors import InputError
from joulewise.files import write_bytes

COLUMNS = (
    "target",
    "params",
    "flops",
    "macs",
    "flops_all_ops",
    "weight_bytes",
    "kv_bytes",
    "activation_bytes",
    "uncounted",
    "method",
    "seconds",
    "error",
)


def count_row(target: str, options: Options) -> dict[str, Any]:
    """Count one target and return a row with `COLUMNS`; a failure is a row with its reason in ``error``."""
    start = time.perf_counter()
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row["target"] = target
    try:
        work = count_target(target, options)
    except InputError as error:
        row["error"] = str(error)
    # One target of a thousand may fail in a way nobody thought of: it is recorded, and the rest goes on.
    except Exception as error:
        row["error"] = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
    else:
        row |= {
            column: getattr(work, column)
            for column in COLUMNS
            if column not in {"target", "seconds", "error", "uncounted"}
        }
        row["uncounted"] = "; ".join(f"{name} x{n}" for name, n in work.uncounted.items())
    row["seconds"] = round(time.perf_counter() - start, 3)
    return row


def count_many(
    targets: Iterable[str],
    out: Path,
    options: Options | None = None,
    workers: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[int, int]:
    """Count targets into a CSV or Parquet file, a row each, in the order in which they are done.

    What the file already holds is not counted again, so that an interrupted run goes on where it stopped.

    Parameters
    ----------
    targets : iterable of str
        See `targets.count`.
    out : Path
        ``.csv``: appended to, row by row. ``.parquet``: written at the end from a CSV file beside it
        (``NAME.parquet.csv``), which stays if the run is cut short, and is then gone on with.
    workers : int, optional
        Processes; by default one for each processor.
    progress : callable
        Told each target when it is done.

    Returns
    -------
    (int, int)
        How many were counted in this run, and how many of them failed.

    Raises
    ------
    InputError
        If the file is there and is not one of these.
    """
    if out.suffix == ".parquet":
        return _into_parquet(targets, out, options, workers, progress)
    done = _already_in(out)
    todo = [target for target in dict.fromkeys(targets) if target not in done]
    failed = 0
    with out.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not done:
            writer.writeheader()
        for row in _rows(todo, options or Options(), workers):
            writer.writerow(row)
            file.flush()
            failed += row["error"] is not None
            progress(row["target"])
    return len(todo), failed


def _into_parquet(
    targets: Iterable[str], out: Path, options: Options | None, workers: int | None, progress: Callable[[str], None]
) -> tuple[int, int]:
    beside = out.with_name(f"{out.name}.csv")
    if out.exists() and not beside.exists():
        pl.read_parquet(out).write_csv(beside)
    result = count_many(targets, beside, options, workers, progress)
    text = dict.fromkeys(("target", "uncounted", "method", "error"), pl.String)
    whole = dict.fromkeys(set(COLUMNS) - set(text) - {"seconds"}, pl.Int64)
    write_bytes(out, _parquet(pl.read_csv(beside, schema_overrides={**text, **whole})))
    beside.unlink()
    return result


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _rows(todo: list[str], options: Options, workers: int | None) -> Iterable[dict[str, Any]]:
    # Spawned, not forked: torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, max_tasks_per_child=None) as pool:
        running: dict[Future[dict[str, Any]], str] = {pool.submit(count_row, t, options): t for t in todo}
        for future in as_completed(running):
            try:
                yield future.result()
            except BrokenProcessPool:
                reason = "the process died, for want of memory perhaps"
                yield {**dict.fromkeys(COLUMNS), "target": running[future], "error": reason}


def _already_in(out: Path) -> set[str]:
    if not out.exists() or out.stat().st_size == 0:
        return set()
    with out.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InputError(f"{out} is there and is no list of counts", "give another file with -o")
        return {row["target"] for row in reader}
