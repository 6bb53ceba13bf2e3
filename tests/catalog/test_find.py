"""One model under all its names, and nothing but the catalogue behind a name."""

import pickle
from pathlib import Path

import polars as pl
import pytest

from joulewise import catalog
from joulewise.catalog import Catalog, find_entity, find_model, known_model, variants_of
from joulewise.errors import InputError, UnknownNameError


@pytest.fixture(scope="module")
def loaded() -> Catalog:
    return catalog.load()


def names_of(catalog: Catalog) -> list[tuple[str, str]]:
    """Return every name of every model, with its id."""
    rows = catalog.entities.filter(collection="models").select("id", "name", "aliases").iter_rows()
    return [(i, n) for i, name, aliases in rows for n in dict.fromkeys((i, name, *aliases.split("|"))) if n]


def test_all_names_of_a_model_give_the_same_model(loaded: Catalog) -> None:
    shared = {}
    for entity, name in names_of(loaded):
        try:
            found = find_model(name, loaded)
        except InputError as error:
            assert "is ambiguous" in str(error), name
            shared[name] = entity
            continue
        assert found.entity == entity, name
        same = find_model(entity, loaded)
        assert (found.name, found.kind) == (same.name, same.kind)
        for source in ("architecture", "partial_architecture", "configuration", "generator", "sample_network"):
            assert getattr(found, source) is getattr(same, source), name
        assert (found.params, found.released_format) == (same.params, same.released_format)
    assert set(shared) == {"ViT-L/16", "GPT-2", "gpt2"}


@pytest.mark.parametrize("spelt", [str.upper, str.lower, lambda n: n.replace("-", " "), lambda n: n.replace(" ", "_")])
def test_spelling_does_not_matter(loaded: Catalog, spelt: object) -> None:
    assert callable(spelt)
    for name in ("Llama-4-Maverick-17B-128E-Instruct", "BERT-Large", "Kimi K2", "Stable Diffusion XL base 1.0", "SDXL"):
        assert known_model(spelt(name), loaded) == known_model(name, loaded)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("bert-large-uncased", "BERT-Large"),
        ("Llama 4 Maverick", "meta-llama/Llama-4-Maverick-17B-128E-Instruct"),
        ("Kimi K2", "moonshotai/Kimi-K2-Instruct"),
        ("deepseek-v3p2", "deepseek-ai/DeepSeek-V3.2"),
        ("gptj-99", "GPT-J-6B"),
        ("deepseek3-671b", "DeepSeek-V3"),
        ("anyone/Qwen3-8B", "Qwen3-8B"),
    ],
)
def test_names_that_used_to_differ(name: str, other: str) -> None:
    assert find_model(name) == find_model(other)


def test_every_row_of_an_entity_is_found_under_its_name(loaded: Catalog) -> None:
    for row in loaded.tables.architectures.to_dicts():
        name = row["model"]
        found = known_model(name, loaded)
        assert found is not None, name
        assert found.architecture or found.partial_architecture or found.configuration, name


def test_of_several_rows_the_published_configuration_of_its_own_name_counts() -> None:
    row = find_model("DeepSeek-V3-Base").architecture
    assert row is not None
    assert row["model"] == "deepseek-ai/DeepSeek-V3"
    # Of Gemma 3 27B two rows give all 62 layers a window; its configuration has one in six without.
    row = find_model("Gemma 3 27B").architecture
    assert row is not None
    assert row["window_layers"] == 52


