# Everything here works on a machine with Python 3.11 or newer, make and git; Node is used from the machine or from a wheel.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := .cache/uv/bin/uv
BIN := .venv/bin
STAMP := .venv/.pathloom-installed
PY_SOURCES := libs services tests tools deploy
export UV_PYTHON_DOWNLOADS := never
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Whoever forbids Python to keep what it compiled pays two seconds of CPU for each of the many processes that start here.
export PYTHONDONTWRITEBYTECODE :=

ARGS ?=
ONCE ?=

##@ Use
.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: setup console ## Start everything, play a contact centre, show one caller's view (ONCE=1: compare with the truth, then stop)
	@$(BIN)/pathloom demo $(if $(ONCE),--once,) $(ARGS)

.PHONY: up
up: setup console ## Start the platform alone and stay up until Ctrl-C
	@$(BIN)/pathloom up $(ARGS)

##@ Build
.PHONY: setup
setup: $(STAMP) ## Install what the project needs into .venv (pinned, by hash)

$(UV):
	@echo "· uv"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Pathloom needs Python 3.11 or newer; this is " + sys.version.split()[0] + " (set PYTHON=...)")'
	@$(PYTHON) -m venv .cache/uv
	@.cache/uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

$(STAMP): $(UV) requirements.lock $(wildcard libs/*/pyproject.toml services/*/pyproject.toml proto/pyproject.toml)
	@echo "· Python packages"
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip sync --quiet --python $(BIN)/python requirements.lock
	@touch $@

.PHONY: console
console: services/gateway/src/pathloom_gateway/console_dist/index.html ## Build the web console

CONSOLE := services/gateway/console
services/gateway/src/pathloom_gateway/console_dist/index.html: $(STAMP) $(CONSOLE)/package-lock.json $(shell find $(CONSOLE)/src $(CONSOLE)/index.html -type f 2>/dev/null)
	@echo "· console"
	@tools/node.sh --prefix $(CONSOLE) ci --no-audit --no-fund --silent
	@tools/node.sh --prefix $(CONSOLE) run --silent build

.PHONY: protos
protos: setup ## Regenerate proto/gen after a change of the contracts
	@$(BIN)/python tools/protos.py

.PHONY: lock
lock: $(UV) ## Resolve dependencies anew into requirements.lock
	@$(UV) lock --quiet $(ARGS)
	@$(UV) export --quiet --format requirements-txt --no-header --no-annotate > requirements.lock

.PHONY: format
format: setup ## Format the code
	@$(BIN)/ruff format --quiet $(PY_SOURCES)
	@$(BIN)/ruff check --quiet --fix $(PY_SOURCES)
	@cd proto && $(CURDIR)/$(BIN)/buf format -w .

##@ Check
.PHONY: check
check: check-python check-contracts check-shell check-console check-deploy ## Lint, format, types, architecture, contracts, dependencies, shell, console, manifests

.PHONY: check-python
check-python: setup
	@echo "· lint and format";  $(BIN)/ruff check $(PY_SOURCES); $(BIN)/ruff format --check --quiet $(PY_SOURCES)
	@echo "· types";            $(BIN)/mypy $(wildcard libs/*/src services/*/src) tools tests
	@echo "· architecture";     $(BIN)/lint-imports
	@echo "· dependencies";     tools/check_dependencies.sh
	@echo "· tracking plan";    $(BIN)/python tools/tracking_plan.py --check

.PHONY: check-contracts
check-contracts: setup
	@echo "· contracts"
	@$(BIN)/python tools/protos.py --check
	@cd proto && buf lint . && buf format --diff --exit-code . && buf build . -o - | buf breaking - --against baseline.binpb

.PHONY: check-shell
check-shell: setup
	@echo "· shell"
	@git ls-files -z '*.sh' .ci/run | xargs -0 $(BIN)/shellcheck

.PHONY: check-console
check-console: console
	@echo "· console lint, types and unit tests"
	@tools/node.sh --prefix $(CONSOLE) run --silent check

.PHONY: check-deploy
check-deploy: setup
	@echo "· manifests"
	@tools/check_deploy.sh

##@ Test
.PHONY: test
test: setup console ## Every test, on real PostgreSQL and Neo4j
	@$(BIN)/pytest -m "not soak" -n 2 --dist loadscope --no-loadscope-reorder $(ARGS)

.PHONY: bench
bench: setup console ## Figures beside their floors, measured in one run (ARGS="--help" says what can be asked)
	@$(BIN)/python -m tests.benchmarks $(ARGS)

.PHONY: k8s-try
k8s-try: setup ## Install, use, upgrade and kill on the cluster KUBECONFIG names, then clean up (tools/k8s_try.sh says what can be set)
	@tools/k8s_try.sh

.PHONY: soak
soak: setup console ## The long runs: hundreds of kills, large simulations
	@$(BIN)/pytest -m soak --timeout 36000 $(ARGS)
