import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulewise.errors import InputError
from joulewise.interval import Interval

positive = st.floats(1e-6, 1e6)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    return Interval(*sorted(draw(st.tuples(positive, positive, positive))))


@given(intervals(), intervals(), st.floats(0, 1), st.floats(0, 1))
def test_quotient_holds_every_quotient_of_members(a: Interval, b: Interval, s: float, t: float) -> None:
    x, y = a.low + s * (a.high - a.low), b.low + t * (b.high - b.low)
    quotient, product = a / b, a * b
    assert quotient.low * (1 - 1e-12) <= x / y <= quotient.high * (1 + 1e-12)
    assert product.low * (1 - 1e-12) <= x * y <= product.high * (1 + 1e-12)


def test_bounds_in_order() -> None:
    with pytest.raises(InputError, match="out of order"):
        Interval(2, 1, 3)


def test_only_positive_quantities_are_multiplied() -> None:
    with pytest.raises(InputError, match="positive"):
        Interval(-1, 1, 2) * 3
