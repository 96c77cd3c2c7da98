# Works with GNU make 3.81 (macOS) and later. `make` alone lists what there is.

BIN := .venv/bin
# Each test process starts a PostgreSQL and perhaps a browser: more than four gain nothing.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --quiet

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench lock clean dev services lint

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "make %-8s  %s\n", $$1, $$2 }' Makefile

install: ## Make .venv with the command `notify` and all it needs
	@sh .ci/venv runtime

demo: install ## Run the whole system with simulated providers and a generated race
	@$(BIN)/notify demo

test: services lint ## Install what tests need (Chromium, PostgreSQL) and run every check
	@$(PYTEST)

check: dev lint ## Run the checks and tests that need no browser, no PostgreSQL and little time
	@$(PYTEST) -m "not browser and not postgres and not slow"

bench: services ## Measure the fan-out against the naive design
	@$(BIN)/python benchmarks/fanout.py

lock: dev ## Compile the lock files from pyproject.toml again (UPGRADE=--upgrade takes new versions)
	$(COMPILE) $(UPGRADE) --group bootstrap -o requirements-bootstrap.txt
	$(COMPILE) $(UPGRADE) pyproject.toml -o requirements.txt
	$(COMPILE) $(UPGRADE) --group dev pyproject.toml -o requirements-dev.txt

clean: ## Remove .venv, caches and build products (not var/, which holds data)
	rm -rf .venv build dist notify.egg-info .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev:
	@sh .ci/venv dev

services: dev
	@$(BIN)/python -m tests.services.install

lint: dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
