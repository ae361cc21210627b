# make demo   install into .venv and run the main job (digits)
# make test   lint, types and the test suite
# make lint   lint and types alone
# make peers  install other simulators into .peers, each by itself: for `make bench` and tests
# make bench  compare with the peers that are installed (see benchmarks/README.md)
# make docs   write docs/models.md and its pictures anew, from the models' docstrings
# make clean  remove what the others made, but for runs/
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEST := $(BIN)/pytest --numprocesses auto --dist loadfile
CODE := eventsim models scenarios tests benchmarks docs/images

.PHONY: demo test lint docs peers bench clean

demo: $(VENV)/installed
	$(BIN)/eventsim run digits --out runs/digits.h5 --overwrite

# in parts: what compiled kernels take of memory is held until a worker ends
test: lint
	$(TEST) tests/engine/test_[a-o]*.py
	$(TEST) tests/engine/test_[!a-o]*.py
	$(TEST) --ignore tests/engine

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

# what can't be installed here is reported, and then reported as missing by those who ask for it
peers: .peers/nest/installed .peers/brian2/installed .peers/neuron/installed

.peers/%/installed: benchmarks/peers/%.txt
	-@$(PYTHON) -m venv $(@D) && \
	  $(@D)/bin/pip install --quiet --disable-pip-version-check -r $< && touch $@ || \
	  echo "$* could not be installed"

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks

docs: $(VENV)/installed-dev
	$(BIN)/python docs/images/models.py

clean:
	rm -rf $(VENV) .peers build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
