# Needs Python 3.11 or newer and make. Everything is installed into $(VENV), nothing outside this folder.
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
RECENT := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$name -c '$(RECENT)' 2>/dev/null && echo $$name && break; done)
PIP = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help serve test clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 14

serve: $(VENV)/.serve ## install and start the service (HOST=127.0.0.1 PORT=8000)
	@exec $(VENV)/bin/pagesieve serve --host $(HOST) --port $(PORT)

test: $(VENV)/.test ## install, check style and types, run the tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n 2

clean: ## remove the virtual environment and everything generated
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find pagesieve service training bench tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: a second run installs again only when the dependencies have changed.
$(VENV)/.serve: $(VENV)/.made pyproject.toml constraints.txt
	@echo "installing pagesieve and its server into $(VENV) (once; about 100 MB to download)"
	@$(PIP) --editable '.[service]'
	@touch $@

$(VENV)/.test: $(VENV)/.made pyproject.toml constraints.txt
	@echo "installing pagesieve and its tests into $(VENV) (once; about 200 MB to download)"
	@$(PIP) --editable '.[service,train,dev]'
	@touch $@ $(VENV)/.serve

$(VENV)/.made:
	@$(or $(PYTHON),false) -c '$(RECENT)' 2>/dev/null || { \
	  echo "pagesieve needs Python 3.11 or newer, and none was found."; \
	  echo "Install it (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.11 ..."; \
	  exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module."; \
	  $(PYTHON) -c 'import sys; print("Install it (Debian, Ubuntu): apt-get install python%d.%d-venv" % sys.version_info[:2])'; \
	  exit 1; } >&2
	@$(PYTHON) -m venv $(VENV)
	@touch $@
