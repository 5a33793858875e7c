# To start: `make demo` and `make test` install missing libraries, build and run. `make help` lists all targets.

SWIFT ?= swift
PYTHON ?= python3
BUILD := $(SWIFT) build -c release
CAMBIUM = .build/release/cambium
SOURCES := Sources Tests Package.swift

.PHONY: build help demo test test-slurm install uninstall dist soak faults sanitize sanitize-thread sanitize-address simulate fuzz \
  fuzz-run bench format lint docs manual reference setup clean
.DELETE_ON_ERROR:

build: setup ## builds the program: .build/release/cambium
	$(BUILD) --product cambium

help: ## lists these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

# A complete study on the built-in dataset: base, selffer and transfer networks, and a report.
demo: build ## builds, runs pipelines/quickstart.yaml and writes its report
	$(CAMBIUM) run pipelines/quickstart.yaml --jobs 2
	@echo "the report as files (open report.html in a browser):"
	@$(CAMBIUM) report pipelines/quickstart.yaml -o pipelines/.cambium/quickstart

test: setup ## builds everything and runs all tests
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build

# Starts a controller and four nodes on this machine; takes root. PARTS=all runs the long parts too (about an hour):
# Tests/Slurm/test.py describes them.
PARTS ?= basics mistakes chains room images failures
test-slurm: build ## tests on a real Slurm, which it installs and starts (three minutes; PARTS=all: an hour)
	@PATH=$$PATH:/usr/sbin command -v slurmctld > /dev/null || sh .ci/setup slurm-wlm munge python3
	$(PYTHON) Tests/Slurm/test.py $(CAMBIUM) $(PARTS)

