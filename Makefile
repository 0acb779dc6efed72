# Every target delegates to `python3 -m helpers` or `python3 -m tools`. That command installs what it needs besides
# Python, and announces it first.
# Chapters, and options for pytest and JupyterLab, go into ARGS:  make run ARGS="01 02"   make test ARGS=-x
# On another generation of Docker's Engine (bookworm, trixie or forky):  make run SUITE=forky
# Without internet access, from an unpacked workshop kit:  make lab OFFLINE=kit

PYTHON ?= python3
LEARNER := lab serve run test doctor shell progress stop sweep clean
MAINTAINER := handouts book bundle regenerate bench soak mutants generations image hub lock

.PHONY: help $(LEARNER) $(MAINTAINER) python
.DEFAULT_GOAL := help

ifdef SUITE
export LAB_SUITE := $(SUITE)
endif

ifdef OFFLINE
export LAB_OFFLINE := $(abspath $(OFFLINE))
endif

help: python
	@$(PYTHON) -m helpers --help
	@echo
	@$(PYTHON) -m tools --help

$(LEARNER): python
	@$(PYTHON) -m helpers $@ $(ARGS)

$(MAINTAINER): python
	@$(PYTHON) -m tools $@ $(ARGS)

python:
	@command -v "$(PYTHON)" >/dev/null && exit; \
	[ "$$(id -u)" = 0 ] || sudo=sudo; \
	if [ "$(PYTHON)" != python3 ] || ! command -v apt-get >/dev/null || ! command -v $${sudo:-true} >/dev/null; then \
	    echo "There is no $(PYTHON) here. Install Python 3.11 or newer with its venv module (Debian: python3 python3-venv), then repeat." >&2; \
	    exit 1; \
	fi; \
	echo "There is no python3 here: installing Debian's python3 and python3-venv (about 30 MB)." >&2; \
	$$sudo apt-get update --quiet; \
	$$sudo env DEBIAN_FRONTEND=noninteractive \
	    apt-get install --yes --quiet --no-install-recommends python3 python3-venv
