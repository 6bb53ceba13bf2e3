"""Beyond the accelerator: each factor by hand, with its source; nothing is guessed."""

from __future__ import annotations

import math

import pytest

from joulewise.energy.estimate import Scope
from joulewise.errors import InputError
from joulewise.impact.footprint import embodied_gco2e, embodied_share, footprint, grid_intensity, per_kwh, server_energy
from joulewise.interval import Interval

YEAR_S = 365.25 * 86400
KWH = Interval(0.9 * 3.6e6, 3.6e6, 1.2 * 3.6e6)
"""0.9, 1 and 1.2 kWh of accelerators."""


def _bounds(found: Interval) -> tuple[float, float, float]:
    return found.low, found.central, found.high


def test_a_server_takes_more_than_its_accelerators() -> None:
    # Low: 1.2 kW for the host of 8 x 700 W at 70%, 1 + 1.2 / 3.92. High: accelerators 58%, host 25%, idle machines 10%
    # of a prompt's energy, 93 / 58. Central: their geometric mean.
    found = _bounds(server_energy(Interval.exact(100.0)))
    assert found == pytest.approx((131.0, 145.0, 160.0))
    low, high = 1 + 1.2 / (8 * 0.7 * 0.7), (58 + 25 + 10) / 58
    assert found == pytest.approx((100 * low, 100 * math.sqrt(low * high), 100 * high), rel=0.005)


def test_a_given_share() -> None:
    assert _bounds(server_energy(Interval(90.0, 100.0, 110.0), Interval(1.1, 1.2, 1.3))) == pytest.approx(
        (99, 120, 143)
    )


def test_amounts_per_kwh() -> None:
    assert _bounds(per_kwh(KWH, 50.0)) == pytest.approx((45.0, 50.0, 60.0))
    assert _bounds(per_kwh(KWH, 0.0)) == (0.0, 0.0, 0.0)


def test_without_a_location_there_are_joules_only() -> None:
    found = footprint(KWH, "accelerators")
    assert set(found.values) == {"wall_energy_j"}
    assert any("PUE 1: none was given" in note for note in found.notes)


def test_energy_of_accelerators_by_hand() -> None:
    # The machines take 0.9 x 1.31, 1 x 1.45 and 1.2 x 1.6 kWh, the building 1.2 times that.
    found = footprint(KWH, Scope.ACCELERATORS, pue=1.2, grid_gco2e=50.0, wue_l_per_kwh=0.3, usd_per_kwh=0.1).values
    machine = (0.9 * 1.31, 1.45, 1.2 * 1.6)
    assert _bounds(found["wall_energy_j"]) == pytest.approx([3.6e6 * 1.2 * kwh for kwh in machine])
    assert _bounds(found["operational_gco2e"]) == pytest.approx([50 * 1.2 * kwh for kwh in machine])
    assert _bounds(found["water_l"]) == pytest.approx([0.3 * kwh for kwh in machine])  # of the machines alone
    assert _bounds(found["cost_usd"]) == pytest.approx([0.1 * 1.2 * kwh for kwh in machine])


def test_energy_at_the_wall_has_its_server_in_it() -> None:
    found = footprint(KWH, Scope.WALL, pue=1.5)
    assert _bounds(found.values["wall_energy_j"]) == pytest.approx((1.35 * 3.6e6, 1.5 * 3.6e6, 1.8 * 3.6e6))
    assert not any("server" in note for note in found.notes)


def test_every_factor_has_its_source_or_says_that_it_was_given() -> None:
    found = footprint(
        KWH, "accelerators", pue=1.1, country="FR", year=2024, usd_per_kwh=0.1, wue_l_per_kwh=1.0,
        embodied_of="H100", accelerator_seconds=1.0,
    )  # fmt: skip
    text = "\n".join(found.notes)
    for part in (
        "server: x1.45 (1.31 to 1.6) for host and idle machines (EcoLogits 0.11.3; arXiv 2508.15734)",
        "PUE 1.1, as given",
        "France 2024, average of the year, location-based, life-cycle (Our World in Data",
        "water of cooling: 1 L/kWh of the machines, as given",
        "price: 0.1 USD/kWh, as given",
        "164 to 273 kg CO2e over 3 to 6 years, busy 30% to 80% of them (assumed)",
    ):
        assert part in text
    assert "grid: 50 g CO2e/kWh, as given" in footprint(KWH, "wall", grid_gco2e=50.0).notes


def test_a_country_by_name_or_code_and_year() -> None:
    # Our World in Data's figure for France in 2024.
    for name in ("FR", "fra", "France"):
        assert grid_intensity(name, 2024)[0] == pytest.approx(40.48)
    found = footprint(Interval.exact(3.6e6), "wall", country="FR", year=2024)
    assert found.values["operational_gco2e"].central == pytest.approx(40.48)


def test_the_last_year_is_taken_and_named() -> None:
    value, note = grid_intensity("FR")
    last = int(note.split("France ")[1][:4])
    assert value == grid_intensity("FR", last)[0]
    with pytest.raises(InputError, match=f"no carbon intensity of France for {last + 1}"):
        grid_intensity("FR", last + 1)


