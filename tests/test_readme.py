"""The README's commands print what it says, and its Python runs."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import Run

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```console\n\$ joulewise ([^\n]*)\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_console_blocks(joulewise: Run, command: str, shown: str, tmp_path: Path) -> None:
    printed = joulewise(*shlex.split(command), cwd=README.parent if "docs/" in command else tmp_path).stdout
    at = 0
    for line in (line for line in shown.splitlines() if line.strip() not in {"", "..."}):
        at = printed.find(line, at)
        assert at >= 0, f"not printed: {line}"


def test_every_kind_of_block_is_there() -> None:
    assert len(BLOCKS) == 9


def test_python() -> None:
    text = "\n".join(re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL))
    test = doctest.DocTestParser().get_doctest(text, {}, "README", str(README), 0)
    assert doctest.DocTestRunner().run(test) == (0, 5)
