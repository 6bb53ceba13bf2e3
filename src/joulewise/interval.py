"""A value with its error bar."""

from __future__ import annotations

from dataclasses import dataclass

from joulewise.errors import InputError


@dataclass(frozen=True)
class Interval:
    """A central value with a lower and an upper bound, in one unit.

    Arithmetic is that of intervals: bounds of a product or quotient are the least and greatest of
    the bounds' products or quotients. That is the widest possible result, and the right one when the
    correlation between the errors is unknown.

    Parameters
    ----------
    low, central, high : float
        With ``low <= central <= high``.

    Raises
    ------
    InputError
        If the bounds are out of order.
    """

    low: float
    central: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.central <= self.high:
            raise InputError(f"an interval's bounds are out of order: {self.low}, {self.central}, {self.high}")

    @classmethod
    def exact(cls, value: float) -> Interval:
        """Return an interval of no width."""
        return cls(value, value, value)

    def __mul__(self, other: Interval | float) -> Interval:
        """Multiply by an interval or a number, both positive."""
        return self._combine(_as_interval(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Interval | float) -> Interval:
        """Divide by an interval or a number, both positive."""
        divisor = _as_interval(other)
        _require_positive(divisor)
        return self._combine(Interval(1 / divisor.high, 1 / divisor.central, 1 / divisor.low))

    def _combine(self, other: Interval) -> Interval:
        _require_positive(self)
        _require_positive(other)
        return Interval(self.low * other.low, self.central * other.central, self.high * other.high)


def _as_interval(value: Interval | float) -> Interval:
    return value if isinstance(value, Interval) else Interval.exact(value)


def _require_positive(value: Interval) -> None:
    # Every quantity of this library that is multiplied is positive; a negative value indicates a bug.
    if value.low <= 0:
        raise InputError(f"interval arithmetic here is for positive quantities, not {value}")