# Installed files, as FILE:PATH relative to PREFIX. 'cambium bench' looks for networks in ../share/cambium from its folder.
PREFIX ?= /usr/local
TARGET = $(DESTDIR)$(PREFIX)
PIPELINES := $(wildcard pipelines/*.yaml pipelines/*/*.yaml pipelines/*/*.txt)
INSTALLED = $(CAMBIUM):bin/cambium \
  .build-docs/cambium.1:share/man/man1/cambium.1 \
  .build-docs/completions/cambium.bash:share/bash-completion/completions/cambium \
  .build-docs/completions/_cambium:share/zsh/site-functions/_cambium \
  .build-docs/completions/cambium.fish:share/fish/vendor_completions.d/cambium.fish \
  grammar/pipeline.schema.json:share/cambium/pipeline.schema.json \
  $(foreach file,$(PIPELINES),$(file):share/cambium/$(file:pipelines/%=%))

install: $(CAMBIUM) .build-docs/cambium.1 ## installs the program in PREFIX (/usr/local), staged in DESTDIR if given
	@set -e; for entry in $(INSTALLED); do \
	  case "$$entry" in *:bin/*) mode=755;; *) mode=644;; esac; \
	  install -D -m $$mode "$${entry%%:*}" "$(TARGET)/$${entry#*:}"; \
	done
	@echo "installed $(TARGET)/bin/cambium, and its data and documentation in $(TARGET)/share"

uninstall: ## removes the files that 'make install' installed
	@set -e; for entry in $(INSTALLED); do rm -f "$(TARGET)/$${entry#*:}"; done
	@rmdir "$(TARGET)"/share/cambium/*/ "$(TARGET)/share/cambium" 2> /dev/null || true
	@echo "removed cambium from $(TARGET)"

# Built only if a source is newer: after 'make manual', 'sudo make install' builds nothing and does not need Swift.
$(CAMBIUM): Package.swift $(shell find Sources -type f)
	$(MAKE) build
	touch $@

# Includes all libraries except glibc's, so that it runs on a machine where nothing is installed.
dist: $(CAMBIUM) .build-docs/cambium.1 ## packs the program with its libraries into .build-dist/cambium-VERSION-linux-ARCH.tar.gz
	@command -v patchelf > /dev/null || sh .ci/setup patchelf
	bash .ci/dist $(CAMBIUM)

# Gives mutated files of every kind to their readers for SECONDS, starting at seed FROM: pipelines, weights, images,
# archives, packed images, exported studies, stores, results. An input that crashes or hangs its reader is left as
# .build-fuzz/current.yaml or current-KIND; inputs that are mishandled, and the slowest, are next to it.
SECONDS ?= 600
FROM ?= 0
fuzz: setup ## gives mutated files to every reader for SECONDS (600), starting at seed FROM
	$(BUILD) --build-tests
	CAMBIUM_FUZZ_SECONDS=$(SECONDS) CAMBIUM_FUZZ_FROM=$(FROM) CAMBIUM_FUZZ_FOLDER=$(CURDIR)/.build-fuzz \
	  $(SWIFT) test -c release --skip-build --filter FuzzTests

# Runs COUNT tiny pipelines with one value changed, starting at seed FROM; each takes a few tenths of a second. Pipelines
# that crash, hang, or fail for a reason that 'check' could have reported are saved in .build-fuzz.
COUNT ?= 10000
fuzz-run: setup ## runs COUNT (10,000) mutated pipelines, starting at seed FROM
	$(BUILD) --build-tests
	CAMBIUM_RUN_FUZZ=$(COUNT) CAMBIUM_RUN_FUZZ_FROM=$(FROM) CAMBIUM_FUZZ_FOLDER=$(CURDIR)/.build-fuzz \
	  $(SWIFT) test -c release --skip-build --filter RunFuzzTests

# The long versions of the tests that kill and suspend the program, fill the disk, cut the power at many instants, and
# make every system call fail, once and permanently. Takes about three hours.
soak: setup ## runs the long versions of the tests that simulate system failures (three hours)
	$(BUILD) --build-tests
	CAMBIUM_SOAK_KILLS=200 CAMBIUM_SOAK_CUTS=200 CAMBIUM_SOAK_CALLS=100000 \
	  $(SWIFT) test -c release --skip-build \
	  --filter 'SoakTests|FullDiskTests|SuspensionTests|PowerCutTests|CallFaultTests|AddressSpaceTests'

# A run of ten stages in which every STRIDE-th system call, from the first to the last of each kind, fails once, then
# permanently. Takes about ten minutes, and SEED times STRIDE tries others; STRIDE=1 tries all, as 'make soak' does.
STRIDE ?= 20
SEED ?= 1
faults: setup ## makes every STRIDE-th (20) system call of a run fail, once and permanently (ten minutes)
	$(BUILD) --build-tests
	CAMBIUM_SOAK_STRIDE=$(STRIDE) CAMBIUM_SOAK_SEED=$(SEED) $(SWIFT) test -c release --skip-build --filter CallFaultTests

# Tests of everything that shares memory, in builds with the thread and the address sanitizer. The kernels have one version
# in such builds, since the dynamic loader chooses among several before a sanitizer is ready. Each needs
# a build of its own. Leaks are not sought: OpenBLAS and the Swift runtime keep memory until the end. The thread sanitizer
# does not see what the Swift runtime locks: Tests/thread-sanitizer.supp names what it would report by mistake.
SANITIZED := KernelsTests|EngineTests|ExecutionTests|SharedStoreTests
sanitize: sanitize-thread sanitize-address ## runs tests with the thread and the address sanitizer
sanitize-thread sanitize-address: sanitize-%: setup
	$(BUILD) --build-tests --sanitize=$* --scratch-path .build-$*
	ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/thread-sanitizer.supp \
	  $(SWIFT) test -c release --skip-build --sanitize=$* --scratch-path .build-$* \
	  --filter '$(SANITIZED)'

# Coverage of intervals, false claims of verdicts, and power, in STUDIES simulated studies: the tables of docs/statistics.md.
STUDIES ?= 2000
simulate: setup ## computes the tables of docs/statistics.md from STUDIES (2,000) simulated studies
	$(BUILD) --build-tests
	CAMBIUM_SIMULATE_STUDIES=$(STUDIES) $(SWIFT) test -c release --skip-build --filter SimulationTests

# Measures training and inference of two networks by layer, planning of large pipelines, the cost of checkpoints,
# the benefit of parallel stages, and augmentation. Compares the networks, and the 30 of a study, with PyTorch if $PYTHON can
# import it.
bench: build ## measures speed, and compares with PyTorch if PYTHON can import it
	$(CAMBIUM) bench pipelines/networks/small32.yaml --batch 128 --classes 10 --layers
	$(CAMBIUM) bench pipelines/networks/caffenet.yaml --batch 64 --layers
	$(PYTHON) Tests/Benchmarks/planning.py $(CAMBIUM) $(wildcard pipelines/paper.yaml)
	$(PYTHON) Tests/Benchmarks/checkpoints.py $(CAMBIUM)
	$(PYTHON) Tests/Benchmarks/jobs.py $(CAMBIUM)
	$(PYTHON) Tests/Benchmarks/stages.py $(CAMBIUM)
	$(BUILD) --build-tests
	CAMBIUM_MEASURE_AUGMENTATION=1 $(SWIFT) test -c release --skip-build --filter AugmentationSpeedTests
	@if $(PYTHON) -c 'import torch' 2> /dev/null; then \
	  $(PYTHON) Tests/Benchmarks/compare.py $(CAMBIUM); \
	  $(PYTHON) Tests/Benchmarks/study.py $(CAMBIUM); \
	else echo "no comparison with PyTorch: '$(PYTHON)' cannot import torch (set PYTHON)"; fi

format: ## formats the sources
	$(SWIFT) format --in-place --recursive $(SOURCES)

lint: ## checks the format of the sources
	$(SWIFT) format lint --strict --recursive $(SOURCES)

# A man page and completions, generated by the program, and the reference pages below.
docs: manual reference ## writes the man page, completions and reference pages to .build-docs

manual: .build-docs/cambium.1 ## writes the man page and completions
	@echo "man page: .build-docs/cambium.1; completions: .build-docs/completions"

.build-docs/cambium.1: $(CAMBIUM) docs/manual.py
	@command -v $(PYTHON) > /dev/null || sh .ci/setup python3
	mkdir -p .build-docs/completions
	$(CAMBIUM) --generate-completion-script bash > .build-docs/completions/cambium.bash
	$(CAMBIUM) --generate-completion-script zsh > .build-docs/completions/_cambium
	$(CAMBIUM) --generate-completion-script fish > .build-docs/completions/cambium.fish
	$(CAMBIUM) --experimental-dump-help > .build-docs/help.json
	$(PYTHON) docs/manual.py "$$($(CAMBIUM) --version)" < .build-docs/help.json > $@

# Reference pages of every module, from the doc comments. The package manager also tries the test bundle, which
# has no module to document, and reports a failure; all that matters is that each module's graph exists.
MODULES := Basics Definitions Kernels Engine Datasets PipelineLanguage ArtifactStore Planning \
  Execution Reporting Stages
GRAPHS := .build-docs/graphs

reference: setup ## writes reference pages of all modules
	rm -rf .build-docs/*/symbolgraph $(GRAPHS)
	-$(SWIFT) package --scratch-path .build-docs dump-symbol-graph --minimum-access-level package \
	  > .build-docs.log 2>&1
	mkdir -p $(GRAPHS)
	set -e; for module in $(MODULES); do \
	  cp .build-docs/*/symbolgraph/$$module.symbols.json $(GRAPHS)/; done
	docc convert --fallback-display-name Cambium --fallback-bundle-identifier cambium \
	  --additional-symbol-graph-dir $(GRAPHS) --output-path .build-docs/pages > .build-docs.log 2>&1
	@echo "pages: .build-docs/pages (docc preview, or any web server, shows them)"

# The compiler rejects a module cache created at another path, so the cache of a folder that has been moved is removed.
# '.build/folder' records the path at which it was created.
setup: ## installs missing libraries (Debian, Ubuntu)
	@sh .ci/setup
	@if [ -d .build ] && [ "$$(cat .build/folder 2> /dev/null)" != "$(CURDIR)" ]; then \
	  echo "this folder was built at another path: removing its module cache"; \
	  rm -rf .build*/*/*/ModuleCache; \
	fi
	@mkdir -p .build
	@echo "$(CURDIR)" > .build/folder

clean: ## removes build products
	$(SWIFT) package clean
