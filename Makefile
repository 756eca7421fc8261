# Works on a machine that has only Python 3.11+ and make. `make` alone lists the goals.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input
OUT    ?= out
.DEFAULT_GOAL := help
.PHONY: help setup run test fast check fmt lint type bench docs lock clean dev

help: ## List the goals
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/.run: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("leadtime needs Python 3.11 or newer; this is %d.%d. Name another one: make PYTHON=python3.12" % sys.version_info[:2]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements/run.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.run ## Make the environment: leaves a working .venv/bin/leadtime
dev: $(VENV)/.dev ## The same with everything the tests and checks need

run: setup ## Do the main job: simulate, write the report page and results to out/
	$(BIN)/leadtime report --out $(OUT)

test: dev ## Run every test
	$(BIN)/python -m pytest -n 2 --dist loadfile

fast: dev ## The fast suite
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow and not browser"

fmt: dev ## Format and sort
	$(BIN)/ruff format src tests benchmarks
	$(BIN)/ruff check --fix --quiet src tests benchmarks

lint: dev ## Style, spelling
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/codespell src docs README.md CHANGELOG.md CONTRIBUTING.md

type: dev ## Types
	$(BIN)/mypy

check: lint type test ## Lint, types and every test

docs: dev ## Build the documentation as a site in out/docs
	$(BIN)/sphinx-build -q -W --keep-going -b html docs $(OUT)/docs

bench: dev ## Measure speed as ratios against rivals and this machine's limits
	$(BIN)/python -m benchmarks

lock: ## Rewrite the pinned requirements (needs uv)
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-header --only-binary :all: --quiet --output-file requirements/run.txt
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --only-binary :all: --quiet --output-file requirements/dev.txt

clean: ## Remove the environment and results
	rm -rf $(VENV) $(OUT) .pytest_cache .mypy_cache .ruff_cache
