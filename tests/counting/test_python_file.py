"""Files of the user's: what they print, raise or exit with never reaches the result."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from joulewise.counting.options import InferenceOptions
from joulewise.counting.python_file import module_of_file, running, split_target
from joulewise.counting.targets import count_module_target
from joulewise.errors import InputError

CODE = """
from __future__ import annotations
import sys
from dataclasses import dataclass
import torch
from torch import nn

@dataclass
class Sizes:
    width: int = 5

class Talks(nn.Module):
    def forward(self, x):
        print("in the pass")
        return x

class Leaves(nn.Module):
    def forward(self, x):
        sys.exit(0)

print("on import")
def talks():
    print("in the function")
    return Talks(), torch.ones(1, Sizes().width)
def leaves():
    sys.exit(0)
def leaves_in_the_pass():
    return Leaves(), torch.ones(1, 2)
def image():
    return nn.Conv2d(3, 2, 1)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    # The name of a module of the standard library, which it must not replace.
    path = tmp_path / "json.py"
    path.write_text(CODE)
    return path


def test_what_it_prints_goes_to_standard_error(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count_module_target(f"{file}:talks")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "on import\nin the function\nin the pass\n" in printed.err


@pytest.mark.parametrize("factory", ["leaves", "leaves_in_the_pass"])
def test_an_exit_is_an_error(file: Path, factory: str) -> None:
    with pytest.raises(InputError, match=rf"json.py:{factory} ended the program with sys.exit\(0\)"):
        count_module_target(f"{file}:{factory}")


def test_a_file_that_exits_when_it_is_run(tmp_path: Path) -> None:
    file = tmp_path / "ends.py"
    file.write_text("raise SystemExit('bye')")
    with pytest.raises(InputError, match=r"ends.py ended the program with sys.exit\('bye'\)"):
        module_of_file(file, "make", InferenceOptions())


def test_images_of_the_stated_size(file: Path) -> None:
    module, (images,) = module_of_file(file, "image", InferenceOptions(input_size=(3, 8, 6), batch_size=2))
    assert isinstance(module, torch.nn.Conv2d)
    assert images.shape == (2, 3, 8, 6)


def test_errors_of_ours_pass_through() -> None:
    with pytest.raises(InputError, match=r"^ours$"), running("x"):
        raise InputError("ours")
    with pytest.raises(InputError, match=r"^x failed: KeyError: 'k'$"), running("x"):
        raise KeyError("k")


def test_the_last_colon_divides() -> None:
    assert split_target("C:/a.py:make") == (Path("C:/a.py"), "make")
