"""The public API gives a source for every value; the values are the paper's."""

import random
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from joulewise import catalog
from joulewise.catalog import find_entity
from joulewise.catalog.find import others_named
from joulewise.errors import DataError, InputError, UnknownNameError

NOT_A_FACT = {"id", "name", "family", "task", "convention", "score", "precision"}
ATTRIBUTE_OF = {"image_px": "test_resolution_px"}


def test_every_cell_of_the_models_gives_its_source() -> None:
    loaded = catalog.load()
    cells = 0
    # Of the thousands from one list, a sample; all of the others.
    models = catalog.models()
    listed = pl.col("id").str.starts_with("timm-")
    for row in pl.concat([models.filter(~listed), models.filter(listed).sample(60, seed=3)]).to_dicts():
        for attribute, value in row.items():
            if attribute in NOT_A_FACT or value is None:
                continue
            fact = loaded.source_of(row["id"], ATTRIBUTE_OF.get(attribute, attribute))
            cells += 1
            assert fact.sources
            assert all(source.citation for source in fact.sources)
            assert fact.locator
            if fact.number is not None:
                assert fact.number == value
            elif isinstance(value, date):
                assert fact.value == value.isoformat()
            else:
                assert fact.value == value
    assert cells > 600


def test_every_cell_of_the_accelerators_gives_its_source() -> None:
    loaded = catalog.load()
    cells = 0
    for row in catalog.accelerators().to_dicts():
        for attribute, value in row.items():
            if attribute in NOT_A_FACT or value is None:
                continue
            under = {"precision": row["precision"]} if attribute.startswith("peak_") else {}
            fact = loaded.source_of(row["id"], attribute, **under)
            cells += 1
            assert fact.sources[0].citation
            assert fact.locator
            shown = value.isoformat() if isinstance(value, date) else value
            assert shown == (fact.value if fact.number is None else fact.number)
    assert cells > 3000


def test_the_sizes_of_the_papers_tables() -> None:
    paper = catalog.load().edition(catalog.PAPER)
    assert catalog.models("vision", paper).filter(pl.col("flops").is_not_null()).height == 94
    assert catalog.models("language", paper).height == 19
    assert catalog.accelerators(paper).height == 48
    assert paper.facts.filter(attribute="throughput_per_s").height == 58


@pytest.mark.parametrize(
    ("model", "attribute", "value", "source"),
    [
        # Read off the paper's tables by hand.
        ("AlexNet", "top1_percent", 56.52, "paszke2016"),
        ("AlexNet", "flops", 1.42e9, "krizhevsky2012"),
        ("ZFNet-b", "params", 107.63e6, "semery2019"),
        ("ResNet-50", "params", 26e6, "chollet2015"),
        ("ResNeXt-101 32x48d", "flops", 306e9, "mahajan2018"),
        ("ViT-B/16", "flops", 112e9, "tan2021"),
        ("vit-g-14", "flops", 5270e9, "desislavov2021"),
        ("GPT-3", "flops", 740000e9, "gholami2021b"),
        ("BERT-Small", "flops", 3.7e9, "clark2020"),
        ("ELMo", "glue_points", 71.2, "clark2020"),
        ("ELECTRA-Large", "glue_points", 88.6, "clark2020"),
    ],
)
def test_values_and_sources_as_printed(model: str, attribute: str, value: float, source: str) -> None:
    loaded = catalog.load()
    fact = loaded.source_of(find_entity("models", model, loaded), attribute)
    assert fact.number == pytest.approx(value, rel=1e-12)
    assert fact.sources[0].id == source


def test_random_facts_resolve_and_keep_their_bounds() -> None:
    loaded = catalog.load()
    rows = random.Random(7).sample(loaded.facts.to_dicts(), 200)
    bounds = {row["attribute"]: row for row in loaded.attributes.to_dicts()}
    for row in rows:
        for source in row["source"].split("; "):
            assert loaded.source(source).citation
        if row["number"] is not None:
            assert float(bounds[row["attribute"]]["min"]) <= row["number"] <= float(bounds[row["attribute"]]["max"])


