# Each target first installs what it needs: the Python tools in .venv, the Node tools in node_modules.
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
CONSOLE_PORT ?=
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
LOCAL := .venv/bin/python -m wild_rydes_saga.cli
UV := .venv/bin/uv
PINNED := --require-hashes -r requirements.txt -r requirements-dev.txt
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --upgrade
# uv trusts the certificates of the machine. A company's proxy may need that.
export UV_SYSTEM_CERTS := 1
# Python keeps what it has compiled. Without that, each run of the CDK compiles aws-cdk-lib again.
unexport PYTHONDONTWRITEBYTECODE

# A .venv that uv has filled can be moved with its checkout. Any other knows its place: made elsewhere, or for a Python
# that is gone, it is made anew. A link to one is its owner's business.
STALE := $(shell test -L .venv || test ! -e .venv/.done || { test -x .venv/bin/python && \
	grep -qsF -e 'relocatable = true' -e "$$(pwd -P)/.venv" .venv/pyvenv.cfg; } || echo .stale)

# In a checkout that cannot be written to, the checks keep no cache.
ifneq ($(shell test -w . && echo writable),writable)
export RUFF_NO_CACHE := true
export MYPY_CACHE_DIR := /dev/null
NO_CACHE := --no-cache
endif

# Every target with a description. Nothing here is the name of a file.
.PHONY: $(shell sed -nE 's/^([a-z-]+):.*\#\# .*/\1/p' $(MAKEFILE_LIST))

help: ## print this list
	@awk -f tools/help.awk $(MAKEFILE_LIST)

# need-RIDE and need-RIDE-or-ALL: the first prerequisite of a target that needs one of these variables.
# It fails before anything is installed, and prints an example for each of them.
EXAMPLE_RIDE := RIDE=3c1f0a52-9d1e-4c8b-8a55-2f60c7b4e0d1
EXAMPLE_ALL := ALL=1
need-%:
	@$(if $(strip $(foreach name,$(subst -or-, ,$*),$($(name)))),:,$(call missing,$(subst -or-, ,$*)))
missing = { echo "error: make $(MAKECMDGOALS) needs $(subst -or-,=... or ,$*)=... For example:"; \
	$(foreach name,$(1),echo "  make $(MAKECMDGOALS) $(EXAMPLE_$(name))";) } >&2; exit 2

##@ Try it on this machine

setup: .venv/.done node_modules/.done ## install the Python and Node tools

# One setup at a time in a checkout: a second one waits for the first, and then finds everything installed.
ALONE = +@$(PYTHON) tools/one_at_a_time.py Makefile "… Waiting for another make of this checkout, which sets up" \
	$(MAKE) --no-print-directory HOLDS_LOCK=1 $@

.venv/.done: requirements-uv.txt requirements.txt requirements-dev.txt $(STALE)
ifndef HOLDS_LOCK
	$(ALONE)
else
	@echo "… Setting up Python: $$($(PYTHON) --version), packages into .venv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv $(if $(STALE),--clear) .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt \
		|| { echo "error: pip could not install uv; its own message is above. Is its index reachable? $(PYTHON) -m pip config list" >&2; exit 1; }
	@echo "relocatable = true" >> .venv/pyvenv.cfg
	@$(UV) pip install --quiet --python .venv/bin/python $(PINNED) \
		|| { echo "… uv could not install them; trying pip, which takes minutes"; $(PYTHON) -m venv .venv; .venv/bin/python -m pip install --quiet $(PINNED); }
	@touch $@
endif

.stale:

# npm's own error is shown, and nothing else that it prints.
node_modules/.done: .venv/.done package.json package-lock.json .npmrc
ifndef HOLDS_LOCK
	$(ALONE)
else
	@echo "… Setting up Node $$(node --version): the CDK CLI into node_modules"
	@npm ci --loglevel=error --no-progress > /dev/null \
		|| { echo "error: npm could not install the CDK CLI; its own message is above. Is its registry reachable? npm config get registry" >&2; exit 1; }
	@touch $@
endif

demo: setup ## run the lab's four rides on a local cloud, check them, draw them
	@$(LOCAL) demo $(ARGS)

up: setup ## start a local cloud on 127.0.0.1:PORT (4566) and deploy to it
	@$(LOCAL) up --port $(PORT) $(if $(CONSOLE_PORT),--console-port $(CONSOLE_PORT)) $(ARGS)

console: setup ## print the address of the console; on AWS with ARGS=--aws
	@$(LOCAL) console $(if $(CONSOLE_PORT),--console-port $(CONSOLE_PORT)) $(ARGS)

down: ## stop the local cloud and its console
	@test ! -x .venv/bin/python || test ! -e .venv/.done || $(LOCAL) down

