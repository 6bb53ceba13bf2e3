"""Count many targets in parallel processes; a run can be resumed, and a failing target does not stop the others."""

from __future__ import annotations

import csv
import multiprocessing
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from io import BytesIO
from pathlib import Path
from typing import TextIO

import polars as pl

from joulewise.counting.options import InferenceOptions
from joulewise.counting.targets import count_target
from joulewise.errors import InputError, JoulewiseError, WorkError
from joulewise.files import write_bytes
from joulewise.text import one_line


@dataclass(frozen=True)
class CountRow:
    """One target of many: its counts, as in `Workload`, or the reason why it has none.

    Parameters
    ----------
    target : str
    uncounted : str or None
        Operations without a formula, e.g. ``aten.sort x2; aten.topk x1``.
    seconds : float or None
        Time that the count took. [s]
    error : str or None
        Why the target could not be counted.
    """

    target: str
    params: int | None = None
    flops: int | None = None
    macs: int | None = None
    flops_all_ops: int | None = None
    weight_bytes: int | None = None
    kv_bytes: int | None = None
    activation_bytes: int | None = None
    uncounted: str | None = None
    method: str | None = None
    seconds: float | None = None
    error: str | None = None


COLUMNS = tuple(field.name for field in fields(CountRow))
_OTHER_TYPES = {"seconds": pl.Float64, **dict.fromkeys(("target", "uncounted", "method", "error"), pl.String)}
_SCHEMA = {column: _OTHER_TYPES.get(column, pl.Int64) for column in COLUMNS}


def count_row(target: str, options: InferenceOptions) -> CountRow:
    """Count one target; a failure is a row with its reason in ``error``."""
    start = time.perf_counter()
    try:
        work = count_target(target, options)
    except JoulewiseError as error:
        return CountRow(target, seconds=_since(start), error=one_line(str(error)))
    # One target of a thousand may fail in an unforeseen way: the failure is recorded, and the others continue.
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else ""
        return CountRow(target, seconds=_since(start), error=one_line(f"{type(error).__name__}: {reason}"))
    return CountRow(
        target=target,
        params=work.params,
        flops=work.flops,
        macs=work.macs,
        flops_all_ops=work.flops_all_ops,
        weight_bytes=work.weight_bytes,
        kv_bytes=work.kv_bytes,
        activation_bytes=work.activation_bytes,
        uncounted="; ".join(f"{name} x{n}" for name, n in work.uncounted.items()),
        method=work.method,
        seconds=_since(start),
    )


