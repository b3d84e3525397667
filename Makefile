# The two commands a fresh machine needs: `make demo` and `make test`. Each builds its own virtual environment first;
# all that pip installs are wheels, so no compiler is needed. PYTHON=python3.12 or python3.13 works as well.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SECONDS ?=

.PHONY: demo test lint wheel check-wheel proto accuracy bench clean

# The stamps say which extras are in the environment; they go stale with the files that name the dependencies.
$(VENV)/.base: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 to 3.13 is needed: apt-get install python3.11-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.dev: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,export,train]'
	touch $@

demo: $(VENV)/.base  ## gateway + simulated camera + subscriber; SECONDS=30 ends by itself
	$(BIN)/courtside demo $(if $(SECONDS),--seconds $(SECONDS))

test: $(VENV)/.dev  ## the whole suite
	$(BIN)/python -m pytest

lint: $(VENV)/.dev  ## style, types, import floors
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: $(VENV)/.base  ## both wheels, courtside and courtside-client, into dist/
	rm -rf build
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist . ./clients

check-wheel: $(VENV)/.base  ## both wheels in empty environments, used from another folder: two minutes
	$(BIN)/python tests/wheel/check.py

proto: $(VENV)/.dev  ## generate core/courtside/v1 from the .proto files
	$(BIN)/python proto/generate.py

accuracy: $(VENV)/.dev  ## real clips, detection sets, rim clips, simulated games; ONLY=footage2, CLIPS=names, DATA=folder, GAMES=20, SWEEP=name of a number
	$(BIN)/python tests/accuracy/$(if $(SWEEP),sweep.py $(SWEEP),run.py) $(if $(DATA),--data $(DATA)) $(if $(SWEEP),,$(if $(GAMES),--games $(GAMES)) $(if $(ONLY),--only $(ONLY)) $(if $(CLIPS),--clips $(CLIPS)))

bench: $(VENV)/.dev  ## side-by-side measurements
	$(BIN)/python benchmarks/gateway.py

clean:
	rm -rf $(VENV) build dist *.egg-info
