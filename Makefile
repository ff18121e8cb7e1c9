# Two commands do everything: `make repro` and `make test`.
PYTHON ?= python3
# The URL of an index to take torch from, and nothing else: one with its CPU build saves gigabytes (docs/pipeline.md).
TORCH_INDEX ?=
# Stages are run by the `python` on the PATH, in scratch copies (dvc exp run --temp, the queue) too.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONHASHSEED := 0
export DVC_NO_ANALYTICS := 1
# Modules of packages are compiled when they are first imported (--no-compile: to compile all of them takes a minute),
# so what Python compiles has to be kept.
export PYTHONDONTWRITEBYTECODE :=
PIP := python -m pip install --no-compile --disable-pip-version-check

.PHONY: help install repro demo study test test-slow gpu-check lint docs wheel lock clean

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: .venv/.installed ## Make .venv with every package at its locked version: make install TORCH_INDEX=URL

.venv/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "error: $(PYTHON) is not Python 3.11, 3.12 or 3.13; say which one is: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) $(if $(TORCH_INDEX),--no-deps --index-url $(TORCH_INDEX)) "$$(grep '^torch==' requirements.lock)"
	@echo "the other packages of requirements.lock, 0.4 GB:"
	$(PIP) --requirement requirements.lock
	@touch $@

repro: install ## Run what has changed of the pipeline (dvc repro), and show the scores
	@python -m pipeline mend
	dvc repro
	@python -m pipeline show

demo: install ## Generate the files of data/demo again
	python -m demo

study: install ## Run what a study has not run yet, and write results/NAME/page.html: make study NAME=demo
	python -m pipeline study $(NAME)

test: install ## Run the tests, all but the slow ones
	python -m pytest -n 2 --dist loadfile

test-slow: install ## Run the slow tests: DVC at length, the recipes of docs/extend.md, kills by the dozen
	python -m pytest -n 2 --dist loadfile -m slow

gpu-check: install ## On a machine with a GPU: check and time the kernels and the paper's models, report in gpu-check.json
	python -m benchmarks.gpu

lint: install ## Check style and types
	ruff check .
	ruff format --check .
	mypy

wheel: install ## Build the wheel of the tagger alone, without torch and DVC: build/wheel
	rm -rf build/wheel && python -m package build/wheel

docs: install ## Build docs/ as a site that is read offline, build/docs/index.html; a broken link is an error
	rm -rf build/docs
	python -m sphinx --quiet --fail-on-warning --keep-going --builder html docs build/docs
	@echo "docs: build/docs/index.html"

lock: ## Pin the newest packages that pyproject.toml allows
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet "$$(grep '^torch==' requirements.lock)"
	.venv-lock/bin/python -m pip install --quiet '.[dev,docs]'
	{ grep '^#' requirements.lock; grep '^torch==' requirements.lock; \
		.venv-lock/bin/python -m pip freeze | grep -vE '^(torch|recurrent-ner)( |==)' | \
		sed '/^triton==/s/$$/; sys_platform == "linux"/'; } > requirements.new
	mv requirements.new requirements.lock && rm -rf .venv-lock

clean: ## Remove the environment and everything that can be made again, but not DVC's cache
	find data models metrics -depth \( -name '.*.partial' -o -name '.*.old' \) -exec rm -rf {} +
	rm -rf .venv build models/.checkpoints models/.features data/.locks data/.shards .pytest_cache .mypy_cache .ruff_cache .hypothesis dvc_plots
