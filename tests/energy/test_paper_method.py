"""The paper's method against division by hand."""

from datetime import date

import numpy as np
import pytest

from joulewise import catalog
from joulewise.energy import estimate_paper, models_with_energy
from joulewise.errors import InputError, UnknownNameError
from joulewise.hardware import adapted_efficiencies
from joulewise.units import decimal_year


def test_on_an_accelerator_it_is_flops_times_watts_over_peak() -> None:
    # ResNet-50: 7.6 GFLOPs; A100: 19.5 TFLOPS at FP32, 400 W.
    estimate = estimate_paper("ResNet-50", on="A100")
    assert estimate.energy_j == pytest.approx(7.6e9 * 400 / 19.5e12)
    assert estimate.energy.low == estimate.energy.high == pytest.approx(estimate.energy_j)


def test_an_adapted_precision_has_the_interval_of_its_speed_up() -> None:
    estimate = estimate_paper("BERT-Base", on="a100", precision="mixed")
    # Table 9: 183.23 GFLOPS/W.
    assert estimate.energy_j == pytest.approx(29e9 / 183.23e9, rel=1e-4)
    assert estimate.energy.low < estimate.energy_j < estimate.energy.high


def test_by_trend_it_is_flops_over_the_line_at_the_release() -> None:
    table = adapted_efficiencies("vision", catalog.load().edition(catalog.PAPER))
    years = np.array([decimal_year(day) for day in table["release_date"]])
    slope, intercept = np.polyfit(years, np.log10(table["efficiency_flops_per_j"].to_numpy()), 1)
    efficiency = 10 ** (intercept + slope * decimal_year(date(2015, 12, 10)))
    assert estimate_paper("ResNet-50").energy_j == pytest.approx(7.6e9 / efficiency)


def test_later_hardware_takes_less() -> None:
    early, late = (estimate_paper("AlexNet", at=date(y, 1, 1)).energy_j for y in (2012, 2020))
    assert late < early / 5


def test_every_input_has_a_source_and_the_steps_show_the_result() -> None:
    model = "EfficientNet-B1"
    for estimate in (
        estimate_paper(model),
        estimate_paper(model, on="t4", precision="mixed"),
        estimate_paper(model, on="t4"),
        estimate_paper(model, at=date(2019, 1, 1)),
    ):
        assert all(i.source for i in estimate.inputs)
        assert {"flops"} < {i.name for i in estimate.inputs}
        assert "memory traffic" in " ".join(estimate.assumptions)
        assert "energy = FLOPs / efficiency" in estimate.explain()


def test_frame_and_single_estimate_agree() -> None:
    for task in ("vision", "language"):
        frame = models_with_energy(task, catalog.load().edition(catalog.PAPER))
        for row in frame.sample(8, seed=3).filter(frame.sample(8, seed=3)["flops"].is_not_null()).to_dicts():
            estimate = estimate_paper(row["id"])
            assert row["energy_j"] == pytest.approx(estimate.energy_j)
            assert (row["energy_j_low"], row["energy_j_high"]) == pytest.approx(
                (estimate.energy.low, estimate.energy.high)
            )


def test_the_interval_holds_the_centre_for_every_model() -> None:
    for task in catalog.TASKS:
        frame = models_with_energy(task, catalog.load().edition(catalog.PAPER)).drop_nulls("energy_j")
        assert (frame["energy_j_low"] < frame["energy_j"]).all()
        assert (frame["energy_j"] < frame["energy_j_high"]).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"on": "a100", "at": date(2020, 1, 1)}, "exclude each other"),
        ({"precision": "fp32"}, "needs an accelerator"),
        ({"on": "a100", "precision": "fp8"}, "no figure at precision 'fp8'"),
        ({"on": "a1000"}, "unknown accelerator 'a1000'"),
    ],
)
def test_what_contradicts(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        estimate_paper("AlexNet", **arguments)  # type: ignore[arg-type]


def test_a_network_without_flops() -> None:
    with pytest.raises(InputError, match="EfficientNet-L2 has no FLOPs"):
        estimate_paper("EfficientNet-L2")


def test_an_unknown_model() -> None:
    with pytest.raises(UnknownNameError, match="AlexNet"):
        estimate_paper("AlexNett")
