"""Rebuilding derived facts: the same each time, resumable, and nothing written when only asked."""

import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from joulewise import catalog
from joulewise.catalog.tables import shipped_folder
from joulewise.derived import timm_networks, update
from joulewise.derived.derivation import Steps
from joulewise.derived.timm_networks import FILE, NetworkCount, scored_sizes
from joulewise.energy.single import estimate
from joulewise.errors import InputError, MissingExtraError, UnknownNameError

COUNTED: list[tuple[str, int]] = []


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> catalog.Catalog:
    """A catalogue with the scores of three weights of two networks, and a count that is fast and recorded."""
    COUNTED.clear()
    loaded = catalog.load()
    names = ["resnet18.a1_in1k", "resnet18.a2_in1k", "vit_tiny_patch16_224.augreg_in21k_ft_in1k"]
    ids = loaded.entities.filter(pl.col("name").is_in(names))["id"].to_list()
    facts = loaded.facts.filter(pl.col("entity").is_in(ids))

    def count(name: str, image_px: int) -> NetworkCount:
        COUNTED.append((name, image_px))
        return NetworkCount(1000, 10 * image_px, 5 * image_px, {"convolution": 10 * image_px})

    monkeypatch.setattr(timm_networks, "count_network", count)
    return replace(loaded, facts=facts)


def test_the_same_facts_give_the_same_file(few: catalog.Catalog, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    [first] = update(["timm-counts"], folder=tmp_path, catalog=few)
    text = (tmp_path / FILE).read_bytes()
    assert first.written
    assert first.added == len(first.lines) == first.rows + 1
    [second] = update(["timm-counts"], folder=tmp_path, catalog=few)
    assert (tmp_path / FILE).read_bytes() == text
    assert not second.written
    assert second.lines == ()
    assert [p.name for p in (tmp_path / "models").iterdir()] == [Path(FILE).name]


def test_a_network_is_counted_once_a_size_however_many_weights_it_has(few: catalog.Catalog, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    update(["timm-counts"], folder=tmp_path, catalog=few)
    assert len(COUNTED) == len({(n.split(".")[0], px) for n, px in COUNTED}) == 3
    rows = pl.read_csv(tmp_path / FILE)
    assert rows.filter(attribute="flops").height == scored_sizes(few).height == 5


def test_asking_writes_nothing_and_says_what_would_change(few: catalog.Catalog, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    update(["timm-counts"], folder=tmp_path, catalog=few)
    text = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(text.replace(",2880,", ",2881,", 1))
    [change] = update(["timm-counts"], folder=tmp_path, catalog=few, write=False)
    assert (change.added, change.removed, change.written) == (1, 1, False)
    assert ",2881," in change.lines[0]
    assert ",2880," in change.lines[1]
    assert ",2881," in (tmp_path / FILE).read_text()


def test_an_interrupted_run_goes_on_where_it_stopped(
    few: catalog.Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    count = timm_networks.count_network

    def stops(name: str, image_px: int) -> NetworkCount:
        if name.startswith("vit"):
            raise KeyboardInterrupt
        return count(name, image_px)

    monkeypatch.setattr(timm_networks, "count_network", stops)
    with pytest.raises(KeyboardInterrupt):
        update(["timm-counts"], folder=tmp_path, catalog=few)
    partial = tmp_path / f"{FILE}.partial"
    # As a run leaves it that is killed in the middle of a line; and of another version.
    partial.write_text(partial.read_text() + '["timm 0.1", "vit_tiny_patch16_224", 224, {}]\n' + '["timm')
    with pytest.raises(KeyboardInterrupt):
        update(["timm-counts"], folder=tmp_path, catalog=few)
    monkeypatch.setattr(timm_networks, "count_network", count)
    before = list(COUNTED)
    update(["timm-counts"], folder=tmp_path, catalog=few)
    assert [name.split(".")[0] for name, _ in COUNTED[len(before) :]] == ["vit_tiny_patch16_224"]
    assert not partial.exists()


def test_the_shipped_file_is_in_the_order_and_of_the_rows_that_a_rebuild_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    # The counts themselves are read back from the file; everything else is rebuilt.
    results = catalog.vision_results().with_columns(pl.col("name").str.split(".").list.first().alias("network"))
    loaded = catalog.load()
    given = dict(loaded.facts.filter(attribute="timm_network").select("entity", "value").iter_rows())
    known = {
        (given.get(r["id"], r["network"]), r["image_px"]): r
        for r in results.to_dicts()
        if r["network_kind"] is not None
    }
    params = dict(
        loaded.facts.filter(attribute="params", source="timm-networks").select("locator", "value").iter_rows()
    )
    forms = {"convolution": "convolution", "depthwise": "depthwise", "transformer": "attention"}

    def count(name: str, image_px: int) -> NetworkCount:
        row = known[name.split(".", maxsplit=1)[0], image_px]
        by_form = (
            {forms[row["network_kind"]]: 1} if row["network_kind"] != "hybrid" else {"convolution": 1, "attention": 1}
        )
        return NetworkCount(int(params[f"timm:{name}"]), int(row["flops"]), int(row["activation_values"]), by_form)

    monkeypatch.setattr(timm_networks, "count_network", count)
    rebuilt = pl.DataFrame(list(timm_networks.rows(loaded, Steps())))
    shipped = pl.read_csv(shipped_folder() / FILE, infer_schema=False).with_columns(pl.all().fill_null(""))
    # What the forms decide finely, mixers and the LSTM, is not in the kind.
    same = pl.col("attribute") != "architecture"
    assert rebuilt.filter(same).equals(shipped.select(rebuilt.columns).filter(same))


def test_without_timm_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingExtraError, match=r"joulewise\[timm\]"):
        update(folder=tmp_path)


def test_a_folder_that_is_not_there_is_an_error_before_anything_is_counted(
    few: catalog.Catalog, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"no such folder: .*nowhere"):
        update(["timm-counts"], folder=tmp_path / "nowhere", catalog=few)
    assert COUNTED == []


def test_an_unknown_derivation_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="timm-counts"):
        update(["timm-count"], folder=tmp_path)


def test_shipped_joules_are_those_of_the_shipped_calibration() -> None:
    [change] = update(["joules"], write=False)
    assert change.lines == ()
    facts = catalog.load().facts.filter(attribute="energy_j")
    assert facts.filter(~pl.col("number").is_between(pl.col("number_low"), pl.col("number_high"))).is_empty()
    # A fact is what the estimator says of the same workload.
    at_224 = facts.filter(entity="timm-resnet50-a1-in1k").filter(pl.col("conditions").str.contains("image_px=224"))
    found = estimate(
        "resnet50.a1_in1k",
        "H100",
        n_accelerators=8,
        precision="bf16",
        image_size="224x224",
        task="image/Offline",
        meter_scope="wall",
    )
    assert at_224["number"][0] == pytest.approx(found.energy.central, rel=1e-3)
