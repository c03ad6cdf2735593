# Two commands on a fresh machine: `make run` and `make test`. Both need only Python 3.11+ and make;
# with Node.js and Chromium there, the tests cover the page too.

PYTHON ?= python3
BIN := .venv/bin
# What one Python process has compiled, the hundreds that the tests start need not, wherever this is set.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test test-cluster bench chaos lint clean

run: .venv/installed  ## serve the page on http://127.0.0.1:8000
	@$(BIN)/live-digits serve --workers 1

test: .venv/installed-for-tests lint  ## run every check that this machine can
	@if command -v node >/dev/null; then $(MAKE) --no-print-directory test-page; \
	elif [ -n "$(CI)" ]; then echo "Expected Node.js in CI, found none"; exit 1; \
	else echo "No Node.js here: skipping the checks of the page's modules"; fi
	$(BIN)/python -m pytest -n 4 --dist loadfile

.PHONY: test-page
test-page: node_modules/installed
	node_modules/.bin/tsc -p jsconfig.json
	node --test tests/frontend/*.test.mjs

lint: .venv/installed-for-tests  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test-cluster: .venv/installed-for-cluster  ## run the tests that start a Ray cluster
	LIVE_DIGITS_TEST_CLUSTER=1 $(BIN)/python -m pytest tests/test_cluster.py

bench: .venv/installed-for-tests  ## measure the server against its floor
	$(BIN)/python -m tests.bench

chaos: .venv/installed-for-tests  ## do harm to servers, and see what becomes of their sessions
	$(BIN)/python -m tests.chaos

clean:  ## remove what was installed and built
	rm -rf .venv node_modules dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Expected Python 3.11 or later, got $$($(PYTHON) --version): make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/installed: pyproject.toml | .venv/bin/python
	@echo "Installing (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-for-tests: pyproject.toml | .venv/bin/python
	@echo "Installing what the tests need (once; TensorFlow is large)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[train,test]'
	@touch $@ .venv/installed

.venv/installed-for-cluster: .venv/installed-for-tests
	@echo "Installing Ray (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cluster]'
	@touch $@

node_modules/installed: package.json
	@npm install --no-package-lock --no-audit --no-fund --silent
	@touch $@
