# make demo and make test make their own .venv; PYTHON chooses the interpreter (3.11 to 3.13).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Tests mostly trace and compile, on one core.
SIDE_BY_SIDE := -n auto
# TensorFlow keeps all that it has compiled until a process ends: of three runs each needs less memory.
USES := tests/cli tests/export tests/presets tests/serve tests/training
LOOPS := tests/cells tests/layers tests/models
REST := $(USES:%=--ignore=%) $(LOOPS:%=--ignore=%)

.PHONY: demo test test-slow lint bench notebooks weights clean

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else f"rnn_zoo needs Python 3.11 to 3.13, this is {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(STAMP)
	$(BIN)/rnn-zoo demo --overwrite

test: $(STAMP)
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(USES)
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(LOOPS)
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest $(SIDE_BY_SIDE) $(REST)
	KERAS_BACKEND=jax JAX_ENABLE_X64=1 $(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-slow: $(STAMP)
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest $(SIDE_BY_SIDE) -m slow $(USES)
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest $(SIDE_BY_SIDE) -m slow $(LOOPS)
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest $(SIDE_BY_SIDE) -m slow $(REST)
	KERAS_BACKEND=jax JAX_ENABLE_X64=1 $(BIN)/python -m pytest $(SIDE_BY_SIDE) -m slow

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy rnn_zoo rnn_zoo_command.py

# About an hour; without RNN_ZOO_TEST_DATA no real text is translated or learned.
bench: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m benchmarks.steps
	$(BIN)/python -m benchmarks.cells
	$(BIN)/python -m benchmarks.decoding
	$(BIN)/python -m benchmarks.epochs
	$(BIN)/python -m benchmarks.lengths
	$(BIN)/python -m benchmarks.start
	$(BIN)/python -m benchmarks.serving

notebooks: $(STAMP)
	$(BIN)/python -m notebooks.run

# Trains all weights that the package holds, hours; RNN_ZOO_TEST_DATA names the real texts.
weights: $(STAMP)
	$(BIN)/python -m benchmarks.weights

clean:
	rm -rf $(VENV) build dist runs
