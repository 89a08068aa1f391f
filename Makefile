# `make lab` runs the main job, `make test` passes the tests; both set everything up first.
# Nothing is installed outside this folder, except Chromium where there is none (see
# ui-tests/chromium.py).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
# Put the environment first, so that jlpm, jupyter-builder and jupyter are the ones in it.
export PATH := $(CURDIR)/$(BIN):$(PATH)

FRONTEND := package.json tsconfig.json $(shell find src style schema -type f 2>/dev/null)

.PHONY: setup lab demo test lint types unit jest ui bench gallery contract format clean wheel

setup: $(STAMPS)/extension

$(STAMPS)/python: pyproject.toml
	@mkdir -p $(STAMPS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@# An earlier install wrote this through the link that `develop` made; twice is once too often.
	@rm -f oci_jupyter/labextension/install.json
	SKIP_JUPYTER_BUILDER=1 $(BIN)/python -m pip install --quiet --editable ".[dev]"
	@touch $@

$(STAMPS)/node: package.json yarn.lock $(STAMPS)/python
	jlpm install --immutable
	@touch $@

$(STAMPS)/extension: $(STAMPS)/node $(FRONTEND)
	jlpm build
	jupyter-builder develop --overwrite .
	jupyter server extension enable --sys-prefix oci_jupyter
	@touch $@

$(STAMPS)/chromium: $(STAMPS)/python ui-tests/chromium.py
	$(BIN)/python ui-tests/chromium.py
	@touch $@

## Open JupyterLab on a copy of the demo notebook, with the panel docked.
lab: setup
	$(BIN)/python -m oci_jupyter.lab

## The same analysis headless.
demo: setup
	$(BIN)/jupyter-oci demo

## Everything that must hold.
test: setup lint types unit jest ui

lint: $(STAMPS)/node
	ruff check .
	ruff format --check .
	lint-imports
	jlpm lint:check

types: $(STAMPS)/node
	mypy
	jlpm tsc --noEmit

unit: setup
	$(BIN)/python -m pytest tests -n 2

jest: $(STAMPS)/node
	jlpm test

ui: setup $(STAMPS)/chromium
	$(BIN)/python -m pytest ui-tests -c ui-tests/pytest.ini -n 2

## Seconds and memory of the demo, headless and in a browser.
bench: setup $(STAMPS)/chromium
	$(BIN)/python -m oci_jupyter.evals.bench
	$(BIN)/python ui-tests/bench_live.py

## Execute the gallery of diagnostics again.
gallery: setup
	jupyter execute --inplace docs/gallery.ipynb

## Regenerate what is generated from the contract.
contract: $(STAMPS)/node
	$(BIN)/python -m oci_jupyter.contract.schema
	jlpm contract

format: $(STAMPS)/node
	ruff check --fix .
	ruff format .
	jlpm lint

wheel: $(STAMPS)/python
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) $(STAMPS) node_modules lib dist oci_jupyter/labextension
