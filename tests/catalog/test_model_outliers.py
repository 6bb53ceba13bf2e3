"""Outliers of a model family: found when planted, and each shipped one explained."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulewise import catalog
from joulewise.catalog.model_outliers import model_outliers, outlying_models, robust_line
from joulewise.catalog.tables import shipped_folder


def test_every_outlier_is_explained_and_nothing_else() -> None:
    with (shipped_folder() / "explanations-models.csv").open() as file:
        explained = {(r["entity"], r["attribute"]): r["reason"] for r in csv.DictReader(file)}
    found = {(o.entity, o.attribute) for o in outlying_models()}
    assert found == set(explained)
    assert all(explained.values())


def test_a_problem_names_file_and_row() -> None:
    problem = model_outliers()[0]
    line = Path(problem.file).read_text().splitlines()[problem.row - 1]
    assert line.startswith(f"{problem.message.split(':')[0]},{problem.column},")


@pytest.mark.parametrize(("attribute", "factor"), [("flops", 10.0), ("flops", 0.05), ("params", 10.0)])
def test_a_slip_of_the_decimal_point_is_found(attribute: str, factor: float) -> None:
    loaded = catalog.load()
    entity = "timm-resnet101-a1-in1k"
    planted = (pl.col("entity") == entity) & (pl.col("attribute") == attribute)
    slipped = pl.when(planted).then(pl.col("number") * factor).otherwise("number")
    facts = loaded.facts.with_columns(slipped.alias("number"))
    changed = replace(loaded, facts=facts)
    assert entity in {o.entity for o in outlying_models(changed)}
    assert entity not in {o.entity for o in outlying_models(loaded)}


@given(
    st.floats(-3, 3),
    st.floats(-5, 5),
    st.lists(st.floats(0, 10), min_size=7, max_size=20, unique_by=lambda x: round(x, 1)),
)
def test_a_robust_line_is_the_line_whatever_one_point_does(slope: float, intercept: float, xs: list[float]) -> None:
    x = np.array(xs)
    y = slope * x + intercept
    y[0] += 1000.0
    found = robust_line(x, y)
    # Of n points at least n - 1 are on the line, so more than half of the pairs and of the residues are.
    assert found == pytest.approx((slope, intercept), abs=1e-6)
