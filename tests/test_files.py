"""Files appear whole or not at all; devices, pipes and links are written through."""

from __future__ import annotations

import json
import math
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import pytest

from joulewise.errors import InputError, WorkError
from joulewise.files import dump_json, folder_written_whole, make_folder, open_output, write_bytes, write_text

# Two device numbers of Linux: the null device, and the one that is always full.
NULL, FULL = os.makedev(1, 3), os.makedev(1, 7)


def device(path: Path, number: int) -> Path:
    """A copy of a device in a folder of the test's own; without the right to make one the test cannot be run."""
    os.mknod(path, 0o666 | stat.S_IFCHR, number)
    return path


may_make_devices = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root can make a device"
)


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot make the folder"):
        make_folder(tmp_path / "file")
    with pytest.raises(InputError, match="holds a NUL byte"):
        make_folder(Path("a\0b"))


def test_nothing_half_written_in_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match=r"cannot write .*: No such file or directory"):
        write_text(tmp_path / "no" / "file.txt", "x")
    with pytest.raises(WorkError, match="Is a directory"):
        write_text(tmp_path, "x")
    with pytest.raises(InputError, match="holds a NUL byte"):
        write_text(tmp_path / "a\0b", "x")
    assert list(tmp_path.iterdir()) == []


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(KeyboardInterrupt), open_output(tmp_path / "a") as file:
        file.write(b"new")
        raise KeyboardInterrupt
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_an_existing_file_keeps_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("old")
    file.chmod(0o640)
    write_text(file, "new")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", 0o640)
    write_text(tmp_path / "fresh", "new")
    (tmp_path / "usual").write_text("new")
    assert (tmp_path / "fresh").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "real"
    target.write_text("old")
    for name, to in (("link", target), ("dangling", tmp_path / "there" / "other")):
        link = tmp_path / name
        link.symlink_to(to)
        write_text(link, "new")
        assert link.is_symlink()
        assert to.read_text() == "new"
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(WorkError, match=r"cannot write .*loop"):
        write_text(tmp_path / "loop", "x")
    assert sorted(p.name for p in (tmp_path / "there").iterdir()) == ["other", "real"]


def test_a_fifo_is_written_through(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_text()))
    reader.start()
    write_text(fifo, "through")
    reader.join()
    assert read == ["through"]
    assert stat.S_ISFIFO(fifo.stat().st_mode)


@may_make_devices
def test_a_device_is_written_through(tmp_path: Path) -> None:
    null = device(tmp_path / "null", NULL)
    write_text(null, "x")
    assert null.is_char_device()
    with folder_written_whole(tmp_path) as staging:
        (staging / "null").write_text("x")
    assert null.is_char_device()
    assert [p.name for p in tmp_path.iterdir()] == ["null"]


@may_make_devices
def test_a_full_device_says_so(tmp_path: Path) -> None:
    full = device(tmp_path / "full", FULL)
    with pytest.raises(WorkError, match=r"cannot write .*full: No space left on device"):
        write_text(full, "x")
    assert full.is_char_device()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux names open files so")
def test_an_open_file_is_added_to(tmp_path: Path) -> None:
    with (tmp_path / "log").open("a+") as log:
        log.write("before\n")
        log.flush()
        write_text(Path(f"/proc/self/fd/{log.fileno()}"), "after\n")
    assert (tmp_path / "log").read_text() == "before\nafter\n"


def test_an_error_without_words_is_given_some(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match=r"x: disk quota$"), open_output(tmp_path / "x"):
        raise OSError("disk quota")
    with pytest.raises(WorkError, match="OSError"), folder_written_whole(tmp_path):
        raise OSError


def test_half_a_surrogate_pair_is_escaped(tmp_path: Path) -> None:
    assert write_text(tmp_path / "a", "x\udcff").read_bytes() == rb"x\udcff"


def test_a_failed_block_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("old")
    with pytest.raises(RuntimeError), folder_written_whole(tmp_path) as staging:
        (staging / "old.csv").write_text("new")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "old"


def test_a_good_block_moves_every_file(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "real").write_text("old")
    (tmp_path / "out" / "linked").symlink_to(tmp_path / "real")
    with folder_written_whole(tmp_path / "out") as staging:
        write_text(staging / "a.csv", "a")
        write_text(staging / "linked", "new")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.csv", "linked"]
    assert (tmp_path / "out" / "linked").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_what_a_killed_run_left_is_removed_and_what_a_living_one_uses_is_not(tmp_path: Path) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom joulewise.files import folder_written_whole\n"
        "with folder_written_whole(Path(sys.argv[1])):\n    print('begun', flush=True)\n    time.sleep(60)"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    with run.stdout:
        assert run.stdout.readline() == "begun\n"
        (left,) = tmp_path.iterdir()
        long_ago = time.time() - 3600
        os.utime(left, (long_ago, long_ago))
        write_bytes(tmp_path / "a", b"a")
        assert left.is_dir()
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert left.is_dir()
        write_bytes(tmp_path / "a", b"a")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_json_is_strict_and_names_what_is_not_finite() -> None:
    value = {"when": date(2020, 1, 2), "rows": [{"x": 1.5}, {"x": None}], "name": "é\x9b\udcff"}
    text = dump_json(value)
    text.encode()
    assert "\x9b" not in text
    assert json.loads(text) == value | {"when": "2020-01-02"}
    for number in (math.nan, math.inf, -math.inf):
        with pytest.raises(WorkError, match=rf"rows\[1\]\.x is {number}, not a finite number"):
            dump_json({"rows": [{"x": 1.0}, {"x": number}]})
