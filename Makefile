# Tradewind's verbs. `make` lists them; begin with `make demo`.

UV_VERSION := 0.13.8
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)

PORT ?=
DATA ?=
FILE ?=
ORDER ?=
SERVICE ?=
LOOK ?=
MOMENT ?=
KEEP ?=
ONLY ?=
RATE ?=
CURRENCY ?=
CLOUD ?= ministack
PARTS ?=
STAGE ?= dev

UV := .venv-uv/bin/uv
PY := .venv/bin/python -m
export UV_NO_PROGRESS := 1
unexport PYTHONDONTWRITEBYTECODE # compiled once, all of it starts in half the time

.DEFAULT_GOAL := help
.PHONY: help setup up demo import trace redrive test test-web check bench prove generate clients down deploy restore-drill migrate clean

help: ## this list
	@echo "Tradewind"; echo
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-17s%s\n", $$1, $$2 }'

# Three environments from one lock: ours, the local cloud's and the deployer's, whose pins would clash with ours.

setup: .venv/ready .venv-cloud/ready .venv-sam/ready ## install everything from uv.lock (needs Python 3.11 to 3.13)
	@:

.venv-uv/$(UV_VERSION):
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed (PYTHON=/path/to/it)"; exit 1; }
	@echo "installing uv $(UV_VERSION) ..."
	@$(PYTHON) -m venv --clear .venv-uv && .venv-uv/bin/python -m pip install --quiet uv==$(UV_VERSION) && touch $@

.venv/ready: uv.lock pyproject.toml .venv-uv/$(UV_VERSION)
	@echo "installing .venv ..."
	@$(UV) sync --quiet --frozen --python .venv-uv/bin/python && touch $@

.venv-cloud/ready .venv-sam/ready: .venv-%/ready: uv.lock .venv/ready
	@echo "installing .venv-$* ..."
	@UV_PROJECT_ENVIRONMENT=.venv-$* $(UV) sync --quiet --frozen --only-group $* --python .venv/bin/python && touch $@

# The shop on this machine

up: setup ## open the shop on a local cloud                       PORT= CLOUD=localstack
	@$(PY) tools.local up --cloud $(CLOUD) $(if $(PORT),--port $(PORT))

demo: up ## let customers buy, then show the books               DATA=file.csv CURRENCY=
	@$(PY) tools.demo $(if $(DATA),--data "$(DATA)") $(if $(CURRENCY),--currency $(CURRENCY))

import: $(if $(FILE),up) ## upload products (Shopify CSV, our CSV, JSON lines)     FILE=products.csv
	@test -n "$(FILE)" || { echo "Which file? make import FILE=products.csv"; exit 1; }
	@$(PY) tools.importing "$(FILE)"

# On the local cloud; on AWS, where STAGE= is given.
AT = $(if $(filter command environment,$(firstword $(origin STAGE))),--stage $(STAGE))

trace: setup ## the whole story of one order                         ORDER=number STAGE=prod
	@test -n "$(ORDER)" || { echo "Which order? make trace ORDER=ORD-20260131-000042"; exit 1; }
	@$(PY) tools.trace "$(ORDER)" $(AT)

redrive: setup ## look at dead letters, and put them back              SERVICE=orders LOOK=yes STAGE=prod
	@test -n "$(SERVICE)" || { echo "Whose? make redrive SERVICE=orders, or SERVICE=undelivered"; exit 1; }
	@$(PY) tools.redrive "$(SERVICE)" $(if $(LOOK),--look) $(AT)

down: ## close the shop and stop the local cloud
	@test ! -x .venv/bin/python || $(PY) tools.local down --cloud $(CLOUD)

# The house in order

quietly = @told=$$($(1) 2>&1) || { echo "$$told"; exit 1; }

check: setup ## style, types, import rules, templates, generated files: silent or it fails
	$(call quietly,.venv/bin/ruff check --quiet .)
	$(call quietly,.venv/bin/ruff format --check --quiet .)
	$(call quietly,.venv/bin/mypy --strict functions layers/shop/python tools tests)
	$(call quietly,.venv/bin/lint-imports)
	$(call quietly,.venv/bin/cfn-lint)
	$(call quietly,$(PY) tools.generate --check)
	$(call quietly,for layer in vendor $(APART); do $(PINS) | diff - layers/$$layer/requirements.txt || exit 1; done)

# Layers of services whose libraries are too heavy for everybody; what vendor has already is not theirs.
APART := catalog payments search shipping
PINS = { test $$layer = vendor && $(EXPORT) --no-default-groups || $(EXPORT) --only-group $$layer; }
EXPORT = $(UV) export --quiet --frozen --no-emit-project --no-annotate --no-header

generate: setup ## write what is generated: API, schemas, catalogue, the vendor layer's pins
	@$(PY) tools.generate
	@for layer in vendor $(APART); do $(PINS) > layers/$$layer/requirements.txt; done

clients: setup ## a Python and a TypeScript client for others (clients/README.md)
	@$(PY) tools.clients

test: setup ## unit, service and contract tests, then end to end on a local cloud
	@$(PY) pytest -n 2 -m "not cloud"
	@$(PY) pytest -m cloud tests/e2e tests/proof

test-web: setup ## both pages in a real browser (needs Node 20.19)         ONLY="cart --headed"
	@$(PY) tools.web.browser $(ONLY)

bench: setup ## every figure beside its budget, and the plots         PARTS="order reads"
	@$(PY) tests.bench $(PARTS)

# What is proven beside tests/proof: who may do what on AWS, and the races inside two services.
PROOFS = tests/proof tests/contract/test_template.py $(wildcard tests/service/test_*_races.py)

prove: setup ## every proof of reliability in full; the figures go to .reports/prove.json
	@PROOF=full $(PY) pytest -n 2 --dist worksteal -m "not cloud" $(PROOFS)

# AWS

deploy: setup ## to AWS, with your credentials                         STAGE=dev or prod
	@grep -q "^\[$(STAGE).build" samconfig.toml && test "$(STAGE)" != local || { echo "STAGE=dev or STAGE=prod"; exit 1; }
	UV="$(CURDIR)/$(UV)" LAYER_PYTHON=3.13 LAYER_PLATFORM=aarch64-manylinux_2_28 .venv-sam/bin/sam build --config-env $(STAGE)
	.venv-sam/bin/sam deploy --config-file "$(CURDIR)/samconfig.toml" --config-env $(STAGE)
	@$(PY) tools.web.publish --stage $(STAGE)

restore-drill: setup ## bring a table back beside the live one and compare      SERVICE=orders STAGE=prod
	@$(PY) tools.drill $(or $(SERVICE),orders) $(AT) $(if $(MOMENT),--moment $(MOMENT)) $(if $(KEEP),--keep)

migrate: setup ## rewrite what is stored in earlier shapes                SERVICE=catalog STAGE=prod RATE=
	@test -n "$(SERVICE)" || { echo "Which service's table? make migrate SERVICE=catalog"; exit 1; }
	@$(PY) tools.migrate $(SERVICE) $(AT) $(if $(RATE),--rate $(RATE))

clean: down ## remove what was made here, but for the environments
	@rm -rf .aws-sam .local .reports web/dist web/test-results clients/python/tradewind-client clients/typescript/dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find functions layers tools tests -name __pycache__ -prune -exec rm -rf {} +
