"""The work of a part of a model, in operations and values, before a precision turns values into bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from joulewise.counting.workload import Phase, bytes_of


@dataclass(frozen=True)
class Work:
    """Operations, and values moved.

    Parameters
    ----------
    macs : int
        Multiply-adds of matrix products, causal attention in full.
    macs_needed : int
        The same with only the query-key pairs that a causal mask keeps, and without padding.
    elementwise : int
        Element-wise operations.
    values_read, values_written : int
        Minimum memory traffic: weights, cache or state, and what matrix products read and write.
    cache_read, cache_written : int
        Those of them that are keys and values of the cache.
    bytes_saved : float
        Bytes by which quantised weights that are read are smaller than at the precision of the values. [B]
    """

    macs: int = 0
    macs_needed: int = 0
    elementwise: int = 0
    values_read: int = 0
    values_written: int = 0
    cache_read: int = 0
    cache_written: int = 0
    bytes_saved: float = 0.0

    def __add__(self, other: Work) -> Work:
        return Work(
            self.macs + other.macs,
            self.macs_needed + other.macs_needed,
            self.elementwise + other.elementwise,
            self.values_read + other.values_read,
            self.values_written + other.values_written,
            self.cache_read + other.cache_read,
            self.cache_written + other.cache_written,
            self.bytes_saved + other.bytes_saved,
        )

    def __mul__(self, times: int) -> Work:
        return Work(
            self.macs * times,
            self.macs_needed * times,
            self.elementwise * times,
            self.values_read * times,
            self.values_written * times,
            self.cache_read * times,
            self.cache_written * times,
            self.bytes_saved * times,
        )

    def phase(self, bytes_per_value: float, cache_bytes_per_value: float | None = None) -> Phase:
        """Return the work as a phase of a workload whose values have `bytes_per_value` bytes each.

        Those of the cache have `cache_bytes_per_value`, by default as many.
        """
        more = 0.0 if cache_bytes_per_value is None else cache_bytes_per_value - bytes_per_value
        read = self.values_read * bytes_per_value + self.cache_read * more - self.bytes_saved
        written = self.values_written * bytes_per_value + self.cache_written * more
        return Phase(
            flops=2 * self.macs,
            flops_causal_half=2 * self.macs_needed,
            flops_all_ops=2 * self.macs + self.elementwise,
            bytes_read=bytes_of(read, 1),
            bytes_written=bytes_of(written, 1),
        )


def sum_of(parts: Iterable[Work]) -> Work:
    """Return the sum of all parts."""
    return sum(parts, Work())
