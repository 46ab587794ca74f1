# The front door. Every target makes sure that cargo can run, then hands over to `cargo xtask`, where the work is.

.PHONY: help run test dist suites clients bench bench-million setup setup-build setup-test

# Rust installed a moment ago is not yet on every PATH.
export PATH := $(PATH):$(HOME)/.cargo/bin

# Link with mold where there is one: much faster. Asked when a recipe starts, so that a mold that set-up has just
# installed is used at once; asking later would change the flags and build everything twice.
MOLD = $(if $(shell command -v mold 2>/dev/null),env \
	CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clink-arg=-fuse-ld=mold" \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-Clink-arg=-fuse-ld=mold")

XTASK = @$(MOLD) cargo xtask

help:
	@echo "make run     build the server and start it for development, on http://127.0.0.1:8080 unless told otherwise"
	@echo "make test    everything CI runs: format, lints, tests on SQLite and PostgreSQL, docs"
	@echo "make dist    the archive that people install, in target/dist, with its checksums"
	@echo "make suites  the external conformance suites, when they lie in ../shared/conformance"
	@echo "make clients the official SDKs that npm and PyPI have, against a fresh server"
	@echo "make bench   build and run the benchmarks; make bench-million those of a full table"
	@echo "make setup   install what is missing and list what was found"
	@echo
	@echo "run, bench: ARGS='…' is passed on. All tasks: cargo xtask --help"

run: setup-build
	$(XTASK) serve $(if $(ARGS),-- $(ARGS))

test: setup-test
	$(XTASK) ci

# Without mold, which XTASK would ask for: whoever repeats the build need not have it.
dist: setup-build
	@cargo xtask dist $(ARGS)

suites: setup-test
	$(XTASK) suites $(ARGS)

clients: setup-test
	$(XTASK) clients $(ARGS)

bench: setup-build
	$(XTASK) bench $(if $(ARGS),-- $(ARGS))

bench-million: setup-build
	$(XTASK) bench --million $(if $(ARGS),-- $(ARGS))

setup: setup-test
	$(XTASK) setup

setup-build:
	@.ci/setup build

setup-test:
	@.ci/setup test
