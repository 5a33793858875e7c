# What a newcomer needs: `make demo` and `make test` install what is missing, build and run.

SWIFT ?= swift
BUILD := $(SWIFT) build -c release
CAMBIUM = .build/release/cambium
SOURCES := Sources Tests Package.swift

.PHONY: build demo test bench format lint docs setup clean

build: setup
	$(BUILD) --product cambium

# The main job on the built-in dataset: bases, selffer and transfer networks, a table and a figure.
demo: build
	$(CAMBIUM) run pipelines/quickstart.yaml --jobs 2
	$(CAMBIUM) report pipelines/quickstart.yaml -o .cambium/quickstart-report

test: setup
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build

bench: build
	Benchmarks=1 $(CAMBIUM) --version

format:
	$(SWIFT) format --in-place --recursive $(SOURCES)

lint:
	$(SWIFT) format lint --strict --recursive $(SOURCES)

docs:
	$(BUILD) --product cambium

# Installs the libraries that are missing; see the script for which.
setup:
	@sh .ci/setup

clean:
	$(SWIFT) package clean
