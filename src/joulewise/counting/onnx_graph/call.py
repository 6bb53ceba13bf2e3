"""One operator as its formula sees it: the shapes of its inputs and outputs, and its attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """One operator with its shapes; an input that is absent, or whose shape is unknown, is None."""

    inputs: tuple[Shape | None, ...]
    outputs: tuple[Shape | None, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def given(self, index: int, *ranks: int) -> Shape:
        """Return the shape of an input that must be there, with one of these numbers of dimensions."""
        shape = self.maybe(index)
        if shape is None:
            raise UnknownShapeError
        if ranks and len(shape) not in ranks:
            raise MisfitError(f"input {index} has {len(shape)} dimensions, not {' or '.join(map(str, ranks))}")
        return shape

    def maybe(self, index: int) -> Shape | None:
        """Return the shape of an input that may be absent."""
        return self.inputs[index] if index < len(self.inputs) else None

    @property
    def made(self) -> Shape:
        """The shape of the first output."""
        if not self.outputs or self.outputs[0] is None:
            raise UnknownShapeError
        return self.outputs[0]

    def positive(self, name: str, default: int | None = None) -> int:
        """Return an attribute that must be a positive whole number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int) or value < 1:
            raise MisfitError(f"its attribute {name!r} must be a positive whole number, not {value!r}")
        return value

    def flag(self, name: str) -> bool:
        """Return an attribute that is 0 or 1, and 0 where it is absent."""
        return bool(self.attributes.get(name, 0))


class UnknownShapeError(Exception):
    """A shape that a formula needs depends on data."""


class MisfitError(Exception):
    """The shapes and attributes of an operator contradict each other; the text says how."""


def same(a: int, b: int, what: str) -> None:
    """Refuse two sizes that must be equal and are not."""
    if a != b:
        raise MisfitError(f"{what}: {a} and {b}")


def share(total: int, parts: int, what: str) -> int:
    """Return the size of each of equal parts."""
    if total % parts:
        raise MisfitError(f"{what}: {total} is not a multiple of {parts}")
    return total // parts


# (FLOPs with all pairs of attention, FLOPs with those that a causal mask keeps)
Cost = tuple[int, int]
Formula = Callable[[Call], Cost]


def plain(formula: Callable[[Call], int]) -> Formula:
    """Return the formula of an operator that no mask concerns."""

    def both(call: Call) -> Cost:
        flops = formula(call)
        return flops, flops

    return both
