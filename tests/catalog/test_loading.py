"""A changed folder is read again; the same content gives the same catalogue."""

import shutil
from pathlib import Path

import pytest

from joulewise import catalog
from joulewise.errors import InputError

HEADER = "entity,attribute,value,low,high,unit,conditions,kind,source,via,locator,supersedes,note\n"


def folder_with(where: Path, params: str) -> Path:
    (where / "models").mkdir(parents=True, exist_ok=True)
    (where / "models" / "entities.csv").write_text("id,name,aliases,family,task\nmine,My Model,,Mine,language\n")
    (where / "models" / "facts.csv").write_text(
        f"{HEADER}mine,params,{params},,,Bn,,reported,joulewise-language,,here,,\n"
    )
    return where


def test_the_shipped_catalogue_is_one_object() -> None:
    assert catalog.load() is catalog.load()


def test_the_same_content_is_the_same_object_and_a_change_is_seen(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "7")
    first = catalog.load(folder)
    assert catalog.load(str(folder)) is first
    assert catalog.find_model("My Model", first).params == 7e9
    folder_with(tmp_path, "8")
    second = catalog.load(folder)
    assert catalog.find_model("My Model", second).params == 8e9
    assert catalog.find_model("My Model", first).params == 7e9
    folder_with(tmp_path, "7")
    assert catalog.load(folder) is first


def test_files_of_every_form_count_as_content(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "7")
    first = catalog.load(folder)
    (folder / "models" / "facts-more.csv").write_text(
        f"{HEADER}mine,active_params,1,,,Bn,,reported,joulewise-language,,here,,\n"
    )
    assert catalog.find_model("mine", catalog.load(folder)).active_params == 1e9
    assert catalog.find_model("mine", first).active_params is None


def test_a_catalogue_outlives_its_folder(tmp_path: Path) -> None:
    loaded = catalog.load(folder_with(tmp_path / "data", "7"))
    shutil.rmtree(tmp_path / "data")
    assert catalog.find_model("mine", loaded).params == 7e9


def test_a_users_facts_do_not_reach_the_shipped_catalogue(tmp_path: Path) -> None:
    catalog.load(folder_with(tmp_path, "7"))
    assert catalog.known_model("My Model") is None


def test_a_folder_may_hold_reference_tables_alone(tmp_path: Path) -> None:
    (tmp_path / "grids.csv").write_text("entity,iso3,year,g_co2e_per_kwh\nAtlantis,ATL,2025,12.5\n")
    grids = catalog.load(tmp_path).tables.grids
    assert grids.filter(iso3="ATL")["g_co2e_per_kwh"].to_list() == [12.5]
    assert grids.height == catalog.load().tables.grids.height + 1


def test_attributes_are_not_a_users_to_add(tmp_path: Path) -> None:
    (tmp_path / "attributes.csv").write_text(
        "attribute,collection,type,dimension,base_unit,min,max,definition\nx,models,text,,,,,X\n"
    )
    with pytest.raises(InputError, match="attributes cannot be added"):
        catalog.load(tmp_path)