@pytest.mark.parametrize(
    ("name", "released", "asked"),
    [
        ("DeepSeek-R1", "fp8", None),
        ("openai/gpt-oss-20b", "mxfp4", None),
        ("Kimi-K2-Thinking", "int4", None),
        ("Llama-3.1-8B", "bf16", None),
        ("Qwen/Qwen3-32B-FP8", "bf16", "fp8"),
        ("nvidia/DeepSeek-V3.2-NVFP4", "fp8", "nvfp4"),
        ("TheBloke/Llama-2-7B-AWQ", "bf16", "int4"),
        ("someone/Llama-3.1-8B-GPTQ-Int8", "bf16", "int8"),
    ],
)
def test_formats_that_are_released_and_asked_for(name: str, released: str, asked: str | None) -> None:
    known = find_model(name)
    assert (known.released_format, known.asked_format) == (released, asked)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Llama-3.1-8B", "language"),
        ("T5-3B", "language"),
        ("RoBERTa-Base", "encoder"),
        ("DeBERTa-v3-large", "encoder"),
        ("BERT-Large", "sample"),
        ("resnet50", "sample"),
        ("resnet50.a1_in1k", "network"),
        ("SDXL", "generator"),
        ("openai/whisper-tiny", "speech"),
        ("BAAI/bge-m3", "embedding"),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    assert find_model(name).kind == kind


def test_a_size_that_is_assumed_is_marked() -> None:
    assert find_model("GPT-4").size_assumed
    assert not find_model("BLOOM-176B").size_assumed


@pytest.mark.parametrize("name", ["", "-", "no-such-model-9000", "Llama-3.1-8B.json", "../Qwen3-8B", "hf:gpt2"])
def test_an_unknown_name_is_an_error(name: str) -> None:
    assert known_model(name) is None
    with pytest.raises(UnknownNameError):
        find_model(name)


def test_near_names_are_suggested() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown model 'Llama-3\.1-8C' .*Llama-3\.1-8B"):
        find_model("Llama-3.1-8C")


def test_a_name_is_never_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def canary(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a name was opened as a file")

    loaded = catalog.load()
    known_model("Qwen3-8B", loaded)
    file = tmp_path / "config.json"
    file.write_text('{"model_type": "llama"}')
    monkeypatch.setattr("builtins.open", canary)
    for touch in ("open", "exists", "is_file", "stat", "read_text", "read_bytes"):
        monkeypatch.setattr(Path, touch, canary)
    for name in (str(file), "config.json", f"{tmp_path}/model.onnx", "canary.py:net", "file:///etc/passwd"):
        assert known_model(name, loaded) is None


def test_a_network_of_several_weights_is_ambiguous() -> None:
    with pytest.raises(InputError, match=r"model 'convnext_base' has several weights .* in all"):
        find_model("convnext_base")
    assert find_model("shvit_s2").entity == "timm-shvit-s2-in1k"


@pytest.mark.parametrize(
    ("name", "variants"),
    [
        ("A100", ("A100-PCIe-80GB", "A100-SXM4-80GB", "A100-PCIe-40GB")),
        ("NVIDIA A100", ("A100-PCIe-80GB", "A100-SXM4-80GB", "A100-PCIe-40GB")),
        ("H100", ("H100 PCIe", "H100 NVL")),
        ("A100-SXM4-40GB", ()),
        ("H100 PCIe", ()),
        ("GTX 1080", ()),  # the Ti is of another chip
    ],
)
def test_variants_of_a_short_name(name: str, variants: tuple[str, ...]) -> None:
    assert variants_of(name) == variants


def test_an_accelerator_goes_by_its_makers_name_too() -> None:
    assert find_entity("accelerators", "NVIDIA H100") == find_entity("accelerators", "h100") == "h100"
    assert find_entity(None, "Tesla T4") == "t4"


def test_a_catalogue_is_a_value_that_can_be_sent_elsewhere(loaded: Catalog) -> None:
    other = pickle.loads(pickle.dumps(loaded))
    assert other != loaded
    assert len({other, loaded}) == 2
    assert other.facts.equals(loaded.facts)
    assert find_model("DeepSeek-R1", other) == find_model("DeepSeek-R1", loaded)


def test_an_edition_is_made_once(loaded: Catalog) -> None:
    paper = loaded.edition(catalog.PAPER)
    assert paper is loaded.edition(catalog.PAPER)
    assert paper is not loaded
    assert paper.facts.height < loaded.facts.height
    assert set(paper.facts.select(pl.col("via") != catalog.PAPER).to_series()) <= {True, False}
