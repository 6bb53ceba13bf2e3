"""The vectorised pre-filter and the row-by-row check agree: a fact is skipped only if it breaks no rule."""

import sys

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulewise.catalog import names
from joulewise.catalog.check import find_violations
from joulewise.catalog.prefilter import definitely_valid
from joulewise.catalog.tables import read_folder, shipped_folder

TABLES = read_folder(shipped_folder())
SAMPLE = TABLES["facts"].sample(200, seed=5)
TEXTS = st.sampled_from(
    [
        *(
            "",
            " ",
            "nan",
            "inf",
            "-1",
            "1e400",
            "0",
            "100",
            "101",
            "1_000",
            " 3 ",
            "2021-02-30",
            "2021-02-03",
            "20210203",
        ),
        *("GFLOP", "W", "none", "alexnet", "timm-results", "timm-results; nobody", "desislavov2021", "flops", "tdp_w"),
        *("release_date", "k=v", "k", "k=v; k", "assumed", "guessed", "models"),
    ]
)
COLUMNS = ("entity", "attribute", "value", "low", "high", "unit", "conditions", "kind", "source", "via", "locator",
           "supersedes", "note")  # fmt: skip


def _none(_entities: object, facts: pl.DataFrame, _sources: object, _attributes: object) -> pl.Series:
    return pl.Series([False] * facts.height)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 199), st.sampled_from(COLUMNS), TEXTS), min_size=1, max_size=6))
def test_both_ways_find_the_same(changes: list[tuple[int, str, str]]) -> None:
    facts = SAMPLE.with_row_index("at")
    for at, column, text in changes:
        facts = facts.with_columns(
            pl.when(pl.col("at") == at).then(pl.lit(text)).otherwise(pl.col(column)).alias(column)
        )
    facts = facts.drop("at")
    quick = find_violations(TABLES["entities"], facts, TABLES["sources"], TABLES["attributes"])
    with pytest.MonkeyPatch.context() as patch:
        # By its name: the package has a function that is called as the module is.
        patch.setattr(
            sys.modules["joulewise.catalog.check"],
            "definitely_valid",
            lambda _e, f, _s, _a: pl.Series([False] * f.height),
        )
        slow = find_violations(TABLES["entities"], facts, TABLES["sources"], TABLES["attributes"])
    assert quick == slow


def test_nearly_every_shipped_fact_is_passed_over() -> None:
    sure = definitely_valid(TABLES["entities"], TABLES["facts"], set(TABLES["sources"]["id"]), TABLES["attributes"])
    assert sure.sum() > 0.99 * sure.len()


@given(st.lists(st.text(max_size=12) | st.sampled_from(["ResNet-50", "NFNet-F4+", "7×7", "Ünet_α"]), max_size=5))
def test_a_column_of_names_is_reduced_as_each_is(texts: list[str]) -> None:
    # Letters whose lower case depends on where they stand are in no name.
    texts = [t for t in texts if t.isascii() or t in {"7×7", "Ünet_α"}]
    frame = pl.DataFrame({"name": texts}, schema={"name": pl.String})
    assert frame.select(names.normalised("name")).to_series().to_list() == [names.normalise(t) for t in texts]
