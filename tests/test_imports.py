"""Modules that must not be imported early, checked in a fresh interpreter rather than by time."""

import json
import subprocess
import sys

import pytest

import joulewise

HEAVY = {"numpy", "polars", "scipy", "altair", "vl_convert", "jinja2", "rich", "torch", "pandas"}


def _loaded(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the top-level modules that are loaded at its end."""
    script = f"{code}\nimport sys, json\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def _command(*args: str) -> str:
    return f"import sys\nsys.argv = ['joulewise', *{args!r}]\nfrom joulewise.cli.main import _run\n_run()"


def test_importing_joulewise_loads_nothing_heavy() -> None:
    assert not _loaded("import joulewise") & (HEAVY | {"click"})


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("nonsense",)])
def test_help_loads_nothing_heavy(args: tuple[str, ...]) -> None:
    assert not _loaded(_command(*args)) & HEAVY


def test_a_trend_loads_no_charts() -> None:
    code = _command("trend", "--task", "vision", "--json", "-o", "/dev/null")
    assert not _loaded(code) & {"altair", "vl_convert", "jinja2", "rich", "torch", "pandas"}


def test_an_estimate_on_an_accelerator_fits_nothing_and_loads_no_scipy() -> None:
    code = _command("estimate", "llama-3.1-8b", "--on", "H100", "--json", "-o", "/dev/null")
    assert not _loaded(code) & {"scipy", "altair", "vl_convert", "jinja2", "rich", "torch", "pandas"}


def test_every_public_name_resolves() -> None:
    assert all(getattr(joulewise, name) is not None for name in joulewise.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = joulewise.nonsense
