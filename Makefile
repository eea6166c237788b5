# Each recipe is one command of bootstrap.py, which CI calls too.
PYTHON ?= python3
PATH_TO_INDEX ?= .

.PHONY: setup index test lint typecheck docs bench wheels clean

setup:            ## environment with every engine that this machine can build
	$(PYTHON) bootstrap.py setup

index:            ## make index PATH_TO_INDEX=some/repository
	$(PYTHON) bootstrap.py index $(PATH_TO_INDEX)

test:             ## everything CI runs
	$(PYTHON) bootstrap.py test

lint:             ## format and lint rules, import contracts
	$(PYTHON) bootstrap.py test ruff-check ruff-format import-linter

typecheck:
	$(PYTHON) bootstrap.py test mypy

bench:            ## the numbers of docs/reference/benchmarks.md, on Django
	$(PYTHON) bootstrap.py bench --corpus django

wheels:           ## release builds of all distributions into dist/
	$(PYTHON) bootstrap.py wheels

clean:
	rm -rf .venv dist build .codegraph .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
