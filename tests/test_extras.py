"""Optional packages: which is missing, which is broken, and none of them asks the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from joulewise.errors import MissingExtraError, WorkError
from joulewise.extras import import_extra, without_network

ASK = """
import socket, sys
from tests.counting import conftest
def asked(*args, **kwargs):
    print("ASKED", args[:2]); raise OSError("no network")
socket.getaddrinfo = asked
from joulewise.counting.hf_models import network_of_hf
try:
    network_of_hf("org/name", online=sys.argv[1] == "online")
except Exception as error:
    print(error)
"""


@pytest.mark.parametrize("online", [False, True])
def test_a_name_of_the_hub_is_looked_up_in_the_cache_alone(tmp_path: Path, online: bool) -> None:
    root = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", ASK, "online" if online else "offline"],
        env={"PYTHONPATH": f"{root}/src:{root}", "HF_HOME": str(tmp_path)}, cwd=root, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert ("ASKED" in done.stdout) == online
    assert "no configuration of 'org/name'" in done.stdout


def test_the_switch_is_set_back() -> None:
    settings = import_extra("huggingface_hub.constants", "hf", "a test")
    before = settings.HF_HUB_OFFLINE
    with without_network("hf", "a test"):
        assert settings.HF_HUB_OFFLINE
    assert before == settings.HF_HUB_OFFLINE


def test_a_missing_package_and_a_broken_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingExtraError, match="a test needs the extra 'torch'"):
        import_extra("no_such_package", "torch", "a test")
    (tmp_path / "broken_package.py").write_text("raise RuntimeError('not with this release\\nand more')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(WorkError, match="broken_package is installed but cannot be imported: not with this release"):
        import_extra("broken_package", "torch", "a test")
