# SPDX-License-Identifier: Apache-2.0
#
# `make help` is the front door.

SHELL         := /usr/bin/env bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS     += --no-print-directory

# The version of the distribution is written once, in the builder's manifest.
VERSION := $(shell sed -n 's/^  version: *//p' builder-config.yaml)

# The programs are static, and equal bytes come out of any clone: no cgo, no paths, no VCS stamp. Tests and
# linters use the same flags, so that each package is compiled once for all of them.
export CGO_ENABLED := 0
export GOFLAGS     := -trimpath -buildvcs=false -tags=grpcnotrace
GO_BUILD           := go build -ldflags '-s -w'

TOOL := go tool -modfile=internal/tools/go.mod
LINT := go tool -modfile=internal/tools/lint/go.mod

# What the tests start, and what compiles the BPF programs.
TEST_PACKAGES := nginx-light memcached libmemcached-tools python3-pymemcache nghttp2-client nghttp2-server redis-server mariadb-server mariadb-client sysbench apache2-utils wrk curl nodejs python3 python3-requests python3-grpcio procps prometheus prometheus-alertmanager chromium postgresql postgresql-contrib python3-psycopg2 pgbouncer python3-mysqldb locales
BPF_PACKAGES  := clang-19 llvm-19 libbpf-dev

GO_FILES = $(shell git ls-files --cached --others --exclude-standard '*.go')
# Generated files look as their generators write them.
OWN_GO_FILES = $(shell grep -L '^// Code generated .* DO NOT EDIT\.$$' $(GO_FILES))

##@ Use

.PHONY: build
build: ## build bin/otelcol-sloe and bin/sloectl
	$(GO_BUILD) -o bin/otelcol-sloe ./distribution
	$(GO_BUILD) -o bin/sloectl ./distribution/sloectl

.PHONY: run
run: build ## build, then count the requests of this host (root; see distribution/quickstart.sh)
	@exec distribution/quickstart.sh

.PHONY: docker
docker: ## build the container image sloe/otelcol-sloe
	docker build --tag sloe/otelcol-sloe:$(VERSION) .

.PHONY: clean
clean: ## remove what was built, and the state of `make run`
	rm -rf bin dist

##@ Test

# The kernel's detectors are compiled as ordinary C there.
TEST_DETECT = CGO_ENABLED=1 go test -json ./bpf/detect

# The churn measures what a collector holds that counts the whole host: alone, as the other tests' requests would be among it.
.PHONY: test
test: test-packages build ## run every test: unit, live capture, end to end (root); installs what they need
	{ failed=0; go test -p 2 -timeout 60m -json $$(go list ./... | grep -v '/testbed/churn$$') || failed=1; \
	  go test -json ./testbed/churn || failed=1; $(TEST_DETECT) || failed=1; exit $$failed; } | go run ./testbed/tally

.PHONY: test-exact
test-exact: test-packages build ## run the exactness suite and print its table: servers' own counts against ours (root)
	go test -count 1 -timeout 40m -run '^TestExactness' ./testbed/e2e -v | { grep -Ev '^(=== |    --- |        --- )' || true; }

.PHONY: test-churn
test-churn: test-packages build ## ten minutes of connections, processes, reloads and failing exporters come and gone (root)
	go test -count 1 -timeout 20m ./testbed/churn -v -churn 10m

.PHONY: test-unit
test-unit: build ## run the tests that need neither root nor other programs; names what it leaves out
	{ failed=0; go test -p 2 -short -json ./... || failed=1; $(TEST_DETECT) || failed=1; exit $$failed; } | go run ./testbed/tally

FUZZ_TIME ?= 10m

.PHONY: fuzz
fuzz: ## fuzz the parser of each protocol (FUZZ_TIME=10m each)
	for p in http1 http2 postgresql mysql redis memcached; do \
	  (cd receiver/ebpfreceiver/internal/protocol/$$p && go test . -run '^$$' -fuzz '^Fuzz(Parse|Session)$$' -fuzztime $(FUZZ_TIME)); \
	done
	cd receiver/ebpfreceiver/internal/protocol/http1 && go test . -run '^$$' -fuzz '^FuzzPipelined$$' -fuzztime $(FUZZ_TIME)

.PHONY: test-race
test-race: ## run the tests of the concurrent packages under the race detector
	CGO_ENABLED=1 go test -p 2 -short -race -timeout 30m ./internal/... ./receiver/... ./processor/... ./connector/... ./extension/... \
	  | { grep -v 'no test files' || true; }

.PHONY: test-packages
test-packages:
	@.ci/install $(TEST_PACKAGES)

