# make demo   install into .venv and run the main job (digits)
# make test   lint, types and the test suite
# make lint   lint and types alone
# make clean  remove what the others made, but for runs/
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CODE := eventsim models scenarios tests benchmarks docs/images

.PHONY: demo test lint clean

demo: $(VENV)/installed
	$(BIN)/eventsim run digits --out runs/digits.h5 --overwrite

test: lint
	$(BIN)/pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[all]"
	touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
