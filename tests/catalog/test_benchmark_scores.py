"""Language models: every fact sourced and within bounds, scores of different harnesses apart."""

import random
from datetime import date

import polars as pl
import pytest

from joulewise import catalog
from joulewise.catalog import find_model, measurements
from joulewise.errors import UnknownNameError

OURS = ("facts-llm.csv", "facts-llm-scores.csv", "facts-llm-derived.csv")


def _facts() -> pl.DataFrame:
    facts = catalog.load().facts
    return facts.filter(pl.any_horizontal(pl.col("file").str.ends_with(name) for name in OURS))


def test_facts_sampled_at_random_keep_their_form() -> None:
    loaded = catalog.load()
    rules = {row["attribute"]: row for row in loaded.attributes.to_dicts()}
    for row in random.Random(11).sample(_facts().to_dicts(), 200):
        rule = rules[row["attribute"]]
        assert all(loaded.source(s).citation for s in row["source"].split("; "))
        assert row["locator"]
        assert row["kind"] in ("reported", "derived", "assumed")
        if rule["type"] == "number":
            assert float(rule["min"]) <= row["number"] <= float(rule["max"])
        elif rule["type"] == "date":
            assert date(2018, 1, 1) <= date.fromisoformat(row["value"]) <= date(2026, 11, 30)
        if row["kind"] == "assumed":
            assert row["note"]


def test_open_models_span_the_years_with_architectures() -> None:
    models = catalog.language_models().filter(access="open-weights")
    dated = models.filter(pl.col("release_date").is_not_null())
    assert models.filter("has_architecture").height >= 250
    assert models.filter(pl.col("flops_per_token").is_not_null()).height >= 250
    assert dated["release_date"].min() == date(2018, 6, 11)  # GPT-1, as the paper has it
    assert set(dated["release_date"].dt.year()) == set(range(2018, 2027))


# Their makers' pages do not state it.
UNDATED = {"Baize-v2-7B", "Phoenix-Inst-Chat-7B"}


def test_only_two_models_have_no_date() -> None:
    assert set(catalog.language_models().filter(pl.col("release_date").is_null())["name"]) == UNDATED


def test_every_measured_language_model_is_in_the_catalogue() -> None:
    models = catalog.language_models()
    for name in measurements().filter(tier="A-gpu")["model"].unique():
        if find_model(name).architecture is None:
            continue
        row = models.filter(id=find_model(name).entity).row(0, named=True)
        assert row["has_architecture"], name
        assert row["release_date"] or row["name"] in UNDATED, name


def test_scores_never_mix_harnesses() -> None:
    frame = catalog.scores()
    facts = catalog.load().facts.filter(
        pl.col("attribute").is_in([f"{b}{e}" for b in catalog.benchmarks() for e in ("_percent", "_points")])
    )
    assert frame.height == facts.height  # one row a fact: none averaged, none dropped
    per_row = frame.group_by("id", "benchmark", "settings", "source").len()
    assert per_row["len"].max() == 1
    for settings, harness in frame.select("settings", "harness").unique().iter_rows():
        assert harness == "" or f"harness={harness}" in settings
    # The same benchmark under different harnesses stays apart, and differs.
    mmlu = catalog.scores("mmlu").filter(id="llama-2-70b")
    assert mmlu["harness"].n_unique() > 1
    assert mmlu["score"].n_unique() > 1


@pytest.mark.parametrize(
    ("model", "benchmark", "harness", "score"),
    [
        # Read off the sources: Epoch's table of GPQA, LLM Stats, BERT's and ELECTRA's pages, the MMLU leaderboard.
        ("bert-tiny-l2-h128", "glue", "GLUE server", 64.2),
        ("electra-large", "glue", "GLUE server", 85.2),
        ("gpt-2-1.5b", "mmlu", "Hendrycks et al.", 32.4),
        ("llama-3.1-8b-instruct", "mmlu_pro", "reported by the maker", 48.3),
        ("gpt-oss-20b", "mmlu", "reported by the maker", 85.3),
        ("glm-5.2", "eci", "Epoch Capabilities Index", 152.721),
    ],
)
def test_scores_as_their_sources_print_them(model: str, benchmark: str, harness: str, score: float) -> None:
    found = catalog.scores(benchmark).filter(id=model, harness=harness)["score"].to_list()
    assert any(value == pytest.approx(score, abs=0.001) for value in found), found


def test_an_unknown_benchmark_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="mmlu"):
        catalog.scores("mmlu_score")


def test_links_count_common_models() -> None:
    links = catalog.links()
    row = links.filter(
        benchmark="eci", other="gpqa_diamond", other_harness="Epoch AI (Inspect)", harness="Epoch Capabilities Index"
    )
    eci = set(catalog.scores("eci")["id"])
    gpqa = set(catalog.scores("gpqa_diamond").filter(harness="Epoch AI (Inspect)")["id"])
    assert row["models"].item() == len(eci & gpqa)


def test_closed_models_of_unpublished_size_are_assumed_or_blank() -> None:
    sizes = catalog.load().facts_of("gpt-4-mar-2023", "params")
    assert [(f.kind, f.low, f.number, f.high) for f in sizes] == [("assumed", 1.76e12, 1.8e12, 1.8e12)]
    assert catalog.language_models().filter(id="gpt-5")["params"].item() is None


def test_a_name_finds_its_own_architecture() -> None:
    # One had the other's row: the same letters and digits.
    assert (find_model("OPT-13B").architecture or {})["hidden"] == 5120
    assert (find_model("OPT 1.3 billion").architecture or {})["hidden"] == 2048
    assert (find_model("Gemma-2-27B").architecture or {})["layers"] == 46
    assert (find_model("Phi-4").architecture or {})["layers"] == 40
    assert (find_model("Qwen/Qwen3.6-27B").configuration or {})["config"]["num_hidden_layers"] == 64
    assert find_model("Llama-3.1-8B").configuration is None
