# What a newcomer needs: `make demo` and `make test` install what is missing, build and run.

SWIFT ?= swift
BUILD := $(SWIFT) build -c release
CAMBIUM = .build/release/cambium
SOURCES := Sources Tests Package.swift

.PHONY: build demo test soak simulate fuzz fuzz-run bench format lint docs manual reference setup clean

build: setup
	$(BUILD) --product cambium

# The main job on the built-in dataset: bases, selffer and transfer networks, a report.
demo: build
	$(CAMBIUM) run pipelines/quickstart.yaml --jobs 2
	@echo "the report as files; open report.html in a browser:"
	@$(CAMBIUM) report pipelines/quickstart.yaml -o pipelines/.cambium/quickstart

test: setup
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build

# Reads changed pipeline files for SECONDS, from seed FROM on. An input that crashes the reader or hangs it
# is left as .build-fuzz/current.yaml; others that are taken wrongly, and the slowest, lie beside it.
SECONDS ?= 600
FROM ?= 0
fuzz: setup
	$(BUILD) --build-tests
	CAMBIUM_FUZZ_SECONDS=$(SECONDS) CAMBIUM_FUZZ_FROM=$(FROM) CAMBIUM_FUZZ_FOLDER=$(CURDIR)/.build-fuzz \
	  $(SWIFT) test -c release --skip-build --filter FuzzTests

# Runs COUNT tiny pipelines with a value changed, from seed FROM on: some tenths of a second each. Those that end by a
# signal, hang, or fail for a reason that 'check' could have given are left in .build-fuzz.
COUNT ?= 10000
fuzz-run: setup
	$(BUILD) --build-tests
	CAMBIUM_RUN_FUZZ=$(COUNT) CAMBIUM_RUN_FUZZ_FROM=$(FROM) CAMBIUM_FUZZ_FOLDER=$(CURDIR)/.build-fuzz \
	  $(SWIFT) test -c release --skip-build --filter RunFuzzTests

# The long forms of the tests that kill and suspend the program, fill the disk, cut the power at many instants, and
# make every call to the system fail, once and for good: an hour or so.
soak: setup
	$(BUILD) --build-tests
	CAMBIUM_SOAK_KILLS=200 CAMBIUM_SOAK_CUTS=200 CAMBIUM_SOAK_CALLS=100000 \
	  $(SWIFT) test -c release --skip-build \
	  --filter 'SoakTests|FullDiskTests|SuspensionTests|PowerCutTests|CallFaultTests|AddressSpaceTests'

# Coverage of intervals, false claims of verdicts and power in so many simulated studies: the tables of docs/statistics.md.
STUDIES ?= 2000
simulate: setup
	$(BUILD) --build-tests
	CAMBIUM_SIMULATE_STUDIES=$(STUDIES) $(SWIFT) test -c release --skip-build --filter SimulationTests

# How fast two networks train and infer, layer by layer, how fast large pipelines plan, what a checkpoint
# costs, and what side by side is worth; the networks beside PyTorch where $PYTHON can import it.
PYTHON ?= python3
bench: build
	$(CAMBIUM) bench pipelines/networks/small32.yaml --batch 128 --classes 10 --layers
	$(CAMBIUM) bench pipelines/networks/caffenet.yaml --batch 64 --layers
	$(PYTHON) Tests/Benchmarks/planning.py $(CAMBIUM) $(wildcard pipelines/paper.yaml)
	$(PYTHON) Tests/Benchmarks/checkpoints.py $(CAMBIUM)
	$(PYTHON) Tests/Benchmarks/jobs.py $(CAMBIUM)
	@if $(PYTHON) -c 'import torch' 2> /dev/null; then \
	  $(PYTHON) Tests/Benchmarks/compare.py $(CAMBIUM); \
	else echo "no comparison with PyTorch: '$(PYTHON)' cannot import torch (set PYTHON)"; fi

format:
	$(SWIFT) format --in-place --recursive $(SOURCES)

lint:
	$(SWIFT) format lint --strict --recursive $(SOURCES)

# What the program tells of itself: a man page and completions; and the reference below.
docs: manual reference

manual: build
	mkdir -p .build-docs/completions
	$(CAMBIUM) --generate-completion-script bash > .build-docs/completions/cambium.bash
	$(CAMBIUM) --generate-completion-script zsh > .build-docs/completions/_cambium
	$(CAMBIUM) --generate-completion-script fish > .build-docs/completions/cambium.fish
	$(CAMBIUM) --experimental-dump-help | $(PYTHON) docs/manual.py "$$($(CAMBIUM) --version)" \
	  > .build-docs/cambium.1
	@echo "man page: .build-docs/cambium.1; completions: .build-docs/completions"

# Reference pages of every module, from the doc comments. The package manager also tries the test bundle,
# which has no module to document, and calls that a failure: what counts is that each module's graph is there.
MODULES := Basics Definitions Kernels Engine Datasets PipelineLanguage ArtifactStore Planning \
  Execution Reporting Stages
GRAPHS := .build-docs/graphs

reference: setup
	rm -rf .build-docs/*/symbolgraph $(GRAPHS)
	-$(SWIFT) package --scratch-path .build-docs dump-symbol-graph --minimum-access-level package \
	  > .build-docs.log 2>&1
	mkdir -p $(GRAPHS)
	set -e; for module in $(MODULES); do \
	  cp .build-docs/*/symbolgraph/$$module.symbols.json $(GRAPHS)/; done
	docc convert --fallback-display-name Cambium --fallback-bundle-identifier cambium \
	  --additional-symbol-graph-dir $(GRAPHS) --output-path .build-docs/pages > .build-docs.log 2>&1
	@echo "pages: .build-docs/pages (docc preview, or any web server, shows them)"

# Installs the libraries that are missing; see the script for which.
setup:
	@sh .ci/setup

clean:
	$(SWIFT) package clean
