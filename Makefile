# make run   the studio on a demo File-set (without a display: the same demo, offscreen)
# make test  the tests
# Both make their own virtual environment in .venv, from the exact versions in constraints.txt.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
SETUP := pyproject.toml constraints.txt packaging/prepare-system
ARGS ?=

# No word of pip unless something goes wrong.
PIP_INSTALL = $(BIN)/python -m pip install -qq --no-input --disable-pip-version-check -c constraints.txt
define quietly
@$(1) >$(VENV)/setup.log 2>&1 || { cat $(VENV)/setup.log >&2; exit 1; }
endef

.PHONY: help run test bench check lint types contracts format screenshot wheel clean

help:
	@echo "make run         open the studio on a demo File-set"
	@echo "make test        run the tests (ARGS='-k staging' picks some)"
	@echo "make check       style, types and import contracts"
	@echo "make bench       measure the budgets and print the table (ARGS=--quick for a look)"
	@echo "make screenshot  renew the pictures in docs/images"
	@echo "make wheel       build the wheel into dist/"
	@echo "make clean       remove what the other targets made"

run: $(READY)
	@$(BIN)/python -m dicomdir_studio demo $(ARGS)

test: $(READY_DEV)
	@$(BIN)/python -m pytest -m "not bench" $(ARGS)

bench: $(READY_DEV)
	@$(BIN)/python -m tests.benchmarks $(ARGS)

check: lint types contracts

lint: $(READY_DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY_DEV)
	@$(BIN)/mypy

contracts: $(READY_DEV)
	@$(BIN)/lint-imports

format: $(READY_DEV)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

screenshot: $(READY)
	@mkdir -p docs/images
	@$(BIN)/python -m dicomdir_studio.gui.screenshot docs/images/window.png
	@$(BIN)/python -m dicomdir_studio.gui.medium_screenshot docs/images/medium.png

wheel: $(READY)
	@mkdir -p dist
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip wheel -qq --no-deps -w dist .
	@ls dist/*.whl

$(VENV)/.made: packaging/prepare-system
	@packaging/prepare-system $(PYTHON)
	@echo "Setting up $(VENV) (once, some minutes) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(READY): $(VENV)/.made $(SETUP)
	$(call quietly,PIP_CONSTRAINT=constraints.txt $(PIP_INSTALL) -e .)
	@touch $@

$(READY_DEV): $(READY)
	$(call quietly,PIP_CONSTRAINT=constraints.txt $(PIP_INSTALL) -e ".[dev]")
	@touch $@

clean:
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
