import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulewise.catalog import load
from joulewise.errors import InputError, UnknownNameError
from joulewise.hardware.limits import BOLTZMANN_J_PER_K, bit_erasures, landauer_j, landauer_op_j


def test_landauer_at_room_temperature_as_printed() -> None:
    assert landauer_j(300) == pytest.approx(2.871e-21, rel=1e-4)
    # 0.0178 eV at 25 degrees centigrade, as the literature rounds it.
    assert landauer_j(298.15) / 1.602176634e-19 == pytest.approx(0.0178, abs=5e-5)


@given(st.floats(0.001, 1e6))
def test_landauer_is_in_proportion_to_temperature(kelvin: float) -> None:
    assert landauer_j(2 * kelvin) == pytest.approx(2 * landauer_j(kelvin))


def test_the_array_multiplier_by_hand() -> None:
    # 2-bit significands: 4 ANDs and 2 full adders, then 24 full adders of the sum, for two operations.
    assert bit_erasures("FP4") == (4 + 2 + 24) / 2
    assert bit_erasures("FP32") == (576 + 552 + 24) / 2
    assert landauer_op_j("INT8", 300) == pytest.approx((64 + 56 + 32) / 2 * 300 * 1.380649e-23 * math.log(2))


def test_the_catalogues_facts_on_the_limit_agree() -> None:
    catalog = load()
    assert catalog.source_of("boltzmann-constant", "boltzmann_j_per_k").number == BOLTZMANN_J_PER_K
    fact = catalog.source_of("landauer", "energy_per_bit_j")
    assert fact.number == pytest.approx(landauer_j(float(fact.conditions["temperature_k"])), rel=1e-6)


def test_fewer_bits_erase_less() -> None:
    order = ["FP4", "FP8", "BF16", "FP16", "FP32", "FP64"]
    amounts = [bit_erasures(name) for name in order]
    assert amounts == sorted(amounts)


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(InputError, match="above 0 K"):
        landauer_j(0)
    with pytest.raises(UnknownNameError, match="fp16"):
        bit_erasures("FP17")