def test_embodied_emissions_by_the_hour_of_work() -> None:
    # A year of work, of 4 years in which the machine works half of the time, is half of all its work.
    made = Interval(80.0, 100.0, 120.0)
    found = embodied_share(made, YEAR_S, Interval(2.0, 4.0, 5.0), Interval(0.25, 0.5, 0.8))
    # Low: 80 / (5 x 0.8); high: 120 / (2 x 0.25).
    assert _bounds(found) == pytest.approx((20.0, 50.0, 240.0))
    assert _bounds(embodied_share(made, 0.0)) == (0.0, 0.0, 0.0)


def test_embodied_emissions_of_an_h100() -> None:
    # 164 to 273 kg of CO2e (geometric mean 211.6), 3 to 6 years (4.5), busy 30 to 80% of them (50%).
    found, _ = embodied_gco2e("h100", YEAR_S)
    central = math.sqrt(164 * 273) * 1e3 / (4.5 * 0.5)
    assert _bounds(found) == pytest.approx((164e3 / (6 * 0.8), central, 273e3 / (3 * 0.3)))
    assert found.central == pytest.approx(94_041, rel=1e-4)


def test_a_time_alone_has_no_embodied_emissions() -> None:
    assert "embodied_gco2e" not in footprint(KWH, "wall", accelerator_seconds=1.0).values
    assert _bounds(embodied_gco2e("H100", 0.0)[0]) == (0.0, 0.0, 0.0)


def test_an_accelerator_without_a_figure_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(InputError) as caught:
        embodied_gco2e("T4", 1.0)
    assert caught.value.hint == "there is one for H100, H200"


def test_operation_and_making_add_up() -> None:
    found = footprint(KWH, "wall", grid_gco2e=100.0, embodied_of="H100", accelerator_seconds=YEAR_S).values
    for each in ("low", "central", "high"):
        parts = getattr(found["operational_gco2e"], each) + getattr(found["embodied_gco2e"], each)
        assert getattr(found["total_gco2e"], each) == pytest.approx(parts)
    assert found["total_gco2e"].central == pytest.approx(100 + 94_041, rel=1e-4)


def test_without_a_grid_there_is_no_total() -> None:
    found = footprint(KWH, "wall", embodied_of="H200", accelerator_seconds=1.0).values
    assert set(found) == {"wall_energy_j", "embodied_gco2e"}


def test_plain_values_have_the_bounds_of_each_figure() -> None:
    found = footprint(Interval.exact(1.0), "wall").to_dict()
    assert found["wall_energy_j"] == {"low": 1.0, "central": 1.0, "high": 1.0}
    assert found["footprint_notes"] == ["PUE 1: none was given, the building is left out"]


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ({"pue": 0.9}, "pue 0.9 is not between 1 and 10"),
        ({"pue": 120.0}, "pue 120 is not between 1 and 10"),
        ({"pue": math.inf}, "pue inf is not between"),
        ({"grid_gco2e": -1.0}, "grid gco2e -1 is not between 0 and 5000"),
        ({"grid_gco2e": 5001.0}, "not between 0 and 5000"),
        ({"wue_l_per_kwh": 101.0}, "not between 0 and 100"),
        ({"usd_per_kwh": math.nan}, "usd per kwh nan is not between 0 and 100"),
        ({"usd_per_kwh": 101.0}, "not between 0 and 100"),
        ({"country": "Frankreich"}, "unknown country"),
        ({"country": "FR", "year": 1900}, "no carbon intensity of France for 1900"),
        ({"country": "FR", "grid_gco2e": 50.0}, "both"),
        ({"year": 2024}, "needs a country"),
        ({"embodied_of": "T4", "accelerator_seconds": 1.0}, "no embodied-carbon figure for T4"),
        ({"embodied_of": "H100"}, "need accelerator_seconds"),
        ({"embodied_of": "H100", "accelerator_seconds": -1.0}, "accelerator seconds -1"),
        ({"embodied_of": "H100", "accelerator_seconds": math.nan}, "accelerator seconds nan"),
    ],
)
def test_bad_factors(factors: dict[str, float | str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        footprint(KWH, "accelerators", **factors)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "factors",
    [{"pue": 1.0}, {"pue": 10.0}, {"grid_gco2e": 5000.0}, {"wue_l_per_kwh": 100.0}, {"usd_per_kwh": 0.0}],
)
def test_bounds_themselves_are_allowed(factors: dict[str, float]) -> None:
    assert footprint(KWH, "accelerators", **factors).values  # type: ignore[arg-type]


@pytest.mark.parametrize("energy", [0.0, -5.0, math.inf, Interval(1.0, 2.0, math.inf)])
def test_an_energy_is_a_positive_number(energy: Interval | float) -> None:
    with pytest.raises(InputError, match="J is not a positive number"):
        footprint(energy, "wall")


def test_plain_joules_are_an_interval_of_no_width() -> None:
    assert footprint(3.0, "wall", pue=1.5) == footprint(Interval.exact(3.0), "wall", pue=1.5)
    assert footprint(3.0, "wall", pue=1.5).to_dict()["wall_energy_j"] == {"low": 4.5, "central": 4.5, "high": 4.5}


def test_a_misspelt_scope() -> None:
    with pytest.raises(InputError, match=r"unknown scope 'wal' \(did you mean wall\?\)"):
        footprint(KWH, "wal")
