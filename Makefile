# Two commands do everything on a fresh machine with Python >= 3.11 and a C++ compiler:
#   make demo    environment, build, solve a real instance, show the result
#   make test    environment, build, the whole test suite
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TESTS ?= tests

.PHONY: demo test lint types stub contract docs tables bench bench-smoke truth debug wheel wheel-test wheels pins clean build new-family

# What the demonstration needs, and no more: a newcomer waits for it.
$(VENV)/.base: pyproject.toml setup.py
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade pip "setuptools>=77" wheel "cython>=3.1,<4"
	@# The kernels are compiled once, in place, by `build`; here they would be compiled to be thrown away.
	@ZEROGAP_EXT=none $(BIN)/python -m pip install --quiet --no-build-isolation -e ".[plot]" -c requirements.lock
	@touch $@

$(VENV)/.installed: $(VENV)/.base
	ZEROGAP_EXT=none $(BIN)/python -m pip install --quiet --no-build-isolation -e ".[dev,docs]" -c requirements.lock
	touch $@

# Kernels are rebuilt when a source is newer than its library.
build: $(VENV)/.installed
	$(BIN)/python setup.py --quiet build_ext --inplace

# Only the kernels that it needs, so that there is something to see within two minutes.
demo: $(VENV)/.base
	@ZEROGAP_EXT=jobshop,shared $(BIN)/python setup.py --quiet build_ext --inplace
	@mkdir -p out
	@$(BIN)/zerogap solve instances/jobshop/ft10.txt -q -t 20 -o out/ft10.json --plot out/ft10.html
	@$(BIN)/zerogap check instances/jobshop/ft10.txt out/ft10.json
	@$(BIN)/zerogap plot instances/jobshop/ft10.txt out/ft10.json out/ft10.svg
	@echo "explore out/ft10.html in a browser; next: make build (all kernels), . $(VENV)/bin/activate, zerogap --help (or $(BIN)/zerogap)"

test: build
	$(BIN)/python -m pytest $(TESTS) -n 2 --dist loadfile

lint: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint zerogap/_ext

types: build
	$(BIN)/mypy

# What editors and mypy know of the API: after a method, an option or a generator was added.
stub: build
	$(BIN)/python tools/typing_stub.py
	$(BIN)/ruff format -q zerogap/__init__.pyi

contract: build
	$(BIN)/lint-imports

docs: build
	DISABLE_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict --quiet

# Every table and figure of the docs again, from the committed result lines.
tables: build
	$(BIN)/python -m benchmarks.tables

# 20,000 mixed instances a family against the oracles; goes on where it stopped (out/truth).
truth: build
	ZEROGAP_STRICT=1 $(BIN)/python -m tests.truth $(FAMILIES)

bench: build
	$(BIN)/zerogap bench all benchmarks/suites

bench-smoke: build
	$(BIN)/zerogap bench run benchmarks/suites/smoke.toml --results out/smoke.jsonl
	$(BIN)/zerogap bench table out/smoke.jsonl
	$(BIN)/zerogap bench report out/smoke.jsonl --suites benchmarks/suites -o out/smoke.html

# The kernels once more with bounds checks and C assertions, under the same tests.
debug: $(VENV)/.installed
	ZEROGAP_DEBUG=1 $(BIN)/python setup.py --quiet build_ext --inplace --force
	ZEROGAP_DEBUG=1 $(BIN)/python -m pytest $(TESTS) -n 2 --dist loadfile
	$(BIN)/python setup.py --quiet build_ext --inplace --force

wheel: build
	$(BIN)/python -m build --no-isolation --outdir dist

# A wheel installed into an empty environment, tested away from the sources.
wheel-test: build
	rm -rf out/wheel && mkdir -p out/wheel/site
	$(BIN)/python -m pip wheel --quiet --no-build-isolation --no-deps --wheel-dir out/wheel .
	$(PYTHON) -m venv out/wheel/venv
	out/wheel/venv/bin/python -m pip install --quiet -c requirements.lock out/wheel/*.whl pytest hypothesis matplotlib
	cp -r tests instances pyproject.toml out/wheel/site/
	cd out/wheel/site && ../venv/bin/python -m pytest tests/solvers/test_solve.py tests/cli/test_cli.py tests/ext/test_shared.py

# The same for every interpreter that is installed (3.11 … 3.14).
wheels:
	$(PYTHON) tools/wheels.py --out out/wheels

# The exact backends with the lowest and the highest versions of OR-Tools and HiGHS that are allowed.
pins: build
	$(BIN)/python tools/pins.py

clean:
	rm -rf build out site zerogap/_ext/*/*.so zerogap/_ext/*/*.cpp

# The rooms of a new family, laid from tools/family: make new-family NAME=parcels
new-family:
	$(PYTHON) tools/new_family.py $(NAME)
