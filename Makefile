# Two commands matter: `make run` and `make test`. Python 3.11+ and make are all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STATE ?= .state
AIRFLOW_PORT ?= 8080
PUBLIC_PORT ?= 8000

# Python that writes no bytecode starts two to three times slower.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help run up test lint format bench clean lock schema

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Ports: AIRFLOW_PORT=$(AIRFLOW_PORT) PUBLIC_PORT=$(PUBLIC_PORT)   State: STATE=$(STATE)"
	@echo "  Real extracts: APERTURA_EXTRACTS=<folder>; without it look-alikes are generated"

run: $(VENV)/.installed ## Run every institution's DAG in Airflow, from raw extract to release, then stop
	@$(BIN)/python -m apertura_demo.orchestrate run --state $(STATE) --airflow-port $(AIRFLOW_PORT)

up: $(VENV)/.installed ## The same, and keep Airflow (8080) and the public bucket (8000) until Ctrl-C
	@$(BIN)/python -m apertura_demo.orchestrate up --state $(STATE) --airflow-port $(AIRFLOW_PORT) --public-port $(PUBLIC_PORT)

test: $(VENV)/.installed-dev ## Run the tests
	$(BIN)/pytest $(ARGS)

lint: $(VENV)/.installed-dev ## ruff (lint and format) and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev ## Let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev ## Speed and memory at 2,000,000 rows, as ratios measured in one run
	$(BIN)/python -m apertura_demo.bench --rows $${ROWS:-2000000}

clean: ## Remove the environment, caches and the demonstration's state
	rm -rf $(VENV) $(STATE) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: $(VENV)/.installed ## Lock the newest versions, with hashes
	for set in requirements requirements-dev requirements-uv; do \
	  $(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header $$set.in -o $$set.txt || exit 1; done

schema: $(VENV)/.installed ## Write what is derived: the contract JSON Schema and docs/vocabulary.md
	$(BIN)/apertura schema --write docs/contract.schema.json
	$(BIN)/apertura schema --corrections --write docs/corrections.schema.json
	$(BIN)/apertura vocabulary --write docs/vocabulary.md

$(VENV)/.installed: requirements.txt requirements-uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python came without venv: install it (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo "Installing the environment (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes --compile-bytecode -r requirements-dev.txt
	@touch $@