def test_names_find_by_id_alias_and_spelling() -> None:
    loaded = catalog.load()
    assert find_entity("models", "resnet50", loaded) == "resnet-50"
    assert find_entity("models", "Inception V1", loaded) == "googlenet"
    assert find_entity("accelerators", "Tesla T4", loaded) == "t4"
    assert find_entity("accelerators", "RTX 2080", loaded) == "geforce-rtx-2080"
    with pytest.raises(UnknownNameError, match="ResNet-50"):
        find_entity("models", "reznet50", loaded)
    with pytest.raises(InputError, match="ambiguous"):
        find_entity("models", "ViT-L/16", loaded)


def test_a_name_of_several_is_the_papers_and_weights_go_by_their_own() -> None:
    loaded = catalog.load()
    assert find_entity("models", "ResNet-50", loaded) == "resnet-50"
    assert find_entity("models", "resnet50.a1_in1k", loaded) == "timm-resnet50-a1-in1k"
    assert find_entity("models", "GPT-2", loaded.edition(catalog.PAPER)) == "gpt-2-1.5b"
    with pytest.raises(InputError, match=r"ambiguous .*gpt-2-1\.5b or gpt-2-124m"):
        find_entity("models", "gpt2", loaded)  # the largest in the paper, the smallest on the hub
    assert find_entity("models", "shvit_s2", loaded) == "timm-shvit-s2-in1k"
    with pytest.raises(InputError, match="several weights"):
        find_entity("models", "convnext_base", loaded)
    others = others_named("resnet-50", loaded)
    assert {"resnet50.a1_in1k", "resnet50.tv_in1k"} <= set(others)
    assert others_named("h100", loaded) == ["H100 PCIe", "H100 NVL"]
    assert others_named("human-body", loaded) == []


def test_an_unknown_attribute_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="params"):
        catalog.source_of("alexnet", "parms")


def test_unknown_task() -> None:
    with pytest.raises(UnknownNameError, match="vision"):
        catalog.models("vison")


HEADER = "entity,attribute,value,low,high,unit,conditions,kind,source,via,locator,supersedes,note\n"


def _folder(tmp_path: Path, facts: str, entities: str = "", sources: str = "") -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "facts.csv").write_text(HEADER + facts)
    (tmp_path / "models" / "entities.csv").write_text("id,name,aliases,family,task\n" + entities)
    (tmp_path / "sources.csv").write_text("id,citation,url,date,licence,note\n" + sources)
    return tmp_path


def test_a_users_folder_adds_rows(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        "mynet,flops,3,,,GFLOP,,measured,me,,row 1,,\nmynet,release_date,2021-01-01,,,,,reported,me,,row 1,,\n",
        "mynet,MyNet,,Mine,vision\n",
        "me,Ourselves (2021),,2021,,\n",
    )
    row = catalog.models(catalog=catalog.load(folder)).filter(id="mynet").row(0, named=True)
    assert row["flops"] == 3e9
    assert catalog.models().filter(id="mynet").height == 0


