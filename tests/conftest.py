"""Fixtures of several tests: the installed command, and a browser that CI must have."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Times are benchmarks' business: a test that waits for a busy machine has not failed.
settings.register_profile("untimed")
settings.load_profile("untimed")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def joulewise() -> Run:
    """Run the installed command."""
    command = Path(sys.executable).parent / "joulewise"

    def run(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(command), *args], capture_output=True, text=True, check=False, timeout=120, **options
        )

    return run


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's chromium; without it the test is skipped, and in CI it fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("JOULEWISE_TEST_NO_SKIP"):
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed")
    return found