# What a fleet takes; SCALE="-old 10000" gives every service a month of counts.
SCALE ?=

.PHONY: bench-parsers
bench-parsers: ## what parsers take for a usual exchange, beside the SHA-256 of 64 bytes
	go test ./receiver/ebpfreceiver/internal/protocol/... -run '^$$' -bench 'Exchange|GRPCUnary' -benchmem

.PHONY: bench-scale
bench-scale: ## measure a fleet of 20,000 objectives: adds, gate, memory, disk, restart (a quiet machine; see testbed/scale)
	go run ./testbed/scale $(SCALE)

# Debian's kernels that run the capture's tests in virtual machines.
KERNELS ?= 6.1 6.12 7.3

.PHONY: test-kernels
test-kernels: ## run the capture's tests on other kernels, in virtual machines (KERNELS="6.1 6.12 7.3")
	@.ci/install qemu-system-x86 busybox-static cpio
	testbed/kernels/run $(KERNELS)

# Besides those of CI: one at the end of support, one as new as development machines have, and another architecture.
MATRIX_KERNELS ?= 5.10 6.1 6.12 6.12-arm64 6.18 7.3

.PHONY: kernel-matrix
kernel-matrix: ## write docs/kernels.md: what is seen on each kernel, as its tests say (MATRIX_KERNELS="6.1 6.12-arm64")
	@.ci/install qemu-system-x86 qemu-system-arm busybox-static cpio
	logs=$$(mktemp -d) && trap 'rm -rf "$$logs"' EXIT && \
	  { SLOE_KERNEL_LOGS=$$logs testbed/kernels/run $(MATRIX_KERNELS) || true; } && \
	  { go run ./testbed/kernels/matrix "$$logs" $(MATRIX_KERNELS) >"$$logs/page" || failed=1; } && \
	  if [[ -s $$logs/page ]]; then cat "$$logs/page" >docs/kernels.md; fi && exit $${failed:-0}

##@ Measure

# The classical design of the comparison hangs on tracepoints, which need tracefs: in a mount namespace of our own, so
# that the host stays as it is. OVERHEAD takes the flags of testbed/overhead.
.PHONY: bench-overhead
bench-overhead: build ## measure what capturing costs, beside the classical design (root; about an hour); writes docs/benchmarks.md
	@.ci/install nginx-light redis-server
	go build -o bin/overhead ./testbed/overhead
	unshare --mount sh -c 'mountpoint -q /sys/kernel/tracing || mount -t tracefs none /sys/kernel/tracing; exec bin/overhead $(OVERHEAD)'

.PHONY: bench-rated
bench-rated: build ## load the machine at 70 % of what it reaches uncaptured and beyond, and compare all counts (root)
	go test ./testbed/e2e -run '^$$' -bench Rated -benchtime 1x -timeout 20m

##@ Generated code

.PHONY: generate
generate: bpf generate-metadata generate-distribution ## make all generated code anew

.PHONY: bpf
bpf: bpf-packages ## compile the BPF programs and their Go bindings (clang-19)
	go generate -run bpf2go ./...

.PHONY: bpf-packages
bpf-packages:
	@.ci/install $(BPF_PACKAGES)

.PHONY: generate-metadata
generate-metadata: ## make the components' metadata, documentation and contract tests
	go generate -run mdatagen ./...

.PHONY: generate-distribution
generate-distribution: ## make distribution/ from builder-config.yaml
	$(TOOL) builder --config builder-config.yaml --skip-get-modules --skip-compilation

.PHONY: check-generated
check-generated: ## fail, with the difference, if the generated code is not what `make generate` makes
	@.ci/check-generated

##@ Style

.PHONY: fmt
fmt: ## format the Go code
	@gofmt -w $(OWN_GO_FILES)

.PHONY: fmt-check
fmt-check:
	@unformatted=$$(gofmt -l $(OWN_GO_FILES)); \
	[[ -z $$unformatted ]] || { printf 'not formatted (make fmt):\n%s\n' "$$unformatted" >&2; exit 1; }

.PHONY: lint
lint: fmt-check ## check formatting, go vet, linters and the import rules
	go vet ./...
	$(LINT) golangci-lint run ./...

# What depends on the architecture, and what imports that; the whole distribution would take minutes.
.PHONY: check-arm64
check-arm64: ## type-check for arm64 what depends on the architecture
	GOARCH=arm64 go vet ./bpf/... ./internal/backend/... ./internal/perfstats/... ./receiver/... ./testbed/overhead/...

##@ All of it

.PHONY: ci
ci: check-generated lint check-arm64 test-kernels test-race test ## what must hold before a change lands

.PHONY: help
help: ## show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
