# Every target sets up what it needs: system packages through apt-get (with sudo when not root), a
# virtual environment in .venv. The second call finds everything there and starts at once.
.DEFAULT_GOAL := help
.PHONY: help check test lint unit newer older fuzz stress ways bench html man record clean setup packages
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

# program=package: why it is needed
NEEDED := \
  qemu-system-x86_64=qemu-system-x86 \
  mmdebstrap=mmdebstrap \
  newuidmap=uidmap \
  tar2sqfs=squashfs-tools-ng
# ... and for the tests alone
test unit: NEEDED += chromium=chromium,fonts-liberation fuse-overlayfs=fuse-overlayfs \
  podman=podman runc=runc sshd=openssh-server sudo=sudo man=man-db
WHY := QEMU runs the throwaway machine; mmdebstrap, uidmap and squashfs-tools-ng build it without root; Chromium looks at the pages; fuse-overlayfs is the sandbox of an ordinary user; podman and runc run containers; openssh-server is what ssh reaches, and sudo makes root there; man-db shows the manual page

# Most of a test's time is waiting: one process more than there are processors.
SIDE_BY_SIDE = -n $$(( $$(nproc) + 1 )) --dist worksteal

# The articles that are shown as they were recorded, too.
PLAYED := docs/howto/lvm-upgrade-safety-net.rst docs/howto/shell-basics.md

# A newer Python than the oldest one supported, if this machine has one that runs.
NEWER = $(firstword $(shell for python in python3.14 python3.13 python3.12 \
  $${PYENV_ROOT:-$${HOME:-}/.pyenv}/versions/3.1[2-9]*/bin/python3; do \
  "$$python" -c 'import sys, venv; sys.version_info >= (3, 12) or sys.exit(1)' 2>/dev/null && echo "$$python"; done))

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check: setup  ## verify the articles of docs/ and the README, root sessions in a throwaway machine
	@$(BIN)/wordish check

test: setup lint unit older  ## the whole test suite: lint, unit tests, throwaway machines, an older Sphinx

lint: setup  ## ruff, mypy --strict and the layers
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@said=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$said"; exit 1; }; tail -n 1 <<< "$$said"

unit: setup  ## the tests
	@$(BIN)/pytest $(SIDE_BY_SIDE) -m 'not alone'
	@$(BIN)/pytest -q -m alone

newer: setup  ## the tests that need no machine, on a newer Python if there is one
	@if [ -n "$(NEWER)" ]; then \
	  set -e; venv=.venv-newer; \
	  if [ pyproject.toml -nt $$venv/.installed ]; then \
	    echo "setup: a virtual environment with $(NEWER) in $$venv"; \
	    rm -rf $$venv; "$(NEWER)" -m venv $$venv; \
	    $$venv/bin/python -m pip install --quiet --upgrade 'pip>=25.1'; \
	    $$venv/bin/python -m pip install --quiet --editable . --group test --group docs; \
	    touch $$venv/.installed; \
	  fi; \
	  PATH="$(CURDIR)/.venv-newer/bin:$$PATH" $$venv/bin/pytest -q $(SIDE_BY_SIDE) -m 'not vm and not browser'; \
	else echo "no newer Python here: its tests are not run"; fi

older: setup  ## the tests of the Sphinx extension, with the oldest Sphinx and docutils that are supported
	@venv=.venv-older; \
	if [ pyproject.toml -nt $$venv/.installed ]; then \
	  echo "setup: a virtual environment with Sphinx 8.2 in $$venv"; \
	  rm -rf $$venv; $(PYTHON) -m venv $$venv; \
	  $$venv/bin/python -m pip install --quiet --upgrade 'pip>=25.1'; \
	  $$venv/bin/python -m pip install --quiet --editable . --group test --group docs 'sphinx==8.2.*' 'docutils==0.21.*'; \
	  touch $$venv/.installed; \
	fi; \
	PATH="$(CURDIR)/$$venv/bin:$$PATH" $$venv/bin/pytest -q -n 2 -m 'not browser' tests/sphinx_ext

fuzz: setup  ## hostile texts for the readers, many more than the tests try
	@$(BIN)/pytest -q $(SIDE_BY_SIDE) --timeout 0 --hypothesis-profile fuzz tests/test_fuzz.py

ways: setup  ## all hostile articles side by side, resumed, and on a cluster that loses workers; the tests try a share
	@EVERY=1 $(BIN)/pytest -q -n 2 --timeout 0 tests/test_ways.py

stress: setup  ## the articles fifty times, beside others that take the processors and the disk
	@$(BIN)/python -m tests.stress
	@$(BIN)/python -m tests.stress --machines --runs 5

bench: setup  ## speed, beside a bare shell and a peer in the same run
	@$(BIN)/python -m pip install --quiet --group bench
	@$(BIN)/python -m tests.bench

html: setup  ## render docs/ with Sphinx
	@$(BIN)/sphinx-build -q -W -j 2 --keep-going -b html -c . docs _build/html
	@echo "the pages are in _build/html/index.html"

man: setup  ## the manual page, in _build/man
	@$(BIN)/sphinx-build -q -W -b man -c . docs _build/man
	@echo "read it with: man _build/man/wordish.1"

record: setup  ## verify everything, and keep the record and the recordings that the pages show
	@$(BIN)/wordish machine build > /dev/null  # so that no article's time has that in it
	@$(BIN)/wordish check --record --cast _build/casts
	@for article in $(PLAYED); do cp _build/casts/$$article.cast $${article%.*}.cast; done

clean:  ## remove what the other targets made here (the machines stay: wordish machine remove)
	rm -rf $(VENV) .venv-newer .venv-older _build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: packages $(VENV)/.installed

packages:
	@missing=; \
	for each in $(NEEDED); do \
	  PATH="$$PATH:/usr/sbin:/sbin" command -v $${each%%=*} > /dev/null || { each=$${each#*=}; missing="$$missing $${each//,/ }"; }; \
	done; \
	[ -d $(VENV) ] || $(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || missing="$$missing python3-venv"; \
	[ -z "$$missing" ] && exit 0; \
	echo "setup: apt-get installs$$missing ($(WHY))"; \
	as_root=; \
	if [ "$$(id -u)" != 0 ]; then \
	  command -v sudo > /dev/null || { \
	    echo "setup: not root and no sudo; as root: apt-get install --no-install-recommends$$missing" >&2; exit 1; }; \
	  as_root=sudo; \
	fi; \
	$$as_root apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -qq --yes --no-install-recommends $$missing > /dev/null

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("setup: Python 3.11 or newer is needed")'
	@echo "setup: a virtual environment in $(VENV) (wordish, and what its tests use)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --editable . --group test --group docs
	@$(BIN)/python -m compileall -q wordish  # start-up is slow where Python may not keep them itself
	@touch $@
