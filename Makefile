# Two commands for a fresh machine with Python 3.11+, make and git: `make report` and `make test`.
# One stamp file per install keeps re-runs fast and offline.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Numeric libraries would otherwise start a thread per core, and spin.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.PHONY: report test check unit bench clean

report: $(VENV)/report.stamp
	@$(ONE_THREAD) $(BIN)/joulewise report --out report

test: check unit

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Two processes, one test file at a time.
unit: $(VENV)/dev.stamp
	$(ONE_THREAD) $(BIN)/pytest -n 2 --dist loadfile

bench: $(VENV)/dev.stamp
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/catalog.py
	$(BIN)/python benchmarks/counting.py
	$(BIN)/python benchmarks/report.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/report.stamp: pyproject.toml | $(BIN)/python
	$(PIP) -e ".[report]"
	@touch $@

# constraints.txt pins torch and torchvision to a pair that fits, with a CPU build.
$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -c constraints.txt -e ".[dev]"
	@touch $@ $(VENV)/report.stamp

clean:
	rm -rf $(VENV) report build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