def test_a_correction_is_used_and_the_old_figure_stays_visible(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        "alexnet,top1_percent,56.55,,,%,benchmark=imagenet-1k; crops=1,measured,me,,row 1,paszke2016,measured again\n",
        "",
        "me,Ourselves (2021),,2021,,\n",
    )
    loaded = catalog.load(folder)
    assert catalog.models(catalog=loaded).filter(id="alexnet")["top1_percent"][0] == 56.55
    facts = loaded.facts_of("alexnet", "top1_percent")
    assert [(f.value, f.superseded) for f in facts] == [("56.55", False), ("56.52", True)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("alexnet,flops,3,,,GFLOP,,measured,nobody,,r,,", "row 2, source: 'nobody' is not in sources.csv"),
        (
            "alexnot,flops,3,,,GFLOP,,measured,he2015b,,r,,",
            "row 2, entity: 'alexnot' is not in models/entities.csv; did",
        ),
        ("alexnet,flops,3,,,watts,,measured,he2015b,,r,,", "row 2, unit: 'watts' is unknown"),
        ("alexnet,flops,3,,,W,,measured,he2015b,,r,,", "row 2, unit: 'W' is not a unit of flops; use FLOP, MFLOP"),
        ("alexnet,flops,-3,,,GFLOP,,measured,he2015b,,r,,", "row 2, value: -3 GFLOP is outside"),
        ("alexnet,flops,nan,,,GFLOP,,measured,he2015b,,r,,", "row 2, value: nan GFLOP is outside"),
        ("alexnet,flops,many,,,GFLOP,,measured,he2015b,,r,,", "row 2, value: 'many' is not a number"),
        ("alexnet,flops,3,4,5,GFLOP,,measured,he2015b,,r,,", "row 2, value: 3 is not between low 4 and high 5"),
        ("alexnet,flopz,3,,,GFLOP,,measured,he2015b,,r,,", "row 2, attribute: 'flopz' is unknown; did you mean flops?"),
        ("alexnet,tdp_w,3,,,W,,measured,he2015b,,r,,", "row 2, attribute: 'tdp_w' is not an attribute of models"),
        ("alexnet,flops,3,,,GFLOP,,guessed,he2015b,,r,,", "row 2, kind: 'guessed' is not one of"),
        ("alexnet,flops,3,,,GFLOP,,measured,,,r,,", "row 2, source: is blank"),
        ("alexnet,flops,3,,,GFLOP,,measured,he2015b,,,,", "row 2, locator: is blank"),
        ("alexnet,flops,,,,GFLOP,,measured,he2015b,,r,,", "row 2, value: is blank"),
        ("alexnet,release_date,2021-02-30,,,,,reported,he2015b,,r,,", "row 2, value: '2021-02-30' is not a date"),
        ("alexnet,flops,3,,,GFLOP,fast,measured,he2015b,,r,,", "row 2, conditions: 'fast' is not of the form"),
        (
            "alexnet,flops,3,,,GFLOP,,measured,he2015b,,r,li2016,",
            "row 2, note: is blank: a correction needs a reason",
        ),
        (
            "alexnet,flops,3,,,GFLOP,convention=macs-doubled,measured,krizhevsky2012,,r,,",
            "row 2, entity: alexnet flops from krizhevsky2012 is stated twice",
        ),
    ],
)
def test_each_broken_rule_is_reported_with_file_and_row(tmp_path: Path, row: str, said: str) -> None:
    folder = _folder(tmp_path, row + "\n")
    problems = [str(p) for p in catalog.check(folder)]
    assert any(said in p and p.startswith(str(folder / "models" / "facts.csv")) for p in problems), problems
    with pytest.raises(DataError):
        catalog.load(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("entity,value\na,b\n", "missing column 'attribute'"),
        (HEADER + "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o\n", "row 2: 15 cells, but the header has 13"),
        (HEADER + "a,b,c\n", "row 2: 3 cells, but the header has 13"),
        (HEADER + "\na,b,c,d,e,f,g,h,i,j,k,l,m\n", "row 2: is blank"),
        (HEADER + 'a,b,"c,d,e,f,g,h,i,j,k,l,m\n', "row 2: unexpected end of data"),
        ("a,b\n", "row 1: is not the header of this table"),
        (HEADER.replace("note", "remark"), "unknown column 'remark'"),
    ],
)
def test_a_malformed_file_is_reported(tmp_path: Path, text: str, said: str) -> None:
    folder = _folder(tmp_path, "")
    (folder / "models" / "facts.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        catalog.load(folder)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such data folder"):
        catalog.load(tmp_path / "no")


def test_a_folder_without_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no rows"):
        catalog.load(tmp_path)


def test_an_id_twice_and_a_name_taken(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "", "alexnet,Another,,X,vision\nmine,resnet 50,VGG 19,X,vision\n")
    problems = [str(p) for p in catalog.check(folder)]
    assert any("row 2, id: duplicate id 'alexnet'" in p for p in problems)
    assert any("row 3, name: 'resnet 50' is also a name of 'resnet-50'" in p for p in problems)
    assert any("row 3, aliases: 'VGG 19' is the name of 'vgg-19'" in p for p in problems)


def test_shipped_data_keep_the_rules() -> None:
    assert catalog.check() == []


def test_sources_state_how_many_facts_cite_them() -> None:
    table = catalog.sources()
    assert table.filter(id="tan2020")["facts"][0] > 20
    assert table.filter(pl.col("citation") == "").height == 0
