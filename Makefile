# Two commands do all the set-up on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501

.DEFAULT_GOAL := help
.PHONY: help run install test check faults bench format

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

run: install ## set up what is missing, then open the dashboard
	$(BIN)/python -m core models install
	$(BIN)/streamlit run app.py --server.port $(PORT)

install: $(VENV)/.installed ## make the virtual environment

test: $(VENV)/.installed-tests ## set up what is missing, then run every check and every test
	$(BIN)/python tests/ensure_browser.py
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.installed-tests ## lint, formatting, types, who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

faults: $(VENV)/.installed-tests ## kills, damaged databases and files, load: about half an hour; prints its figures
	$(BIN)/python -m tests.faults

bench: $(VENV)/.installed-tests ## descriptions, vectors and the whole pipeline beside others, about half an hour; prints tables
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r benchmarks/requirements.txt
	$(BIN)/python -m core models install
	$(BIN)/python -m benchmarks.generation
	$(BIN)/python -m benchmarks.embedding
	$(BIN)/python -m benchmarks.pipeline

format: $(VENV)/.installed-tests ## let ruff tidy the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "CourseLift needs Python 3.11 or newer; set PYTHON=/path/to/it."; exit 1; }
	@echo "Making the virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing what CourseLift needs (about 2 GB with PyTorch; a few minutes) ..."
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r requirements.txt
	@touch $@

$(VENV)/.installed-tests: tests/requirements.txt $(VENV)/.installed
	@echo "Installing what the tests need ..."
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -r tests/requirements.txt
	@touch $@