def count_many(
    targets: Iterable[str],
    out: Path,
    options: InferenceOptions | None = None,
    workers: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[int, int]:
    """Count targets into a CSV or Parquet file, one row per target, in the order in which they are done.

    Targets that the file already has are not counted again, so an interrupted run resumes where it stopped; a truncated
    last row is dropped, and its target counted again.

    Parameters
    ----------
    targets : iterable of str
        See `targets.count`.
    out : Path
        ``.csv``: appended to, row by row. ``.parquet``: written at the end from a CSV file in the same
        folder (``NAME.parquet.csv``), which stays if the run is interrupted, and from which the next run resumes.
    workers : int, optional
        Processes; by default one for each processor.
    progress : callable
        Called with each target when it is done.

    Returns
    -------
    (int, int)
        Numbers of targets that were counted in this run, and that failed.

    Raises
    ------
    InputError
        If the file exists and does not hold counts.
    WorkError
        If another run is writing the file.
    """
    options = options or InferenceOptions()
    if out.suffix != ".parquet":
        with _opened_alone(out) as file:
            return _count_into(file, out, targets, options, workers, progress)
    partial = out.with_name(f"{out.name}.csv")
    with _opened_alone(partial) as file:
        if out.exists() and not _size(file):
            file.write(_counts_of(out).write_csv())
            file.flush()
        result = _count_into(file, partial, targets, options, workers, progress)
        write_bytes(out, _parquet(pl.read_csv(partial, schema=_SCHEMA)))
        partial.unlink()
    return result


def _count_into(
    file: TextIO,
    path: Path,
    targets: Iterable[str],
    options: InferenceOptions,
    workers: int | None,
    progress: Callable[[str], None],
) -> tuple[int, int]:
    done = _rows_kept(file, path)
    todo = [target for target in dict.fromkeys(targets) if target not in done]
    writer, failed = csv.writer(file, lineterminator="\n"), 0
    if not done and not _size(file):
        writer.writerow(COLUMNS)
    for row in _rows(todo, options, workers):
        writer.writerow(astuple(row))
        file.flush()
        failed += row.error is not None
        progress(row.target)
    file.flush()
    return len(todo), failed


def _rows(todo: list[str], options: InferenceOptions, workers: int | None) -> Iterator[CountRow]:
    """Count targets in processes; if one of these dies, only its target fails."""
    workers = workers or os.cpu_count() or 1
    while todo:
        lost = []
        for target, row in _in_processes(todo, options, workers):
            if row is None:
                lost.append(target)
            else:
                yield row
        # When one process dies, the pool loses all. The target is among the first that were lost: one ran in each
        # process, and as many may have been handed out. These are counted one by one, the rest as before.
        suspects, todo = lost[: 2 * workers + 1], lost[2 * workers + 1 :]
        for suspect in suspects:
            for target, row in _in_processes([suspect], options, 1):
                yield row or CountRow(target, error="the process died, perhaps because memory ran out")


def _in_processes(targets: list[str], options: InferenceOptions, workers: int) -> Iterator[tuple[str, CountRow | None]]:
    """Yield each target with its row, or with None where a process died before it was counted."""
    # Spawned, not forked: torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        running: dict[Future[CountRow], str] = {pool.submit(count_row, t, options): t for t in targets}
        for future in as_completed(running):
            try:
                yield running[future], future.result()
            except BrokenProcessPool:
                yield running[future], None


@contextmanager
def _opened_alone(path: Path) -> Iterator[TextIO]:
    """Open a file to append to; no other run may append to it at the same time.

    Bytes that are not UTF-8, of a path say, are kept as they are.
    """
    with path.open("a", newline="", encoding="utf-8", errors="surrogateescape") as file:
        if sys.platform != "win32" and _is_regular(file):
            import fcntl  # noqa: PLC0415  (not on Windows)

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # The file may have been removed by a run that ended between our opening and locking it.
                alone = path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())
            except OSError:
                alone = False
            if not alone:
                raise WorkError(f"another run is writing {path}", "wait for its end, or give another file with -o")
        yield file


def _rows_kept(file: TextIO, path: Path) -> set[str]:
    """Return the targets that a file has, and remove a truncated row that an interrupted run left at its end.

    Raises
    ------
    InputError
        If the file holds something other than counts.
    """
    if not _size(file):
        return set()
    content = path.read_bytes()
    rows = list(_complete_rows(content))
    if not rows and ",".join(COLUMNS).encode().startswith(content):  # cut short in its first line
        rows = [(list(COLUMNS), 0)]
    if not rows or rows[0][0] != list(COLUMNS):
        raise _not_counts(path)
    for number, (row, _) in enumerate(rows):
        if len(row) != len(COLUMNS):
            raise InputError(f"{path}, row {number}: {len(row)} cells, but the header has {len(COLUMNS)}")
    file.truncate(rows[-1][1])
    return {row[0] for row, _ in rows[1:]}


def _not_counts(path: Path) -> InputError:
    return InputError(f"{path} exists and does not hold counts", "give another file with -o")


def _complete_rows(content: bytes) -> Iterator[tuple[list[str], int]]:
    """Yield each row that ends with a line break, and where in the file it ends. [B]"""
    read = 0

    def lines() -> Iterator[str]:
        nonlocal read
        for line in BytesIO(content):
            if not line.endswith(b"\n"):
                return
            read += len(line)
            yield line.decode("utf-8", "surrogateescape")

    rows, before = csv.reader(lines(), strict=True), 0
    while True:
        try:
            row = next(rows)
        except (StopIteration, csv.Error):  # the error is a quote that nothing closes: a row cut short
            return
        if row and read > before:
            yield row, read
        before = read


def _is_regular(file: TextIO) -> bool:
    return stat.S_ISREG(os.fstat(file.fileno()).st_mode)


def _size(file: TextIO) -> int:
    return os.fstat(file.fileno()).st_size if _is_regular(file) else 0


def _counts_of(parquet: Path) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(parquet)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{parquet} is not a Parquet file: {str(error).splitlines()[0]}") from None
    if frame.columns != list(COLUMNS):
        raise _not_counts(parquet)
    return frame


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _since(start: float) -> float:
    return round(time.perf_counter() - start, 3)
