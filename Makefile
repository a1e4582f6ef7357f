# Two commands matter: `make demo` and `make test`. Each makes its own environment in .venv.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test test-all bench results docs lint format clean

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: .venv/ready ## Backtest NijaMicro on a synthetic market, from $15, $240 and $990
	@$(BIN)/nija demo

test: .venv/tested lint ## Everything a submission must pass
	$(BIN)/pytest -n auto --dist loadgroup -m "not slow"

test-all: .venv/tested lint ## The slow suites too
	$(BIN)/pytest -n auto --dist loadgroup

bench: .venv/tested ## What things cost (ratios and medians, no promises)
	$(BIN)/python bench/rules.py
	$(BIN)/python -m bench --data $(DATA)

DATA ?= user_data/data/binance

results: .venv/tested ## docs/results.md from recorded candles (DATA=folder); 25 minutes on 2 cores
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[research]'
	@$(BIN)/python -m nija_plugins.research.study.results --data $(DATA)

docs: .venv/ready ## docs/commands.md from the commands' own help
	@$(BIN)/python -m nija_plugins.cli.documentation

lint: .venv/tested ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/tested ## Let ruff arrange the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove the environment and everything that was made
	rm -rf .venv .nija build *.egg-info .pytest_cache .mypy_cache .ruff_cache

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "NIJA needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Making the environment in .venv (two minutes, once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/tested: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@
