"""The ImageNet results: one row per weight and size, each dated by its recipe."""

import random
from datetime import date

import polars as pl

from joulewise import catalog

RESULTS = catalog.vision_results()


def weights() -> set[str]:
    """Return the ids of timm's weights."""
    entities = catalog.load().entities
    return set(entities.filter(pl.col("id").str.starts_with("timm-"))["id"])


def test_every_result_of_timm_except_its_unit_tests_appears_once() -> None:
    ours = RESULTS.filter(pl.col("id").str.starts_with("timm-"))
    facts = catalog.load().facts.filter(
        pl.col("entity").str.starts_with("timm-"), pl.col("attribute") == "top1_percent"
    )
    assert ours.height == facts.height > 1_500
    assert set(ours["id"]) == weights()
    assert ours.select("id", "image_px").is_duplicated().sum() == 0
    assert not ours["name"].str.starts_with("test_").any()
    assert ours.null_count().sum_horizontal()[0] == 0


def test_known_rows() -> None:
    row = RESULTS.filter(name="resnet50.a1_in1k", image_px=288).row(0, named=True)
    # He et al., December 2015; Wightman et al., October 2021.
    assert (row["architecture_date"], row["release_date"]) == (date(2015, 12, 1), date(2021, 10, 1))
    assert row["date_basis"] == "paper of the recipe"
    assert row["top1_percent"] == 81.24
    assert row["extra_data"] == "none"
    best = (
        RESULTS.sort("top1_percent", descending=True).filter(pl.col("id").str.starts_with("timm-")).row(0, named=True)
    )
    assert (best["name"], best["top1_percent"]) == ("eva02_large_patch14_448.mim_m38m_ft_in22k_in1k", 90.056)


def test_a_weight_is_shown_at_the_size_of_its_best_score() -> None:
    wide = catalog.models("vision")
    best = RESULTS.group_by("id").agg(pl.col("top1_percent").max())
    both = wide.join(best, on="id", suffix="_best")
    assert (both["top1_percent"] == both["top1_percent_best"]).all()
    at = wide.join(RESULTS.unique("id", keep="first", maintain_order=True), on="id", suffix="_there")
    assert (at["image_px"] == at["image_px_there"]).all()
    assert (at["flops"] == at["flops_there"]).all()
    assert (at["release_date"] == at["release_date_there"]).all()


def test_no_recipe_is_older_than_its_network_nor_newer_than_its_weights() -> None:
    assert RESULTS.filter(pl.col("release_date") < pl.col("architecture_date")).height == 0
    facts = (
        catalog.load()
        .facts.filter(attribute="release_date")
        .with_columns(pl.col("note").str.extract(r"in timm by (\d{4}-\d{2}-\d{2})").alias("by"))
    )
    known = facts.filter(pl.col("by").is_not_null())
    assert set(known["entity"]) == weights()
    assert (known["value"] <= known["by"]).all()


def test_a_date_of_a_paper_is_the_month_of_its_arxiv_identifier() -> None:
    facts = catalog.load().facts.filter(
        pl.col("attribute").is_in(["architecture_date", "release_date"])
        & pl.col("source").str.starts_with("arxiv-")
        & (pl.col("kind") == "reported")
    )
    identifier = pl.col("source").str.strip_prefix("arxiv-")
    month = pl.format("20{}-{}-01", identifier.str.slice(0, 2), identifier.str.slice(2, 2))
    months = facts.select(month.alias("month"), "value")
    assert months.height > 1000
    assert (months["month"] == months["value"]).all()


def test_a_date_that_is_taken_to_be_so_says_why() -> None:
    facts = catalog.load().facts.filter(
        pl.col("entity").str.starts_with("timm-") & pl.col("attribute").is_in(["architecture_date", "release_date"])
    )
    assert facts.filter(~pl.col("note").str.starts_with("basis: ")).height == 0
    assumed = facts.filter(kind="assumed")
    assert (assumed["note"].str.count_matches("; ") >= 1).all()
    # Authors' weights carry the month of their paper.
    by_paper = RESULTS.filter(date_basis="authors' weights")
    assert by_paper.height > 0
    assert assumed.filter(pl.col("note").str.contains("authors' weights")).height == by_paper["id"].n_unique()


def test_random_facts_of_timm_have_form_bounds_and_sources() -> None:
    loaded = catalog.load()
    ours = loaded.facts.filter(pl.col("entity").str.starts_with("timm-"))
    rows = random.Random(11).sample(ours.to_dicts(), 300)
    for row in rows:
        assert row["kind"] in {"reported", "measured", "derived", "assumed"}
        assert loaded.source(row["source"]).citation
        assert row["locator"]
        if row["attribute"] == "top1_percent":
            assert 50 < row["number"] < 91
            assert "benchmark=imagenet-1k; crops=1; image_px=" in row["conditions"]
        if row["attribute"] == "flops":
            assert 1e7 < row["number"] < 1e13
            assert row["kind"] == "derived"
        if row["attribute"] == "params":
            assert 1e5 < row["number"] < 2e9


def test_the_number_of_models_without_a_date_is_reported() -> None:
    assert catalog.undated("vision") == catalog.models("vision").filter(pl.col("release_date").is_null()).height
    assert catalog.undated("vision", catalog.load().edition(catalog.PAPER)) == 1


def test_the_papers_edition_holds_none_of_it() -> None:
    paper = catalog.load().edition(catalog.PAPER)
    assert catalog.models("vision", paper).height == 95
    assert catalog.vision_results(paper).height == 0
    assert catalog.models("vision", paper)["architecture_date"].null_count() == 95


def test_records_that_timm_lacks_are_above_its_best() -> None:
    above = catalog.models("vision").filter(pl.col("top1_percent") > 90.056)["id"].to_list()
    assert {"coca", "coatnet-7", "basic-l-lion", "model-soup-vit-g-14", "internimage-g", "davit-giant"} <= set(above)
    assert not any(i.startswith("timm-") for i in above)
