from pathlib import Path

import pytest

from joulewise.errors import InputError, WorkError
from joulewise.files import folder_written_whole, make_folder, write_text


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot make the folder"):
        make_folder(tmp_path / "file")


def test_nothing_half_written_in_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="cannot write"):
        write_text(tmp_path / "no" / "file.txt", "x")


def test_a_failed_block_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("old")
    with pytest.raises(RuntimeError), folder_written_whole(tmp_path) as staging:
        (staging / "old.csv").write_text("new")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "old"


def test_a_good_block_moves_every_file(tmp_path: Path) -> None:
    with folder_written_whole(tmp_path / "out") as staging:
        write_text(staging / "a.csv", "a")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a.csv"]
