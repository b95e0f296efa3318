# Copyright (c) 2026, dbops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ANSIBLE_CORE=2.21 PYTHON=python3.13 make ... uses another ansible-core, in a virtual environment of its own.
ANSIBLE_CORE ?= 2.19
PYTHON ?=
NODES ?= 3
TARGETS ?=

VENV := .venv$(if $(filter-out 2.19,$(ANSIBLE_CORE)),-$(ANSIBLE_CORE))
RUN := $(VENV)/bin/python
SUITES := $(RUN) scripts/suites.py
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help venv demo test unit coverage sanity lint integration matrix lab lab-down bench docs build clean

help:
	@echo 'make demo                clone a real donor to two real recipients and show the report'
	@echo 'make test                all tests: lint, unit, sanity, integration'
	@echo 'make lint | unit | sanity'
	@echo 'make coverage            unit tests, and how much of module_utils they go through'
	@echo 'make integration [TARGETS="clone_run ..."]'
	@echo 'make matrix              the whole truth table, diagnosis table and fault matrix on real servers (an hour; needs root)'
	@echo 'make lab [NODES=3]       start a lab of real MySQL servers; make lab-down ends all labs'
	@echo 'make bench               speed of checks, clones, fleets, log reading, checksums beside that of other ways (ten minutes)'
	@echo 'make docs                the pages of plugins, roles and guides as HTML, in .cache/docsite'
	@echo 'make build               the collection as dist/*.tar.gz'
	@echo 'make venv                the virtual environment alone ($(VENV), ansible-core $(ANSIBLE_CORE))'
	@echo 'make clean               remove all that make has made'
	@echo 'ANSIBLE_CORE=2.21 PYTHON=python3.13 make ...   the same with another ansible-core'

venv: $(VENV)/.stamp

$(VENV)/.stamp: requirements.txt requirements-dev.txt scripts/make_venv.sh
	@scripts/make_venv.sh $(VENV) $(ANSIBLE_CORE) $(PYTHON)

demo: $(VENV)/.stamp
	@scripts/demo.sh

test unit coverage sanity lint: $(VENV)/.stamp
	@$(SUITES) $@

integration: $(VENV)/.stamp
	@$(SUITES) integration $(TARGETS)

matrix: $(VENV)/.stamp
	@$(RUN) scripts/matrix.py

lab: $(VENV)/.stamp
	@$(RUN) -m lab up --nodes $(NODES)

lab-down: $(VENV)/.stamp
	@$(RUN) -m lab down --all

bench: $(VENV)/.stamp
	@$(RUN) benchmarks/precheck.py --hosts 10
	@$(RUN) benchmarks/clone.py --megabytes 50
	@$(RUN) benchmarks/fanout.py --rounds 1
	@$(RUN) benchmarks/fleet_simulation.py
	@$(RUN) benchmarks/log.py --megabytes 100
	@$(RUN) benchmarks/verify.py

docs: $(VENV)/.stamp
	@$(RUN) scripts/docsite.py .cache/docsite
	@echo .cache/docsite/build/html/collections/dbops/mysql_clone/index.html

build: $(VENV)/.stamp
	@ansible-galaxy collection build --force --output-path dist

clean:
	rm -rf .cache .venv .venv-* dist .ansible tests/output
