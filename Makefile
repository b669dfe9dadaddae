# Two commands for a newcomer: `make run` and `make test`. CI runs .ci/run, which calls `make test`.

.PHONY: run web test bench check deny fmt

run:
	scripts/install run
	$(MAKE) web
	cargo build --release --package passthru-server
	target/release/passthru serve --demo

# The console, which goes into the binary. What is there already and newer than its sources is kept.
SITE = web/dist/site/index.html
web: $(SITE)

web/node_modules/.package-lock.json: web/package-lock.json
	npm --prefix web ci --silent --no-audit --no-fund

$(SITE): web/node_modules/.package-lock.json docs/openapi.json $(shell find web -maxdepth 1 -type f) $(shell find web/src web/public -type f ! -name schema.d.ts)
	npm --prefix web run --silent build

# Every test there is. Many wait most of their time: one more than there are cores runs at a time.
THREADS = $(shell expr $$(nproc) + 1)
test:
	scripts/install test
	$(MAKE) web
	npm --prefix web test
	cargo nextest run --workspace --locked --no-fail-fast --test-threads $(THREADS)
	cargo test --doc --workspace --locked --quiet
	npm --prefix web run --silent journeys

# Figures of the release, in about five minutes (bench/README.md).
bench:
	scripts/install bench
	cargo build --release --locked --package passthru-server
	bench/run.py

# What a machine can see without running anything.
check: deny
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo xtask check
	$(MAKE) web/node_modules/.package-lock.json
	npm --prefix web run --silent check

DENY = 0.20.2
TOOLS ?= $(HOME)/.cache/passthru-tools

deny:
	test -x $(TOOLS)/deny-$(DENY)/bin/cargo-deny || cargo install cargo-deny --version $(DENY) --locked --root $(TOOLS)/deny-$(DENY)
	$(TOOLS)/deny-$(DENY)/bin/cargo-deny --locked check licenses bans sources

fmt:
	cargo fmt --all
