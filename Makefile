# The targets that developers and CI use. `make help` prints them with their sentences.

SHELL := /bin/bash
GO ?= go

# How long `make fuzz` stays on each fuzz target.
FUZZTIME ?= 20s

# How often `make crash` kills the broker.
KILLS ?= 200

# How often `make bench` repeats each benchmark, which of them it runs, and in which packages.
COUNT ?= 5
BENCH ?= .
PKG ?= ./...

# What `make compare` hands to the runner, such as ARGS='--rounds 5 --scenario pairs'.
ARGS ?=

# The address at which `make run` listens, if not the one of config/etc/development.conf.
LISTEN ?=

# The version that `make package` gives its packages, if not that of the sources.
VERSION ?=

.DEFAULT_GOAL := help
.PHONY: help build run test check race crash fuzz bench compare package tools clean

## help: prints this list.
help:
	@sed -n 's/^## \([a-z]*\): /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r t s; do printf '  make %-9s %s\n' "$$t" "$$s"; done

## build: compiles the programs into bin/, static, so that they run on any machine of the same kind.
build:
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -o bin/ ./cmd/...

## run: starts a broker for development on 127.0.0.1:1883, open to anonymous clients of MQTT 3.1, 3.1.1 and 5, its files in dev/.
run: build
	@mkdir -p dev
	bin/vernemq console --home dev --config config/etc/development.conf $(if $(LISTEN),-o listener.tcp.default=$(LISTEN))

## test: runs what CI runs, after installing the real MQTT clients that the tests talk to: vet, then every test.
test: tools
	$(GO) vet ./...
	$(GO) test -timeout 15m ./...

## check: tells whether a change may land: formatting, vet for Linux and macOS, staticcheck, tests with invariants, tests with the race detector.
check: tools
	@files=$$($(GO) list -f '{{.Dir}}' ./... | xargs gofmt -l); [ -z "$$files" ] || { echo "not formatted, run gofmt -w on:"; echo "$$files"; exit 1; }
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	$(GO) vet -tags invariants ./...
	$(GO) tool staticcheck ./...
	$(GO) test -timeout 15m -tags invariants ./...
	$(GO) test -timeout 20m -race ./...

## race: runs every test with the race detector and the checks of debug builds.
race: tools
	$(GO) test -timeout 25m -race -tags invariants ./...

## crash: kills the broker KILLS times (200 unless told otherwise) at random instants under load and checks what was acknowledged.
crash:
	VMQ_CRASH_KILLS=$(KILLS) $(GO) test -count 1 -timeout 120m -v -run TestKill ./internal/crash

## fuzz: runs each fuzz target of the module for FUZZTIME (20s unless told otherwise).
fuzz:
	@.ci/fuzz "$(FUZZTIME)" $(PKG)

## bench: runs the micro-benchmarks COUNT times each, in the form that benchstat reads; BENCH and PKG choose among them.
bench:
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) -timeout 60m $(PKG)

## compare: puts the same load on this broker and on Debian's mosquitto, interleaved, and prints the ratios; ARGS go to the runner.
compare: build
	@.ci/tools mosquitto
	$(GO) run ./benchmarks/compare $(ARGS)

## package: makes a tarball and a Debian package in build/package, of VERSION and for GOARCH if those are set.
package:
	@packaging/build tarball build/package $(VERSION)
	@packaging/build deb build/package $(VERSION)

## tools: installs the MQTT clients that the tests talk to; without root it names the packages that are missing.
tools:
	@.ci/tools clients

## clean: removes what the other targets leave behind.
clean:
	rm -rf bin build dev internal/clients/js/node_modules
