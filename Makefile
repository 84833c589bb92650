# make help lists the targets. Everything runs in .venv, which is made, and kept up to date, by whichever needs it.

VENV := .venv
PY := $(VENV)/bin/python

# The interpreter that .venv is made with: the first of these that is 3.11 or newer. Or say PYTHON=/path/to/python.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)

# pip takes the pinned versions from here, for the build requirements too (newer pips ask for those by the second name).
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Some tests start servers from scratch: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

# The suite and the Node.js that it needs, as npm installs them.
CONFORMANCE := .conformance
SUITE := node@22.23.3 @modelcontextprotocol/conformance@0.2.0-alpha.12

# The programs that README has commands for, as npm installs them.
CLIENTS := .clients
PROGRAMS := @anthropic-ai/claude-code@2.1.197 @google/gemini-cli@0.61.0

.DEFAULT_GOAL := help
.PHONY: help serve test snapshots storm conformance clients check regen bench clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*  ## /\1  /p' $(MAKEFILE_LIST) | awk '{ name = $$1; $$1 = ""; printf "make %-12s%s\n", name, $$0 }'

serve: $(VENV)/.serve  ## serve the tools over HTTP on 127.0.0.1:3000, or the port in MCP_SERVER_PORT
	@$(PY) -m hbmcp serve --transport http $(if $(wildcard .env),--env-file .env)

test: $(VENV)/.dev  ## run the tests
	@$(PY) -m pytest -n auto --dist worksteal --ignore tests/slow

snapshots: $(VENV)/.dev  ## write all snapshots anew: definitions, requests, notes, generated code, help, some answers
	@$(PY) -m pytest -q --snapshot-update $$(grep -rl --include='test_*.py' SnapshotAssertion tests)

storm: $(VENV)/.dev  ## faults, cancellations, many processes: a quarter of an hour (PART=1/3: a third; AGAIN=1: those that failed)
	@STORM_PART=$(PART) $(PY) -m pytest -n auto --dist worksteal -m "slow or hypothesis" --hypothesis-profile=thorough $(if $(AGAIN),--last-failed)

conformance: $(VENV)/.dev $(CONFORMANCE)/.ready  ## the protocol's official conformance suite, and its report in docs/conformance.md (needs npm)
	@$(PY) -m tests.conformance $(CONFORMANCE)

clients: $(VENV)/.dev $(CLIENTS)/.ready  ## README's commands, given to Claude Code and the Gemini CLI (needs npm)
	@PATH="$(CURDIR)/$(CLIENTS)/node_modules/.bin:$$PATH" $(PY) -m pytest -q tests/test_clients.py -k real_client

check: $(VENV)/.dev  ## generated/ is current, the curation complete, the code clean and typed
	$(PY) -m codegen check
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

# make regen               from the pinned contract
# make regen API=1         from the API at HUMMINGBOT_API_URL
# make regen FROM=file     from an OpenAPI document
# make regen SOURCE=n=file of another service, NAME=URL or NAME=FILE; those that are pinned are always made, too
# make regen DROP=1 …      go on without curated operations that the contract no longer has
regen: $(VENV)/.dev  ## write generated/ anew, and say what changed (API=1, FROM=file, SOURCE=name=file, DROP=1)
	@api="$${HUMMINGBOT_API_URL:-http://localhost:8000}"; \
	$(PY) -m codegen regen $(if $(API),"$${api%/}/openapi.json",$(if $(FROM),"$(FROM)")) $(if $(SOURCE),--source "$(SOURCE)") $(if $(DROP),--drop)

bench: $(VENV)/.dev  ## measure this server beside others, which are installed into .venv-peers
	@$(PY) -m bench

clean:  ## remove the environments and everything else that git ignores, except .env
	rm -rf $(VENV) .venv-peers $(CONFORMANCE) $(CLIENTS) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is touched only after everything was installed; it is out of date as soon as the requirements change.
$(VENV)/.serve: pyproject.toml constraints.txt
	$(call install,.)
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	$(call install,.[dev])
	@touch $@ $(VENV)/.serve

$(CONFORMANCE)/.ready: Makefile
	@mkdir -p $(CONFORMANCE) && echo '{}' > $(CONFORMANCE)/package.json
	@npm install --silent --no-audit --no-fund --prefix $(CONFORMANCE) $(SUITE)
	@touch $@

$(CLIENTS)/.ready: Makefile
	@mkdir -p $(CLIENTS) && echo '{}' > $(CLIENTS)/package.json
	@npm install --silent --no-audit --no-fund --prefix $(CLIENTS) $(PROGRAMS)
	@touch $@

# An environment without pip is half made, or made by another tool: it is replaced.
define install
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found. Install one, or say where it is: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || { echo "Making $(VENV) with $(PYTHON)."; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing into $(VENV). The first time, this takes about a minute."
	@$(PY) -m pip install --quiet --editable '$(1)'
endef
