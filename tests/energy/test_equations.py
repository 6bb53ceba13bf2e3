"""The equations and columns in docs/energy.md are those of the code."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from joulewise.energy import physics
from joulewise.energy.generators import times as generator_times
from joulewise.energy.generators.kind import GENERATOR
from joulewise.energy.language import power, times, work
from joulewise.energy.language.kind import LANGUAGE
from joulewise.energy.rows import COLUMNS
from joulewise.energy.samples import step as samples
from joulewise.energy.samples.kind import SAMPLE

_PAGE = (Path(__file__).parents[2] / "docs" / "energy.md").read_text(encoding="utf-8")
_PLUMBING = {"step", "explain", "per_die", "measured_dies"}


def _functions(module: ModuleType) -> set[str]:
    own = inspect.getmembers(module, lambda o: inspect.isfunction(o) and o.__module__ == module.__name__)
    return {name for name, _ in own if not name.startswith("_")} - _PLUMBING


@pytest.mark.parametrize(
    ("heading", "modules"),
    [
        ("## Three kinds of workload", (physics,)),
        ("### A step of a serving engine", (work, times, power)),
        ("### A batch of images or videos", (generator_times,)),
        ("### A sample", (samples,)),
    ],
)
def test_every_function_of_the_physics_is_on_the_page(heading: str, modules: tuple[ModuleType, ...]) -> None:
    section = re.split(r"\n##", _PAGE.split(heading)[1])[0]
    named = {name.removeprefix("physics.") for name in re.findall(r"`([\w.]+)`", section)}
    assert set.union(*map(_functions, modules)) <= named


def test_every_function_named_in_a_table_exists() -> None:
    rows = re.findall(r"^\|.*\| ((?:`\w+`(?:, )?)+) \|$", _PAGE, flags=re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    known = set.union(*map(_functions, (work, times, generator_times, samples)))
    assert len(named) > 30
    assert named <= known


@pytest.mark.parametrize("module", [physics, work, times, power, generator_times, samples], ids=lambda m: m.__name__)
def test_every_function_has_its_equation_and_a_worked_example(module: ModuleType) -> None:
    for name in _functions(module):
        text = inspect.getdoc(getattr(module, name)) or ""
        assert ".. math::" in text, name
        assert ">>>" in text, name
        assert "[" in text.splitlines()[0] or "Returns" in text, name


def test_files_on_the_page_exist() -> None:
    root = Path(physics.__file__).parents[1]
    for name in re.findall(r"`((?:language|generators|samples|calibration|impact)/\w+\.py)`", _PAGE):
        assert (root / name).exists() or (root / "energy" / name).exists(), name


def test_the_table_of_columns_is_that_of_the_code() -> None:
    table = _PAGE.split("## Columns of a workload")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| `.*", table, re.MULTILINE)
    ]
    assert [row[0].strip("`") for row in rows] == list(COLUMNS)
    for place, kind in ((3, LANGUAGE), (4, GENERATOR), (5, SAMPLE)):
        assert {row[0].strip("`") for row in rows if row[place] == "yes"} == kind.columns
