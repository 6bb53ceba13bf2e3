import math

import polars as pl
import pytest

from joulewise.hardware.limits import landauer_op_j
from joulewise.studies.hardware.data import PERIODS
from joulewise.studies.study import Study


def test_periods_do_not_share_accelerators(hardware: Study) -> None:
    table = hardware.tables["doubling"].filter(group="FP32", kind="all", subset="all")
    parts = table.filter(pl.col("period") != "all years")
    assert parts["n"].sum() == table.filter(period="all years")["n"].item()
    assert [first for first, _ in PERIODS] == sorted(first for first, _ in PERIODS)


def test_leaders_are_never_more_than_all(hardware: Study) -> None:
    wide = hardware.tables["doubling"].pivot("subset", index=["group", "kind", "period"], values="n")
    assert (wide["leaders"] <= wide["all"]).all()


def test_distance_to_landauer_in_closed_form(hardware: Study) -> None:
    row = hardware.tables["limits"].filter(basis="data sheet", group="FP32").row(0, named=True)
    best = hardware.tables["efficiency"].filter(group="FP32")["efficiency_per_j"].max()
    assert row["joules_per_op"] == pytest.approx(1 / best)  # type: ignore[operator]
    assert row["times_landauer"] == pytest.approx(row["joules_per_op"] / (576 * 1.380649e-23 * 300 * math.log(2)))
    assert row["landauer_joules_per_op"] == landauer_op_j("FP32", 300)


def test_every_limit_has_a_source(hardware: Study) -> None:
    assert (hardware.tables["limits"]["source"].str.len_chars() > 0).all()
