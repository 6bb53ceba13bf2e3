from datetime import date

import numpy as np
import polars as pl
import pytest

from joulewise.catalog import load
from joulewise.studies.hardware.data import doubling_table, efficiency_fits, leaders, op_energies, paces


def _points(years: list[float], efficiency: list[float]) -> pl.DataFrame:
    frame = pl.DataFrame({"year": years, "efficiency_per_j": efficiency})
    return frame.with_columns(
        name=pl.format("a{}", pl.int_range(pl.len())), group=pl.lit("FP32"), kind=pl.lit("server GPU")
    )


def test_doubling_times_of_an_exponential_are_its_own_in_every_period() -> None:
    years = list(np.arange(2008, 2027, 0.5))
    found = [one for one in efficiency_fits(_points(years, [2.0 ** ((y - 2008) / 2.5) for y in years])) if one.n]
    assert {one.period for one in found} == {"all years", "2008–2016", "2016–2021", "2021–now"}
    for one in found:
        assert one.fit is not None
        assert one.fit.doubling_time_years == pytest.approx(2.5)


def test_too_few_accelerators_give_no_doubling_time() -> None:
    table = doubling_table(efficiency_fits(_points([2010.0, 2011.0], [1.0, 2.0])))
    assert table["doubling_time_years"].null_count() == table.height


def test_leaders_exceed_all_before() -> None:
    chosen = leaders(_points([2010.0, 2011.0, 2012.0, 2013.0], [1.0, 3.0, 2.0, 4.0]))
    assert chosen["name"].to_list() == ["a0", "a1", "a3"]


def test_the_pace_is_that_of_leading_server_gpus_that_grow() -> None:
    years = list(np.arange(2008, 2027, 0.5))
    growing = efficiency_fits(_points(years, [2.0 ** ((y - 2008) / 2.5) for y in years]))
    assert paces(growing).keys() == {"FP32"}
    assert paces(growing)["FP32"].doubling_time_years == pytest.approx(2.5)
    # Three leaders are too few for a pace.
    assert paces(efficiency_fits(_points([2010.0, 2011.0, 2012.0], [1.0, 2.0, 4.0]))) == {}


def test_an_operation_over_its_floor_by_hand() -> None:
    catalog = load()
    peaks = pl.DataFrame(
        {
            "id": ["tesla-v100"], "name": ["V100"], "kind": ["server GPU"], "release_date": [date(2017, 6, 21)],
            "year": [2017.5], "precision": ["fp32"], "group": ["FP32"], "efficiency_per_j": [50e9],
        }
    )  # fmt: skip
    rows = op_energies(peaks, catalog, 300.0)
    sheet = next(one for one in rows if one.basis == "data sheet")
    # 50 GFLOP/J are 20 pJ. An array of 24 bits: 24² gates, 24·23 adders and 24 for the sum, half of it per operation,
    # 576 erasures of 2.871e-21 J.
    assert sheet.joules_per_op == pytest.approx(20e-12)
    assert sheet.landauer_joules_per_op == pytest.approx(576 * 2.871e-21, rel=1e-4)
    assert sheet.times_landauer == pytest.approx(1.2094e7, rel=1e-4)
    assert {one.basis for one in rows} >= {"measured at the wall", "arithmetic unit", "memory"}
    # Half of a published multiply-add is an operation.
    halved = next(one for one in rows if one.name.endswith("multiply-add") and one.basis == "arithmetic unit")
    assert 0 < halved.joules_per_op < 10e-12
