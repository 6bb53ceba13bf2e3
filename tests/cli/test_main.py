"""Errors from a shell, a pipe or a user's code become one line and an exit code."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Run

COMMAND = str(Path(sys.executable).parent / "joulewise")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell in which $J is the command."""
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, env={**os.environ, "J": COMMAND}
    )


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("$J models --json >&-", 1, "standard output is closed (leave it open, or write to a file with -o)"),
        ("$J estimate - <&-", 2, "standard input is closed"),
        ("$J estimate --from - <&-", 2, "standard input is closed"),
        ("$J show $'\\xff\\xfe'", 2, r"unknown model or accelerator '\udcff\udcfe'"),
        ("$J models --data $'\\xff'", 2, r"no such data folder: "),
        ("$J show $'\\e[31mred\\e]0;x\\a'", 2, r"unknown model or accelerator '\x1b[31mred\x1b]0;x\x07'"),
        ("$J check --data $'a\\nb\\e[1m'", 2, r"no such data folder: a b\x1b[1m"),
        ("printf 'a\\0b\\n' | $J estimate -", 2, "standard input, line 1: holds a NUL byte"),
        ("printf '\\xff\\n' | $J estimate -", 2, "standard input, line 1: byte 0xff is not UTF-8"),
        ("$J show $(printf '%020000d')", 2, "(20,000 characters)'"),
        ("$J $(printf '%020000d')", 2, "(20,000 characters)'; see joulewise --help"),
        ("$J models --limit $(printf '%020000d')", 2, "--limit must be a whole number between 1 and"),
    ],
)
def test_whatever_the_shell_hands_over(line: str, code: int, said: str) -> None:
    done = shell(line)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert len(done.stderr) < 500
    assert "\x1b" not in done.stderr


def test_without_standard_error_the_code_remains() -> None:
    assert shell("$J show nothing-like-it 2>&-").returncode == 2
    assert shell("$J models --limit 1 --json 2>&-").returncode == 0


def test_an_encoding_that_lacks_a_letter_is_no_error() -> None:
    done = shell("PYTHONIOENCODING=ascii $J sources --json")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit(0)", "the code that was run ended the process with sys.exit(0)"),
        ("raise BaseException('x')", "unexpected BaseException: x; with JOULEWISE_DEBUG=1"),
        ("raise MemoryError", "out of memory"),
        ("raise OSError('quota')", "cannot write: quota"),
        ("open('a\\0b')", "a file's name holds a NUL byte"),
        ("raise ValueError('\\x1b[31m' + 'x' * 9999)", r"unexpected ValueError: \x1b[31mxxx"),
    ],
)
def test_whatever_code_raises_is_one_line_and_no_success(code: str, said: str) -> None:
    script = (
        "import sys\nfrom joulewise.cli import main\n"
        f"def invoke(*args, **kwargs):\n    {code}\n"
        "main.cli.main = invoke\nmain.main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert len(done.stderr) < 500


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


@pytest.mark.parametrize("args", [("models", "-o", "x.csv"), ("paper", "--only", "table2,fig1", "--out", ".")])
def test_a_disk_without_room_is_named_and_nothing_is_left(
    joulewise: Run, tmp_path: Path, args: tuple[str, ...]
) -> None:
    done = joulewise(*args, cwd=tmp_path, preexec_fn=_small_files)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("joulewise: cannot write ")
    assert done.stderr.endswith(": File too large\n")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_through_a_link(joulewise: Run, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real.csv")
    assert joulewise("sources", "--format", "csv", "-o", "link", cwd=tmp_path).returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("id,")
