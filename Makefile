# Needs make and Python 3.11 or newer, nothing else. `make` alone explains the targets.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench mutants install messages lock

# The first of these that is new enough builds .venv.
ifndef PYTHON
PYTHON := $(shell for name in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	"$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
endif
RUN := .venv/bin/python
SIZE ?= full
ARGS ?=

help:  ## explain the targets
	@echo 'make demo      install, start, run the main job on a small province, serve the site (PORT=8000)'
	@echo 'make test      run every test (ARGS="-k word" chooses)'
	@echo 'make check     format, lint, types, layers, templates, migrations, translations, deployment'
	@echo 'make bench     measure the speed (SIZE=small takes two minutes)'
	@echo 'make mutants   change the rules in one place at a time and see whether a test notices (ARGS="levy join" chooses)'
	@echo 'make install   only build .venv'
	@echo 'make messages  collect the texts to translate (developers; needs gettext)'
	@echo 'make lock      write the locked requirement files anew (developers; needs uv)'

define build
@if [ -z "$(PYTHON)" ]; then echo 'Python 3.11 or newer, with its venv module, is needed (Debian: apt-get install python3 python3-venv).' >&2; exit 1; fi
@$(PYTHON) config/environment.py $(1)
endef

install:
	$(call build,run)

demo:
	$(call build,run)
	@exec $(RUN) manage.py demo $(if $(PORT),--port $(PORT)) $(ARGS)

test:
	$(call build,dev)
	@exec $(RUN) -m pytest -n 2 $(ARGS)

check:
	$(call build,dev)
	@$(RUN) -m config.checks

bench:
	$(call build,run)
	@exec $(RUN) -m benchmarks --size $(SIZE) $(ARGS)

mutants:
	$(call build,dev)
	@exec $(RUN) -m tests.schemes.mutants $(ARGS)

messages:
	$(call build,dev)
	@$(RUN) manage.py makemessages -l zh_Hans --no-location --no-wrap -i '.venv/*' -i 'tests/*' -i 'benchmarks/*'
	@$(RUN) -m config.catalogue

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt
