"""One model has one figure, and one accelerator too, under every name that the data give it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import polars as pl
import pytest

from joulewise.catalog import Catalog, find_model, load
from joulewise.energy.table import estimate_table

# Names that two entities have, on purpose: both are refused, with the two that are meant.
SHARED = {"GPT-2", "gpt2", "ViT-L/16"}
# An ending that names a number format asks for that format, which has a figure of its own.
FORMAT = re.compile(r"[-_ ](nvfp4|mxfp4|fp8|awq|gptq|int4|int8|bf16)$", re.IGNORECASE)

Answer = tuple[object, ...]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


def spellings(name: str) -> Iterator[str]:
    yield from (name, name.lower(), name.upper(), name.replace("-", " "), name.replace(" ", "-"))
    organisation, _, rest = name.partition("/")
    if rest and re.fullmatch(r"[\w.-]+/[\w.-]*[A-Za-z][\w.-]*", name) and not re.match("(?i)vit-", organisation):
        yield rest


def priced(rows: list[tuple[str, str]]) -> list[Answer]:
    """Return the answer to each model and accelerator: the energy with its bounds and flags, or why there is none."""
    frame = pl.DataFrame(rows, schema=["model", "accelerator"], orient="row")
    found, problems = estimate_table(frame)
    answers: dict[int, Answer] = {
        row["row"] - 1: (row["energy_j"], row["energy_j_low"], row["energy_j_high"], tuple(row["flags"]))
        for row in found.to_dicts()
    }
    answers |= {problem.row - 1: (problem.column, problem.reason) for problem in problems}
    assert sorted(answers) == list(range(len(rows)))
    return [answers[i] for i in range(len(rows))]


def unlike(names: dict[str, set[str]], answers: dict[str, Answer]) -> dict[str, dict[str, Answer]]:
    """Return the names of each entity whose answers are not all the same."""
    return {
        entity: {name: answers[name] for name in sorted(each)}
        for entity, each in names.items()
        if len({answers[name] for name in each}) > 1
    }


@pytest.mark.parametrize("accelerator", ["H100", "MI300X"])
def test_every_name_of_a_model_has_one_answer(accelerator: str, catalog: Catalog) -> None:
    names: dict[str, set[str]] = defaultdict(set)
    for entity in catalog.entities.filter(collection="models").to_dicts():
        for name in (entity["id"], entity["name"], *filter(None, entity["aliases"].split("|"))):
            if name not in SHARED and not FORMAT.search(name):
                names[entity["id"]] |= {s for s in spellings(name) if s not in SHARED}
    assert len(names) > 1500
    flat = sorted(set().union(*names.values()))
    answers = dict(zip(flat, priced([(name, accelerator) for name in flat]), strict=True))
    assert unlike(names, answers) == {}
    known = [answer for answer in answers.values() if isinstance(answer[0], float)]
    assert len(known) > 0.8 * len(answers)
    assert not [name for name in flat if "unknown model" in str(answers[name])]


def test_every_row_of_a_reference_table_has_the_answer_of_its_model(catalog: Catalog) -> None:
    tables = catalog.tables
    rows = [name for row in tables.configurations for name in row["names"]]
    rows += tables.architectures["model"].to_list()
    for table in (tables.generators, tables.sample_networks):
        for row in table.to_dicts():
            rows += [row["model"], *filter(None, (row["aliases"] or "").split("|"))]
    names: dict[str, set[str]] = defaultdict(set)
    for name in rows:
        if not FORMAT.search(name):
            names[find_model(name, catalog).name] |= {s for s in spellings(name) if s not in SHARED}
    names = {entity: each | {entity} for entity, each in names.items()}
    flat = sorted(set().union(*names.values()))
    answers = dict(zip(flat, priced([(name, "B200") for name in flat]), strict=True))
    assert unlike(names, answers) == {}


def test_every_name_of_an_accelerator_has_one_answer(catalog: Catalog) -> None:
    names: dict[str, set[str]] = defaultdict(set)
    for entity in catalog.entities.filter(collection="accelerators").to_dicts():
        for name in (entity["id"], entity["name"], *filter(None, entity["aliases"].split("|"))):
            names[entity["id"]] |= {name, name.lower(), name.upper(), name.replace(" ", "-")}
    flat = sorted(set().union(*names.values()))
    answers = dict(zip(flat, priced([("Llama-3.2-1B", name) for name in flat]), strict=True))
    assert unlike(names, answers) == {}


@pytest.mark.parametrize("name", sorted(SHARED))
def test_a_name_of_two_models_is_refused_in_its_row_alone(name: str) -> None:
    refused, good = priced([(name, "H100"), ("Llama-3.1-8B", "H100")])
    assert refused[0] == "model"
    assert "is ambiguous (it may be" in str(refused[1])
    assert isinstance(good[0], float)


def test_an_ending_that_names_a_format_is_that_format() -> None:
    frame = pl.DataFrame(
        {
            "model": ["Qwen/Qwen3-32B-FP8", "Qwen3-32B-FP8", "Qwen3-32B", "Qwen3-32B"],
            "accelerator": ["H100"] * 4,
            "precision": [None, None, "fp8", None],
        }
    )
    by_name, by_part, asked, released = estimate_table(frame)[0]["energy_j"]
    assert by_name == by_part == asked != released
