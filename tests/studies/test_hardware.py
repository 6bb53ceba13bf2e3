import math

import numpy as np
import polars as pl
import pytest
from joulewise.studies.wall import wall_efficiencies

from joulewise.catalog.records import records, sample_network
from joulewise.hardware.limits import landauer_op_j
from joulewise.studies.hardware import PERIODS, doublings, leaders
from joulewise.studies.study import Study


def _points(years: list[float], efficiency: list[float]) -> pl.DataFrame:
    frame = pl.DataFrame({"year": years, "efficiency_per_j": efficiency})
    return frame.with_columns(
        name=pl.format("a{}", pl.int_range(pl.len())), group=pl.lit("FP32"), kind=pl.lit("server GPU")
    )


def test_doubling_times_of_an_exponential_are_its_own_in_every_period() -> None:
    years = list(np.arange(2008, 2027, 0.5))
    found = [one for one in doublings(_points(years, [2.0 ** ((y - 2008) / 2.5) for y in years])) if one.n]
    assert {one.period for one in found} == {"all years", "2008–2016", "2016–2021", "2021–now"}
    for one in found:
        assert one.fit is not None
        assert one.fit.doubling_time_years == pytest.approx(2.5)


def test_periods_do_not_share_accelerators(hardware: Study) -> None:
    table = hardware.tables["doubling"].filter(group="FP32", kind="all", subset="all")
    parts = table.filter(pl.col("period") != "all years")
    assert parts["n"].sum() == table.filter(period="all years")["n"].item()
    assert [first for first, _ in PERIODS] == sorted(first for first, _ in PERIODS)


def test_leaders_exceed_all_before_and_are_never_more_than_all(hardware: Study) -> None:
    chosen = leaders(_points([2010.0, 2011.0, 2012.0, 2013.0], [1.0, 3.0, 2.0, 4.0]))
    assert chosen["name"].to_list() == ["a0", "a1", "a3"]
    wide = hardware.tables["doubling"].pivot("subset", index=["group", "kind", "period"], values="n")
    assert (wide["leaders"] <= wide["all"]).all()


def test_too_few_accelerators_give_no_doubling_time() -> None:
    table = pl.DataFrame([one.row() for one in doublings(_points([2010.0, 2011.0], [1.0, 2.0]))])
    assert table["doubling_time_years"].null_count() == table.height


def test_distance_to_landauer_in_closed_form(hardware: Study) -> None:
    row = hardware.tables["limits"].filter(basis="data sheet", group="FP32").row(0, named=True)
    best = hardware.tables["efficiency"].filter(group="FP32")["efficiency_per_j"].max()
    assert row["joules_per_op"] == pytest.approx(1 / best)  # type: ignore[operator]
    assert row["times_landauer"] == pytest.approx(row["joules_per_op"] / (576 * 1.380649e-23 * 300 * math.log(2)))
    assert row["landauer_joules_per_op"] == landauer_op_j("FP32", 300)


def test_at_the_wall_it_is_flops_over_measured_joules() -> None:
    rows = wall_efficiencies("resnet50")
    row = rows.row(0, named=True)
    measured = records("measurements/public").filter(pl.col("url") == row["url"])["energy_j_per_unit"].to_list()
    assert row["energy_j_per_sample"] in measured
    flops = float((sample_network("resnet50") or {})["flops"])
    assert row["efficiency_per_j"] == pytest.approx(flops / row["energy_j_per_sample"])
    assert wall_efficiencies("nonet").is_empty()


def test_every_limit_has_a_source(hardware: Study) -> None:
    assert (hardware.tables["limits"]["source"].str.len_chars() > 0).all()
