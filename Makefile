# Each target sets up what it needs: Python tools in .venv, Node tools in node_modules.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 4566
PYTHON ?= python3
RIDES ?= 2000
WALKS ?= 30
ARGS ?=
RIDE ?=
FILE ?=
PLAN ?=
ALL ?=
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
LOCAL := .venv/bin/python -m wild_rydes_saga.cli
UV := .venv/bin/uv
PINNED := --require-hashes -r requirements.txt -r requirements-dev.txt
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --upgrade
# Certificates as the machine trusts them, so that a company's proxy is no obstacle.
export UV_SYSTEM_CERTS := 1
# Compiled once, when first imported: without it every run of the CDK compiles aws-cdk-lib again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo demo-aws up down rides ride recover sagalint synth diff deploy destroy test faults soak lint wheel pictures lock licences audit clean

help: ## say what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.done node_modules/.done ## install the Python and Node tools

.venv/.done: requirements-uv.txt requirements.txt requirements-dev.txt
	@echo "… Setting up Python: $$($(PYTHON) --version), packages into .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@$(UV) pip install --quiet --python .venv/bin/python $(PINNED) \
		|| { echo "… uv could not install them; trying pip, which takes minutes"; .venv/bin/python -m pip install --quiet $(PINNED); }
	@touch $@

node_modules/.done: .venv/.done package.json package-lock.json .npmrc
	@echo "… Setting up Node $$(node --version): the CDK CLI into node_modules"
	@npm ci --silent
	@touch $@

demo: setup ## deploy to a local cloud, run the lab's four rides, check them, draw them
	@$(LOCAL) demo $(ARGS)

demo-aws: setup ## the same on the AWS account of your credentials, in a stack of its own
	@$(LOCAL) demo --aws $(ARGS)

pictures: setup ## draw the pictures of the machines and of the four rides again, in docs/pictures
	@$(LOCAL) demo --pictures docs/pictures
	@rm docs/pictures/index.html

up: setup ## start a local cloud that stays, on 127.0.0.1:PORT, and deploy to it
	@$(LOCAL) up --port $(PORT)

down: ## end the local cloud
	@test ! -x .venv/bin/python || $(LOCAL) down

rides: setup ## list the rides that are parked, or unsettled for too long; ALL=1: all that are not settled
	@$(LOCAL) rides $(if $(ALL),--all) $(ARGS)

ride: setup ## show one ride, without its card: RIDE=its execution's name or ARN
	@$(LOCAL) ride $(if $(RIDE),'$(RIDE)') $(ARGS)

recover: setup ## finish a ride: RIDE=name or ARN, or ALL=1 for every one that `make rides` lists
	@$(LOCAL) recover $(if $(ALL),--all) $(if $(RIDE),'$(RIDE)') $(ARGS)

sagalint: setup ## check a state machine: FILE=machine.asl.json PLAN=plan.json ARGS="--format html --output out.html"
	@.venv/bin/python -m sagalint $(if $(FILE),'$(FILE)') $(if $(PLAN),--plan '$(PLAN)') $(ARGS)

synth: setup ## print the CloudFormation template
	@cdk synth $(ARGS)

diff: setup ## say what deploying would change: ARGS="-c stage=production"
	@cdk diff $(ARGS)

deploy: setup ## deploy to the AWS account of your credentials
	@case "$$AWS_ENDPOINT_URL" in *127.0.0.1*|*localhost*) echo "error: this shell calls the local cloud ($$AWS_ENDPOINT_URL): open a new one for AWS" >&2; exit 1;; esac
	@cdk deploy $(ARGS)

destroy: setup ## delete the stack from that account, log groups included
	@cdk destroy $(ARGS)

test: setup ## run every test
	@.venv/bin/python -m pytest $(ARGS)

faults: setup ## make everything fail that can, and audit every ride: the matrix, in .local/faults; then the rest
	@.venv/bin/python -m tests.support.faults matrix $(ARGS)
	@FAULTS=all WALKS=$(WALKS) .venv/bin/python -m pytest --quiet tests/faults --ignore tests/faults/test_matrix.py

soak: setup ## run thousands of rides, a tenth with faults, and audit them: RIDES=2000
	@.venv/bin/python -m tests.support.faults soak --rides $(RIDES) $(ARGS)

lint: setup ## check style, types, imports, the machines and the template
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports

wheel: setup ## build sagalint's wheel, and check a machine with it in an empty environment
	@.venv/bin/python -m tools.check_wheel

lock: .venv/.done ## choose the newest allowed versions and pin them with their hashes
	@$(COMPILE) --no-annotate - -o requirements-uv.txt <<< uv
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) --group dev -c requirements.txt -o requirements-dev.txt

licences: setup ## write docs/licences.md: every locked package, its version and its licence; after `make lock`
	@.venv/bin/python -m tools.supply_chain licences

audit: setup ## look for known vulnerabilities of what is locked; ends with 0 (none), 1 (found) or 2 (data not reached), under make 2 for both
	@.venv/bin/python -m tools.supply_chain audit

clean: down ## remove everything that was installed or generated
	@rm -rf .venv node_modules .cache .local cdk.out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
