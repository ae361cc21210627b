# make demo   install into .venv and run the main job (digits)
# make test   lint, types and the test suite
# make bench  eventsim beside its peers on the same networks
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint clean

demo: $(VENV)/installed
	$(BIN)/eventsim run digits --out runs/digits.h5 --overwrite

test: $(VENV)/installed-dev
	$(BIN)/ruff check eventsim models scenarios tests
	$(BIN)/ruff format --check eventsim models scenarios tests
	$(BIN)/mypy
	$(BIN)/pytest

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
