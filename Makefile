# Everything works on a fresh machine: the targets below make .venv themselves when it is not there.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
INSTALLED := .venv/.installed

.DEFAULT_GOAL := test
.PHONY: demo test test-slow check readme bench bench-speed bench-waiting bench-accuracy bench-prices bench-choose bench-trust bench-cluster

demo: $(INSTALLED)
	$(BIN)/forecast train datasets/geyser.csv --target waiting --kind intervals --unit minutes \
		--look-back 3 --out runs/demo
	$(BIN)/forecast predict --run runs/demo

test: $(INSTALLED)
	$(BIN)/python -m pytest -q -n auto

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -q -m slow

readme: $(INSTALLED)
	$(BIN)/python -m tests.readme

# DATA is the folder of the benchmarks' data; they say which file they miss.
DATA ?= data
bench: bench-speed

bench-speed: $(INSTALLED)
	$(BIN)/python benchmarks/speed.py --data $(DATA) --out benchmarks/speed.json

bench-waiting: $(INSTALLED)
	$(BIN)/python benchmarks/waiting_times.py --data $(DATA) --out benchmarks/waiting_times.json

bench-accuracy: $(INSTALLED)
	$(BIN)/python benchmarks/accuracy.py --data $(DATA) --out benchmarks/accuracy.json

bench-prices: $(INSTALLED)
	$(BIN)/python benchmarks/prices.py --data $(DATA) --out benchmarks/prices.json

bench-choose: $(INSTALLED)
	$(BIN)/python benchmarks/choose_defaults.py --data $(DATA) --out benchmarks/choose_defaults.json

bench-cluster: $(INSTALLED)
	$(BIN)/python benchmarks/cluster.py --out benchmarks/cluster.json

bench-trust: $(INSTALLED)
	$(BIN)/python benchmarks/trust.py --out benchmarks/trust.json

check: $(INSTALLED)
	$(BIN)/ruff check -q .
	$(BIN)/ruff format --check -q .
	$(BIN)/mypy

# torch goes first and pinned: a range would choose a newer build, with gigabytes of CUDA packages.
$(INSTALLED): pyproject.toml constraints.txt
	@test -x $(BIN)/python || { echo "Making .venv (once, some minutes)"; $(PYTHON) -m venv .venv; }
	@$(PIP) install "$$(grep '^torch==' constraints.txt)"
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@
