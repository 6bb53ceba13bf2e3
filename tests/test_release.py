"""The parts of a release agree: version, licences, notices, and the README for package indexes."""

import csv
import json
import re
import tomllib
from importlib import resources
from io import StringIO
from pathlib import Path

import pytest

import joulewise

ROOT = Path(__file__).parents[1]
DATA = Path(str(resources.files("joulewise"))) / "data"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
# Licences that ask for attribution; Apache-2.0 and MIT ask to keep notices.
ATTRIBUTION = ("CC BY", "CC-BY")


def test_the_version_is_in_one_place() -> None:
    assert PYPROJECT["project"]["dynamic"] == ["version", "readme"]
    assert PYPROJECT["tool"]["hatch"]["version"]["path"] == "src/joulewise/__init__.py"
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.*)$", citation, re.MULTILINE)[1] == joulewise.__version__  # type: ignore[index]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (\S+)", changelog, re.MULTILINE)[1] == joulewise.__version__  # type: ignore[index]


def test_licence_files_are_shipped() -> None:
    files = PYPROJECT["project"]["license-files"]
    assert files == ["LICENSE", "NOTICE"]
    assert all((ROOT / name).is_file() for name in files)


def _sources() -> list[dict[str, str]]:
    texts = [file.read_text(encoding="utf-8") for file in sorted(DATA.glob("sources*.csv"))]
    return [row for text in texts for row in csv.DictReader(StringIO(text))]


def test_every_source_that_asks_for_attribution_is_in_the_notice() -> None:
    asking = [row for row in _sources() if row["licence"].startswith(ATTRIBUTION)]
    assert len(asking) > 10
    assert [row["id"] for row in asking if row["url"] not in NOTICE] == []


def test_every_resource_that_asks_for_attribution_has_its_sources_in_the_notice() -> None:
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    asking = [
        source
        for resource in package["resources"]
        if any(one["name"].startswith(ATTRIBUTION) for one in resource["licenses"])
        for source in resource["sources"]
        if "path" in source and "arxiv.org" not in source["path"]
    ]
    assert {"https://ourworldindata.org/grapher/carbon-intensity-electricity"} < {one["path"] for one in asking}
    assert [one["title"] for one in asking if one["path"] not in NOTICE] == []


def test_the_notice_names_every_licence_of_the_data() -> None:
    heading = {
        "CC BY 4.0": "(CC BY 4.0)", "CC BY": "(CC BY 4.0)", "CC BY-SA 4.0": "(CC BY-SA 4.0)",
        "CC-BY-SA-4.0": "(CC BY-SA 4.0)", "Apache-2.0": "Apache License 2.0", "MIT": "MIT License",
        "Modified MIT": "MIT License", "MIT (the copy)": "MIT License",
    }  # fmt: skip
    licences = {row["licence"] for row in _sources()} - {"", "own count", "own estimate"}
    assert licences <= set(heading)
    assert all(heading[licence] in NOTICE for licence in licences)


def test_the_readme_of_a_package_index_has_no_relative_link() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for one in PYPROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(one["pattern"], one["replacement"], text)
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert links
    assert [link for link in links if not link.startswith("https://")] == []


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_relative_links_lead_to_files(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]*)\)", text) if not link.startswith("https://")]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_development_install_has_every_extra() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    included = re.search(r"joulewise\[(.*)\]", extras["dev"][0])
    assert included is not None
    assert set(included[1].split(",")) | {"fit", "dev"} == set(extras)
