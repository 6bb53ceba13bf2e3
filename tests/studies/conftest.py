"""The studies, run once for all their tests."""

import pytest

from joulewise.studies import run_study
from joulewise.studies.study import Study


@pytest.fixture(scope="session")
def backtest() -> Study:
    return run_study("backtest")


@pytest.fixture(scope="session")
def redrawn() -> Study:
    return run_study("redrawn")


@pytest.fixture(scope="session")
def hardware() -> Study:
    return run_study("hardware")
