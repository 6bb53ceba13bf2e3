"""The studies, run once for all tests that share them."""

import pytest

from joulewise.catalog import load
from joulewise.studies import run_studies
from joulewise.studies.inputs import Inputs
from joulewise.studies.study import Study


@pytest.fixture(scope="session")
def inputs() -> Inputs:
    return Inputs(load())


@pytest.fixture(scope="session")
def studies() -> dict[str, Study]:
    return {study.name: study for study in run_studies()}


@pytest.fixture(scope="session")
def backtest(studies: dict[str, Study]) -> Study:
    return studies["backtest"]


@pytest.fixture(scope="session")
def redrawn(studies: dict[str, Study]) -> Study:
    return studies["redrawn"]


@pytest.fixture(scope="session")
def hardware(studies: dict[str, Study]) -> Study:
    return studies["hardware"]