##@ Inspect and finish rides: on the local cloud, or on AWS with ARGS=--aws

rides: setup ## list rides that are parked or open for too long; ALL=1: all open
	@$(LOCAL) rides $(if $(ALL),--all) $(ARGS)

ride: need-RIDE setup ## show one ride: RIDE=its execution's name or ARN
	@$(LOCAL) ride '$(RIDE)' $(ARGS)

recover: need-RIDE-or-ALL setup ## finish a ride: RIDE=name or ARN, or ALL=1: all of `make rides`
	@$(LOCAL) recover $(if $(ALL),--all) $(if $(RIDE),'$(RIDE)') $(ARGS)

lift: need-RIDE setup ## end the failure that a ride of _fail_refund forces
	@$(LOCAL) lift '$(RIDE)' $(ARGS)

drill: setup ## practise it: find, fix and recover a ride whose refund fails
	@$(LOCAL) drill $(ARGS)

##@ The lab: on the local cloud, or on AWS with ARGS=--aws

check: setup ## check your machine with the four rides: FILE=, or what start-here has
	@$(LOCAL) check $(if $(FILE),'$(FILE)') $(ARGS)

##@ Deploy to AWS, with your credentials

synth: setup ## print the CloudFormation template
	@cdk synth $(ARGS)

diff: setup ## show what a deployment would change: ARGS="-c stage=production"
	@$(LOCAL) check-aws diff
	@cdk diff $(ARGS)

deploy: setup ## deploy the stack
	@$(LOCAL) check-aws deploy
	@cdk deploy $(ARGS)
	@echo "Next: make outputs. It writes .local/real-aws.env, for the lab's lines. For another stack: ARGS=\"--stack-name NAME\""

outputs: setup ## write .local/real-aws.env: the stack's outputs for a shell
	@$(LOCAL) outputs $(ARGS)

destroy: setup ## delete the stack and its log groups
	@$(LOCAL) check-aws destroy
	@cdk destroy $(ARGS)

adopt: setup ## take what a destroyed production stack left into a new one
	@$(LOCAL) adopt $(ARGS)

demo-aws: setup ## run the demo on AWS, in a stack of its own that it deletes
	@$(LOCAL) demo --aws $(ARGS)

##@ Check

test: setup ## run the tests, but for those that take minutes
	@.venv/bin/python -m pytest $(ARGS)

test-long: setup ## run the tests that take minutes
	@.venv/bin/python -m pytest -m long $(ARGS)

lint: setup ## check style, types and imports
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports $(NO_CACHE)

sagalint: setup ## check a state machine: FILE=machine.asl.json PLAN=plan.json
	@mkdir -p .local 2> /dev/null || true
	@SAGALINT_CALLED_AS='make sagalint ARGS="{}"' .venv/bin/python -m sagalint $(if $(FILE),'$(FILE)') $(if $(PLAN),--plan '$(PLAN)') $(ARGS)

wheel: setup ## build sagalint's wheel and try it in an empty environment
	@.venv/bin/python -m tools.check_wheel

faults: setup ## make each step fail in every way, audit each ride: .local/faults
	@.venv/bin/python -m tests.support.faults matrix $(ARGS)
	@FAULTS=all WALKS=$(WALKS) .venv/bin/python -m pytest --quiet -m "long or not long" tests/faults --ignore tests/faults/test_matrix.py

bill: setup ## run each kind of ride, count every call, and price a million of them
	@.venv/bin/python -m tests.support.bill $(ARGS)

bench: setup ## compare the lab's machine, Standard and Express: latency, rides a second
	@.venv/bin/python -m tests.support.bench $(ARGS)

soak: setup ## run RIDES=2000 rides, a tenth with faults, and audit them
	@.venv/bin/python -m tests.support.faults soak --rides $(RIDES) $(ARGS)

stripe-check: setup ## test Stripe's test mode: STRIPE_TEST_KEY in the environment
	@.venv/bin/python -m pytest -n 0 tests/gateways/test_stripe_test_mode.py $(ARGS)

##@ Maintain the project

lock: .venv/.done ## pin the newest allowed Python packages with their hashes
	@$(COMPILE) --no-annotate - -o requirements-uv.txt <<< uv
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) --group dev -c requirements.txt -o requirements-dev.txt

licences: setup ## write docs/licences.md again, after `make lock`
	@.venv/bin/python -m tools.licences

audit: setup ## check for known vulnerabilities: 0 none, 1 found, 2 no data
	@.venv/bin/python -m tools.audit

pictures: setup ## draw the README's pictures again
	@$(LOCAL) demo --pictures docs/pictures
	@rm docs/pictures/index.html

clean: down ## remove everything that was installed or generated
	@rm -rf .venv node_modules .cache .local cdk.out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
