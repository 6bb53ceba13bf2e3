"""Beyond the accelerator: factors by hand, sources told, nothing guessed."""

from __future__ import annotations

import pytest
from joulewise.energy.one import estimate

from joulewise.energy import Estimate
from joulewise.errors import InputError
from joulewise.impact.footprint import HOST_SHARE, footprint, grid_intensity


@pytest.fixture
def request_estimate() -> Estimate:
    return estimate("Llama-3.1-8B-Instruct", "H100", batch_size=32)


def test_without_a_location_there_are_joules_only(request_estimate: Estimate) -> None:
    found = footprint(request_estimate)
    assert set(found.values) == {"wall_energy_j"}
    assert any("PUE 1" in note for note in found.notes)


def test_carbon_water_and_cost_by_hand(request_estimate: Estimate) -> None:
    found = footprint(request_estimate, pue=1.2, grid_gco2e=50, wue_l_per_kwh=0.3, usd_per_kwh=0.1)
    kwh = request_estimate.energy_j * HOST_SHARE.central / 3.6e6
    assert found.values["operational_gco2e"].central == pytest.approx(kwh * 1.2 * 50)
    assert found.values["water_l"].central == pytest.approx(kwh * 0.3)
    assert found.values["cost_usd"].central == pytest.approx(kwh * 1.2 * 0.1)
    assert found.values["wall_energy_j"].low == pytest.approx(request_estimate.energy.low * 1.31 * 1.2)


def test_a_country_by_name_or_code_and_year() -> None:
    # Our World in Data's figure for France in 2024.
    for name in ("FR", "fra", "France"):
        assert grid_intensity(name, 2024)[0] == pytest.approx(40.48)
    assert "location-based" in grid_intensity("FR", 2024)[1]


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ({"pue": 0.9}, "below 1"),
        ({"country": "Frankreich"}, "unknown country"),
        ({"country": "FR", "year": 1900}, "no figure of France for 1900"),
        ({"country": "FR", "grid_gco2e": 50}, "both"),
        ({"year": 2024}, "needs a country"),
        ({"embodied_of": "T4", "accelerator_seconds": 1.0}, "making of T4"),
    ],
)
def test_bad_factors(request_estimate: Estimate, factors: dict[str, float | str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        footprint(request_estimate, **factors)  # type: ignore[arg-type]


def test_the_making_of_hardware_by_hand(request_estimate: Estimate) -> None:
    year = 365.25 * 86400
    found = footprint(request_estimate, grid_gco2e=100, embodied_of="H100", accelerator_seconds=year)
    assert found.values["embodied_gco2e"].high == pytest.approx(273e3 / (3 * 0.3))
    assert found.values["embodied_gco2e"].low == pytest.approx(164e3 / (6 * 0.8))
    total = found.values["operational_gco2e"].central + found.values["embodied_gco2e"].central
    assert found.values["total_gco2e"].central == pytest.approx(total)
